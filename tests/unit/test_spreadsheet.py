"""CSV for a spreadsheet: no text runs as a formula, no number changes, nothing is lost."""

import csv
import io

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.spreadsheet import FORMULA, guarded, write

STARTS = "=+-@\t\r\n＝＋－＠"


def written(sql: str) -> list[list[str]]:
    with duckdb.connect() as connection:
        file = io.StringIO()
        write(connection.sql(sql), file)
    return list(csv.reader(io.StringIO(file.getvalue(), newline="")))


def taken_off(text: str) -> str:
    """What a program does to have each text as it was."""
    return text[1:] if text.startswith("'") and FORMULA.match(text[1:]) else text


@pytest.mark.parametrize("start", STARTS)
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(start: str) -> None:
    assert guarded(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"
    assert guarded(f"a{start}cmd") == f"a{start}cmd"


@pytest.mark.parametrize("formula", ["=1", "-1+1", "+1*2", "-1;=2", "@1", "-.5", "--1", "-1\n", "-1 =2"])
def test_a_formula_that_begins_like_a_number_is_no_number(formula: str) -> None:
    assert guarded(formula) == f"'{formula}"


@pytest.mark.parametrize(
    "text", ["-1", "-1,234.50", "+25%", "-1.5e-07", "-", "=", "", "'", "'-1", "품목 -1", "https://a/=b"]
)
def test_a_text_that_is_a_number_a_sign_or_plain_stays(text: str) -> None:
    assert guarded(text) == text


def test_values_of_other_types_stay_as_they_are_printed() -> None:
    assert written(
        "select -1::bigint a, -2.50::decimal(9, 2) b, -1e-7::double c, null d, date '2025-01-01' e, ['=1'] f"
    ) == [["a", "b", "c", "d", "e", "f"], ["-1", "-2.50", "-1e-07", "", "2025-01-01", "['=1']"]]


def test_a_column_that_a_pivot_names_by_a_value_is_guarded() -> None:
    assert written("pivot (select '=cmd' as title, 1 as n) on title using sum(n)") == [["'=cmd"], ["1"]]


@given(st.text(alphabet=STARTS + "'1a,.e%\""))
def test_no_text_runs_and_each_can_be_had_back(text: str) -> None:
    told = guarded(text)
    assert isinstance(told, str)
    assert not (FORMULA.match(told) and told[0] in STARTS)
    assert taken_off(told) == text


def test_lines_end_in_one_sign_alone() -> None:
    with duckdb.connect() as connection:
        file = io.StringIO()
        write(connection.sql("select '=1' as a, 2 as b"), file)
    assert file.getvalue() == "a,b\n'=1,2\n"
