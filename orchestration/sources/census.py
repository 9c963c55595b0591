"""US Census Bureau: what America's own books say. Total exports FAS, general imports at customs value."""

from orchestration.source import RawTable, Source

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

SOURCE = Source(
    name="census",
    publisher="United States Census Bureau",
    homepage="https://www.census.gov/foreign-trade/",
    licence="Work of the United States government, public domain",
    tables=(
        RawTable(
            name="country_imports",
            columns=("time", "CTY_CODE", "CTY_NAME", "GEN_VAL_MO"),
            grain="One row per partner and month: general imports (`GEN_VAL_MO`). "
            "`-` is the world; codes below 1000 and such as `5XXX` are groups of countries.",
            unit="USD",
            release_lag_days=36,
        ),
        RawTable(
            name="country_exports",
            columns=("time", "CTY_CODE", "CTY_NAME", "ALL_VAL_MO"),
            grain="One row per partner and month: total exports (`ALL_VAL_MO`). "
            "`-` is the world; codes below 1000 and such as `5XXX` are groups of countries.",
            unit="USD",
            release_lag_days=36,
        ),
        RawTable(
            name="country_workbook",
            columns=("year", "CTY_CODE", "CTYNAME", *(f"{flow}{month}" for flow in "IE" for month in MONTHS)),
            grain="One row per partner and year, twelve months of imports and of exports side by side, "
            "as in the workbook `country.xlsx`. Months that were not yet printed hold 0.",
            unit="million USD",
            release_lag_days=36,
        ),
        RawTable(
            name="chapter_imports",
            columns=("time", "I_COMMODITY", "CTY_CODE", "GEN_VAL_MO"),
            grain="One row per HS chapter, partner and month: general imports (`GEN_VAL_MO`). "
            "`-` is the world; codes below 1000 and such as `5XXX` are groups of countries. Explicit zeros are kept.",
            unit="USD",
            release_lag_days=36,
        ),
        RawTable(
            name="duty_collected",
            columns=("time", "I_COMMODITY", "CTY_CODE", "CON_VAL_MO", "CAL_DUT_MO"),
            grain="One row per HS chapter, partner and month: imports for consumption (`CON_VAL_MO`) and the duty "
            "calculated on them (`CAL_DUT_MO`). `-` is the world; codes below 1000 and such as `5XXX` are groups.",
            unit="USD",
            release_lag_days=36,
        ),
    ),
)
