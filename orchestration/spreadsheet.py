"""CSV that a spreadsheet may open: a text of someone else's must not run there as a formula.

A text that begins with one of `= + - @`, a tab or a line's end, and goes on, gets an apostrophe before it (OWASP, CSV
Injection), unless it is a number or a sign alone. A text that begins with apostrophes before such a text gets one more, so
that a program which takes one off has the text as it was. Values of other types, negative numbers among them, stay.
"""

import re
from csv import writer
from typing import TextIO

import duckdb

HELP = "A text that a spreadsheet would run as a formula (=, +, -, @ first) begins with an apostrophe; numbers stay."

# The full-width signs are read as the others where Korean, Chinese or Japanese is typed.
FORMULA = re.compile(r"'*(?![+-][0-9][0-9,.]*([eE][+-]?[0-9]+)?%?\Z)[=+\-@\t\r\n＝＋－＠].", re.DOTALL)


def write(answer: duckdb.DuckDBPyRelation, file: TextIO) -> None:
    """A header and all rows. Names of columns are guarded as well: a PIVOT makes them of values."""
    lines = writer(file, lineterminator="\n")
    lines.writerow(guarded(name) for name in answer.columns)
    while rows := answer.fetchmany(10_000):
        lines.writerows([guarded(value) for value in row] for row in rows)


def guarded(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and FORMULA.match(value) else value
