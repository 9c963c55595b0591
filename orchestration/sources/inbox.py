"""What a user brings: prices, headlines, trade and claims that the project may not ship. `docs/inbox.md` says how."""

from orchestration.inbox import FILES, LISTED, OWN_COLUMNS, SHAPES, SOURCE_NAME, collect
from orchestration.source import RawTable, Source

GRAINS = {
    "assets": "One row per asset that a user declares: its unit, exchange and benchmark.",
    "prices": "One row per asset and day: the last price of the day.",
    "headlines": "One row per headline, with the day on which it was published.",
    "trade": "One row per ledger, reporter, partner, flow, product and month: value and weight.",
    "claims": "One row per claim about trade or tariffs.",
}
UNITS = {"prices": "unit of the series", "trade": "USD"}

SOURCE = Source(
    name=SOURCE_NAME,
    publisher="Your own files",
    homepage="https://example.org/",
    licence="Whatever you agreed with whoever made the data; they stay on this machine",
    tables=(
        *(
            RawTable(
                name=table,
                columns=(*shape.columns, *OWN_COLUMNS),
                grain=GRAINS[table],
                unit=UNITS.get(table, "text"),
                release_lag_days=None,
            )
            for table, shape in SHAPES.items()
        ),
        RawTable(
            name=FILES,
            columns=LISTED,
            grain="One row per file that lay in the inbox, with what became of it.",
            unit="text",
            release_lag_days=None,
        ),
    ),
    collect=collect,
)
