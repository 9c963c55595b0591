"""Yahoo's charts over the wire: off until the terms are accepted, and then read strictly."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import pytest

from orchestration.fetch_shown import plan
from orchestration.sources.yahoo import SYMBOLS

from .fetching import SOME_DAY, Desk
from .server import Answer, Asked

TABLE = "yahoo/quotes"
HOST = "query1.finance.yahoo.com"
SEOUL_OPENS = [datetime(2026, 11, day, 0, 0, tzinfo=UTC).timestamp() for day in (18, 19, 20)]


def chart(symbol: str, opened: list[float], zone: str = "Asia/Seoul", **other: Any) -> Answer:
    meta = {"symbol": symbol, "currency": "KRW", "exchangeTimezoneName": zone}
    prices: list[float | None] = [4004.5, None, 4010.25]
    quote = {name: prices[: len(opened)] for name in ("open", "high", "low", "close")} | {"volume": [7] * len(opened)}
    result = {"meta": meta, "timestamp": [int(moment) for moment in opened], "indicators": {"quote": [quote]}, **other}
    return Answer(json.dumps({"chart": {"result": [result], "error": None}}).encode(), kind="application/json")


def publisher(asked: Asked) -> Answer:
    return chart(unquote(asked.path).rpartition("/")[2], SEOUL_OPENS)


@pytest.fixture(autouse=True)
def exchange(desk: Desk) -> None:
    desk.served.always(HOST, publisher)


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTREPOT_ACCEPTED_TERMS", "other, Yahoo")


def test_it_is_off_and_says_on_what_terms_it_would_answer(desk: Desk) -> None:
    part = desk.fetch(TABLE)
    assert (part.due, desk.served.asked) == ([], [])
    assert "terms forbid passing the data on" in part.off
    assert "ENTREPOT_ACCEPTED_TERMS=yahoo" in part.off
    (*_, said) = plan([part]).renderables  # type: ignore[union-attr]
    assert "yahoo is switched off" in str(said)


@pytest.mark.usefixtures("accepted")
def test_each_index_is_one_release_without_the_session_that_may_be_open(desk: Desk) -> None:
    assert desk.fetch(TABLE).outcomes == {"kept": len(SYMBOLS)}
    assert {release.scope for release in desk.held(TABLE)} == set(SYMBOLS)
    rows = [row for row in desk.rows(TABLE) if row["symbol"] == "^KS11"]
    assert [(row["session_date"], row["close"]) for row in rows] == [("2026-11-18", "4004.5"), ("2026-11-19", "")]
    assert {asked.headers["user-agent"].split("/")[0] for asked in desk.served.asked} == {"entrepot"}
    assert {int(asked.params["period2"]) for asked in desk.served.asked} == {int(SOME_DAY.replace(hour=0).timestamp())}


@pytest.mark.usefixtures("accepted")
def test_a_session_is_dated_where_its_exchange_is(desk: Desk) -> None:
    new_york = datetime(2026, 11, 18, 0, 30, tzinfo=UTC).timestamp()
    desk.served.always(
        HOST, lambda asked: chart(unquote(asked.path).rpartition("/")[2], [new_york], "America/New_York")
    )
    desk.fetch(TABLE)
    assert {row["session_date"] for row in desk.rows(TABLE)} == {"2026-11-17"}


@pytest.mark.usefixtures("accepted")
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Answer(b"Too Many Requests", status=429, kind="text/plain"), "status 429"),
        (Answer(b"Unauthorized", status=401, kind="text/plain"), "answers browsers alone"),
        (Answer(b"<html>consent</html>", kind="text/html"), "not JSON"),
        (Answer(b'{"finance": {}}', kind="application/json"), "has no chart"),
        (
            Answer(b'{"chart": {"result": null, "error": {"code": "Not Found"}}}', kind="application/json"),
            "Yahoo says: .*Not Found",
        ),
        (Answer(b'{"chart": {"result": [], "error": null}}', kind="application/json"), "no chart of one symbol"),
        (chart("^KS11", SEOUL_OPENS, zone="Asia/Soul"), "no chart of sessions"),
        (chart("^KS11", SEOUL_OPENS, indicators={"quote": [{}]}), "no chart of sessions"),
        (chart("^KS11", [*SEOUL_OPENS[:2], SEOUL_OPENS[0]]), "out of order or given twice"),
        (chart("^OTHER", SEOUL_OPENS), "another symbol"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_reply_that_cannot_be_right_is_refused_in_words(desk: Desk, reply: Answer, said: str) -> None:
    desk.served.always(HOST, reply)
    part = desk.fetch(TABLE)
    assert all(word in part.failures[0] for word in said.split(".*"))
    assert desk.held(TABLE) == []
