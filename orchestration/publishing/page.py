"""The page of a release, for people who would rather look than read: `site/index.html`, drawn from its own marts.

It asks for nothing outside its folder, so that it opens from a disk, a stick or a mail attachment. Plotly's script lies
beside it, once. What is shown is decided in `figures`.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from orchestration.errors import EntrepotError
from orchestration.publishing.figures import sections
from orchestration.publishing.figures.shown import ABROAD, HOME, LEDGERS, Ask, Chart, Figure, Row, Section
from orchestration.publishing.figures.wording import day
from orchestration.visible import visible

DATABASE = "trade.duckdb"
SITE = "site"
INDEX = "index.html"
SCRIPT = "plotly.min.js"


@dataclass(frozen=True)
class Stamp:
    """Which release a reader looks at."""

    release_id: str
    published_at: str
    code_version: str
    tests_passed: int


def write_page(release: Path) -> None:
    """Draws the page of one release folder, from the database in it. The folder is not served yet."""
    site = release / SITE
    site.mkdir()
    with duckdb.connect(str(release / DATABASE), read_only=True) as database:
        database.execute("use trade.marts")
        html = render(database)
    (site / INDEX).write_text(html, encoding="utf-8")
    shutil.copyfile(_plotly(), site / SCRIPT)


def render(database: duckdb.DuckDBPyConnection) -> str:
    def ask(question: str, *values: Any) -> list[Row]:
        answer = database.execute(question, list(values))
        columns = [column[0] for column in answer.description]
        return [dict(zip(columns, map(visible, row), strict=True)) for row in answer.fetchall()]

    stamp = _stamp(ask)
    shown = sections(ask)
    return _template().render(
        stamp=stamp,
        sections=shown,
        charts=_script({figure.name: _drawings(figure) for figure in _figures(shown)}),
        series=_script(series(ask)),
        partners=_partners(ask),
        years=_years(ask),
        home=HOME,
        abroad=ABROAD,
        plotly=SCRIPT,
    )


def _stamp(ask: Ask) -> Stamp:
    rows = ask("select release_id, published_at_utc, code_version, tests_passed_count from publication limit 1")
    if not rows:
        raise EntrepotError("The mart publication is empty, so the page cannot say which release it shows.")
    row = rows[0]
    published = row["published_at_utc"]
    return Stamp(
        release_id=row["release_id"],
        published_at=f"{day(published)}, {published:%H:%M} UTC",
        code_version=row["code_version"],
        tests_passed=row["tests_passed_count"],
    )


def _figures(shown: Sequence[Section]) -> list[Figure]:
    return [figure for section in shown for figure in section.figures]


def _drawings(figure: Figure) -> list[dict[str, Any]]:
    return [_drawing(chart) for chart in figure.charts]


def _drawing(chart: Chart) -> dict[str, Any]:
    """Without Plotly's own template: the page gives the colours, for light and for dark."""
    drawing = json.loads(chart.plot.to_json())
    drawing["layout"].pop("template", None)
    return {"data": drawing["data"], "layout": drawing["layout"], "says": chart.says}


def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("orchestration.publishing"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2")


def _script(content: Any) -> Markup:
    """JSON inside a script element: nothing in it may end the element."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return Markup(text.replace("<", "\\u003c").replace("-->", "--\\u003e"))  # noqa: S704 - every < is gone


def _plain(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in the page's data")


def _plotly() -> Path:
    import plotly

    return Path(plotly.__file__).parent / "package_data" / SCRIPT


def series(ask: Ask) -> dict[str, Any]:
    """Every partner of both ledgers, in million USD with one decimal: months as text, years with their record marks.

    A partner's months are `[first month, exports, imports]`, each flow as numbers parted by commas, empty where unknown.
    """
    return {
        "ledgers": {
            row["ledger_code"]: {
                "name": LEDGERS.get(row["ledger_code"], row["ledger_name"]),
                "reporter": row["reporter_iso3"],
                "reporter_name": row["country_name"],
                "months": _months(ask, row["ledger_code"]),
                "years": _annual(ask, row["ledger_code"]),
            }
            for row in ask(
                """
                select ledger_code, ledger_name, reporter_iso3, country_name
                from dim_ledger
                join dim_country on iso3 = reporter_iso3
                where ledger_code in ('kcs', 'census')
                order by reporter_iso3
                """
            )
        }
    }


def _months(ask: Ask, ledger: str) -> dict[str, list[str]]:
    rows = ask(
        """
        select
            partner_iso3,
            strftime(min(period_month), '%Y-%m') as first_month,
            string_agg(coalesce(format('{:g}', round(export_usd::double / 1e6, 1)), ''), ',' order by period_month) as exports,
            string_agg(coalesce(format('{:g}', round(import_usd::double / 1e6, 1)), ''), ',' order by period_month) as imports
        from surplus_monthly
        where ledger_code = ?
        group by all
        having count(export_usd) + count(import_usd) > 0
        order by partner_iso3
        """,
        ledger,
    )
    return {row["partner_iso3"]: [row["first_month"], row["exports"], row["imports"]] for row in rows}


def _annual(ask: Ask, ledger: str) -> dict[str, list[list[Any]]]:
    """By year: exports, imports, balance, months held, and 1 or -1 for a record balance (2 for a fragile one)."""
    rows = ask(
        """
        select
            partner_iso3,
            list(
                [
                    year,
                    round(export_usd::double / 1e6, 1),
                    round(import_usd::double / 1e6, 1),
                    round(balance_usd::double / 1e6, 1),
                    balance_months_count,
                    case
                        when is_balance_record_high and is_balance_record_fragile then 2
                        when is_balance_record_high then 1
                        when is_balance_record_low then -1
                        else 0
                    end
                ]
                order by year
            ) as years
        from surplus_annual
        where ledger_code = ?
        group by all
        order by partner_iso3
        """,
        ledger,
    )
    return {
        row["partner_iso3"]: [[None if cell is None else _short(cell) for cell in year] for year in row["years"]]
        for row in rows
    }


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _partners(ask: Ask) -> list[tuple[str, str]]:
    return [
        (row["partner_iso3"], row["country_name"])
        for row in ask(
            """
            select partner_iso3, coalesce(country_name, partner_iso3) as country_name
            from (select distinct partner_iso3 from surplus_annual)
            left join dim_country on iso3 = partner_iso3
            order by partner_iso3 <> 'WLD', country_name
            """
        )
    ]


def _years(ask: Ask) -> list[int]:
    return [row["year"] for row in ask("select distinct year from surplus_annual order by year")]
