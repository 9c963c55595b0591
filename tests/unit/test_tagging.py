"""Headlines are tagged by rules held as data: what they find, what they miss, and that each tag shows its words.

`labelled_headlines.csv` holds titles written for this test over events of 2024 and 2025 (dates are near, not exact), and labels
that were set before the first rule was. Rules were written with the split `develop` in view; the floors below are what `held_back`,
a third by the hash of the id, gave at the only measurement, rounded down. One person wrote titles and rules, so titles of
another hand will do worse. A headline concerns a country by name, demonym, leader, capital, state, central bank or currency,
or as home of a company; `direct` is trade or tariffs of Korea, the United States or a sector; a duplicate tells a story again.
"""

from datetime import date
from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from orchestration.tagging import (
    TAGS,
    Gazetteer,
    Headline,
    Rule,
    country_rules,
    fold,
    link_updates,
    parse_condition,
    relevance,
    rules_of,
    tag_headlines,
    tag_lists,
    updates,
)

PROJECT = Path(__file__).parents[2]
REFERENCE = PROJECT / "seeds" / "reference"
FIELDS = {
    "topics": "topic",
    "countries": "country",
    "sectors": "sector",
    "companies": "company",
    "relevance": "relevance",
}
# Of held_back: precision and recall of each field, measured once.
FLOORS = {
    "topics": (0.97, 0.88),
    "countries": (0.93, 0.98),
    "sectors": (0.93, 1.0),
    "companies": (0.95, 0.90),
    "relevance": (0.95, 0.95),
}
# Of all labelled headlines: 3 of 16 links are none (1 of 11 in develop, 2 of 5 in held_back), of 649 pairs within three days.
HIGHEST_FALSE_LINK_RATE = 0.19
HIGHEST_FALSE_PAIR_RATE = 0.005
LOWEST_LINK_RECALL = 0.92

# Topics that must be found, relevance that must come out.
GOLDEN = {
    "asian-stocks-edge-higher": ({"equities", "technology"}, "indirect"),
    "dollar-steadies": ({"fx", "monetary_policy"}, "indirect"),
    "asian-currencies-sideways": ({"fx", "macro_data"}, "indirect"),
    "japan-pmi": ({"macro_data"}, "indirect"),
    "boj-poised-to-hike": ({"monetary_policy", "macro_data"}, "indirect"),
    "asian-tech-slide": ({"equities", "technology"}, "indirect"),
    "tijuana-sewage": ({"environment"}, "unmapped"),
    "korea-zinc-6-78bn": ({"corporate_investment"}, "indirect"),
    "ukraine-claims-commission": ({"geopolitics", "law"}, "unmapped"),
    "asian-stocks-slide": ({"equities", "technology", "monetary_policy"}, "indirect"),
    "oil-slips": ({"commodities", "energy", "geopolitics"}, "indirect"),
    "transalta-coal": ({"energy", "technology"}, "unmapped"),
    "jimmy-lai": ({"law", "geopolitics"}, "unmapped"),
    "gold-silver-dip": ({"commodities", "macro_data"}, "indirect"),
    "underwater-drone": ({"geopolitics"}, "indirect"),
    "lukashenko": ({"geopolitics"}, "indirect"),
    "korea-zinc-7-4bn": ({"corporate_investment", "commodities"}, "indirect"),
    "tariff-letter": ({"tariff", "trade_deal"}, "direct"),
}


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@cache
def reader() -> Gazetteer:
    return Gazetteer(rules_of(table(REFERENCE / "gazetteer.csv")))


def labelled() -> pd.DataFrame:
    return table(PROJECT / "tests" / "fixtures" / "labelled_headlines.csv").rename(columns={"headline_id": "event_id"})


def tagged(headlines: pd.DataFrame) -> pd.DataFrame:
    return tag_headlines(headlines, table(REFERENCE / "gazetteer.csv"), table(REFERENCE / "relevance_rules.csv"))


@pytest.fixture(scope="module")
def tags() -> pd.DataFrame:
    return tagged(labelled())


def named(text: str) -> set[str]:
    return set(filter(None, text.split(";")))


def found(tags: pd.DataFrame, event_id: str, field_name: str) -> set[str]:
    return set(tags.loc[(tags["event_id"] == event_id) & (tags["field_name"] == field_name), "tag_value"])


def values(title: str, field_name: str) -> set[str]:
    return {tag.value for tag in reader().tags(title) if tag.field_name == field_name}


def test_labels_cover_enough_headlines_and_a_third_is_held_back() -> None:
    headlines = labelled()
    assert len(headlines) >= 150
    assert headlines["event_id"].is_unique and headlines["title"].is_unique
    assert (headlines["split"] == "held_back").mean() == pytest.approx(1 / 3, abs=0.01)


@pytest.mark.parametrize("label", FIELDS)
def test_headlines_held_back_are_tagged_as_well_as_measured(tags: pd.DataFrame, label: str) -> None:
    held_back = labelled().query("split == 'held_back'")
    pairs = [
        (named(str(row[label])), found(tags, str(row["event_id"]), FIELDS[label]))
        for row in held_back.to_dict("records")
    ]
    right = sum(len(wanted & given_) for wanted, given_ in pairs)
    precision = right / sum(len(given_) for _, given_ in pairs)
    recall = right / sum(len(wanted) for wanted, _ in pairs)
    assert (precision, recall) >= FLOORS[label] and recall >= FLOORS[label][1], (
        f"precision {precision}, recall {recall}"
    )


def test_few_links_between_headlines_are_false(tags: pd.DataFrame) -> None:
    headlines = labelled()
    wanted = {(row["event_id"], row["duplicate_of"]) for row in headlines.to_dict("records") if row["duplicate_of"]}
    links = updates(headlines, tags)
    made = set(zip(links["event_id"], links["earlier_event_id"], strict=True))
    days = pd.to_datetime(headlines["published_on_date"])
    near = sum(abs((one - other).days) <= 3 for one, other in combinations(days, 2))
    assert len(made - wanted) / len(made) <= HIGHEST_FALSE_LINK_RATE
    assert len(made - wanted) / near <= HIGHEST_FALSE_PAIR_RATE
    assert len(made & wanted) / len(wanted) >= LOWEST_LINK_RECALL


@pytest.fixture(scope="module")
def golden() -> pd.DataFrame:
    return tagged(table(REFERENCE / "headlines.csv"))


@pytest.mark.parametrize("event_id", GOLDEN)
def test_the_headlines_of_the_seed_are_understood(golden: pd.DataFrame, event_id: str) -> None:
    topics, relevance_code = GOLDEN[event_id]
    assert found(golden, event_id, "topic") == topics
    assert found(golden, event_id, "relevance") == {relevance_code}


def test_every_headline_of_the_seed_is_a_golden_case() -> None:
    assert list(table(REFERENCE / "headlines.csv")["event_id"]) == list(GOLDEN)


def test_the_larger_smelter_replaces_the_smaller_one_and_nothing_else_is_linked(golden: pd.DataFrame) -> None:
    links = updates(table(REFERENCE / "headlines.csv"), golden)
    assert links[["event_id", "earlier_event_id", "first_event_id"]].to_numpy().tolist() == [
        ["korea-zinc-7-4bn", "korea-zinc-6-78bn", "korea-zinc-6-78bn"]
    ]


def test_an_update_of_an_update_knows_where_the_story_began() -> None:
    rules = reader()
    titles = [f"Korea Zinc to Build ${amount} Billion U.S. Smelter" for amount in ("6.78", "7", "7.4")]
    story = [Headline(f"h{day}", title, date(2025, 12, day), rules.tags(title)) for day, title in enumerate(titles, 14)]
    links = link_updates(story)
    assert [(later, first) for later, _, first, _, _ in links] == [("h15", "h14"), ("h16", "h14")]


def links_one_by_one(headlines: list[Headline]) -> list[tuple[str, str, str, float, str]]:
    """The rule as it is said: each headline held against each earlier one of three days, tags and titles alike."""

    def nested(later: Headline, earlier: Headline, field: str) -> bool:
        fewer, more = sorted((later.values(field), earlier.values(field)), key=len)
        return fewer <= more and bool(fewer) == bool(more)

    ordered = sorted(headlines, key=lambda headline: (headline.published_on, headline.event_id))
    first: dict[str, str] = {}
    links = []
    for place, later in enumerate(ordered):
        found = []
        for earlier in ordered[:place]:
            names_company = bool(later.values("company") | earlier.values("company"))
            alike = fuzz.token_set_ratio(fold(later.title), fold(earlier.title)) / 100
            if (
                (later.published_on - earlier.published_on).days <= 3
                and alike >= (0.5 if names_company else 0.57)
                and nested(later, earlier, "topic")
                and nested(later, earlier, "company" if names_company else "country")
                and (later.is_live or not earlier.is_live)
            ):
                found.append((alike, f"topics and {'companies' if names_company else 'countries'}", earlier.event_id))
        if found:
            alike, why, earlier_id = max(found)
            first[later.event_id] = first.get(earlier_id, earlier_id)
            links.append((later.event_id, earlier_id, first[later.event_id], alike, why))
    return links


def as_headlines(rows: pd.DataFrame) -> list[Headline]:
    return [
        Headline(event_id, title, date.fromisoformat(day), reader().tags(title))
        for event_id, title, day in rows[["event_id", "title", "published_on_date"]].itertuples(index=False)
    ]


@pytest.mark.parametrize("rows", [labelled(), table(REFERENCE / "headlines.csv")], ids=["labelled", "maintained"])
def test_comparing_only_what_may_repeat_finds_the_same_links_as_comparing_all(rows: pd.DataFrame) -> None:
    headlines = as_headlines(rows)
    assert link_updates(headlines) == links_one_by_one(headlines) != []


def test_titles_of_mixed_words_are_linked_as_if_all_were_compared() -> None:
    chance = Random(7)  # noqa: S311
    titles, mixed = list(labelled()["title"]), []
    for place in range(300):
        told = chance.choice(titles).split()
        for _ in range(chance.randint(0, 3)):
            told[chance.randrange(len(told))] = chance.choice(chance.choice(titles).split())
        title, day = " ".join(told), date(2025, 12, 1 + place // 30)
        mixed.append(Headline(f"e{place:03}", title, day, reader().tags(title), is_live=place % 3 == 0))
    links = link_updates(mixed)
    assert links == links_one_by_one(mixed)
    assert len(links) > 50


def test_a_maintained_headline_never_repeats_live_news_and_live_news_may_repeat_it() -> None:
    title = "Korea Zinc to Build $7.4 Billion U.S. Smelter"
    told = [
        Headline(event_id, title, date(2025, 12, day), reader().tags(title), is_live)
        for event_id, day, is_live in (
            ("live-1", 14, True),
            ("live-2", 15, True),
            ("ours", 18, False),
            ("live-3", 19, True),
        )
    ]
    links = link_updates(told)
    assert {later for later, *_ in links} == {"live-2", "live-3"}
    assert [(later, first) for later, _, first, *_ in links if later == "live-3"] == [("live-3", "ours")]


def test_a_story_told_again_after_weeks_is_another_story() -> None:
    title = "Bank of Korea Holds Rates"
    tags_ = reader().tags(title)
    assert link_updates([Headline(str(month), title, date(2025, month, 1), tags_) for month in (5, 6)]) == []


@pytest.mark.parametrize(
    ("title", "field_name", "expected"),
    [
        ("North Korea Fires Missile", "country", {"PRK"}),
        ("South African Rand Slides", "country", {"ZAF"}),
        ("Samsung Wins Prize of 3 Trillion Won", "topic", set()),
        ("Trade War Weighs on Growth", "topic", {"tariff"}),
        ("Let Us Eat Turkey and Stuffing", "country", set()),
        ("Turkey Raises Interest Rates", "country", {"TUR"}),
        ("Côte d’Ivoire Raises Cocoa Price", "country", {"CIV"}),
        ("U.S. Steel Names New Chief", "company", {"us_steel"}),
        ("Spoiled Milk, Toiling Farmers", "topic", set()),
    ],
)
def test_a_word_is_read_with_those_around_it(title: str, field_name: str, expected: set[str]) -> None:
    assert values(title, field_name) == expected


def test_a_country_of_the_library_is_found_without_a_row_of_ours() -> None:
    own = rules_of(table(REFERENCE / "gazetteer.csv"))
    assert not any(rule.value == "BTN" for rule in own)
    assert [tag.rule_id for tag in reader().tags("Bhutan Waits")] == ["country.btn.iso-3166.bhutan"]
    assert "georgia" not in {rule.phrase.lower() for rule in country_rules(own)}


def test_two_hints_make_a_tag_and_one_does_not() -> None:
    rules = [Rule("a", "plant", "word", "topic", "t", 0.5), Rule("b", "build", "stem", "topic", "t", 0.5)]
    reading = Gazetteer(rules)
    assert reading.tags("A plant and another plant") == []
    assert [tag.words for tag in reading.tags("Plants to be building")] == [("Plants",), ("building",)]


def test_a_gazetteer_without_rows_still_knows_the_countries() -> None:
    assert [tag.value for tag in Gazetteer([]).tags("Bhutan")] == ["BTN"]


def test_a_condition_that_cannot_be_read_is_refused_with_its_text() -> None:
    with pytest.raises(ValueError, match="condition 'topic tariff'"):
        parse_condition("topic tariff")


def test_relevance_rules_without_a_last_word_are_refused() -> None:
    with pytest.raises(ValueError, match="last one must have an empty condition"):
        relevance([], [Rule("a", "topic=tariff", "implied", "relevance", "direct")])


def test_values_of_the_gazetteer_stand_in_the_reference_tables() -> None:
    rules = rules_of(table(REFERENCE / "gazetteer.csv"))
    countries, assets = table(REFERENCE / "countries.csv")["iso3"], table(REFERENCE / "assets.csv")["asset_code"]
    assert {rule.value for rule in rules if rule.field_name == "country"} <= set(countries)
    assert {rule.value for rule in rules if rule.field_name == "asset"} <= set(assets)
    assert len({rule.rule_id for rule in rules}) == len(rules)


def test_conditions_ask_only_for_what_some_rule_gives() -> None:
    gazetteer, rows = table(REFERENCE / "gazetteer.csv"), table(REFERENCE / "relevance_rules.csv")
    rules = rules_of(gazetteer)
    known = {(rule.field_name, rule.value) for rule in rules} | {(rule.field_name, "*") for rule in rules}
    asked = [rule.phrase for rule in rules if rule.match_kind == "implied"] + list(rows["condition"])
    terms = {(name, value) for text in asked for name, any_of in parse_condition(text) for value in any_of}
    assert terms <= known


def test_no_headlines_give_no_tags_but_their_columns() -> None:
    nothing = tagged(labelled().iloc[:0])
    assert list(nothing) == TAGS and nothing.empty
    assert updates(labelled().iloc[:0], nothing).empty


words = st.sampled_from([word for title in labelled()["title"] for word in title.split()])
titles = st.one_of(st.text(max_size=80), st.lists(words, max_size=15).map(" ".join))


@settings(max_examples=200, deadline=None)
@given(titles)
@example("İstanbul ﬁrms’ oil—U.S.")
@example("")
def test_any_text_can_be_read_and_tags_show_words_that_stand_in_it(title: str) -> None:
    for tag in reader().tags(title):
        assert tag.words and all(word and word in title for word in tag.words)


@settings(max_examples=200, deadline=None)
@given(titles)
def test_capitals_change_nothing(title: str) -> None:
    assume(fold(title.upper()) == fold(title))
    assert _without_words(title.upper()) == _without_words(title) == _without_words(title.lower())


@settings(max_examples=100, deadline=None)
@given(titles)
def test_folding_keeps_every_character_in_its_place(title: str) -> None:
    assert len(fold(title)) == len(title)


def _without_words(title: str) -> list[Any]:
    return [(tag.field_name, tag.value, tag.rule_id) for tag in reader().tags(title)]


def test_the_tags_of_a_field_are_listed_once_and_in_order() -> None:
    tags = pd.DataFrame(
        [("a", "topic", "tariff"), ("a", "topic", "law"), ("a", "topic", "law"), ("b", "asset", "brent")],
        columns=["event_id", "field_name", "tag_value"],
    )
    lists = tag_lists(tags).set_index("event_id")
    assert lists.loc["a", "topics"] == "law,tariff"
    assert lists.loc["b", "assets"] == "brent"
    assert list(lists["topics"].isna()) == [False, True]
