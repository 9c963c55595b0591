"""European Central Bank: euro reference rates, fixed once a day at 14:15 Frankfurt time for information, not for trading."""

from orchestration.source import RawTable, Source

CURRENCIES = (
    *("USD", "JPY", "BGN", "CYP", "CZK", "DKK", "EEK", "GBP", "HUF", "LTL", "LVL", "MTL", "PLN", "ROL"),
    *("RON", "SEK", "SIT", "SKK", "CHF", "ISK", "NOK", "HRK", "RUB", "TRL", "TRY", "AUD", "BRL", "CAD"),
    *("CNY", "HKD", "IDR", "ILS", "INR", "KRW", "MXN", "MYR", "NZD", "PHP", "SGD", "THB", "ZAR"),
)

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
        ),
    ),
)
