"""The README's questions give the README's answers."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.conftest import Built

README = Path(__file__).parents[2] / "README.md"
QUESTION = re.compile(r'^\$ entrepot query "(?P<sql>[^"]+)"\n(?P<answer>┌.*?┘)$', re.MULTILINE | re.DOTALL)
QUESTIONS = QUESTION.findall(README.read_text(encoding="utf-8"))


def test_the_readme_holds_at_least_three_questions() -> None:
    assert len(QUESTIONS) >= 3


@pytest.mark.parametrize(("sql", "answer"), QUESTIONS, ids=range(len(QUESTIONS)))
def test_a_question_of_the_readme_gives_its_answer(
    built: "Built", entrepot: Callable[..., subprocess.CompletedProcess[str]], sql: str, answer: str
) -> None:
    told = entrepot(built.home, "query", sql, COLUMNS="160")
    assert told.returncode == 0, told.stderr
    assert told.stdout.strip() == answer.strip()
