"""What people see of a text that someone else wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.visible import visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Tariff\u202eKRW no\u202c", "TariffKRW no"),
        ("\u2066left\u2069 \u200bhidden\ufeff", "left hidden"),
        ("\x1b[31mred\x1b]0;title\x07\x9b2J\x7f", "[31mred]0;title2J"),
        ("한국, 대미 흑자 사상 최대", "한국, 대미 흑자 사상 최대"),
        ("العربية and עברית", "العربية and עברית"),
        ("می\u200cخواهم 👩\u200d👧", "می\u200cخواهم 👩\u200d👧"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
    ],
)
def test_marks_that_steer_turn_or_hide_are_left_out_and_letters_stay(text: str, seen: str) -> None:
    assert visible(text) == seen


@pytest.mark.parametrize("value", [None, 1.5, b"\x1b", ["\x1b"]])
def test_what_is_no_text_stays_as_it_is(value: object) -> None:
    assert visible(value) is value


@given(st.text())
def test_nothing_of_a_text_is_added_or_moved(text: str) -> None:
    letters = iter(text)
    seen = visible(text)
    assert all(letter in letters for letter in seen)
    assert visible(seen) == seen
