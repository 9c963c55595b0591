"""Changes of three central banks' policy rates: the Federal Reserve, the Bank of Korea, the Bank of Japan."""

from orchestration.source import RawTable, Source

SOURCE = Source(
    name="policy_rates",
    publisher="Federal Reserve, Bank of Korea, Bank of Japan",
    homepage="https://www.federalreserve.gov/monetarypolicy/openmarket.htm",
    licence="Facts, which nobody owns; name the bank",
    tables=(
        RawTable(
            name="federal_reserve",
            columns=("date", "change_bps", "target_lower_pct", "target_upper_pct"),
            grain="One row per change of the federal funds target. `date` is the day it took effect: since 2015 the day "
            "after the decision, before that mostly the day itself. A single target has equal bounds.",
            unit="percent a year",
            release_lag_days=60,
        ),
        RawTable(
            name="bank_of_korea",
            columns=("date", "rate_pct"),
            grain="One row per change of the base rate (until March 2008 the call rate target), by the day of the decision. "
            "Meetings that changed nothing are not listed.",
            unit="percent a year",
            release_lag_days=60,
        ),
        RawTable(
            name="bank_of_japan",
            columns=("effective_date", "decision_date", "policy_rate_pct"),
            grain="One row per change of the call rate target since March 2024, with the day of the decision. "
            "The first row is a range.",
            unit="percent a year",
            release_lag_days=60,
        ),
    ),
)
