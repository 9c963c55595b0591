"""The questions of the README and of the tutorial give the answers that stand under them."""

import re
import subprocess
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from orchestration.settings import PROJECT

if TYPE_CHECKING:
    from tests.conftest import Built

# The page, and how many questions it asks at least.
PAGES = {"README.md": 6, "docs/twelve_questions.md": 12}
QUESTION = re.compile(
    r'^\$ entrepot query (?P<form>--csv )?"(?P<sql>[^"]+)"\n(?P<answer>.+?)(?=^```$|^# )', re.MULTILINE | re.DOTALL
)
QUESTIONS = {page: QUESTION.findall((PROJECT / page).read_text(encoding="utf-8")) for page in PAGES}


@pytest.mark.parametrize(("page", "count"), PAGES.items())
def test_a_page_holds_its_questions_and_each_of_them_has_an_answer(page: str, count: int) -> None:
    assert len(QUESTIONS[page]) >= count
    assert (PROJECT / page).read_text(encoding="utf-8").count("$ entrepot query ") == len(QUESTIONS[page])


@pytest.mark.parametrize(
    ("form", "sql", "answer"),
    [
        pytest.param(*question, id=f"{page}-{number}")
        for page, questions in QUESTIONS.items()
        for number, question in enumerate(questions, 1)
    ],
)
def test_a_question_of_a_page_gives_its_answer(
    built: "Built", entrepot: Callable[..., subprocess.CompletedProcess[str]], form: str, sql: str, answer: str
) -> None:
    told = entrepot(built.home, "query", *form.split(), sql, COLUMNS="160")
    assert told.returncode == 0, told.stderr
    assert [line.rstrip() for line in told.stdout.strip().splitlines()] == answer.strip().splitlines()
