select ledger_code, publisher_code, publisher_name, iso3, valid_from as valid_from_date, valid_to as valid_to_date, note
from {{ ref("country_codes") }}
