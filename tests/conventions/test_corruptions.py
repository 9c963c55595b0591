"""`docs/corruptions.md` tells of the corruptions that there are, and of tests that exist."""

import re

import pytest

from orchestration.settings import PROJECT
from tests.corruptions.catalogue import CORRUPTIONS, HEADING, Corruption
from tests.corruptions.printings import CLEAN

from .declared import Declared

PAGE = (PROJECT / "docs" / "corruptions.md").read_text(encoding="utf-8")
LINES = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| ")][1:]
QUICK = [corruption for corruption in CORRUPTIONS if corruption.dataset.startswith("census.country_")]


def test_the_page_has_a_line_for_each_corruption_and_no_other() -> None:
    told = [(corruption.name, f"`{corruption.dataset}`", corruption.what) for corruption in CORRUPTIONS]
    assert [tuple(line[:3]) for line in LINES] == told
    through = sum(bool(corruption.let_through) for corruption in CORRUPTIONS)
    assert PAGE.startswith(HEADING.format(count=len(CORRUPTIONS), through=through, clean=len(CLEAN)))
    assert len(CORRUPTIONS) >= 40


def test_each_corruption_is_stopped_by_a_test_that_exists_or_is_let_through_for_its_reason(project: Declared) -> None:
    for corruption, (*_, outcome) in zip(CORRUPTIONS, LINES, strict=True):
        named = re.findall(r"`(\w+)`", outcome.partition("let through")[0].partition(" rows in ")[0])
        if corruption.let_through:
            assert outcome.startswith(f"let through: {corruption.let_through}"), corruption.name
        elif not outcome.startswith("refused when it is loaded"):
            assert named, corruption.name
            assert set(named) <= project.data_tests, corruption.name


def test_names_are_told_apart() -> None:
    assert len({corruption.name for corruption in CORRUPTIONS}) == len(CORRUPTIONS)


@pytest.mark.parametrize("corruption", QUICK, ids=lambda corruption: corruption.name)
def test_a_damage_is_one_and_the_same_every_time(corruption: Corruption) -> None:
    assert corruption.damaged() == corruption.damaged() != corruption.clean()
