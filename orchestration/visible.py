"""Text of someone else's as people see it: what steers a terminal, or turns round or hides what stands beside it, is left out.

For the page and the terminal only. Marts, CSV and Parquet hold the text as it came.
"""

import unicodedata
from typing import TypeVar

T = TypeVar("T")

# Category Cc steers terminals; of Cf, the joiners are letters' own in Persian, Hindi and emoji.
KEPT = {"\n", "\t", "\u200c", "\u200d"}


def visible(value: T) -> T | str:
    """Of a text what can be seen of it; any other value as it is."""
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(letter for letter in value if letter in KEPT or unicodedata.category(letter) not in ("Cc", "Cf"))
