select reporter_iso3, period_month, working_days, seollal_days, chuseok_days from {{ ref("working_days") }}
