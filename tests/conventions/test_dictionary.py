"""The grain is the first sentence, a column's text is written once, and a name gives away unit and type."""

import re
from collections import defaultdict

from .declared import DBT_PROJECT, Declared

# A type of the marts, and the names its columns have. The first line that fits counts; a name that fits none is a text.
TYPES_BY_NAME = {
    "boolean": r"(is|has|was)_.+",
    "timestamp": r"known_from|known_to|.+_at_utc",
    "date": r".+_date|(.+_)?period_month|period_start|streak_start",
    "decimal(20, 2)": r".+_usd|.+(?<!_per)_kg",
    "decimal(18, 9)": r"(published|held|difference|claimed|claim_day|latest)_value|tolerance",
    "decimal(4, 1)": r"working_days",
    # Rates and shares as a law or a list states them, exact; what is computed from trade is a double.
    "decimal(9, 4)": r"(base|s232|reciprocal|s122|regime_rate|rate)_pct|rate_change_pp"
    r"|(reciprocal|s122|nonmetal|coverage|coverage_low)_share",
    "double": r".+_(pct|pp|share|ratio|index|t|z|p|sd|se)|(.+_)?(p|q|t)_value|(.+_)?return(_value)?"
    r"|standard_error|mean_correlation|.+_per_kg",
    "integer": r"year|hs_level|sort_order|.+_(months_count|rank|sign|length|offset)|(month|quarter|vintage)_number"
    r"|(seollal|chuseok)_days",
    "bigint": r".+_count|late_days|row_number",
}
TEXT = "varchar"


def type_by_name(column: str) -> str:
    return next((kind for kind, names in TYPES_BY_NAME.items() if re.fullmatch(names, column)), TEXT)


def test_a_description_begins_with_the_grain(project: Declared) -> None:
    texts = {node.name: node.description for node in [*project.models, *project.seeds]} | project.sources
    wrong = {name: text[:60] for name, text in texts.items() if not text.startswith("One row per ")}
    assert wrong == {}, "each description begins with `One row per …`"


def test_a_mart_has_a_contract_and_a_tested_grain(project: Declared) -> None:
    for mart in project.marts:
        assert mart.is_contract_enforced, f"{mart.name} has no enforced contract"
        assert mart.grain, f"{mart.name} does not say its grain: config.meta.grain"
        assert set(mart.grain) <= set(mart.columns), f"the grain of {mart.name} names columns that it has not"
        tested = project.grain_tests.get(mart.name, [])
        assert mart.grain in tested, f"{mart.name}: unique_grain tests {tested} and not the grain {mart.grain}"


def test_a_staging_model_has_a_tested_grain(project: Declared) -> None:
    assert [model.name for model in project.staging if model.name not in project.grain_tests] == []


def test_a_column_of_a_mart_takes_its_text_from_the_dictionary(project: Declared) -> None:
    wrong = [
        f"{mart.name}.{name}: {column.description}"
        for mart in project.marts
        for name, column in mart.columns.items()
        if column.blocks != [name] or column.description != project.dictionary[name]
    ]
    assert wrong == [], (
        "write the text into models/columns.md, under the column's name, and say {{ doc('…') }} and no more"
    )


def test_the_dictionary_holds_the_columns_of_the_marts_and_no_others(project: Declared) -> None:
    used = {column for mart in project.marts for column in mart.columns}
    assert sorted(project.dictionary.keys() - used) == [], "models/columns.md has texts that no mart's column uses"
    assert sorted(used - project.dictionary.keys()) == [], "models/columns.md has no text for these columns"


def test_a_name_stands_once_in_the_dictionary_in_the_order_of_the_alphabet() -> None:
    text = (DBT_PROJECT / "models" / "columns.md").read_text(encoding="utf-8")
    names = re.findall(r"{% docs (\w+) %}", text)
    assert names == sorted(set(names))


def test_a_text_of_the_dictionary_is_a_sentence(project: Declared) -> None:
    assert [name for name, text in project.dictionary.items() if not re.fullmatch(r"\S.*\.", text, re.DOTALL)] == []


def test_a_columns_name_gives_away_its_type(project: Declared) -> None:
    wrong = [
        f"{mart.name}.{name} is {column.data_type}, and by its name {type_by_name(name)}"
        for mart in project.marts
        for name, column in mart.columns.items()
        if column.data_type != type_by_name(name)
    ]
    assert wrong == [], "end the name in its unit, or add the kind of name to TYPES_BY_NAME"


def test_a_column_has_one_type_in_all_marts(project: Declared) -> None:
    types = defaultdict(set)
    for mart in project.marts:
        for name, column in mart.columns.items():
            types[name].add(column.data_type)
    assert {name: sorted(found) for name, found in types.items() if len(found) > 1} == {}
