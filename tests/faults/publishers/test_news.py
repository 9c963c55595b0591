"""Feeds and the crawler over the wire: an error page is never a feed without items, a full reply never the whole day."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from orchestration.sources.rss import FEEDS

from .fetching import Desk
from .server import Answer, Asked

ITEMS, ARTICLES = "rss/items", "gdelt/articles"
CRAWLER = "api.gdeltproject.org"
LIMIT = b"Please limit requests to one every 5 seconds or contact us for larger queries."
NO_WAIT = datetime(2026, 11, 1, 3, tzinfo=UTC)


def feed(*items: str) -> Answer:
    text = f'<?xml version="1.0"?><rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'
    return Answer(text.encode())


def item(number: int = 1, when: str = "Fri, 19 Dec 2025 10:00:00 +0900", title: str = "Exports &amp; tariffs") -> str:
    return f"<item><title>{title}</title><link>https://a.example/{number}</link><pubDate>{when}</pubDate></item>"


def seen(number: int, moment: str) -> dict[str, Any]:
    return {
        "url": f"https://a.example/{number}",
        "title": f"Tariff {number}",
        "seendate": moment,
        "domain": "a.example",
    }


def articles(*found: dict[str, Any]) -> Answer:
    return Answer(json.dumps({"articles": list(found)}).encode(), kind="application/json")


def feeds_answer(desk: Desk, answer: Answer) -> None:
    for host in ("en.yna.co.kr", "www.korea.kr"):
        desk.served.always(host, answer)


def test_an_item_keeps_its_text_and_gains_its_time_in_utc(desk: Desk) -> None:
    feeds_answer(desk, feed(item(), item(), item(2, when="yesterday"), item(3, when="Fri, 19 Dec 2025 10:00:00")))
    assert desk.fetch(ITEMS).outcomes == {"kept": len(FEEDS)}
    rows = [row for row in desk.rows(ITEMS) if row["feed"] == "yonhap_news"]
    assert [row["published_utc"] for row in rows] == ["2025-12-19 01:00:00", "", ""]
    assert rows[0]["title"] == "Exports & tariffs"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"<html><body>maintenance</body></html>", kind="text/html"), "no RSS feed with items"),
        (feed(), "no RSS feed with items"),
        (Answer(feed(item()).body[:90]), "not XML"),
        (Answer(b'<!DOCTYPE rss [<!ENTITY a "b">]><rss/>'), "entities or a document type"),
        (Answer(b"", status=404, kind="text/html"), "status 404"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_feed_is_refused_in_words(desk: Desk, answer: Answer, said: str) -> None:
    feeds_answer(desk, answer)
    part = desk.fetch(ITEMS)
    assert said in part.failures[0]
    assert desk.held(ITEMS) == []


def a_day(desk: Desk, **asked: Any) -> Any:
    """The first of November alone."""
    month = date(2026, 11, 1)
    return desk.fetch(ARTICLES, now=NO_WAIT, first=month, last=month, **asked)


def test_a_full_reply_goes_on_from_its_last_second_and_says_nothing_twice(desk: Desk) -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    day = [seen(number, f"{start + timedelta(minutes=number // 2):%Y%m%dT%H%M%SZ}") for number in range(400)]

    def crawler(asked: Asked) -> Answer:
        first = datetime.strptime(asked.params["startdatetime"], "%Y%m%d%H%M%S").strftime("%Y%m%dT%H%M%SZ")  # noqa: DTZ007
        return articles(*[article for article in day if article["seendate"] >= first][:250])

    desk.served.always(CRAWLER, crawler)
    assert a_day(desk).outcomes == {"kept": 1}
    assert [row["url"] for row in desk.rows(ARTICLES)] == [article["url"] for article in day]
    assert len(desk.served.asked) == 2


@pytest.mark.parametrize("body", [b"{}", b'{"articles": null}', b'{"articles": []}'])
def test_a_day_without_articles_is_no_printing(desk: Desk, body: bytes) -> None:
    desk.served.always(CRAWLER, Answer(body, kind="application/json"))
    assert a_day(desk).outcomes == {"empty": 1}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b'{"articles": [{"title": "bad \\q escape"}]}', kind="application/json"), "not JSON"),
        (Answer(b'{"articles": 3}', kind="application/json"), "no list of articles"),
        (Answer(b"[]", kind="application/json"), "no list of articles"),
        (articles(seen(1, "19 December")), "no seendate"),
        (articles(*(seen(number, "20261101T000000Z") for number in range(250))), "narrow the query"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_list_of_articles_is_refused_in_words(desk: Desk, answer: Answer, said: str) -> None:
    desk.served.always(CRAWLER, answer)
    part = a_day(desk)
    assert said in part.failures[0]
    assert desk.held(ARTICLES) == []


def test_the_limit_told_in_plain_text_is_waited_for(desk: Desk) -> None:
    desk.served.always(CRAWLER, articles(seen(1, "20261101T000000Z")))
    desk.served.fault(Answer(LIMIT, kind="text/plain"))
    assert a_day(desk).outcomes == {"kept": 1}
    assert len(desk.served.asked) == 2
