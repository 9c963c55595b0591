"""FRED over the wire: JSON with a key, the csv of its charts without one."""

import json
from typing import Any

import pytest

from orchestration.sources.fred import SERIES

from .fetching import Desk
from .server import Answer, Asked

TABLE = "fred/observations"
API, CHART = "api.stlouisfed.org", "fred.stlouisfed.org"
A_KEY = "abcdef0123456789abcdef0123456789"
BAD_KEY = b'{"error_code":400,"error_message":"Bad Request.  The value for variable api_key is not registered."}'


def answer(*days: tuple[str, str], **other: Any) -> Answer:
    found = [
        {"realtime_start": "2026-11-20", "realtime_end": "2026-11-20", "date": day, "value": value}
        for day, value in days
    ]
    return Answer(json.dumps({"count": len(found), "observations": found, **other}).encode(), kind="application/json")


def chart(asked: Asked) -> Answer:
    text = f"observation_date,{asked.params['id']}\n2025-12-24,1443.62\n2025-12-25,\n2025-12-26,1441.16\n"
    return Answer(text.encode(), kind="text/csv")


@pytest.fixture(autouse=True)
def bank(desk: Desk) -> None:
    desk.served.always(API, answer(("2025-12-24", "1443.62"), ("2025-12-25", "."), ("2026-01-02", "1444.45")))
    desk.served.always(CHART, chart)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ENTREPOT_FRED_KEY", A_KEY)
    return A_KEY


def test_each_series_is_one_release_and_its_points_are_kept_as_printed(desk: Desk, key: str) -> None:
    part = desk.fetch(TABLE)
    assert part.outcomes == {"kept": len(SERIES)}
    assert {release.scope for release in desk.held(TABLE)} == set(SERIES)
    assert {release.period_to.isoformat() for release in desk.held(TABLE)} == {"2026-01-01"}
    assert {row["value"] for row in desk.rows(TABLE)} == {"1443.62", ".", "1444.45"}
    assert {asked.params["realtime_end"] for asked in desk.served.asked} == {"2026-11-20"}
    assert key not in desk.kept_text()


def test_without_a_key_the_chart_says_the_same(desk: Desk) -> None:
    assert desk.fetch(TABLE).outcomes == {"kept": len(SERIES)}
    assert {asked.host for asked in desk.served.asked} == {CHART}
    assert {row["value"] for row in desk.rows(TABLE)} == {"1443.62", "", "1441.16"}


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Answer(b"<html>down</html>", kind="text/html"), "not JSON"),
        (Answer(b'{"observations": [', kind="application/json"), "not JSON"),
        (Answer(b"{}", kind="application/json"), "no list of observations"),
        (answer(("2025-12-24", "1"), count=2), "holds 1 observations and says there are 2"),
        (answer(), "no observation, though it had"),
        (answer(("24 December", "1")), "a date that is no day"),
        (answer(("2025-12-26", "1"), ("2025-12-24", "1")), "out of order or given twice"),
        (answer(("2025-12-24", "1"), ("2025-12-24", "1")), "out of order or given twice"),
        (
            Answer(b'{"count": 1, "observations": [{"date": "2025-12-24"}]}', kind="application/json"),
            "no date or no value",
        ),
        (Answer(b'{"error_code":429,"error_message":"Too Many Requests."}', status=429), "status 429"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_reply_that_cannot_be_right_is_refused_in_words(desk: Desk, key: str, reply: Answer, said: str) -> None:
    desk.served.always(API, reply)
    part = desk.fetch(TABLE)
    assert part.outcomes == {"failed": len(SERIES)}
    assert said in part.failures[0]
    assert desk.held(TABLE) == []
    assert key not in desk.kept_text() + "".join(part.failures)


def test_a_refused_key_ends_the_run_at_once(desk: Desk, key: str) -> None:
    desk.served.always(API, Answer(BAD_KEY, status=400, kind="application/json"))
    part = desk.fetch(TABLE)
    assert len(desk.served.asked) == 1
    assert "the key is refused" in part.failures[0]
    assert key not in part.failures[0]


def test_a_page_in_place_of_the_chart_is_refused(desk: Desk) -> None:
    desk.served.always(CHART, Answer(b"PK\x03\x04 a zip of several", kind="application/zip"))
    part = desk.fetch(TABLE)
    assert "is not the csv of" in part.failures[0]
    assert desk.held(TABLE) == []


HISTORY = "fred/vintages"


def printed(*runs: tuple[str, str, str, str], **other: Any) -> Answer:
    names = ("date", "value", "realtime_start", "realtime_end")
    found = [dict(zip(names, run, strict=True)) for run in runs]
    return Answer(json.dumps({"count": len(found), "observations": found, **other}).encode(), kind="application/json")


def test_what_was_said_before_the_first_fetch_is_asked_for_five_years_a_call(desk: Desk, key: str) -> None:
    run = ("2024-01-01", "3.7", "2024-02-02", "2024-12-31")
    desk.served.always(API, lambda asked: printed(*[run] if asked.params["realtime_start"] == "2020-01-01" else []))
    part = desk.fetch(HISTORY)
    assert part.outcomes == {"kept": len(SERIES), "empty": 3 * len(SERIES)}
    spans = {(asked.params["realtime_start"], asked.params["realtime_end"]) for asked in desk.served.asked}
    assert spans == {
        ("2010-01-01", "2014-12-31"),
        ("2015-01-01", "2019-12-31"),
        ("2020-01-01", "2024-12-31"),
        ("2025-01-01", "2026-11-20"),
    }
    assert desk.rows(HISTORY)[0]["realtime_start"] == "2024-02-02"
    assert key not in desk.kept_text()


def test_without_a_key_no_history_is_asked_for(desk: Desk) -> None:
    assert desk.fetch(HISTORY).due == []


@pytest.mark.usefixtures("key")
def test_a_series_that_had_no_history_then_is_empty_and_no_failure(desk: Desk) -> None:
    said = (
        b'{"error_code":400,"error_message":"Bad Request.  The series does not exist in ALFRED but may exist in FRED."}'
    )
    desk.served.always(API, Answer(said, status=400, kind="application/json"))
    part = desk.fetch(HISTORY)
    assert (part.outcomes, part.failures) == ({"empty": 4 * len(SERIES)}, [])


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (printed(("2024-01-01", "3.7", "2024-02-02", "2024-02-01")), "days that were not asked for"),
        (printed(("2024-01-01", "3.7", "1999-02-02", "1999-03-01")), "days that were not asked for"),
        (printed(("2024-01-01", "3.7", "soon", "2024-12-31")), "a day that is none"),
        (printed(*[("2014-01-01", "3.7", "2014-02-02", "2026-11-20")] * 2), "gives 1 values twice"),
        (printed(("2014-01-01", "3.7", "2014-02-02", "2026-11-20"), count=2), "says there are 2"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_history_that_cannot_be_right_is_refused(desk: Desk, key: str, reply: Answer, said: str) -> None:
    desk.served.always(API, reply)
    part = desk.fetch(HISTORY)
    assert said in " ".join(part.failures)
    assert desk.held(HISTORY) == []
    assert key not in desk.kept_text() + "".join(part.failures)
