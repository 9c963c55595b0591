-- Fails on: a sector whose shares by class of goods do not add up to 1, or whose lower share lies above the upper one.
select exporter_iso3, scheme_code, sector_code, sum(coverage_share) as coverage_share
from {{ ref("tariff_scope_products") }}
group by exporter_iso3, scheme_code, sector_code
having sum(coverage_share) <> 1 or sum(case when coverage_share_low > coverage_share then 1 else 0 end) > 0
