"""House rules of SQL: the vocabulary that DuckDB and Spark share, and names a reader can follow."""

import re
from pathlib import Path

import pytest

from .declared import DBT_PROJECT

MODELS = sorted((DBT_PROJECT / "models").rglob("*.sql"))
ALL_SQL = sorted(path for folder in ("models", "macros", "tests") for path in (DBT_PROJECT / folder).rglob("*.sql"))

LONGEST = 150

# What one of the two engines lacks or reads otherwise, with what to write in its place.
NOT_SHARED = {
    r"\bqualify\b": "number the rows in a CTE and filter in the next",
    r"::": "cast(… as …)",
    r"\basof\b": "a join on known_from and known_to",
    r"\bunnest\s*\(|\bexplode\s*\(": "a union or a join",
    r"\bstring_agg\s*\(|\blistagg\s*\(|\bgroup_concat\s*\(": "rows, not a list in a text",
    r"\*\s*(exclude|except|replace)\b": "the names of the columns",
    r"\bdayofweek\b|\bdow\b": "a column of a calendar table",
    r"(?<![\w.])log\s*\(": "ln or log10",
    r"(?<![\w.])hash\s*\(": "the key itself",
    r"\bregexp_replace\s*\(": "the macro `matches`, and replace",
    r"\bsubstr(ing)?\s*\([^,()]+,\s*0\b": "substr from 1",
    r"\\(?!n\")": "a character class, such as [.]",
    r"\b(date|timestamp)\s+'": "cast('…' as date)",
    r"\bgetdate\b|\bcurrent_(date|timestamp)\b|\bnow\s*\(": "run_started_at: a rerun must give the same",
}
EMPTY_NAMES = r"cte_?\d*|base|src|tmp\w*|temp\w*|final\w*|data|result|results|step_?\d*|[a-z]\d?"
ALIAS = r"(?:\b(?:from|join)\s+[\w.]+(?:\s+as)?|\)\s+as|\)|\bas)\s+([a-z])(?!\w)"

by_path = pytest.mark.parametrize("path", ALL_SQL, ids=lambda path: path.stem)
by_model = pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)


def code(path: Path) -> str:
    """Without comments, which may name what is forbidden."""
    text = re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.sub(r"--.*", "", text).lower()


def plain_sql(path: Path) -> str:
    """What is SQL in any case: without Jinja and without texts in quotes."""
    text = re.sub(r"^{{ config\(.*?\) }}$", "", code(path), flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"{{.*?}}|{%.*?%}", " jinja ", text, flags=re.DOTALL)
    return re.sub(r"'[^']*'", "''", text)


@by_path
def test_sql_keeps_to_the_words_both_engines_share(path: Path) -> None:
    found = {word: instead for word, instead in NOT_SHARED.items() if re.search(word, code(path))}
    assert found == {}, f"{path.relative_to(DBT_PROJECT)}: write instead {'; '.join(found.values())}"


@by_path
def test_sql_has_no_quoted_names_and_no_list_literals(path: Path) -> None:
    assert not re.search(r'["\[`]', plain_sql(path)), (
        f"{path.relative_to(DBT_PROJECT)}: only staging's raw columns have such names"
    )


@by_path
def test_a_part_of_a_query_says_what_it_holds(path: Path) -> None:
    names = re.findall(r"(?:^|,|\bwith)\s*(\w+)\s+as\s*\(", plain_sql(path), re.MULTILINE)
    assert [name for name in names if re.fullmatch(EMPTY_NAMES, name)] == []


@by_path
def test_nothing_has_a_name_of_one_letter(path: Path) -> None:
    assert re.findall(ALIAS, plain_sql(path)) == [], f"{path.relative_to(DBT_PROJECT)}: tables keep their names"


@by_model
def test_a_model_fits_on_two_screens(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST, f"{path.name} has {lines} lines; split it where an idea ends"
