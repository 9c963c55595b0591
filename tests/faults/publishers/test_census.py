"""Census by HS code: what it no longer lists is told before anything is asked; subheadings come chapter by chapter, whole or not."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from orchestration.fetch import Asked, Part, plan
from orchestration.fetch_shown import chosen

from . import census
from .fetching import SOME_DAY, Desk
from .server import Answer
from .server import Asked as Call

TOTALS, CHAPTERS = "census/country_imports", "census/chapter_exports"
DUTIES, IMPORTS, EXPORTS = "census/duty_collected", "census/subheading_imports", "census/subheading_exports"
JUNE = date(2026, 6, 1)
# Two codes of 100 and 50 million dollars in each of 88 chapters.
WHOLE = 88 * 2


@pytest.fixture(autouse=True)
def publisher(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_CENSUS_KEY", census.WORKING_KEY)
    desk.served.always(census.HOST, census.publisher)


def of_june(desk: Desk, table: str, **asked: Any) -> Part:
    return desk.fetch(table, first=JUNE, last=JUNE, **asked)


def chapter_of(call: Call) -> str:
    return call.params.get("I_COMMODITY", call.params.get("E_COMMODITY", ""))[:2]


def in_chapter_87(change: Callable[[list[list[str]]], list[list[str]]]) -> Callable[[Call], Answer]:
    """The Bureau, but for one chapter."""

    def answered(call: Call) -> Answer:
        if chapter_of(call) != "87":
            return census.publisher(call)
        return census.answer(change(census.subheadings(call) or []))

    return answered


def cell(line: int, name: str, text: str) -> Callable[[list[list[str]]], list[list[str]]]:
    def change(table: list[list[str]]) -> list[list[str]]:
        table[line][table[0].index(name)] = text
        return table

    return change


@pytest.mark.parametrize("table", [IMPORTS, EXPORTS])
def test_the_subheadings_of_all_chapters_are_one_release_of_one_partner(desk: Desk, table: str) -> None:
    assert of_june(desk, table).outcomes == {"kept": 1}
    rows = desk.rows(table)
    commodity = "I_COMMODITY" if table == IMPORTS else "E_COMMODITY"
    assert len(rows) == len({row[commodity] for row in rows}) == WHOLE
    assert {row["CTY_CODE"] for row in rows} == {"5800"}
    (release,) = desk.held(table)
    assert (release.scope, release.period_from, release.period_to) == ("5800", JUNE, JUNE)
    data = [call for call in desk.served.asked if not call.path.endswith("variables.json")]
    assert [chapter_of(call) for call in data][:3] == ["01", "02", "03"]
    assert len(data) == 98
    assert {"COMM_LVL": "HS6", "SUMMARY_LVL": "DET", "time": "2026-06"}.items() <= data[0].params.items()


def test_values_charges_and_duty_of_a_subheading_are_kept_as_printed(desk: Desk) -> None:
    of_june(desk, IMPORTS)
    (car,) = [row for row in desk.rows(IMPORTS) if row["I_COMMODITY"] == "870110"]
    printed = {"GEN_VAL_MO": "100000000", "GEN_CHA_MO": "3000000", "CON_VAL_MO": "100000000", "CAL_DUT_MO": "15000000"}
    assert printed.items() <= car.items()


@pytest.mark.parametrize("table", [CHAPTERS, DUTIES, TOTALS])
def test_tables_of_all_partners_are_one_call_a_month(desk: Desk, table: str) -> None:
    assert of_june(desk, table).outcomes == {"kept": 1}
    assert len([call for call in desk.served.asked if not call.path.endswith("variables.json")]) == 1


@pytest.mark.parametrize(
    ("table", "flow", "gone"),
    [
        (TOTALS, "imports", "GEN_CHA_MO"),
        (CHAPTERS, "exports", "ALL_VAL_MO"),
        (DUTIES, "imports", "CAL_DUT_MO"),
        (IMPORTS, "imports", "CON_CHA_MO"),
        (EXPORTS, "exports", "E_COMMODITY"),
    ],
)
def test_a_column_that_the_bureau_no_longer_lists_is_named_before_any_data_are_asked_for(
    desk: Desk, table: str, flow: str, gone: str
) -> None:
    desk.served.always(
        census.HOST,
        lambda call: census.variables(gone) if call.path.endswith("variables.json") else census.publisher(call),
    )
    part = desk.fetch(table, first=date(2026, 1, 1), last=JUNE)
    (failure,) = part.failures
    assert failure.startswith(table)
    assert re.search(rf"variables.json. no longer has {gone}: .*No more was asked", failure)
    assert [call.path for call in desk.served.asked] == [f"data/timeseries/intltrade/{flow}/hs/variables.json"]
    assert desk.held(table) == []


def test_the_list_of_variables_is_read_once_for_all_months_of_a_table(desk: Desk) -> None:
    assert desk.fetch(CHAPTERS, first=date(2026, 1, 1), last=JUNE).outcomes == {"kept": 6}
    assert len([call for call in desk.served.asked if call.path.endswith("variables.json")]) == 1


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (census.BAD_KEY, "missing or invalid key"),
        (Answer(b"<html>maintenance</html>", kind="text/html"), "a page, not with data"),
        (Answer(b"{", kind="application/json"), "not JSON"),
        (census.answer({"variables": {}}), "the list of variables is none"),
        (census.answer([["variables"]]), "the list of variables is none"),
        (Answer(b"gone", 404, "text/plain"), "status 404"),
    ],
    ids=["key", "page", "cut", "empty", "array", "missing"],
)
def test_a_list_of_variables_that_cannot_be_read_is_told_and_nothing_is_kept(
    desk: Desk, listed: Answer, said: str
) -> None:
    desk.served.always(
        census.HOST, lambda call: listed if call.path.endswith("variables.json") else census.publisher(call)
    )
    part = of_june(desk, CHAPTERS)
    assert re.search(said, part.failures[0])
    assert desk.held(CHAPTERS) == []


@dataclass(frozen=True)
class Wrong:
    name: str
    answer: Answer | Callable[[Call], Answer]
    said: str


WRONG = [
    Wrong("key", census.but(census.BAD_KEY), "missing or invalid key.*No more was asked"),
    Wrong("unknown_variable", census.but(Answer(b"error: unknown variable 'GEN_CHA_MO'", 400, "text/plain")), "unknown variable"),
    Wrong("column_renamed", in_chapter_87(cell(0, "GEN_VAL_MO", "GEN_VALUE")), "lacks the column GEN_VAL_MO; it has .*GEN_VALUE"),
    Wrong("another_chapter", in_chapter_87(cell(1, "I_COMMODITY", "880110")), "'880110' is no subheading of chapter 87"),
    Wrong("a_heading_among_them", in_chapter_87(cell(1, "I_COMMODITY", "8701")), "'8701' is no subheading of chapter 87"),
    Wrong("another_partner", in_chapter_87(cell(1, "CTY_CODE", "5880")), "speaks of 5880"),
    Wrong("another_month", in_chapter_87(cell(1, "time", "2026-05")), "in 2026-05, which was not asked for"),
    Wrong("code_twice", in_chapter_87(lambda table: [*table, table[1]]), "two rows for 870110"),
    Wrong("duty_above_its_base", in_chapter_87(cell(1, "CAL_DUT_MO", "100000001")), "the duty of 870110 is 100,000,001 on 100,000,000"),
    Wrong("half_a_line", in_chapter_87(lambda table: [*table, ["5800"]]), "cells of its header"),
    Wrong(
        "thousands",
        lambda call: census.publisher(call) if call.path.endswith("json") or chapter_of(call) >= "90" else census.answer(census.subheadings(call, scale=1_000)),
        "GEN_VAL_MO adds up to 13,200,000, which is no month's trade in USD: the unit changed",
    ),
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_one_wrong_chapter_keeps_the_whole_month_out(desk: Desk, wrong: Wrong) -> None:
    desk.served.always(census.HOST, wrong.answer)
    part = of_june(desk, IMPORTS)
    assert part.outcomes == {"failed": 1}
    assert re.search(wrong.said, part.failures[0]), part.failures[0]
    assert desk.held(IMPORTS) == []
    assert census.WORKING_KEY not in part.failures[0] + desk.kept_text()


def test_a_month_without_any_trade_is_no_release_and_no_failure(desk: Desk) -> None:
    desk.served.always(census.HOST, census.but(Answer(status=204)))
    assert of_june(desk, IMPORTS).outcomes == {"empty": 1}
    assert desk.held(IMPORTS) == []


def test_a_chapter_that_fails_once_is_asked_again_and_doubles_nothing(desk: Desk) -> None:
    desk.served.fault(lambda call: Answer(b"", 500) if chapter_of(call) == "02" else None, times=3)
    assert of_june(desk, IMPORTS).outcomes == {"kept": 1}
    assert len(desk.rows(IMPORTS)) == WHOLE


def test_partners_are_asked_for_by_their_two_letters_and_korea_without(desk: Desk) -> None:
    (part,) = plan(desk.at, chosen([IMPORTS]), Asked(first=JUNE, last=JUNE, partners=("JP", "DE")), SOME_DAY)
    assert [request.scope for request in part.due] == ["5880", "4280"]
    (part,) = plan(desk.at, chosen([IMPORTS]), Asked(first=JUNE, last=JUNE), SOME_DAY)
    assert [request.scope for request in part.due] == ["5800"]
    assert part.calls == 98
