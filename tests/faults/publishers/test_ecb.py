"""The simplest publisher: one file, no key."""

import pytest

from . import ecb
from .fetching import Desk
from .server import Answer

TABLE = "ecb/reference_rates"


@pytest.fixture(autouse=True)
def bank(desk: Desk) -> None:
    desk.served.always(ecb.HOST, ecb.publisher)


def test_the_history_is_one_release_of_its_own_months(desk: Desk) -> None:
    part = desk.fetch(TABLE)
    (release,) = desk.held(TABLE)
    assert part.outcomes == {"kept": 1}
    assert (release.period_to.isoformat(), release.row_count) == ("2026-10-01", 6_000)
    assert release.url == "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.zip"
    assert desk.rows(TABLE)[0] | {} == {**desk.rows(TABLE)[0], "Date": "2026-10-30", "USD": "1.1712", "JPY": "N/A"}
    assert "" not in desk.rows(TABLE)[0]


def test_the_same_file_fetched_again_adds_nothing(desk: Desk) -> None:
    desk.fetch(TABLE)
    assert desk.fetch(TABLE, again=True).outcomes == {"unchanged": 1}
    assert len(desk.held(TABLE)) == 1


def test_what_was_answered_just_now_is_not_asked_again(desk: Desk) -> None:
    desk.fetch(TABLE)
    assert desk.fetch(TABLE).fresh == 1
    assert len(desk.served.asked) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b"<html>maintenance</html>", kind="text/html"), "not a zip of one file.*maintenance"),
        (ecb.zipped(ecb.csv(days=40)), "has 40 rows; a whole one has at least 5,000"),
        (ecb.zipped(ecb.csv(header=ecb.HEADER.replace("KRW", "WON"))), "lacks the column KRW"),
        (ecb.zipped(ecb.csv() + ecb.csv(days=3).partition("\n")[2]), "names 3 days twice"),
        (ecb.zipped("x" * 33_000_000), "33,000,000 bytes, more than 32,000,000"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused_in_words(desk: Desk, answer: Answer, said: str) -> None:
    desk.served.always(ecb.HOST, answer)
    part = desk.fetch(TABLE)
    assert part.outcomes == {"failed": 1}
    assert len(part.failures) == 1
    assert_matches(said, part.failures[0])
    assert desk.held(TABLE) == []


def assert_matches(pattern: str, text: str) -> None:
    with pytest.raises(AssertionError, match=pattern):
        raise AssertionError(text)
