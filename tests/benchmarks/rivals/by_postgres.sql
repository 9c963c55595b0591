-- What one careful user of PostgreSQL would write. Printed rows were copied in as text; `release` counts files by name.

create unlogged table products as
select distinct product_code from reference_products where hs_level = '6';

create unlogged table codes as
select publisher_code as code, iso3
from reference_country_codes
join reference_countries using (iso3)
where ledger_code = 'comtrade' and kind <> 'group';

create unlogged table goods as
select distinct products.product_code, scheme_code, sector_code
from products
join reference_sector_products as sectors on starts_with(products.product_code, sectors.product_code)
where publisher_code is null;

create unlogged table breaks as
select distinct scheme_code, sector_code, case hs_revision when 'HS2022' then 2022 when 'HS2017' then 2017 end as year
from reference_sector_products as sectors
join (
    select hs_revision, product_code from reference_product_conversions
    union select hs_revision, earlier_code from reference_product_conversions
) as changed using (product_code)
where hs_level = '6' and publisher_code is null;

create unlogged table reports as
select reporters.iso3 as reporter_iso3, partners.iso3 as partner_iso3, to_date(period, 'YYYYMM') as period_month,
    sum(primary_value::numeric) filter (where flow = 'X') as export_usd,
    sum(primary_value::numeric) filter (where flow = 'M') as import_usd
from printed_totals
join (select reporter, period, max(release) as release from printed_totals group by reporter, period) as latest
    using (reporter, period, release)
join codes as reporters on reporters.code = reporter
join codes as partners on partners.code = partner
group by 1, 2, 3;

create unlogged table surplus_monthly as
with spans as (
    select reporter_iso3, partner_iso3, min(period_month) as first_month, max(period_month) as last_month
    from reports group by 1, 2
),
spine as (
    select reporter_iso3, partner_iso3, month::date as period_month
    from spans, generate_series(first_month::timestamp, last_month, interval '1 month') as month
),
balances as (
    select *, export_usd - import_usd as balance_usd
    from spine left join reports using (reporter_iso3, partner_iso3, period_month)
),
windowed as (
    select *, extract(month from period_month) as month,
        lag(export_usd, 12) over series as export_earlier,
        lag(import_usd, 12) over series as import_earlier,
        lag(balance_usd, 12) over series as balance_earlier,
        count(export_usd) over year as export_months, sum(export_usd) over year as export_year,
        count(import_usd) over year as import_months, sum(import_usd) over year as import_year,
        count(balance_usd) over year as balance_months, sum(balance_usd) over year as balance_year,
        count(export_usd) over rolling as export_known, sum(export_usd) over rolling as export_rolling,
        count(import_usd) over rolling as import_known, sum(import_usd) over rolling as import_rolling,
        count(balance_usd) over rolling as balance_known, sum(balance_usd) over rolling as balance_rolling
    from balances
    window series as (partition by reporter_iso3, partner_iso3 order by period_month),
        year as (partition by reporter_iso3, partner_iso3, extract(year from period_month) order by period_month),
        rolling as (partition by reporter_iso3, partner_iso3 order by period_month rows 11 preceding)
),
world as (
    select reporter_iso3, period_month, export_usd as world_export, import_usd as world_import
    from balances where partner_iso3 = 'WLD'
)
select reporter_iso3, partner_iso3, period_month, export_usd, import_usd, balance_usd, export_earlier, import_earlier,
    case when export_months = month then export_year end as export_ytd_usd,
    case when import_months = month then import_year end as import_ytd_usd,
    case when balance_months = month then balance_year end as balance_ytd_usd,
    case when export_known = 12 then export_rolling end as export_rolling_12_usd,
    case when import_known = 12 then import_rolling end as import_rolling_12_usd,
    case when balance_known = 12 then balance_rolling end as balance_rolling_12_usd,
    100 * (export_usd::double precision / nullif(export_earlier, 0)::double precision - 1) as export_yoy_pct,
    100 * (import_usd::double precision / nullif(import_earlier, 0)::double precision - 1) as import_yoy_pct,
    case when balance_earlier > 0 and balance_usd >= 0
        then 100 * (balance_usd::double precision / balance_earlier::double precision - 1) end as balance_yoy_pct,
    export_usd::double precision / nullif(world_export, 0)::double precision as export_share,
    import_usd::double precision / nullif(world_import, 0)::double precision as import_share,
    (export_usd + import_usd)::double precision / nullif(world_export + world_import, 0)::double precision as trade_share
from windowed left join world using (reporter_iso3, period_month);

create unlogged table sectors as
select reporters.iso3 as reporter_iso3, partners.iso3 as partner_iso3,
    case flow when 'X' then 'export' else 'import' end as flow_code, scheme_code, sector_code,
    to_date(period, 'YYYYMM') as period_month, sum(primary_value::numeric) as value_usd,
    case when count(nullif(net_weight, '0')) = count(*) then sum(net_weight::numeric) end as weight_kg
from printed_products
join (select reporter, period, max(release) as release from printed_products group by reporter, period) as latest
    using (reporter, period, release)
join goods on goods.product_code = printed_products.product
join codes as reporters on reporters.code = reporter
join codes as partners on partners.code = partner
where flow in ('X', 'M') and length(period) = 6 and primary_value ~ '^[0-9]+[.][0-9]+$'
group by 1, 2, 3, 4, 5, 6;

analyze surplus_monthly, sectors, breaks;

create unlogged table traded as
select distinct reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code from sectors where value_usd <> 0;

create unlogged table months as
select reporter_iso3, flow_code, sectors.scheme_code, sectors.sector_code, period_month, breaks.year is not null as is_break
from sectors
left join breaks on breaks.scheme_code = sectors.scheme_code and breaks.sector_code = sectors.sector_code
    and breaks.year = extract(year from period_month)
where partner_iso3 = 'WLD';

analyze traded, months;

create unlogged table parts as
with monthly as (
    select traded.*, period_month, coalesce(value_usd, 0) as value_usd, weight_kg, is_break
    from traded
    join months using (reporter_iso3, flow_code, scheme_code, sector_code)
    left join sectors using (reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, period_month)
),
windowed as (
    select *,
        case when not is_break and lag(period_month, 12) over series = period_month - interval '12 months'
            then lag(value_usd, 12) over series end as earlier_value_usd,
        case when lag(period_month, 11) over series = period_month - interval '11 months'
            then sum(value_usd) over rolling end as value_rolling_12_usd,
        max(period_month) filter (where value_usd <> 0) over recent as last_traded
    from monthly
    window series as (partition by reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code order by period_month),
        rolling as (series rows 11 preceding),
        recent as (series rows 12 preceding)
)
select * from windowed where last_traded >= period_month - interval '12 months';

analyze parts;

create unlogged table measured as
with totals as (
    select reporter_iso3, partner_iso3, 'export' as flow_code, period_month,
        export_usd as total_usd, export_earlier as earlier_total_usd
    from surplus_monthly
    union all
    select reporter_iso3, partner_iso3, 'import', period_month, import_usd, import_earlier from surplus_monthly
),
mapped as (
    select reporter_iso3, partner_iso3, flow_code, scheme_code, period_month,
        sum(value_usd) as mapped_usd, bool_or(is_break) as is_break
    from parts group by 1, 2, 3, 4, 5
)
select reporter_iso3, partner_iso3, flow_code, scheme_code, period_month, total_usd, earlier_total_usd,
    total_usd - coalesce(mapped_usd, 0) as value_usd, coalesce(is_break, false) as is_break
from (select distinct reporter_iso3, partner_iso3, flow_code, scheme_code from traded) as partners
join (select distinct reporter_iso3, flow_code, scheme_code, period_month from months) as told
    using (reporter_iso3, flow_code, scheme_code)
left join mapped using (reporter_iso3, partner_iso3, flow_code, scheme_code, period_month)
left join totals using (reporter_iso3, partner_iso3, flow_code, period_month);

analyze measured;

create unlogged table sector_monthly as
with together as (
    select reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, period_month, parts.value_usd, weight_kg,
        earlier_value_usd, value_rolling_12_usd, total_usd, earlier_total_usd
    from parts join measured using (reporter_iso3, partner_iso3, flow_code, scheme_code, period_month)
    union all
    select reporter_iso3, partner_iso3, flow_code, scheme_code, 'other', period_month, value_usd, null,
        case when not is_break and lag(period_month, 12) over series = period_month - interval '12 months'
            then lag(value_usd, 12) over series end,
        case when count(value_usd) over rolling = 12
                and lag(period_month, 11) over series = period_month - interval '11 months'
            then sum(value_usd) over rolling end,
        total_usd, earlier_total_usd
    from measured
    window series as (partition by reporter_iso3, partner_iso3, flow_code, scheme_code order by period_month),
        rolling as (series rows 11 preceding)
)
select reporter_iso3, partner_iso3, flow_code, scheme_code, sector_code, period_month, value_usd, weight_kg,
    earlier_value_usd, value_rolling_12_usd,
    value_usd::double precision / nullif(total_usd, 0)::double precision as sector_share,
    100 * (value_usd::double precision / nullif(earlier_value_usd, 0)::double precision - 1) as value_yoy_pct,
    case when total_usd is not null
        then 100 * (value_usd - earlier_value_usd)::double precision / nullif(earlier_total_usd, 0)::double precision
    end as contribution_pp
from together;
