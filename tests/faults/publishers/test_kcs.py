"""Korea's flash figures, national totals and trade by item and partner: right rows are kept, wrong ones told."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from orchestration.fetch import Asked, Part, plan
from orchestration.fetch_shown import chosen

from . import kcs
from .fetching import SOME_DAY, Desk
from .server import Answer

FLASH, NATIONAL, ITEMS = "kcs/flash_partner_exports", "kcs/national_trade", "kcs/item_trade"
ALL_FLASH = [f"kcs/flash_{breakdown}_{flow}" for breakdown in ("product", "partner") for flow in ("exports", "imports")]
MARCH = date(2026, 3, 1)
OF_MARCH = kcs.flash_items("202603", "202603")
NATION = kcs.national_items("202603", "202603")
AMERICA = kcs.partner_items("US", "202603")


@pytest.fixture(autouse=True)
def publisher(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_KCS_KEY", kcs.WORKING_KEY)
    desk.served.always(kcs.HOST, kcs.publisher)


def of_march(desk: Desk, table: str, **asked: Any) -> Part:
    return desk.fetch(table, first=MARCH, last=MARCH, partners=("US",), **asked)


def changed(rows: list[kcs.Item], place: int, **cells: str) -> list[kcs.Item]:
    return [row | cells if number == place else row for number, row in enumerate(rows)]


def lacking(rows: list[kcs.Item], name: str) -> list[kcs.Item]:
    return [{key: text for key, text in row.items() if key != name} for row in rows]


@dataclass(frozen=True)
class Wrong:
    name: str
    table: str
    answer: Answer
    said: str


WRONG = [
    Wrong("flash_key", FLASH, kcs.gateway("30", status=401), "not applied for.*No more was asked"),
    Wrong("flash_column_gone", FLASH, kcs.answer(lacking(OF_MARCH, "itemUsdAmt10")), "lacks the column itemUsdAmt10"),
    Wrong(
        "flash_column_without_a_label",
        FLASH,
        kcs.answer([row | {"itemUsdAmt11": "1"} for row in OF_MARCH]),
        "has the column itemUsdAmt11, for which no label is held",
    ),
    Wrong("flash_in_dollars", FLASH, kcs.answer(kcs.flash_items("202603", "202603", unit=1)), "202603 01~10 .*the unit changed"),
    Wrong("flash_in_millions", FLASH, kcs.answer(kcs.flash_items("202603", "202603", unit=1_000_000)), "the unit changed"),
    Wrong(
        "flash_total_that_falls",
        FLASH,
        kcs.answer(changed(OF_MARCH, 2, itemUsdAmt00="35,999,999")),
        "total of 202603 01~말일 is 35,999,999, less than that of fewer days",
    ),
    Wrong("flash_window_twice", FLASH, kcs.answer([*OF_MARCH, OF_MARCH[0]]), "two rows for 202603 01~10"),
    Wrong("flash_of_another_month", FLASH, kcs.answer(kcs.flash_items("202602", "202602")), "speaks of 202602"),
    Wrong("flash_more_than_a_year", FLASH, kcs.answer([], "99", "조회기간은 1년이내"), "조회기간은 1년이내"),
    Wrong("nation_key", NATIONAL, kcs.gateway("20"), "no key came"),
    Wrong("nation_column_gone", NATIONAL, kcs.answer(lacking(NATION, "impDlr")), "lacks the column impDlr"),
    Wrong("nation_in_thousands", NATIONAL, kcs.answer(kcs.national_items("202603", "202603", scale=1_000)), "the unit changed"),
    Wrong("nation_total_says_more", NATIONAL, kcs.answer([*NATION, kcs.national_total(NATION * 2)]), "rows are missing"),
    Wrong("nation_month_twice", NATIONAL, kcs.answer(NATION * 2), "two rows for 2026.03"),
    Wrong("item_key_expired", ITEMS, kcs.gateway("31"), "expired"),
    Wrong("item_column_renamed", ITEMS, kcs.answer([{("hsCode" if key == "hsCd" else key): text for key, text in row.items()} for row in AMERICA]), "lacks the column hsCd|not ten digits"),
    Wrong("item_weight_gone", ITEMS, kcs.answer(lacking(AMERICA, "impWgt")), "lacks the column impWgt"),
    Wrong("item_values_in_thousands", ITEMS, kcs.answer(kcs.partner_items("US", "202603", scale=1_000)), "0.0050 USD a kilogram.*a unit changed"),
    Wrong("item_weights_in_tonnes", ITEMS, kcs.answer(kcs.partner_items("US", "202603", codes=4_000, tonnes=1_000)), "5000.0000 USD a kilogram.*a unit changed"),
    Wrong("item_total_says_more", ITEMS, kcs.answer([*AMERICA[:30], kcs.partner_total(AMERICA)]), "rows are missing"),
    Wrong("item_total_first_says_more", ITEMS, kcs.answer([kcs.partner_total(AMERICA), *AMERICA[:30]]), "rows are missing"),
    Wrong("item_twice", ITEMS, kcs.answer([*AMERICA, AMERICA[0]]), "two rows for 2026.03 US 8500000000"),
    Wrong("item_of_another_partner", ITEMS, kcs.answer(kcs.partner_items("CN", "202603")), "speaks of CN, and US was asked for"),
    Wrong("item_that_lost_its_zero", ITEMS, kcs.answer(changed(AMERICA, 0, hsCd="101210000")), "not ten digits: 101210000"),
    Wrong("item_of_an_unknown_partner", ITEMS, kcs.answer([], "99", "국가코드를 확인하세요"), "국가코드를 확인하세요"),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_what_cannot_be_right_is_told_and_keeps_nothing(desk: Desk, wrong: Wrong) -> None:
    desk.served.always(kcs.HOST, wrong.answer)
    part = of_march(desk, wrong.table)
    assert part.outcomes == {"failed": 1}
    assert re.search(wrong.said, part.failures[0]), part.failures[0]
    assert part.failures[0].startswith(wrong.table)
    assert desk.held(wrong.table) == []
    assert "a+key" not in part.failures[0] + desk.kept_text()


@pytest.mark.parametrize("table", [*ALL_FLASH, NATIONAL, ITEMS])
def test_a_reply_without_items_is_no_release_and_no_failure(desk: Desk, table: str) -> None:
    desk.served.always(kcs.HOST, kcs.answer([]))
    assert of_march(desk, table).outcomes == {"empty": 1}
    assert desk.held(table) == []


@pytest.mark.parametrize("table", [*ALL_FLASH, NATIONAL, ITEMS])
def test_a_reply_without_a_list_is_asked_for_again_and_told(desk: Desk, table: str) -> None:
    desk.served.always(kcs.HOST, Answer(b"<response><header><resultCode>00</resultCode></header><body/></response>"))
    part = of_march(desk, table)
    assert "has no list of items" in part.failures[0]
    assert len(desk.served.asked) == desk.patience.attempts


@pytest.mark.parametrize("table", [*ALL_FLASH, NATIONAL, ITEMS])
def test_the_calls_of_a_day_belong_to_each_service_and_their_end_is_no_failure(desk: Desk, table: str) -> None:
    desk.served.always(kcs.HOST, kcs.gateway("22", "LIMITED_NUMBER_OF_SERVICE_REQUESTS_EXCEEDS_ERROR"))
    part = of_march(desk, table)
    assert (part.failures, part.waiting) == ([], 1)
    assert "used up" in part.closed


@pytest.mark.parametrize(
    ("table", "service"),
    [
        ("kcs/flash_product_exports", "prlstMmUtPrviExpAcrs/getPrlstMmUtPrviExpAcrs"),
        ("kcs/flash_partner_exports", "cntyMmUtPrviExpAcrs/getCntyMmUtPrviExpAcrs"),
        ("kcs/flash_product_imports", "prlstMmUtPrviImpAcrs/getPrlstMmUtPrviImpAcrs"),
        ("kcs/flash_partner_imports", "cntyMmUtPrviImpAcrs/getCntyMmUtPrviImpAcrs"),
        (NATIONAL, "Newtrade/getNewtradeList"),
        (ITEMS, "nitemtrade/getNitemtradeList"),
    ],
)
def test_each_table_asks_its_own_service(desk: Desk, table: str, service: str) -> None:
    assert of_march(desk, table).outcomes == {"kept": 1}
    (asked,) = desk.served.asked
    assert asked.path == f"1220000/{service}"
    assert (asked.params["strtYymm"], asked.params["endYymm"]) == ("202603", "202603")
    assert asked.params.get("cntyCd") == ("US" if table == ITEMS else None)


def test_flash_figures_are_kept_as_printed_and_the_release_covers_the_months_it_holds(desk: Desk) -> None:
    assert desk.fetch(FLASH, first=date(2026, 1, 1), last=date(2026, 12, 1)).outcomes == {"kept": 1}
    rows = desk.rows(FLASH)
    assert len(rows) == 10 * 3 + 2
    assert {"priodMon": "202601", "priodDt": "01~20", "itemUsdAmt00": " 36,600,000"}.items() <= rows[1].items()
    (release,) = desk.held(FLASH)
    assert (release.period_from, release.period_to) == (date(2026, 1, 1), date(2026, 11, 1))
    assert {release.open_status, release.settled_status} == {"flash"}


@pytest.mark.parametrize(("day", "last"), [(1, "202610"), (10, "202610"), (11, "202611"), (21, "202611")])
def test_the_running_month_is_asked_for_from_its_eleventh_day_on(desk: Desk, day: int, last: str) -> None:
    (part,) = plan(desk.at, chosen([FLASH]), Asked(), datetime(2026, 11, day, 3, tzinfo=UTC))
    assert [f"{request.period_from:%Y%m}-{request.period_to:%Y%m}" for request in part.due] == [
        f"202601-{last}",
        "202501-202512",
    ]


def test_a_later_window_is_a_second_printing_and_an_unchanged_one_is_none(desk: Desk) -> None:
    asked: dict[str, Any] = {"first": date(2026, 11, 1), "last": date(2026, 11, 1), "again": True}
    desk.served.always(kcs.HOST, lambda ask: kcs.answer(kcs.flash_items("202611", "202611", until="202611 01~10")))
    eleventh = datetime(2026, 11, 11, 3, tzinfo=UTC)
    assert desk.fetch(FLASH, now=eleventh, **asked).outcomes == {"kept": 1}
    assert desk.fetch(FLASH, now=eleventh.replace(day=12), **asked).outcomes == {"unchanged": 1}
    desk.served.always(kcs.HOST, kcs.publisher)
    assert desk.fetch(FLASH, now=eleventh.replace(day=21), **asked).outcomes == {"kept": 1}
    assert [release.row_count for release in desk.held(FLASH)] == [1, 2]


@pytest.mark.parametrize("place", ["first", "last"])
def test_the_grand_total_of_items_may_stand_first_or_last(desk: Desk, place: str) -> None:
    total = kcs.partner_total(AMERICA)
    desk.served.always(kcs.HOST, kcs.answer([total, *AMERICA] if place == "first" else [*AMERICA, total]))
    assert of_march(desk, ITEMS).outcomes == {"kept": 1}
    assert len(desk.rows(ITEMS)) == 41


def test_a_release_of_one_partner_says_nothing_of_the_others(desk: Desk) -> None:
    desk.fetch(ITEMS, first=MARCH, last=MARCH, partners=("US", "CN"))
    assert sorted(release.scope for release in desk.held(ITEMS)) == ["CN", "US"]
    desk.served.always(kcs.HOST, kcs.answer(kcs.partner_items("US", "202603", codes=39)))
    later = SOME_DAY.replace(day=25)
    assert of_march(desk, ITEMS, now=later, again=True).outcomes == {"kept": 1}
    assert len(desk.held(ITEMS)) == 3


def test_a_partner_whose_items_halve_is_not_kept(desk: Desk) -> None:
    of_march(desk, ITEMS)
    desk.served.always(kcs.HOST, kcs.answer(AMERICA[:20]))
    part = of_march(desk, ITEMS, again=True)
    assert "months do not shrink" in part.failures[0]


def test_thirteen_partners_and_two_years_are_312_calls_of_the_ten_thousand_a_day(desk: Desk) -> None:
    (part,) = plan(desk.at, chosen([ITEMS]), Asked(first=date(2024, 11, 1), last=date(2026, 10, 1)), SOME_DAY)
    assert (len(part.due), part.calls_left) == (312, 10_000)


def test_flash_figures_since_2016_are_eleven_calls_of_each_service(desk: Desk) -> None:
    parts = plan(desk.at, chosen(ALL_FLASH), Asked(first=date(2007, 1, 1)), SOME_DAY)
    assert [len(part.due) for part in parts] == [11] * 4
    assert all(request.period_from.year == request.period_to.year for part in parts for request in part.due)
