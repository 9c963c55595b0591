"""`surplus_monthly` and `sector_monthly` of a made-up world, as a user of polars would make them.

Scans are lazy and the streaming engine reads them, so memory holds sums and never all the rows. Money is decimal where
it is read and whole cents from the first sum on; months are counted from year 0.
"""

import sys
from pathlib import Path

import polars as pl

PAIR = ["reporter_iso3", "partner_iso3"]
SCHEME = [*PAIR, "flow_code", "scheme_code"]
SERIES = [*SCHEME, "sector_code"]
OF_WORLD = ["reporter_iso3", "flow_code", "scheme_code", "sector_code"]
MEASURES = ["export", "import", "balance"]
FLOWS = {"X": "export", "M": "import"}


def reference_table(reference: Path, name: str) -> pl.LazyFrame:
    return pl.scan_csv(reference / f"{name}.csv", infer_schema=False)


def country_codes(reference: Path) -> pl.LazyFrame:
    """Our code of each of Comtrade's."""
    codes = reference_table(reference, "country_codes").join(reference_table(reference, "countries"), on="iso3")
    kept = codes.filter(pl.col("ledger_code") == "comtrade", pl.col("kind") != "group")
    return kept.select(code="publisher_code", iso3="iso3")


def sector_codes(reference: Path) -> pl.LazyFrame:
    return reference_table(reference, "sector_products").filter(pl.col("publisher_code").is_null())


def sectors_of_goods(reference: Path) -> pl.LazyFrame:
    """One row per six-digit code and sector that holds it."""
    products = reference_table(reference, "products").filter(pl.col("hs_level") == "6")
    goods = products.select(cmdCode="product_code").unique()
    held = goods.join_where(sector_codes(reference), pl.col("cmdCode").str.starts_with(pl.col("product_code")))
    return held.select("cmdCode", "scheme_code", "sector_code").unique()


def broken_sectors(reference: Path) -> pl.LazyFrame:
    """The sectors and years in which a revision of the Harmonized System moved goods."""
    conversions = reference_table(reference, "product_conversions")
    changed = conversions.unpivot(["product_code", "earlier_code"], index="hs_revision", value_name="changed_code")
    codes = sector_codes(reference).filter(pl.col("hs_level") == "6")
    breaks = codes.join(changed, left_on="product_code", right_on="changed_code")
    year = pl.col("hs_revision").replace_strict({"HS2022": 2022, "HS2017": 2017}, default=None, return_dtype=pl.Int32)
    return breaks.select("scheme_code", "sector_code", year=year).drop_nulls().unique()


def not_replaced(folder: Path) -> pl.LazyFrame:
    """The rows of each release whose month no later release of the same reporter prints again."""
    rows = pl.scan_parquet(folder / "*.parquet", include_file_paths="file")
    latest = rows.group_by("reporterCode", "period").agg(pl.col("file").max())
    return rows.join(latest, on=["file", "reporterCode", "period"], how="semi")


def with_countries(rows: pl.LazyFrame, codes: pl.LazyFrame) -> pl.LazyFrame:
    for printed, ours in (("reporterCode", "reporter_iso3"), ("partnerCode", "partner_iso3")):
        rows = rows.join(codes.select(pl.col("code").alias(printed), pl.col("iso3").alias(ours)), on=printed)
    return rows


def cents() -> pl.Expr:
    return pl.col("primaryValue").str.replace(".", "", literal=True).cast(pl.Int64)


def month_number() -> pl.Expr:
    number = pl.col("period").cast(pl.Int32)
    return number // 100 * 12 + number % 100 - 1


def growth_pct(values: pl.Expr, earlier: pl.Expr) -> pl.Expr:
    return 100 * (values / pl.when(earlier != 0).then(earlier) - 1)


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return part / pl.when(whole != 0).then(whole)


def dated(frame: pl.LazyFrame, amounts: list[str]) -> pl.LazyFrame:
    """Months become days again, and cents dollars."""
    month = pl.col("period_month")
    return frame.with_columns(pl.date(month // 12, month % 12 + 1, 1).alias("period_month"), pl.col(amounts) / 100)


def so_far(values: pl.Expr) -> pl.Expr:
    return values.fill_null(0).cum_sum()


def last_sum(values: pl.Expr, rows: int) -> pl.Expr:
    """Over the last rows of a series, its own included; what is missing counts as 0."""
    return so_far(values) - so_far(values).shift(rows, fill_value=0)


def surplus_monthly(landing: Path, codes: pl.LazyFrame) -> pl.DataFrame:
    key, month = [*PAIR, "period_month"], pl.col("period_month")
    printed = with_countries(not_replaced(landing / "comtrade" / "monthly_trade"), codes)
    of_flow = {flow: cents().filter(pl.col("flowCode") == code) for code, flow in FLOWS.items()}
    reports = printed.group_by(*PAIR, month_number().alias("period_month")).agg(
        pl.when(values.len() > 0).then(values.sum()).alias(flow) for flow, values in of_flow.items()
    )
    spans = reports.group_by(PAIR).agg(period_month=pl.int_ranges(month.min(), month.max() + 1, dtype=pl.Int32))
    found = (
        spans.explode("period_month")
        .join(reports, on=key, how="left")
        .with_columns(balance=pl.col("export") - pl.col("import"))
        .sort(key)
    )
    columns: dict[str, pl.Expr] = {}
    for measure in MEASURES:
        values = pl.col(measure)
        known = values.is_not_null().cast(pl.Int64)
        year_to_date = pl.when(known.cum_sum() == month % 12 + 1).then(so_far(values))
        columns[f"{measure}_ytd_usd"] = year_to_date.over(*PAIR, month // 12)
        columns[f"{measure}_earlier"] = values.shift(12).over(PAIR)
        columns[f"{measure}_rolling_12_usd"] = pl.when(last_sum(known, 12) == 12).then(last_sum(values, 12)).over(PAIR)
    found = found.with_columns(**columns)
    world = found.filter(pl.col("partner_iso3") == "WLD").select("reporter_iso3", "period_month", *FLOWS.values())
    found = found.join(world, on=["reporter_iso3", "period_month"], how="left", suffix="_world")
    balance, earlier_balance = pl.col("balance"), pl.col("balance_earlier")
    trade, world_trade = pl.col("export") + pl.col("import"), pl.col("export_world") + pl.col("import_world")
    return (
        found.with_columns(
            *(growth_pct(pl.col(flow), pl.col(f"{flow}_earlier")).alias(f"{flow}_yoy_pct") for flow in FLOWS.values()),
            *(share(pl.col(flow), pl.col(f"{flow}_world")).alias(f"{flow}_share") for flow in FLOWS.values()),
            balance_yoy_pct=pl.when(earlier_balance > 0, balance >= 0).then(growth_pct(balance, earlier_balance)),
            trade_share=share(trade, world_trade),
        )
        .drop("export_world", "import_world")
        .collect(engine="streaming")
    )


def sectors(landing: Path, codes: pl.LazyFrame, goods: pl.LazyFrame) -> pl.DataFrame:
    """Products added up to sectors: cents, and kilograms where each weight is known."""
    weight = pl.col("netWgt").cast(pl.Int64)
    printed = not_replaced(landing / "comtrade" / "monthly_products").filter(
        pl.col("flowCode").is_in(list(FLOWS)),
        pl.col("period").str.len_bytes() == 6,
        pl.col("primaryValue").str.contains("^[0-9]+[.][0-9]+$"),
    )
    read = printed.select(
        "reporterCode",
        "partnerCode",
        "cmdCode",
        flow_code=pl.col("flowCode").replace_strict(FLOWS),
        period_month=month_number(),
        value=cents(),
        weight_kg=pl.when(weight != 0).then(weight),
    )
    return (
        with_countries(read.join(goods, on="cmdCode"), codes)
        .group_by(*SERIES, "period_month")
        .agg(
            pl.col("value").sum(),
            pl.when(pl.col("weight_kg").null_count() == 0).then(pl.col("weight_kg").sum()),
        )
        .collect(engine="streaming")
    )


def sector_monthly(printed: pl.DataFrame, totals: pl.LazyFrame, breaks: pl.LazyFrame) -> pl.LazyFrame:
    reports, month = printed.lazy(), pl.col("period_month")
    traded = reports.filter(pl.col("value") != 0).select(SERIES).unique()
    months = (
        reports.filter(pl.col("partner_iso3") == "WLD")
        .select(*OF_WORLD, "period_month", year=month // 12)
        .join(breaks.with_columns(is_break=True), on=["scheme_code", "sector_code", "year"], how="left")
        .select(*OF_WORLD, "period_month", pl.col("is_break").fill_null(False))
    )
    parts = (
        traded.join(months, on=OF_WORLD)
        .join(reports, on=[*SERIES, "period_month"], how="left")
        .with_columns(pl.col("value").fill_null(0))
    )
    parts = beside_a_year_earlier(parts.sort(*SERIES, "period_month")).with_columns(
        last_traded=pl.when(pl.col("value") != 0).then(month).forward_fill().over(SERIES)
    )
    parts = parts.filter(pl.col("last_traded") >= month - 12)
    of_scheme = [*SCHEME, "period_month"]
    mapped = parts.group_by(of_scheme).agg(mapped=pl.col("value").sum(), is_break=pl.col("is_break").any())
    told = [name for name in OF_WORLD if name != "sector_code"]
    measured = (
        traded.select(SCHEME)
        .unique()
        .join(months.select(*told, "period_month").unique(), on=told)
        .join(mapped, on=of_scheme, how="left")
        .join(totals, on=[*PAIR, "flow_code", "period_month"], how="left")
        .with_columns(pl.col("is_break").fill_null(False))
    )
    other = measured.with_columns(
        sector_code=pl.lit("other"), value=pl.col("total") - pl.col("mapped").fill_null(0)
    ).drop("mapped")
    other = beside_a_year_earlier(other.sort(*SERIES, "period_month"))
    parts = parts.join(measured.select(*of_scheme, "total", "earlier_total"), on=of_scheme).drop("last_traded")
    value, total, earlier = pl.col("value"), pl.col("total"), pl.col("earlier_value_usd")
    return pl.concat([parts, other], how="diagonal").with_columns(
        sector_share=share(value, total),
        value_yoy_pct=growth_pct(value, earlier),
        contribution_pp=pl.when(total.is_not_null()).then(100 * share(value - earlier, pl.col("earlier_total"))),
    )


def beside_a_year_earlier(months: pl.LazyFrame) -> pl.LazyFrame:
    """Of series in the order of their months: the value a year earlier, where nothing broke, and that of twelve months."""
    month, value = pl.col("period_month"), pl.col("value")
    is_a_year_apart = (month.shift(12) == month - 12) & ~pl.col("is_break")
    is_a_year_long = (month.shift(11) == month - 11) & (last_sum(value.is_not_null().cast(pl.Int64), 12) == 12)
    return months.with_columns(
        earlier_value_usd=pl.when(is_a_year_apart).then(value.shift(12)).over(SERIES),
        value_rolling_12_usd=pl.when(is_a_year_long).then(last_sum(value, 12)).over(SERIES),
    )


def make(landing: Path, reference: Path, folder: Path) -> None:
    """Writes both tables into the folder as Parquet."""
    codes = country_codes(reference)
    surplus = surplus_monthly(landing, codes)
    totals = pl.concat(
        surplus.lazy().select(
            *PAIR, "period_month", flow_code=pl.lit(flow), total=pl.col(flow), earlier_total=pl.col(f"{flow}_earlier")
        )
        for flow in FLOWS.values()
    )
    sector = sector_monthly(sectors(landing, codes, sectors_of_goods(reference)), totals, broken_sectors(reference))
    amounts = [name for measure in MEASURES for name in (measure, f"{measure}_ytd_usd", f"{measure}_rolling_12_usd")]
    renamed = dated(surplus.lazy(), amounts).rename({measure: f"{measure}_usd" for measure in MEASURES})
    renamed.sink_parquet(folder / "surplus_monthly.parquet")
    amounts = ["value", "earlier_value_usd", "value_rolling_12_usd"]
    dated(sector, amounts).rename({"value": "value_usd"}).sink_parquet(folder / "sector_monthly.parquet")


if __name__ == "__main__":
    make(*map(Path, sys.argv[1:]))
