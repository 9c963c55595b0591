-- Of tables of chosen partners, code by code. Each partner tells by itself which of its months are held.
{{ product_periods(["item"], ["ledger_code", "reporter_iso3", "partner_iso3", "flow_code"], "true") }}
