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
        RawTable(
            name="set_exports",
            columns=("year", "hsCd", "statCd", "statCdCntnKor1", "expWgt", "expDlr"),
            grain="One row per set of HS codes, partner and month: exports and weight in kg, summed over the set. "
            "A set such as `8703+8708` is known only as the sum; sets do not overlap and do not cover all exports.",
            unit="USD",
            release_lag_days=15,
        ),
        RawTable(
            name="chip_trade",
            columns=("year", "hsCd", "statKor", "statCd", "statCdCntnKor1", "expWgt", "expDlr", "impWgt", "impDlr"),
            grain="One row per ten-digit code of memory chips (HS 854232), partner and month, both flows with their "
            "weight in kg. The ten-digit codes changed in January 2022; a weight of 0 beside a value means unknown.",
            unit="USD",
            release_lag_days=15,
        ),
        RawTable(
            name="subheading_exports",
            columns=("year", "hsCode", "expDlr"),
            grain="One row per HS subheading (six digits) and month: exports to the whole world. "
            "About 15 % of the values are a printed 0, most likely a code that was only imported that month.",
            unit="USD",
            release_lag_days=15,
        ),
    ),
)
