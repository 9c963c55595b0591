"""News and press releases of Yonhap and of Korean ministries, as their RSS feeds list them.

Read strictly with `defusedxml`: `feedparser` takes an error page for a feed without items, which is not for us.

A feed holds the latest items only, so it is asked every hour; there is no key and no quota.
"""

from collections.abc import Iterator
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

from orchestration.replies import Call, RefusedError, Reply, read_xml
from orchestration.source import Access, Fetch, Page, RawTable, Request, Source, Window

FEEDS = {
    "yonhap_news": "https://en.yna.co.kr/RSS/news.xml",
    "yonhap_economy": "https://en.yna.co.kr/RSS/economy.xml",
    "korea_trade_ministry": "https://www.korea.kr/rss/dept_motir.xml",
    "korea_customs": "https://www.korea.kr/rss/dept_kcs.xml",
    "korea_finance_ministry": "https://www.korea.kr/rss/dept_moef.xml",
}
NAMES = {url: name for name, url in FEEDS.items()}


def each_feed(window: Window) -> Iterator[Request]:
    month = window.today.replace(day=1)
    for name, url in FEEDS.items():
        yield Request(Call(url), month, month, scope=name)


def read_items(reply: Reply) -> Page:
    """One row per item. `published_utc` is `pubDate` in UTC; empty where the feed's text names no moment with a zone."""
    root = read_xml(reply)
    items = root.findall("channel/item")
    if root.tag != "rss" or not items:
        raise RefusedError(f"the reply is no RSS feed with items: {reply.opening}")
    rows = []
    for item in items:
        row = {name: " ".join((item.findtext(name) or "").split()) for name in ("title", "link", "guid", "pubDate")}
        rows.append({"feed": NAMES[reply.call.url], **row, "published_utc": _utc(row["pubDate"])})
    return Page(list({(row["link"], row["title"]): row for row in rows}.values()))


def _utc(printed: str) -> str:
    try:
        moment = parsedate_to_datetime(printed)
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}" if moment.tzinfo else ""
    except (ValueError, OverflowError):
        return ""


SOURCE = Source(
    name="rss",
    publisher="Yonhap News Agency and ministries of the Republic of Korea",
    homepage="https://www.korea.kr/etc/rss.do",
    licence="Title, time and address only; the texts belong to their publishers",
    tables=(
        RawTable(
            name="items",
            columns=("feed", "title", "link", "guid", "pubDate", "published_utc"),
            grain="One row per feed and item, as the feed listed it when it was asked.",
            unit="text",
            release_lag_days=1,
            fetch=Fetch(
                plan=each_feed,
                read=read_items,
                first_open=lambda today: today.replace(day=1),
                open_status="final",
                fresh=timedelta(minutes=50),
            ),
        ),
    ),
    access=Access(calls=1, seconds=2, at_once=1, day_zone="Asia/Seoul", largest_bytes=8_000_000),
)
