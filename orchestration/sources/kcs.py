"""Korea Customs Service: what Korea's own customs says. Exports FOB, imports CIF, by date of acceptance."""

from orchestration.source import RawTable, Source

SOURCE = Source(
    name="kcs",
    publisher="Korea Customs Service",
    homepage="https://unipass.customs.go.kr/ets/",
    licence="Open government data of the Republic of Korea, free use with the source named",
    tables=(
        RawTable(
            name="country_totals",
            columns=("year", "statCd", "statCdCntnKor1", "expDlr", "impDlr"),
            grain="One row per partner and month, both flows, as the service `nationtrade` prints them. "
            "Rows named 총합 or 총계 are grand totals among the items; `NA` is Namibia.",
            unit="USD",
            release_lag_days=15,
        ),
        RawTable(
            name="national_totals",
            columns=("year", "month", "amo_ex", "amo_im"),
            grain="One row per month, both flows of the whole country, as the UNIPASS portal prints them. "
            "Some numbers carry thousands separators.",
            unit="thousand USD",
            release_lag_days=15,
        ),
    ),
)
