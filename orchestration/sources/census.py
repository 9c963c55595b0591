"""US Census Bureau: what America's own books say. Total exports FAS, general imports at customs value."""

from orchestration.source import RawTable, Source

SOURCE = Source(
    name="census",
    publisher="United States Census Bureau",
    homepage="https://www.census.gov/foreign-trade/",
    licence="Work of the United States government, public domain",
    tables=(
        RawTable(
            name="country_imports",
            grain="One row per partner and month: general imports (`GEN_VAL_MO`). "
            "`-` is the world; codes below 1000 and such as `5XXX` are groups of countries.",
            unit="USD",
            release_lag_days=36,
        ),
        RawTable(
            name="country_exports",
            grain="One row per partner and month: total exports (`ALL_VAL_MO`). "
            "`-` is the world; codes below 1000 and such as `5XXX` are groups of countries.",
            unit="USD",
            release_lag_days=36,
        ),
        RawTable(
            name="country_workbook",
            grain="One row per partner and year, twelve months of imports and of exports side by side, "
            "as in the workbook `country.xlsx`. Months that were not yet printed hold 0.",
            unit="million USD",
            release_lag_days=36,
        ),
    ),
)
