"""What a headline is about, by phrases and rules held as data; dbt's Python models call these pure functions.

Phrases are found by pyahocorasick: one pass however many phrases there are, no model to load, maintained, and every match
comes with its place; rapidfuzz says how alike two titles are; pycountry knows the countries' names.

A phrase gives its tag a weight, and a tag stands when its phrases add up to 1: two hints make what one clear word makes.
A match inside a longer one of the same kind is not counted (`Korea` in `North Korea`), nor one inside a company's name (`zinc` in
`Korea Zinc`) or a phrase that means something else (`war` in `trade war`). Then rules of kind `implied` add what follows from the tags found (`company=korea_zinc`).
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import takewhile

import ahocorasick
import numpy as np
import pandas as pd
import pycountry
from rapidfuzz import fuzz
from rapidfuzz.process import cdist

TAGS = ["event_id", "field_name", "tag_value", "rule_id", "matched_words"]
LISTS = {
    "topic": "topics",
    "country": "countries",
    "sector": "sectors",
    "company": "companies",
    "institution": "institutions",
    "asset": "assets",
}
LINKS = ["event_id", "earlier_event_id", "first_event_id", "similarity_share", "link_reason"]
STOP = "none"
IMPLIED = "implied"
LONGEST_ONLY = {"country", "currency", "sector", "company", "institution"}
UPDATE_DAYS = 3
LIVE = "live_news"
SIMILAR_WITH_COMPANY, SIMILAR_WITHOUT = 0.5, 0.57
SEPARATORS = {ord(sign): " " for sign in "-‐‑‒–—/"} | {ord(sign): "'" for sign in "’‘`"}


@dataclass(frozen=True)
class Rule:
    """A row of the gazetteer: what a phrase says, or what follows from other tags."""

    rule_id: str
    phrase: str
    match_kind: str
    field_name: str
    value: str
    weight: float = 1.0


@dataclass(frozen=True)
class Tag:
    """What is said of a headline, by which rule, and the words of the title that made it."""

    field_name: str
    value: str
    rule_id: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    start: int
    end: int
    rule: Rule

    def lies_inside(self, other: "Match") -> bool:
        """Strictly: what covers the same words stands beside it."""
        is_covered = other.start <= self.start and self.end <= other.end
        return is_covered and (self.start, self.end) != (other.start, other.end)


@dataclass(frozen=True)
class Headline:
    event_id: str
    title: str
    published_on: date
    tags: list[Tag] = field(default_factory=list)
    is_live: bool = False

    def values(self, field_name: str) -> set[str]:
        return {tag.value for tag in self.tags if tag.field_name == field_name}


def fold(text: str) -> str:
    """Lower case with plain signs, each character in its old place: matches point into the title as it was written."""
    lowered = (char.lower() for char in text.translate(SEPARATORS))
    return "".join(low if len(low) == 1 else char for low, char in zip(lowered, text, strict=True))


def country_rules(own: Iterable[Rule]) -> list[Rule]:
    """Names of countries as ISO 3166 has them. A name of which the gazetteer says more is left to it."""
    taken = {fold(rule.phrase) for rule in own if rule.field_name == "country"}
    named = {
        name: country.alpha_3
        for country in pycountry.countries
        for name in (country.name, getattr(country, "common_name", country.name))
        if "," not in name
    }
    return [
        Rule(f"country.{iso3.lower()}.iso-3166.{fold(name).replace(' ', '-')}", name, "phrase", "country", iso3)
        for name, iso3 in named.items()
        if fold(name) not in taken
    ]


class Gazetteer:
    """The rules made ready for reading: one automaton for all phrases, and the rules that follow from tags."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        own = list(rules)
        self.implied = [(rule, parse_condition(rule.phrase)) for rule in own if rule.match_kind == IMPLIED]
        by_phrase: dict[str, list[Rule]] = defaultdict(list)
        for rule in [*own, *country_rules(own)]:
            if rule.match_kind != IMPLIED:
                for form in _forms(rule):
                    by_phrase[form].append(rule)
        self.automaton = ahocorasick.Automaton()
        for phrase, found in by_phrase.items():
            self.automaton.add_word(phrase, (len(phrase), found))
        self.automaton.make_automaton()

    def tags(self, title: str) -> list[Tag]:
        """All tags of a title, those that follow from others last."""
        return with_implied(_weighed(title, _uncovered(self._matches(fold(title)))), self.implied)

    def _matches(self, folded: str) -> list[Match]:
        found = []
        for last, (length, rules) in self.automaton.iter(folded):
            start, end = last + 1 - length, last + 1
            if start and folded[start - 1].isalnum():
                continue
            rest = sum(1 for _ in takewhile(str.isalnum, folded[end:])) if folded[last].isalnum() else 0
            found += [Match(start, end + rest, rule) for rule in rules if not rest or rule.match_kind == "stem"]
        return found


def _forms(rule: Rule) -> list[str]:
    phrase = fold(rule.phrase)
    return [phrase, f"{phrase}s"] if rule.match_kind == "word" else [phrase]


def _uncovered(matches: list[Match]) -> list[Match]:
    return [
        match
        for match in matches
        if match.rule.field_name != STOP
        and not any(
            match.lies_inside(other)
            for other in matches
            if other.rule.field_name in (STOP, "company")
            or (other.rule.field_name == match.rule.field_name and match.rule.field_name in LONGEST_ONLY)
        )
    ]


def _weighed(title: str, matches: list[Match]) -> list[Tag]:
    """Tags whose phrases add up to 1, each phrase counted once."""
    words: dict[Rule, tuple[str, ...]] = {}
    for match in sorted(matches, key=lambda match: (match.start, match.end, match.rule.rule_id)):
        words.setdefault(match.rule, (title[match.start : match.end],))
    totals: dict[tuple[str, str], float] = defaultdict(float)
    for rule in words:
        totals[rule.field_name, rule.value] += rule.weight
    return [
        Tag(rule.field_name, rule.value, rule.rule_id, found)
        for rule, found in words.items()
        if totals[rule.field_name, rule.value] >= 1
    ]


Condition = tuple[tuple[str, frozenset[str]], ...]


def parse_condition(text: str) -> Condition:
    """`topic=tariff|trade_deal + sector=*`: all terms have to hold, `|` is or, `*` is any value. No term always holds."""
    terms = [term.strip().partition("=") for term in text.split("+") if term.strip()]
    for name, sign, values in terms:
        if not (name and sign and values):
            raise ValueError(f"condition '{text}': a term is field=value, field=value|value or field=*")
    return tuple((name, frozenset(values.split("|"))) for name, _, values in terms)


def words_that_meet(condition: Condition, tags: Iterable[Tag]) -> tuple[str, ...] | None:
    """The words on which a condition rests, or None where it does not hold."""
    known = list(tags)
    found: dict[str, None] = {}
    for name, values in condition:
        meeting = [tag for tag in known if tag.field_name == name and (tag.value in values or "*" in values)]
        if not meeting:
            return None
        found |= dict.fromkeys(meeting[0].words)
    return tuple(found)


def with_implied(tags: list[Tag], implied: list[tuple[Rule, Condition]]) -> list[Tag]:
    """The tags and all that follows from them, until nothing new does."""
    known, waiting = list(tags), implied
    while True:
        new, still_waiting = [], []
        for rule, condition in waiting:
            words = words_that_meet(condition, known)
            if words is None:
                still_waiting.append((rule, condition))
            else:
                new.append(Tag(rule.field_name, rule.value, rule.rule_id, words))
        if not new:
            return known
        known, waiting = known + new, still_waiting


def relevance(tags: list[Tag], rules: Iterable[Rule]) -> Tag:
    """The first rule whose condition holds; the last of the table has none, so that every headline has a relevance."""
    for rule in rules:
        words = words_that_meet(parse_condition(rule.phrase), tags)
        if words is not None:
            return Tag("relevance", rule.value, rule.rule_id, words)
    raise ValueError("relevance_rules: no rule holds; the last one must have an empty condition")


@dataclass(frozen=True)
class Matter:
    """What a headline is about: its topics, and its companies, or its countries where it names no company.

    A story told again may say more than before or less, but of the same matter: the topics of the one are among those of
    the other, and so are its actors. What is live tells a maintained story again, never the other way round.
    """

    topics: frozenset[str]
    actor_field: str
    actors: frozenset[str]
    is_live: bool

    @classmethod
    def of(cls, headline: Headline) -> "Matter":
        companies, countries = headline.values("company"), headline.values("country")
        actor = ("company", companies) if companies else ("country", countries)
        return cls(frozenset(headline.values("topic")), actor[0], frozenset(actor[1]), headline.is_live)

    @property
    def threshold(self) -> float:
        return SIMILAR_WITH_COMPANY if self.actor_field == "company" else SIMILAR_WITHOUT

    @property
    def reason(self) -> str:
        return "topics and companies" if self.actor_field == "company" else "topics and countries"

    def may_repeat(self, earlier: "Matter") -> bool:
        return (
            self.actor_field == earlier.actor_field
            and (self.is_live or not earlier.is_live)
            and _is_nested(self.topics, earlier.topics)
            and _is_nested(self.actors, earlier.actors)
        )


def _is_nested(one: frozenset[str], other: frozenset[str]) -> bool:
    return bool(one) == bool(other) and (one <= other or other <= one)


@dataclass
class Told:
    """The headlines of the last days about one matter, oldest first, and those about the matters that it may repeat."""

    days: list[date] = field(default_factory=list)
    titles: list[tuple[str, str]] = field(default_factory=list)
    repeated: list["Told"] = field(default_factory=list)

    def add(self, headline: Headline, folded: str) -> None:
        self.days.append(headline.published_on)
        self.titles.append((headline.event_id, folded))

    def since(self, oldest: date) -> list[tuple[str, str]]:
        """Ids and titles from that day on; earlier ones are forgotten."""
        gone = bisect_left(self.days, oldest)
        del self.days[:gone], self.titles[:gone]
        return self.titles


class Memory:
    """What was told lately, by matter. Matters that share no topic or no actor are never held against each other."""

    def __init__(self) -> None:
        self._told: dict[Matter, Told] = {}
        self._sharing: dict[tuple[str, str, str], list[Matter]] = defaultdict(list)

    def of(self, matter: Matter) -> Told:
        if matter not in self._told:
            self._told[matter] = self._joined(matter)
        return self._told[matter]

    def _joined(self, matter: Matter) -> Told:
        told = Told()
        told.repeated.append(told)
        shared = [
            (topic, matter.actor_field, actor) for topic in matter.topics or [""] for actor in matter.actors or [""]
        ]
        for other in dict.fromkeys(known for key in shared for known in self._sharing[key]):
            if matter.may_repeat(other):
                told.repeated.append(self._told[other])
            if other.may_repeat(matter):
                self._told[other].repeated.append(told)
        for key in shared:
            self._sharing[key].append(matter)
        return told


def link_updates(headlines: Iterable[Headline]) -> list[tuple[str, str, str, float, str]]:
    """Headlines that tell an earlier one of the last days again: both, the first of the chain, similarity and reason.

    Of several earlier ones the most alike is taken, of equals the one with the last id. Titles are compared only where
    their matters allow it, for comparing them costs most.
    """
    first: dict[str, str] = {}
    links = []
    memory = Memory()
    for later in sorted(headlines, key=lambda headline: (headline.published_on, headline.event_id)):
        matter, folded = Matter.of(later), fold(later.title)
        told, oldest = memory.of(matter), later.published_on - timedelta(days=UPDATE_DAYS)
        earlier = [title for repeated in told.repeated for title in repeated.since(oldest)]
        found = most_alike(folded, earlier, matter.threshold)
        if found:
            alike, earlier_id = found
            first[later.event_id] = first.get(earlier_id, earlier_id)
            links.append((later.event_id, earlier_id, first[later.event_id], alike, matter.reason))
        told.add(later, folded)
    return links


def most_alike(folded: str, earlier: list[tuple[str, str]], threshold: float) -> tuple[float, str] | None:
    """How alike the most alike of the earlier titles is, 0 to 1 whatever the order of words, and its id."""
    if not earlier:
        return None
    titles = [title for _, title in earlier]
    (scores,) = cdist([folded], titles, scorer=fuzz.token_set_ratio, score_cutoff=100 * threshold, dtype=np.float64)
    alike = [(float(score) / 100, event_id) for score, (event_id, _) in zip(scores, earlier, strict=True) if score]
    return max((found for found in alike if found[0] >= threshold), default=None)


def rules_of(gazetteer: pd.DataFrame) -> list[Rule]:
    """Rules from rows of the seed `gazetteer`."""
    columns = ["rule_id", "phrase", "match_kind", "field_name", "tag_value", "weight"]
    rows = gazetteer[columns].itertuples(index=False)
    return [
        Rule(name, phrase, kind, field_name, value, float(weight))
        for name, phrase, kind, field_name, value, weight in rows
    ]


def relevance_rules_of(relevance_rules: pd.DataFrame) -> list[Rule]:
    """Rules from rows of the seed `relevance_rules`, in their order."""
    rows = relevance_rules.fillna("").sort_values("rule_order", key=pd.to_numeric)
    return [
        Rule(rule_id, condition, IMPLIED, "relevance", relevance_code)
        for rule_id, condition, relevance_code in rows[["rule_id", "condition", "relevance_code"]].itertuples(
            index=False
        )
    ]


def tag_headlines(headlines: pd.DataFrame, gazetteer: pd.DataFrame, relevance_rules: pd.DataFrame) -> pd.DataFrame:
    """One row per headline, tag and rule that gave it; its relevance is a tag as well."""
    reader, deciding = Gazetteer(rules_of(gazetteer)), relevance_rules_of(relevance_rules)
    rows: list[tuple[str, ...]] = []
    for event_id, title in headlines[["event_id", "title"]].itertuples(index=False):
        tags = reader.tags(title)
        for tag in [*tags, relevance(tags, deciding)]:
            rows.append((event_id, tag.field_name, tag.value, tag.rule_id, "; ".join(tag.words)))
    return pd.DataFrame(rows, columns=TAGS, dtype="str")


def updates(headlines: pd.DataFrame, tags: pd.DataFrame) -> pd.DataFrame:
    """One row per headline that tells an earlier one's story again, see `link_updates`."""
    by_event: dict[str, list[Tag]] = defaultdict(list)
    for event_id, name, value, rule_id, words in tags[TAGS].itertuples(index=False):
        by_event[event_id].append(Tag(name, value, rule_id, tuple(words.split("; "))))
    is_live = headlines["event_kind"] == LIVE if "event_kind" in headlines else pd.Series(False, index=headlines.index)
    told = headlines[["event_id", "title", "published_on_date"]].assign(is_live=is_live)
    known = [
        Headline(event_id, title, pd.Timestamp(published_on).date(), by_event[event_id], bool(live))
        for event_id, title, published_on, live in told.itertuples(index=False)
    ]
    return pd.DataFrame(link_updates(known), columns=LINKS).astype({"similarity_share": "float"})


def tag_lists(tags: pd.DataFrame) -> pd.DataFrame:
    """One row per event with a tag: the values of each field in alphabetical order, comma between them, null for none.

    Here and not in SQL, since no function that joins texts in order is the same in DuckDB and Spark.
    """
    found = tags.drop_duplicates(["event_id", "field_name", "tag_value"]).sort_values("tag_value")
    joined = found.groupby(["event_id", "field_name"])["tag_value"].agg(",".join).unstack("field_name")
    lists = joined.reindex(columns=list(LISTS)).rename(columns=LISTS).astype("str")
    return lists.rename_axis(columns=None).reset_index()
