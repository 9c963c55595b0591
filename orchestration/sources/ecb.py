"""European Central Bank: euro reference rates, fixed once a day at 14:15 Frankfurt time for information, not for trading.

One zip holds every rate since 1999, without a key. The bank's SDMX service, which gives the same rates series by series, is
not asked: it adds only the history of corrections, and each file fetched here that differs becomes a printing of its own.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from orchestration.replies import Call, RefusedError, Reply, read_csv, unzip
from orchestration.source import Access, Fetch, Page, RawTable, Request, Row, Source, Window

HISTORY = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
FIRST_MONTH = date(1999, 1, 1)
LONGEST_BYTES = 32_000_000
CURRENCIES = (
    *("USD", "JPY", "BGN", "CYP", "CZK", "DKK", "EEK", "GBP", "HUF", "LTL", "LVL", "MTL", "PLN", "ROL"),
    *("RON", "SEK", "SIT", "SKK", "CHF", "ISK", "NOK", "HRK", "RUB", "TRL", "TRY", "AUD", "BRL", "CAD"),
    *("CNY", "HKD", "IDR", "ILS", "INR", "KRW", "MXN", "MYR", "NZD", "PHP", "SGD", "THB", "ZAR"),
)


def whole_history(window: Window) -> Iterator[Request]:
    """One file holds all days since 1999, whatever is asked for."""
    yield Request(Call(HISTORY), period_from=FIRST_MONTH, period_to=window.today.replace(day=1))


def read_history(reply: Reply) -> Page:
    """The csv in the zip: its lines as printed, and the months of its oldest and newest day."""
    rows = read_csv(unzip(reply, LONGEST_BYTES))
    days = sorted(row.get("Date", "") for row in rows)
    try:
        first, last = (date.fromisoformat(day) for day in (days[0], days[-1]))
    except (IndexError, ValueError):
        raise RefusedError(
            f"the file has no column Date of days: {', '.join(rows[0]) if rows else 'no line'}"
        ) from None
    return Page(rows, period=(first.replace(day=1), last.replace(day=1)))


def one_row_per_day(request: Request, rows: Sequence[Row]) -> None:
    days = {row["Date"] for row in rows}
    if len(days) != len(rows):
        raise RefusedError(f"the file names {len(rows) - len(days)} days twice")


SOURCE = Source(
    name="ecb",
    publisher="European Central Bank",
    homepage="https://www.ecb.europa.eu/stats/policy_and_exchange_rates/euro_reference_exchange_rates/",
    licence="Free reuse with the source named and the values unmodified",
    tables=(
        RawTable(
            name="reference_rates",
            columns=("Date", *CURRENCIES),
            grain="One row per TARGET business day, newest first, one column per currency. "
            "`N/A` where a currency was not quoted; currencies that joined the euro or were suspended end.",
            unit="currency per EUR",
            release_lag_days=1,
            fetch=Fetch(
                plan=whole_history,
                read=read_history,
                first_open=lambda today: today.replace(day=1),
                open_status="final",
                check=one_row_per_day,
                fresh=timedelta(hours=6),
                fewest_rows=5_000,
                earliest=FIRST_MONTH,
            ),
        ),
    ),
    access=Access(calls=1, seconds=1, at_once=1),
)
