-- Fails on: a month in which the chapters or sections that the Census prints are not all of the partner's trade, to
-- the dollar.
{{ config(meta={"dagster": {"ref": {"name": "sector_monthly"}}}) }}
select *
from {{ ref("sector_monthly") }}
where
    ledger_code = 'census'
    and scheme_code in ('hs_chapter', 'hs_section')
    and sector_code = 'other'
    and coalesce(value_usd, 0) <> 0
