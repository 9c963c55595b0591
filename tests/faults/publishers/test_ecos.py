"""The Bank of Korea over the wire: the key in the path, errors with status 200, pages by row numbers."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from .fetching import Desk
from .server import Answer, Asked

TABLE = "ecos/observations"
HOST = "ecos.bok.or.kr"
A_KEY = "ECOS0123456789KEY"
SPAN: dict[str, Any] = {"first": date(2025, 12, 1), "last": date(2025, 12, 1)}


def result(code: str) -> Answer:
    body = {"RESULT": {"CODE": code, "MESSAGE": "인증키가 유효하지 않습니다."}}
    return Answer(json.dumps(body).encode(), kind="application/json")


def page(rows: list[dict[str, Any]], total: int) -> Answer:
    body = {"StatisticSearch": {"list_total_count": total, "row": rows}}
    return Answer(json.dumps(body).encode(), kind="application/json")


def publisher(asked: Asked, days: int = 3, start: date = date(2025, 12, 1)) -> Answer:
    first, last, table, _, _, _, item = asked.path.split("/")[-7:]
    numbers = range(int(first), min(int(last), days) + 1)
    series = {"STAT_CODE": table, "ITEM_CODE1": item, "ITEM_CODE2": None, "UNIT_NAME": "원"}
    rows = [{**series, "TIME": f"{start + timedelta(number):%Y%m%d}", "DATA_VALUE": "1470.1"} for number in numbers]
    return page(rows, days)


@pytest.fixture(autouse=True)
def key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> str:
    desk.served.always(HOST, publisher)
    monkeypatch.setenv("ENTREPOT_ECOS_KEY", A_KEY)
    return A_KEY


def test_the_key_goes_into_the_path_and_nowhere_else(desk: Desk, key: str) -> None:
    assert desk.fetch(TABLE, **SPAN).outcomes == {"kept": 2}
    assert all(f"/{key}/" in asked.path for asked in desk.served.asked)
    assert key not in desk.kept_text()
    assert {row["ITEM_CODE2"] for row in desk.rows(TABLE)} == {""}


def test_all_pages_make_one_release(desk: Desk) -> None:
    desk.served.always(HOST, lambda asked: publisher(asked, 10_001, date(1980, 1, 1)))
    desk.fetch(TABLE, **SPAN)
    assert [release.row_count for release in desk.held(TABLE)] == [10_001, 10_001]
    assert len(desk.served.asked) == 4


def test_a_last_page_that_is_exactly_full_asks_for_no_other(desk: Desk) -> None:
    desk.served.always(HOST, lambda asked: publisher(asked, 10_000, date(1980, 1, 1)))
    desk.fetch(TABLE, **SPAN)
    assert len(desk.served.asked) == 2


def test_no_data_is_no_printing(desk: Desk) -> None:
    desk.served.always(HOST, result("INFO-200"))
    assert desk.fetch(TABLE, **SPAN).outcomes == {"empty": 2}
    assert desk.held(TABLE) == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (result("INFO-100"), "the key is refused"),
        (result("ERROR-602"), "the calls allowed are used up"),
        (result("ERROR-101"), "the Bank of Korea says"),
        (result("ERROR-500"), "tried 3 times"),
        (Answer(b"<html></html>", kind="text/html"), "not JSON"),
        (Answer(b'{"StatisticSearch": {"list_total', kind="application/json"), "not JSON"),
        (Answer(b'{"StatisticSearch": {}}', kind="application/json"), "no list of rows"),
        (page([], 3), "holds 0 rows and should hold 3"),
        (page([{"STAT_CODE": "X", "ITEM_CODE1": "1", "TIME": "20251201"}], 1), "lacks the column"),
        (
            page([{"STAT_CODE": "X", "ITEM_CODE1": "1", "UNIT_NAME": "", "TIME": "20251201", "DATA_VALUE": "1"}], 1),
            "another series",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_reply_that_cannot_be_right_is_refused_in_words(desk: Desk, key: str, reply: Answer, said: str) -> None:
    desk.served.always(HOST, reply)
    part = desk.fetch(TABLE, **SPAN)
    assert said in part.failures[0]
    assert desk.held(TABLE) == []
    assert key not in desk.kept_text() + "".join(part.failures)


def test_a_day_given_twice_is_refused(desk: Desk) -> None:
    def twice(asked: Asked) -> Answer:
        row = json.loads(publisher(asked, 1).body)["StatisticSearch"]["row"][0]
        return page([row, row], 2)

    desk.served.always(HOST, twice)
    assert "1 days twice" in desk.fetch(TABLE, **SPAN).failures[0]
