"""GDELT DOC 2.0: which articles about Korean trade its crawler saw, and when. `seendate` is crawl time, not publication.

No client is used: `gdeltdoc` needs pandas and does not read the limit's plain text. No key; one request in five seconds.

Refetched: the days of this month; the service reaches three months back.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from orchestration.replies import Call, PassingError, RefusedError, Reply, read_json
from orchestration.source import Access, Fetch, Page, RawTable, Request, Source, Window, month_after

API = "https://api.gdeltproject.org/api/v2/doc/doc"
QUERY = '(tariff OR tariffs OR exports OR "trade surplus") ("South Korea" OR "Korea Zinc" OR Seoul)'
ROWS_AT_MOST = 250
DAYS_BACK = 89
FIELDS = ("url", "title", "seendate", "domain", "language", "sourcecountry")


def each_day(window: Window) -> Iterator[Request]:
    """One request a day; a day of more articles than one reply may hold goes on from the last second of the reply."""
    day = max(window.first, window.today - timedelta(days=DAYS_BACK))
    while day < min(month_after(window.last), window.today + timedelta(days=1)):
        params = {"query": QUERY, "mode": "artlist", "format": "json", "sort": "dateasc"}
        span = {"startdatetime": f"{day:%Y%m%d}000000", "enddatetime": f"{day:%Y%m%d}235959"}
        call = Call(API, {**params, "maxrecords": str(ROWS_AT_MOST), **span})
        month = day.replace(day=1)
        yield Request(call, month, month, scope=day.isoformat())
        day += timedelta(days=1)


def read_articles(reply: Reply) -> Page:
    """Articles in the order of `seendate`. Of a full reply the last second is left to the next, which begins with it."""
    found = read_json(reply)
    articles = found.get("articles") if isinstance(found, dict) else 0
    if articles is not None and not isinstance(articles, list):
        raise RefusedError(f"the reply has no list of articles: {reply.opening}")
    try:
        rows = [{name: str(article.get(name) or "") for name in FIELDS} for article in articles or []]
        rows.sort(key=lambda row: datetime.strptime(row["seendate"], "%Y%m%dT%H%M%S%z"))
    except (AttributeError, ValueError):
        raise RefusedError(f"an article has no seendate: {reply.opening}") from None
    following = None
    if len(rows) >= ROWS_AT_MOST:
        last = rows[-1]["seendate"]
        rows = [row for row in rows if row["seendate"] != last]
        if not rows:
            raise RefusedError(f"more articles were seen at {last} than one reply may hold; narrow the query")
        start = last.replace("T", "").replace("Z", "")
        following = Call(API, {**reply.call.params, "startdatetime": start})
    return Page(list({(row["url"], row["seendate"]): row for row in rows}.values()), following=following)


def judge(reply: Reply) -> None:
    """The limit is told in plain text, with status 200 or 429."""
    if reply.content.lstrip().startswith(b"Please limit requests"):
        raise PassingError(f"the service is asked too often: {reply.opening}", retry_after_seconds=5)


SOURCE = Source(
    name="gdelt",
    publisher="The GDELT Project",
    homepage="https://www.gdeltproject.org/",
    licence="Free reuse with the source named; titles belong to their publishers",
    tables=(
        RawTable(
            name="articles",
            columns=FIELDS,
            grain="One row per address and time at which the crawler saw it (UTC).",
            unit="text",
            release_lag_days=1,
            fetch=Fetch(
                plan=each_day,
                read=read_articles,
                first_open=lambda today: today.replace(day=1),
                open_status="final",
                fresh=timedelta(hours=6),
            ),
        ),
    ),
    access=Access(calls=1, seconds=5, at_once=1, judge=judge),
)
