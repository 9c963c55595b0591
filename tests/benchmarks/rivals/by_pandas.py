"""`surplus_monthly` and `sector_monthly` of a made-up world, as a user of pandas would make them.

Releases are read one at a time, newest first, so memory holds sums and never all the rows. Money is whole cents, months
are counted from year 0, names are categories.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

PAIR = ["reporter_iso3", "partner_iso3"]
SCHEME = [*PAIR, "flow_code", "scheme_code"]
SERIES = [*SCHEME, "sector_code"]
OF_WORLD = ["reporter_iso3", "flow_code", "scheme_code", "sector_code"]
MEASURES = ["export", "import", "balance"]
PRINTED = ["reporterCode", "period", "flowCode", "partnerCode", "cmdCode", "netWgt", "primaryValue"]
FLOWS = {"X": "export", "M": "import"}


def reference_table(reference: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(reference / f"{name}.csv", dtype=str, keep_default_na=False, na_values=[""])


def country_codes(reference: Path) -> pd.Series:
    """Our code of each of Comtrade's."""
    codes = reference_table(reference, "country_codes").merge(reference_table(reference, "countries"), on="iso3")
    codes = codes[(codes["ledger_code"] == "comtrade") & (codes["kind"] != "group")]
    return codes.set_index("publisher_code")["iso3"].astype("category")


def sector_codes(reference: Path) -> pd.DataFrame:
    codes = reference_table(reference, "sector_products")
    return codes[codes["publisher_code"].isna()]


def sectors_of_goods(reference: Path) -> pd.DataFrame:
    """One row per six-digit code and sector that holds it."""
    products = reference_table(reference, "products")
    goods = pd.DataFrame({"cmdCode": products.loc[products["hs_level"] == "6", "product_code"].unique()})
    codes = sector_codes(reference)
    held = [
        goods.assign(product_code=goods["cmdCode"].str[:length]).merge(of_length, on="product_code")
        for length, of_length in codes.groupby(codes["product_code"].str.len())
    ]
    columns = ["cmdCode", "scheme_code", "sector_code"]
    found = pd.concat(held)[columns].drop_duplicates()
    return found.astype(
        {"scheme_code": "category", "sector_code": pd.CategoricalDtype([*found["sector_code"].unique(), "other"])}
    )


def broken_sectors(reference: Path, goods: pd.DataFrame) -> pd.DataFrame:
    """The sectors and years in which a revision of the Harmonized System moved goods."""
    conversions = reference_table(reference, "product_conversions")
    changed = conversions.melt("hs_revision", ["product_code", "earlier_code"], value_name="changed_code")
    codes = sector_codes(reference)
    breaks = codes[codes["hs_level"] == "6"].merge(changed, left_on="product_code", right_on="changed_code")
    years = breaks["hs_revision"].map({"HS2022": 2022, "HS2017": 2017})
    found = breaks.assign(year=years).dropna(subset="year")[["scheme_code", "sector_code", "year"]].drop_duplicates()
    return found.astype(goods.dtypes[["scheme_code", "sector_code"]].to_dict())


def not_replaced(folder: Path) -> Iterator[pd.DataFrame]:
    """The rows of each release whose month no later release of the same reporter prints again."""
    seen: set[tuple[str, str]] = set()
    for path in sorted(folder.glob("*.parquet"), reverse=True):
        rows = pd.read_parquet(path, columns=PRINTED)
        printed = pd.MultiIndex.from_frame(rows[["reporterCode", "period"]])
        months = set(printed.unique())
        yield rows[~printed.isin(seen & months)] if seen & months else rows
        seen |= months


def cents(text: pd.Series) -> pd.Series:
    return (pd.to_numeric(text) * 100).round().astype("int64")


def month_number(period: pd.Series) -> pd.Series:
    number = pd.to_numeric(period)
    return (number // 100 * 12 + number % 100 - 1).astype("int32")


def last_sum(values: pd.Series, series: pd.Series, rows: int) -> pd.Series:
    """Over the last rows of a series, its own included; what is missing counts as 0."""
    so_far = values.fillna(0).groupby(series).cumsum()
    return so_far - so_far.groupby(series).shift(rows).fillna(0)


def growth_pct(values: pd.Series, earlier: pd.Series) -> pd.Series:
    return 100 * (values / earlier.where(earlier != 0) - 1)


def dated(frame: pd.DataFrame, amounts: list[str]) -> pd.DataFrame:
    """Months become days again, and cents dollars."""
    months = frame["period_month"].to_numpy().astype("int64") - 1970 * 12
    return frame.assign(
        period_month=pd.Series(months.astype("datetime64[M]").astype("datetime64[s]"), index=frame.index),
        **{name: frame[name] / 100 for name in amounts},
    )


def surplus_monthly(landing: Path, codes: pd.Series) -> pd.DataFrame:
    printed = pd.concat(not_replaced(landing / "comtrade" / "monthly_trade"), ignore_index=True)
    rows = pd.DataFrame(
        {
            "reporter_iso3": printed["reporterCode"].map(codes).astype(codes.dtype),
            "partner_iso3": printed["partnerCode"].map(codes).astype(codes.dtype),
            "period_month": month_number(printed["period"]),
            "flow": printed["flowCode"].map(FLOWS),
            "cents": cents(printed["primaryValue"]),
        }
    ).dropna(subset=PAIR)
    reports = rows.pivot_table(
        index=[*PAIR, "period_month"], columns="flow", values="cents", aggfunc="sum", observed=True
    ).reset_index()
    spans = reports.groupby(PAIR, observed=True)["period_month"].agg(["min", "max"]).reset_index()
    lengths = spans["max"] - spans["min"] + 1
    spine = spans.loc[spans.index.repeat(lengths), [*PAIR, "min"]].reset_index(drop=True)
    series = spine.groupby(PAIR, observed=True).ngroup()
    spine["period_month"] = (spine.pop("min") + spine.groupby(series).cumcount()).astype("int32")
    found = spine.merge(reports, on=[*PAIR, "period_month"], how="left")
    found["balance"] = found["export"] - found["import"]
    month = found["period_month"] % 12 + 1
    year = [series, found["period_month"] // 12]
    columns: dict[str, pd.Series] = {}
    for measure in MEASURES:
        values, known = found[measure], found[measure].notna().astype("int64")
        earlier = values.groupby(series).shift(12)
        columns[f"{measure}_earlier"] = earlier
        columns[f"{measure}_ytd_usd"] = (
            values.fillna(0).groupby(year).cumsum().where(known.groupby(year).cumsum() == month)
        )
        columns[f"{measure}_rolling_12_usd"] = last_sum(values, series, 12).where(last_sum(known, series, 12) == 12)
        grew = growth_pct(values, earlier)
        columns[f"{measure}_yoy_pct"] = grew.where((earlier > 0) & (values >= 0)) if measure == "balance" else grew
    found = found.assign(**columns)
    world = found.loc[found["partner_iso3"] == "WLD", ["reporter_iso3", "period_month", "export", "import"]]
    found = found.merge(world, on=["reporter_iso3", "period_month"], how="left", suffixes=("", "_world"))
    found["trade"], found["trade_world"] = (
        found["export"] + found["import"],
        found["export_world"] + found["import_world"],
    )
    for measure in ("export", "import", "trade"):
        found[f"{measure}_share"] = found[measure] / found[f"{measure}_world"].where(found[f"{measure}_world"] != 0)
    return found.drop(columns=["export_world", "import_world", "trade", "trade_world"])


def sectors(landing: Path, codes: pd.Series, goods: pd.DataFrame) -> pd.DataFrame:
    """Products added up to sectors: cents, and kilograms where each weight is known."""
    parts = []
    for printed in not_replaced(landing / "comtrade" / "monthly_products"):
        whole = printed["flowCode"].isin(FLOWS) & (printed["period"].str.len() == 6)
        rows = printed[whole & printed["primaryValue"].str.fullmatch("[0-9]+[.][0-9]+")]
        weight = pd.to_numeric(rows["netWgt"])
        read = pd.DataFrame(
            {
                "reporter_iso3": rows["reporterCode"].map(codes).astype(codes.dtype),
                "partner_iso3": rows["partnerCode"].map(codes).astype(codes.dtype),
                "flow_code": rows["flowCode"].map(FLOWS).astype(pd.CategoricalDtype(list(FLOWS.values()))),
                "cmdCode": rows["cmdCode"],
                "period_month": month_number(rows["period"]),
                "value": cents(rows["primaryValue"]),
                "weight_kg": weight.where(weight != 0),
            }
        )
        of_sectors = read.dropna(subset=PAIR).merge(goods, on="cmdCode")
        grouped = of_sectors.groupby([*SERIES, "period_month"], observed=True, sort=False)
        added = grouped.agg(value=("value", "sum"), weight_kg=("weight_kg", "sum"), known=("weight_kg", "count"))
        added["weight_kg"] = added["weight_kg"].where(added.pop("known") == grouped.size())
        parts.append(added.reset_index())
    return pd.concat(parts, ignore_index=True)


def sector_monthly(reports: pd.DataFrame, totals: pd.DataFrame, breaks: pd.DataFrame) -> pd.DataFrame:
    traded = reports.loc[reports["value"] != 0, SERIES].drop_duplicates()
    months = reports.loc[reports["partner_iso3"] == "WLD", [*OF_WORLD, "period_month"]]
    months = months.assign(year=months["period_month"] // 12).merge(
        breaks.assign(is_break=True), on=["scheme_code", "sector_code", "year"], how="left"
    )
    months["is_break"] = months.pop("is_break").notna()
    parts = traded.merge(months.drop(columns="year"), on=OF_WORLD)
    parts = parts.merge(reports, on=[*SERIES, "period_month"], how="left")
    parts["value"] = parts["value"].fillna(0)
    parts, series = beside_a_year_earlier(parts)
    last_traded = parts["period_month"].where(parts["value"] != 0).groupby(series).ffill()
    parts = parts[last_traded >= parts["period_month"] - 12]
    of_scheme = [*SCHEME, "period_month"]
    mapped = parts.groupby(of_scheme, observed=True, sort=False).agg(
        mapped=("value", "sum"), is_break=("is_break", "max")
    )
    told = [name for name in OF_WORLD if name != "sector_code"]
    measured = traded[SCHEME].drop_duplicates().merge(months[[*told, "period_month"]].drop_duplicates(), on=told)
    measured = measured.merge(mapped.reset_index(), on=of_scheme, how="left")
    measured = measured.merge(totals, on=[*PAIR, "flow_code", "period_month"], how="left")
    measured["is_break"] = measured["is_break"].eq(True)
    other = measured.assign(sector_code="other", value=measured["total"] - measured["mapped"].fillna(0))
    other["sector_code"] = other["sector_code"].astype(parts["sector_code"].dtype)
    other, _ = beside_a_year_earlier(other.drop(columns="mapped"))
    parts = parts.merge(measured[[*of_scheme, "total", "earlier_total"]], on=of_scheme)
    found = pd.concat([parts, other], ignore_index=True)
    values, earlier = found["value"], found["earlier_value_usd"]
    total = found["total"].where(found["total"] != 0)
    earlier_total = found["earlier_total"].where(found["earlier_total"] != 0)
    return found.assign(
        sector_share=values / total,
        value_yoy_pct=growth_pct(values, earlier),
        contribution_pp=100 * (values - earlier) / earlier_total.where(found["total"].notna()),
    )


def beside_a_year_earlier(months: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
    """With the value a year earlier, where nothing broke, and that of twelve months; and the number of each row's series."""
    found = months.sort_values([*SERIES, "period_month"], ignore_index=True)
    series = found.groupby(SERIES, observed=True).ngroup()
    values, month, by_series = found["value"], found["period_month"], found.groupby(series)
    a_year_apart = (by_series["period_month"].shift(12) == month - 12) & ~found["is_break"]
    twelve_months = by_series["period_month"].shift(11) == month - 11
    known = last_sum(values.notna().astype("int64"), series, 12) == 12
    return found.assign(
        earlier_value_usd=by_series["value"].shift(12).where(a_year_apart),
        value_rolling_12_usd=last_sum(values, series, 12).where(twelve_months & known),
    ), series


def make(landing: Path, reference: Path, folder: Path) -> None:
    """Writes both tables into the folder as Parquet."""
    codes, goods = country_codes(reference), sectors_of_goods(reference)
    surplus = surplus_monthly(landing, codes)
    totals = pd.concat(
        surplus[[*PAIR, "period_month"]].assign(
            flow_code=pd.Categorical([flow] * len(surplus), list(FLOWS.values())),
            total=surplus[flow],
            earlier_total=surplus[f"{flow}_earlier"],
        )
        for flow in FLOWS.values()
    )
    sector = sector_monthly(sectors(landing, codes, goods), totals, broken_sectors(reference, goods))
    amounts = [name for measure in MEASURES for name in (measure, f"{measure}_ytd_usd", f"{measure}_rolling_12_usd")]
    dated(surplus, amounts).rename(columns={measure: f"{measure}_usd" for measure in MEASURES}).to_parquet(
        folder / "surplus_monthly.parquet"
    )
    amounts = ["value", "earlier_value_usd", "value_rolling_12_usd"]
    dated(sector, amounts).rename(columns={"value": "value_usd"}).to_parquet(folder / "sector_monthly.parquet")


if __name__ == "__main__":
    make(*map(Path, sys.argv[1:]))
