"""FRED, the St. Louis Fed's collection: here only series that US agencies publish (Federal Reserve, EIA, BLS)."""

from orchestration.source import RawTable, Source

SOURCE = Source(
    name="fred",
    publisher="Federal Reserve Bank of St. Louis (series of the Federal Reserve Board, EIA and BLS)",
    homepage="https://fred.stlouisfed.org/",
    licence="The series kept here are works of the United States government, public domain; cite the agency",
    tables=(
        RawTable(
            name="observations",
            columns=("series_id", "observation_date", "value"),
            grain="One row per series and day (or first day of the month); one release is one series whole. "
            "A blank or `.` is a day without a value, such as a holiday.",
            unit="unit of the series",
            release_lag_days=15,
        ),
    ),
)
