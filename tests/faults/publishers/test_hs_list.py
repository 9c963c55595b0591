"""Korea's list of HS codes has no interface: what a person saved is read, and without it one sentence says how to get it."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from orchestration.fetch import Asked, plan
from orchestration.fetch_shown import chosen
from orchestration.hs_list import FEWEST_CODES

from . import kcs
from .fetching import SOME_DAY, Desk

LIST = "kcs/hs_codes"
NAME = "관세청_HS부호_20260101.csv"
HEADER = "HS부호,적용시작일자,적용종료일자,한글품목명,영문품목명,HS부호내용,수량단위코드,중량단위코드"


def text(codes: int = FEWEST_CODES, header: str = HEADER) -> str:
    lines = (f'{code:010},20260101,20261231,"기타, {code}",Other,,U,KG' for code in range(101211000, 101211000 + codes))
    return "\n".join([header, *lines]) + "\n"


@pytest.fixture
def saved(desk: Desk) -> Callable[..., Path]:
    def save(content: bytes, name: str = NAME) -> Path:
        path = desk.at.downloads / "kcs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return save


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_list_that_was_saved_is_kept_once_and_nobody_is_asked(
    desk: Desk, saved: Callable[..., Path], encoding: str
) -> None:
    path = saved(text().encode(encoding))
    before = path.read_bytes()
    assert desk.fetch(LIST).outcomes == {"kept": 1}
    assert desk.fetch(LIST).outcomes == {"unchanged": 1}
    rows = desk.rows(LIST)
    assert len(rows) == FEWEST_CODES
    assert (rows[0]["HS부호"], rows[0]["한글품목명"], rows[0]["중량단위코드"]) == (
        "0101211000",
        "기타, 101211000",
        "KG",
    )
    assert desk.served.asked == []
    assert path.read_bytes() == before
    (kept,) = desk.held(LIST)
    assert (kept.published_from, kept.url) == (date(2026, 1, 1), NAME)


def test_without_a_file_it_is_said_where_it_lies_and_nothing_fails(desk: Desk) -> None:
    part = desk.fetch(LIST)
    assert (part.due, part.failures) == ([], [])
    assert re.search(
        "nothing lies in .*downloads/kcs: download the list of HS codes from https://www.data.go.kr/", part.note
    )


def test_it_needs_no_key_and_the_other_tables_say_that_they_do(
    desk: Desk, saved: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ENTREPOT_KCS_KEY", raising=False)
    saved(text().encode())
    parts = {part.table.name: part for part in plan(desk.at, chosen(["kcs"]), Asked(), SOME_DAY)}
    assert (parts["hs_codes"].off, len(parts["hs_codes"].due)) == ("", 1)
    assert parts["country_totals"].off.startswith("no key")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"PK\x03\x04 a workbook", "a workbook by another name: save the sheet as CSV UTF-8"),
        (text(codes=100).encode(), "has 100 codes; a whole list has at least 5,000"),
        (text(header=HEADER.replace("한글품목명", "품명")).encode(), "lacks the column 한글품목명; it has HS부호"),
        (b"\xff\xff\xff\x00", "neither in UTF-8 nor in Korea's own encoding"),
        (b"", "lacks the column HS부호"),
    ],
    ids=["workbook", "cut_off", "column_renamed", "another_encoding", "empty"],
)
def test_a_file_that_is_no_list_is_refused_in_words(
    desk: Desk, saved: Callable[..., Path], content: bytes, said: str
) -> None:
    saved(content)
    part = desk.fetch(LIST)
    assert part.outcomes == {"failed": 1}
    assert re.search(said, part.failures[0]), part.failures[0]
    assert desk.held(LIST) == []


def test_a_name_without_a_day_is_refused_and_other_files_are_not_looked_at(
    desk: Desk, saved: Callable[..., Path]
) -> None:
    saved(text().encode(), "notes.csv")
    assert desk.fetch(LIST).due == []
    saved(text().encode(), "관세청_HS부호_20261301.csv")
    assert "names no day" in desk.fetch(LIST).failures[0]
    assert kcs.WORKING_KEY not in desk.kept_text()
