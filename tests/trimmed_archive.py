"""The bundled archive cut to its last years, for tests that run the main job many times.

Every source, table and partner stays, so every model has rows and partners still add up to their total; only old months
go. The files are listed with their own checksums and months, as `seeds/archive` lists its own.
"""

import csv
import hashlib
from pathlib import Path

import duckdb

from orchestration.settings import PROJECT

# Table → its first month that stays, and the rows of that month and later: SQL over the publisher's own text columns.
KEPT = {
    "country_totals": ("2023-01-01", "year >= '2023.01'"),
    "national_totals": ("2021-01-01", "year >= '2021'"),
    "set_exports": ("2025-01-01", "year >= '2025.01'"),
    "chip_trade": ("2025-01-01", "year >= '2025.01'"),
    "country_imports": ("2022-01-01", "time >= '2022-01'"),
    "country_exports": ("2022-01-01", "time >= '2022-01'"),
    "country_workbook": ("2021-01-01", "year >= '2021'"),
    "chapter_imports": ("2024-01-01", "time >= '2024-01'"),
    "reference_rates": ("2024-01-01", "Date >= '2024-01-01'"),
    "observations": ("2024-01-01", "observation_date >= '2024-01-01'"),
}

ALL_ROWS = 1_000_000_000


def write_trimmed_archive(target: Path, sources: str = "*", most_rows: int = ALL_ROWS) -> Path:
    """Writes `<target>/<source>/releases.csv` and its Parquet files; returns `target`."""
    for listing in sorted((PROJECT / "seeds" / "archive").glob(f"{sources}/releases.csv")):
        folder = target / listing.parent.name
        folder.mkdir(parents=True)
        with listing.open(encoding="utf-8", newline="") as lines:
            entries = list(csv.DictReader(lines))
        for entry in entries:
            first_month, condition = KEPT.get(entry["table"], (entry["period_from"], "true"))
            kept = folder / entry["file"]
            rows = duckdb.read_parquet(str(listing.parent / entry["file"])).filter(condition).limit(most_rows)
            rows.write_parquet(str(kept))
            entry["period_from"] = max(first_month, entry["period_from"])
            entry["sha256"] = hashlib.sha256(kept.read_bytes()).hexdigest()
        with (folder / "releases.csv").open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, fieldnames=list(entries[0]))
            writer.writeheader()
            writer.writerows(entries)
    return target
