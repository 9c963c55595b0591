"""A made-up world of `ENTREPOT_BENCH_ROWS` rows by DuckDB and by Spark: every mart that it fills is the same, row for row."""

from pathlib import Path

from tests.benchmarks.world_build import SIZES
from tests.benchmarks.world_on_spark import BESIDE, MEASURED, bench, markdown


def test_every_mart_has_the_same_rows(tmp_path: Path) -> None:
    for rows in SIZES:
        run = bench(tmp_path / f"rows_{rows}", rows)
        print(markdown([run]))  # noqa: T201
        for mart, found in run["differing"].items():
            differ = found["columns"] or "none differ"
            print(f"{mart:<28} {found['rows']:>9,} rows, {found['alone']} alone, {differ}")  # noqa: T201
        assert set(run["differing"]) == {*MEASURED, *BESIDE}
        assert [mart for mart, found in run["differing"].items() if not found["rows"]] == []
        assert [mart for mart, found in run["differing"].items() if found["alone"] or found["columns"]] == []
