select source_name, table_name, publisher_name, grain, unit, release_lag_days
from {{ source("entrepot", "raw_tables") }}
