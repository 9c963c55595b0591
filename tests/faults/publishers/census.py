"""The Census Bureau: an array of arrays, all text; a page for people where the key is wrong."""

import json

from .server import Answer, Asked

HOST = "api.census.gov"
WORKING_KEY = "0123456789abcdef0123456789abcdef01234567"
BAD_KEY = Answer(
    b"<html><head><title>Invalid Key</title></head><body>A valid key must be included.</body></html>", kind="text/html"
)


def table(get: str, month: str, partners: int = 150, scale: int = 1) -> list[list[str]]:
    names = get.split(",")
    values = [1_000_000_000 // scale] * partners
    cells = [(str(1000 + place), value) for place, value in enumerate(values)] + [("-", sum(values)), ("0003", 7)]
    lines = []
    for code, value in cells:
        row = {name: str(value) for name in names} | {"CTY_CODE": code, "CTY_NAME": f"COUNTRY {code}"}
        lines.append([*(row[name] for name in names), month])
    return [[*names, "time"], *lines]


def answer(content: object) -> Answer:
    return Answer(json.dumps(content).encode(), kind="application/json;charset=utf-8")


def publisher(asked: Asked) -> Answer:
    if asked.params.get("key") != WORKING_KEY:
        return BAD_KEY
    return answer(table(asked.params["get"], asked.params["time"]))
