"""Working days give back the counts that were published with the trade figures."""

import io
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.calendar import (
    REPORTERS,
    SEED,
    WINDOW_SEED,
    Reporter,
    monthly_working_days,
    seed_text,
    window_seed_text,
    window_working_days,
    working_day_weight,
    working_days,
)

# Counts of the Korea Customs Service (ten and twenty days) and of the trade ministry (months), as the press of the day
# printed them: a figure and, mostly, the one of the year before in the same report.
PUBLISHED = [
    ("2015-08-01", "2015-08-31", 22.0, "https://biz.chosun.com/site/data/html_dir/2016/09/04/2016090402064.html"),
    ("2016-08-01", "2016-08-31", 24.0, "https://biz.chosun.com/site/data/html_dir/2016/09/04/2016090402064.html"),
    ("2016-09-01", "2016-09-30", 21.0, "https://biz.chosun.com/site/data/html_dir/2016/09/04/2016090402064.html"),
    ("2016-10-01", "2016-10-31", 22.5, "https://biz.chosun.com/site/data/html_dir/2016/09/04/2016090402064.html"),
    ("2017-09-01", "2017-09-10", 7.0, "https://news.sbs.co.kr/amp/news.amp?news_id=N1004388217"),
    ("2017-10-01", "2017-10-10", 1.5, "https://wowtv.co.kr/NewsCenter/News/Read?articleId=AKR20181011040351002"),
    ("2018-10-01", "2018-10-10", 6.5, "https://wowtv.co.kr/NewsCenter/News/Read?articleId=AKR20181011040351002"),
    ("2018-05-01", "2018-05-10", 6.0, "https://hankyung.com/article/2019051378887"),
    ("2019-05-01", "2019-05-10", 6.5, "https://hankyung.com/article/2019051378887"),
    ("2019-02-01", "2019-02-10", 4.0, "https://youthdaily.co.kr/news/article.html?no=28356"),
    ("2020-02-01", "2020-02-10", 7.0, "https://youthdaily.co.kr/news/article.html?no=28356"),
    ("2019-03-01", "2019-03-20", 14.5, "http://www.sisajournal-e.com/news/articleView.html?idxno=215765"),
    ("2020-03-01", "2020-03-20", 16.0, "http://www.sisajournal-e.com/news/articleView.html?idxno=215765"),
    ("2019-10-01", "2019-10-10", 6.5, "https://www.hankyung.com/article/2020101268777"),
    ("2020-10-01", "2020-10-10", 4.5, "https://www.hankyung.com/article/2020101268777"),
    ("2020-01-01", "2020-01-10", 7.5, "https://www.kmib.co.kr/article/view_amp.asp?arcid=0015412402"),
    ("2021-01-01", "2021-01-10", 6.0, "https://www.kmib.co.kr/article/view_amp.asp?arcid=0015412402"),
    ("2020-02-01", "2020-02-20", 15.5, "https://www5.ajunews.com/view/20210222102713683"),
    ("2021-02-01", "2021-02-20", 14.0, "https://www5.ajunews.com/view/20210222102713683"),
    ("2020-05-01", "2020-05-20", 13.5, "https://www.newscj.com/news/articleView.html?idxno=862084"),
    ("2021-05-01", "2021-05-20", 13.0, "https://www.newscj.com/news/articleView.html?idxno=862084"),
    ("2021-06-01", "2021-06-20", 15.5, "http://world.kbs.co.kr/service/news_view.htm?lang=e&Seq_Code=170454"),
    ("2022-06-01", "2022-06-20", 13.5, "http://world.kbs.co.kr/service/news_view.htm?lang=e&Seq_Code=170454"),
    ("2021-09-01", "2021-09-10", 8.5, "https://wowtv.co.kr/NewsCenter/News/Read?articleId=AKR20220913031400002"),
    ("2022-09-01", "2022-09-10", 6.5, "https://wowtv.co.kr/NewsCenter/News/Read?articleId=AKR20220913031400002"),
    ("2023-02-01", "2023-02-28", 22.0, "https://www2.edaily.co.kr/News/Read?mediaCodeNo=257&newsId=02296006638792816"),
    ("2024-02-01", "2024-02-29", 20.5, "https://www2.edaily.co.kr/News/Read?mediaCodeNo=257&newsId=02296006638792816"),
    ("2023-05-01", "2023-05-20", 14.5, "https://www.etoday.co.kr/news/view/2361775"),
    ("2024-05-01", "2024-05-20", 12.5, "https://www.etoday.co.kr/news/view/2361775"),
    ("2023-09-01", "2023-09-20", 15.5, "https://edaily.co.kr/News/Read?mediaCodeNo=257&newsId=01521926639023072"),
    ("2024-01-01", "2024-01-20", 15.5, "https://m3.edaily.co.kr/News/Read?mediaCodeNo=257&newsId=01646566642040016"),
    ("2025-01-01", "2025-01-20", 14.5, "https://m3.edaily.co.kr/News/Read?mediaCodeNo=257&newsId=01646566642040016"),
    ("2024-05-01", "2024-05-10", 6.5, "https://www.etoday.co.kr/news/view/2469455"),
    ("2025-05-01", "2025-05-10", 5.0, "https://www.etoday.co.kr/news/view/2469455"),
    ("2024-09-01", "2024-09-20", 13.0, "https://news.sbs.co.kr/news/endPage.do?news_id=N1008266352"),
    ("2025-09-01", "2025-09-20", 16.5, "https://news.sbs.co.kr/news/endPage.do?news_id=N1008266352"),
    ("2024-09-01", "2024-09-30", 20.0, "https://www.asiae.co.kr/article/2025101309544965956"),
    ("2025-09-01", "2025-09-30", 24.0, "https://www.asiae.co.kr/article/2025101309544965956"),
    ("2024-10-01", "2024-10-10", 5.5, "https://www.asiae.co.kr/article/2025101309544965956"),
    ("2025-10-01", "2025-10-10", 3.5, "https://www.asiae.co.kr/article/2025101309544965956"),
]
LABOUR_DAY, LABOUR_DAY_A_SATURDAY = date(2025, 5, 1), date(2021, 5, 1)
days = st.dates(date(2000, 1, 1), date(2026, 12, 31))
reporters = st.sampled_from(REPORTERS)


def days_of(start: str, end: str, reporter: Reporter = "KOR") -> float:
    return working_days(date.fromisoformat(start), date.fromisoformat(end), reporter)


@pytest.mark.parametrize(
    ("start", "end", "published", "told_by"), PUBLISHED, ids=[f"{start} to {end}" for start, end, *_ in PUBLISHED]
)
def test_korean_working_days_are_those_published(start: str, end: str, published: float, told_by: str) -> None:
    assert days_of(start, end) == published, told_by


def test_july_2007_had_half_a_day_more_than_july_2006() -> None:
    # Told by the ministry: http://piece.bcci.or.kr/html/EcoData/ecodata02.php?idx=1842&mode=view&pg=184
    # Only half a Saturday gives it: whole ones give no step, none at all gives one day.
    assert days_of("2007-07-01", "2007-07-31") - days_of("2006-07-01", "2006-07-31") == 0.5


def test_the_daily_average_of_twenty_days_of_september_2025_is_the_published_one() -> None:
    exports, growth = 40.1, 13.5  # billion USD, per cent
    average = exports / days_of("2025-09-01", "2025-09-20")
    year_before = exports / (1 + growth / 100) / days_of("2024-09-01", "2024-09-20")
    assert round(10 * average, 1) == 24.3  # hundred million USD
    assert round(10 * year_before, 1) == 27.2
    assert round(100 * (average / year_before - 1), 1) == -10.6


def test_the_daily_average_of_ten_days_of_october_2025_rises_though_exports_fall() -> None:
    ratio = (1 - 0.152) * days_of("2024-10-01", "2024-10-10") / days_of("2025-10-01", "2025-10-10")
    assert 100 * (ratio - 1) == pytest.approx(33.2, abs=0.1)


def test_a_saturday_is_half_a_day_in_korea_and_none_in_the_united_states() -> None:
    saturday = date(2025, 9, 6)
    assert working_day_weight(saturday, "KOR") == 0.5
    assert working_day_weight(saturday, "USA") == 0.0


def test_a_sunday_is_no_working_day_and_a_monday_a_whole_one() -> None:
    for reporter in REPORTERS:
        assert working_day_weight(date(2025, 9, 7), reporter) == 0.0
        assert working_day_weight(date(2025, 9, 8), reporter) == 1.0


def test_labour_day_is_no_working_day_in_korea_even_on_a_saturday() -> None:
    assert working_day_weight(LABOUR_DAY, "KOR") == working_day_weight(LABOUR_DAY_A_SATURDAY, "KOR") == 0.0
    assert working_day_weight(LABOUR_DAY, "USA") == 1.0


def test_a_holiday_of_one_country_is_a_working_day_of_the_other() -> None:
    independence, liberation = date(2025, 7, 4), date(2025, 8, 15)
    assert [working_day_weight(independence, reporter) for reporter in REPORTERS] == [1.0, 0.0]
    assert [working_day_weight(liberation, reporter) for reporter in REPORTERS] == [0.0, 1.0]


def test_days_on_which_only_federal_offices_were_closed_count_in_the_united_states() -> None:
    assert [working_day_weight(date(2025, 12, day), "USA") for day in (24, 25, 26)] == [1.0, 0.0, 1.0]


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="2025-09-20 to 2025-09-01 ends before it starts"):
        working_days(date(2025, 9, 20), date(2025, 9, 1), "KOR")


def test_a_reporter_without_a_calendar_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'JPN'; known: KOR, USA"):
        working_days(date(2025, 9, 1), date(2025, 9, 20), "JPN")  # type: ignore[arg-type]


@settings(max_examples=50, deadline=None)
@given(days, st.integers(0, 400), st.integers(1, 400), reporters)
def test_a_period_cut_in_two_adds_up(start: date, first: int, second: int, reporter: Reporter) -> None:
    cut, end = start + timedelta(days=first), start + timedelta(days=first + second)
    parts = working_days(start, cut, reporter) + working_days(cut + timedelta(days=1), end, reporter)
    assert working_days(start, end, reporter) == parts


def test_the_seed_in_the_repository_is_what_the_calendar_gives_today() -> None:
    assert SEED.read_bytes().decode("utf-8") == seed_text()


def test_the_seed_of_windows_is_what_the_calendar_gives_today() -> None:
    assert WINDOW_SEED.read_bytes().decode("utf-8") == window_seed_text()


@pytest.mark.parametrize(
    ("month", "days"), [("2025-10", [3.5, 10.5, 20.0]), ("2024-10", [5.5, 12.5, 22.0]), ("2024-02", [6.5, 13.0, 20.5])]
)
def test_a_window_counts_the_days_from_the_first_of_the_month_on(month: str, days: list[float]) -> None:
    windows = window_working_days(2024, 2025)
    of_month = windows[windows["period_month"] == f"{month}-01"]
    assert of_month["window_code"].tolist() == ["first_10_days", "first_20_days", "whole_month"]
    assert of_month["working_days"].tolist() == days


def test_a_whole_month_of_the_windows_is_the_month_of_the_other_seed() -> None:
    windows = window_working_days(2016, 2016).query("window_code == 'whole_month'")["working_days"].tolist()
    months = monthly_working_days(2016, 2016).query("reporter_iso3 == 'KOR'")["working_days"].tolist()
    assert windows == months


def test_the_seed_has_one_row_per_reporter_and_month() -> None:
    seed = pd.read_csv(io.StringIO(seed_text()))
    assert len(seed) == len(REPORTERS) * 27 * 12
    assert not seed.duplicated(["reporter_iso3", "period_month"]).any()
    assert seed["period_month"].agg(["min", "max"]).tolist() == ["2000-01-01", "2026-12-01"]
    assert seed["working_days"].between(14, 27).all()


def test_the_feasts_are_counted_in_the_months_they_fall_in() -> None:
    months = monthly_working_days(2024, 2025).set_index(["reporter_iso3", "period_month"])
    korea, america = months.loc["KOR"], months.loc["USA"]
    # Seollal 9-12 February 2024 and 28-30 January 2025, Chuseok 16-18 September 2024 and 5-8 October 2025; no Sunday.
    seollal, chuseok = (korea.loc[korea[feast] > 0, feast] for feast in ("seollal_days", "chuseok_days"))
    assert {f"{month:%Y-%m}": count for month, count in seollal.items()} == {"2024-02": 3, "2025-01": 3}
    assert {f"{month:%Y-%m}": count for month, count in chuseok.items()} == {"2024-09": 3, "2025-10": 3}
    assert america["seollal_days"].sum() == america["chuseok_days"].sum() == 0


def test_a_month_in_the_seed_is_the_sum_of_its_days() -> None:
    months = monthly_working_days(2025, 2025).set_index(["reporter_iso3", "period_month"])["working_days"]
    assert months["KOR"].sum() == days_of("2025-01-01", "2025-12-31")
    assert months["USA"].sum() == days_of("2025-01-01", "2025-12-31", "USA")
