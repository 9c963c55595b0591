"""CEPII: a zip of csv files, one a year, thousands of dollars and tons, with the lists of countries and products beside them."""

import io
import zipfile
from collections.abc import Iterable, Mapping

from .server import Answer

HOST = "www.cepii.fr"
HEADER = "t,i,j,k,v,q"
YEARS = (2022, 2023, 2024)
NAME = "BACI_HS17_V202601.zip"
# Enough exporters for a world: each sells two of three goods, and the third as well if its number is even.
EXPORTERS = (410, 842, 156, 392, *range(901, 937))
CODES = ("010121", "850760", "870323")


def flows(year: int, scale: float = 1) -> str:
    lines = [
        f"{year},{exporter},276,{code},{(1 + (place * 7 + nth * 3) % 11) * scale:.3f},{'NA' if nth else 12.5}"
        for place, exporter in enumerate(EXPORTERS)
        for nth, code in enumerate(CODES)
        if nth < 2 or place % 2 == 0
    ]
    return "\n".join([HEADER, *lines, ""])


def years(of: Iterable[int] = YEARS, edition: str = "HS17", release: str = "V202601") -> dict[str, str]:
    return {f"BACI_{edition}_Y{year}_{release}.csv": flows(year) for year in of}


def zipped(members: Mapping[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return packed.getvalue()


def whole(**more: str) -> bytes:
    lists = {"country_codes_V202601.csv": "country_code,country_name\n410,Korea\n", "Readme.txt": "BACI"}
    return zipped({**lists, **years(), **more})


def answer(content: bytes | None = None) -> Answer:
    return Answer(whole() if content is None else content, kind="application/zip")
