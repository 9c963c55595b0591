"""The Census Bureau: an array of arrays, all text; a page for people where the key is wrong."""

import json

from .server import Answer, Asked, Publisher

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


LISTED = (
    *("CTY_CODE", "CTY_NAME", "I_COMMODITY", "E_COMMODITY", "ALL_VAL_MO", "GEN_VAL_MO", "GEN_CIF_MO", "GEN_CHA_MO"),
    *("CON_VAL_MO", "DUT_VAL_MO", "CAL_DUT_MO", "CON_CHA_MO", "COMM_LVL", "SUMMARY_LVL", "YEAR", "MONTH", "time"),
)


def variables(*lacking: str) -> Answer:
    """The Bureau's own list of what may be asked for."""
    known = {name: {"label": name, "predicateType": "string"} for name in LISTED if name not in lacking}
    return answer({"variables": known})


def but(faulty: Answer) -> Publisher:
    """A Bureau whose list of variables is right and whose data are not."""
    return lambda asked: variables() if asked.path.endswith("variables.json") else faulty


def chapters(get: str, month: str) -> list[list[str]]:
    """Twenty-five chapters of a hundred partners, the world first: each partner 50 million dollars of each chapter."""
    names = get.split(",")
    lines = []
    for chapter in range(1, 26):
        for code, value in [("-", 5_000_000_000), *((str(1000 + place), 50_000_000) for place in range(100))]:
            row = dict.fromkeys(names, str(value)) | {"CTY_CODE": code, "CTY_NAME": code} | duties(value)
            row |= {"I_COMMODITY": f"{chapter:02}", "E_COMMODITY": f"{chapter:02}"}
            lines.append([*(row[name] for name in names), "HS2", "DET", month])
    return [[*names, "COMM_LVL", "SUMMARY_LVL", "time"], *lines]


def duties(value: int) -> dict[str, str]:
    """What America takes: all of it for consumption, freight of 3 %, a duty of 15."""
    return {
        **dict.fromkeys(("GEN_VAL_MO", "CON_VAL_MO", "DUT_VAL_MO"), str(value)),
        "GEN_CHA_MO": str(value * 3 // 100),
        "CON_CHA_MO": str(value * 3 // 100),
        "CAL_DUT_MO": str(value * 15 // 100),
        "GEN_CIF_MO": str(value * 103 // 100),
    }


def subheadings(asked: Asked, scale: int = 1) -> list[list[str]] | None:
    """Two six-digit codes of the chapter asked for, 100 and 50 million dollars; none in the chapters from 90 on."""
    commodity = "I_COMMODITY" if "/imports/" in asked.path else "E_COMMODITY"
    chapter, partner = asked.params[commodity].rstrip("*"), asked.params["CTY_CODE"]
    if chapter >= "90":
        return None
    names = asked.params["get"].split(",")
    lines = []
    for code, value in ((f"{chapter}0110", 100_000_000), (f"{chapter}0190", 50_000_000)):
        row = {"ALL_VAL_MO": str(value // scale), "CTY_CODE": partner, "CTY_NAME": "KOREA, SOUTH", commodity: code}
        row |= duties(value // scale)
        lines.append([*(row[name] for name in names), "HS6", "DET", partner, code, asked.params["time"]])
    return [[*names, "COMM_LVL", "SUMMARY_LVL", "CTY_CODE", commodity, "time"], *lines]


def publisher(asked: Asked) -> Answer:
    if asked.path.endswith("variables.json"):
        return variables()
    if asked.params.get("key") != WORKING_KEY:
        return BAD_KEY
    level = asked.params.get("COMM_LVL")
    if level == "HS6":
        found = subheadings(asked)
        return answer(found) if found else Answer(status=204)
    if level == "HS2":
        return answer(chapters(asked.params["get"], asked.params["time"]))
    return answer(table(asked.params["get"], asked.params["time"]))
