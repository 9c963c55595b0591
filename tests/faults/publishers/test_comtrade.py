"""UN Comtrade over the wire: two addresses, one of them with a key, and pages that may be cut off."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

from orchestration.fetch_shown import raise_failures

from .fetching import SOME_DAY, Desk
from .server import Answer, Asked

TABLE = "comtrade/monthly_trade"
HOST = "comtradeapi.un.org"
A_KEY = "0123456789abcdef0123456789abcdef"
A_MONTH: dict[str, Any] = {"first": date(2024, 1, 1), "last": date(2024, 1, 1), "partners": ("KR",)}


def row(**other: Any) -> dict[str, Any]:
    total = {"typeCode": "C", "freqCode": "M", "period": "202401", "reporterCode": 410, "flowCode": "X"}
    places = {"partnerCode": 842, "partner2Code": 0, "classificationCode": "H6", "cmdCode": "TOTAL"}
    kinds = {"customsCode": "C00", "motCode": 0, "qtyUnitCode": -1, "isReported": True, "isAggregate": False}
    values = {"qty": None, "netWgt": None, "cifvalue": None, "fobvalue": 10170000000.5, "primaryValue": 10170000000.5}
    return {**total, **places, **kinds, **values, **other}


def answer(*rows: dict[str, Any], **other: Any) -> Answer:
    body = {"elapsedTime": "0.2 secs", "count": len(rows), "data": list(rows), "error": "", **other}
    return Answer(json.dumps(body).encode(), kind="application/json")


def publisher(asked: Asked) -> Answer:
    flows = asked.params["flowCode"].split(",")
    return answer(
        *(row(flowCode=flow, period=period) for flow in flows for period in asked.params["period"].split(","))
    )


@pytest.fixture(autouse=True)
def nations(desk: Desk) -> None:
    desk.served.always(HOST, publisher)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ENTREPOT_COMTRADE_KEY", A_KEY)
    return A_KEY


@pytest.mark.usefixtures("key")
def test_a_year_of_a_reporter_is_one_keyed_call(desk: Desk) -> None:
    part = desk.fetch(TABLE, **{**A_MONTH, "last": date(2024, 12, 1)})
    (asked,) = desk.served.asked
    assert part.outcomes == {"kept": 1}
    assert asked.path == "data/v1/get/C/M/HS"
    assert asked.headers["ocp-apim-subscription-key"] == A_KEY
    assert (asked.params["partner2Code"], asked.params["customsCode"], asked.params["motCode"]) == ("0", "C00", "0")
    assert desk.rows(TABLE)[0]["primaryValue"] == "10170000000.5"
    assert desk.rows(TABLE)[0]["cifvalue"] == ""
    assert desk.rows(TABLE)[0]["isReported"] == "true"
    assert desk.held(TABLE)[0].scope == "410"


def test_without_a_key_the_preview_is_asked_flow_by_flow(desk: Desk) -> None:
    part = desk.fetch(TABLE, **A_MONTH)
    assert part.outcomes == {"kept": 2}
    assert {asked.path for asked in desk.served.asked} == {"public/v1/preview/C/M/HS"}
    assert [asked.params["flowCode"] for asked in desk.served.asked] == ["X", "M"]
    assert all("ocp-apim-subscription-key" not in asked.headers for asked in desk.served.asked)


def test_without_a_key_products_are_not_asked_for(desk: Desk) -> None:
    assert desk.fetch("comtrade/monthly_products", **A_MONTH).due == []
    assert desk.fetch("comtrade/annual_products", **A_MONTH).due == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Answer(b"<html>gateway</html>", kind="text/html"), "not JSON"),
        (Answer(b'{"count": 1, "data": [{"period"', kind="application/json"), "not JSON"),
        (Answer(b"[]", kind="application/json"), "no list of data"),
        (Answer(b'{"count": 0, "data": null}', kind="application/json"), "no list of data"),
        (answer(error="Invalid period"), "Comtrade says: Invalid period"),
        (answer(row(), count=7), "holds 1 rows and says it has 7"),
        (answer(*(row(partnerCode=code) for code in range(100_000))), "as long as a reply may be"),
        (answer(row(reporterCode=842)), "which were not asked for"),
        (answer(row(period="202312")), "which were not asked for"),
        (answer(row(), row()), "1 series twice"),
        (answer(row(motCode=2100)), "splits rows"),
        (answer(row(partner2Code=156)), "splits rows"),
        (
            answer({name: value for name, value in row().items() if name != "primaryValue"}),
            "lacks the column primaryValue",
        ),
        (Answer(b"nothing like it", status=404), "status 404"),
        (Answer(b"too many requests", status=429), "status 429"),
        (Answer(b'{"statusCode": 401, "message": "invalid subscription key"}', status=401), "the key is refused"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_reply_that_cannot_be_right_is_refused_in_words(desk: Desk, key: str, reply: Answer, said: str) -> None:
    desk.served.always(HOST, reply)
    part = desk.fetch(TABLE, **A_MONTH)
    assert part.outcomes == {"failed": 1}
    assert said in part.failures[0]
    assert desk.held(TABLE) == []
    assert key not in desk.kept_text() + part.failures[0]


@pytest.mark.usefixtures("key")
def test_calls_that_are_used_up_wait_until_tomorrow_and_fail_nothing(desk: Desk) -> None:
    said = b'{"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 12:30:00."}'
    desk.served.fault(Answer(said, status=403, kind="application/json"))
    months = {**A_MONTH, "last": date(2025, 12, 1)}
    today = desk.fetch(TABLE, **months)
    assert (today.failures, today.waiting, len(desk.served.asked)) == ([], 2, 1)
    assert "the calls of the day are used up" in today.closed
    raise_failures([today])
    tomorrow = desk.fetch(TABLE, **months, now=SOME_DAY + timedelta(days=1))
    assert tomorrow.outcomes == {"kept": 2}


def test_a_full_preview_page_is_treated_as_cut_off(desk: Desk) -> None:
    desk.served.always(HOST, answer(*(row(partnerCode=code) for code in range(500))))
    part = desk.fetch(TABLE, **A_MONTH)
    assert "500 rows" in part.failures[0]
    assert desk.held(TABLE) == []


@pytest.mark.usefixtures("key")
def test_no_rows_are_no_printing(desk: Desk) -> None:
    desk.served.always(HOST, answer())
    assert desk.fetch(TABLE, **A_MONTH).outcomes == {"empty": 1}
    assert desk.held(TABLE) == []


@pytest.mark.usefixtures("key")
def test_a_partner_nobody_knows_is_kept_as_printed(desk: Desk) -> None:
    desk.served.always(HOST, answer(row(partnerCode=7777)))
    desk.fetch(TABLE, **A_MONTH)
    assert desk.rows(TABLE)[0]["partnerCode"] == "7777"
