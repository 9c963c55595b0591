"""Why the figures may be trusted, and where not yet: checks against print, and the health of each source."""

from orchestration.publishing.figures.shown import LEDGERS, Ask, Card, Listing, Section, Table
from orchestration.publishing.figures.wording import day, known, month, number, words

STATUSES = {
    "matches": "match within the rounding of the print",
    "explained": "differ for a known reason",
    "superseded": "were revised since they were printed",
    "not_held": "cannot be checked with the data held",
}


def published(ask: Ask) -> Section:
    rows = ask(
        """
        select figure_id, ledger_code, publisher_name, published_on_date, published_value, held_value, difference_value,
            unit_code, check_status, explanation, known_from
        from published_figure_checks
        order by check_status, ledger_code, figure_id
        """
    )
    held = [row for row in rows if row["check_status"] != "not_held"]
    counts = {
        status: len([row for row in rows if row["check_status"] == status])
        for status in {r["check_status"] for r in rows}
    }
    cards = [
        Card(
            label=STATUSES.get(status, words(status)), value=str(counts[status]), unit=f"of {len(rows)} printed figures"
        )
        for status in sorted(counts, key=lambda status: (*STATUSES, status).index(status))
    ]
    cells = [
        (
            words(row["figure_id"]),
            LEDGERS.get(row["ledger_code"], str(row["ledger_code"])),
            row["publisher_name"] or "–",
            day(row["published_on_date"]),
            number(row["published_value"], 3),
            number(row["held_value"], 3),
            number(row["difference_value"], 3, True),
            words(row["unit_code"]).replace("bn usd", "billion USD"),
            words(row["check_status"]),
            row["explanation"] or "–",
        )
        for row in rows
    ]
    columns = ("Figure", "Ledger", "Printed by", "On", "Printed", "Held", "Difference", "Unit", "Result", "Why")
    listing = Listing(
        name="printed",
        title="Every printed figure beside ours",
        unit="as in each row",
        ledger="as in each row",
        vintage=known(held),
        table=Table(columns, cells, frozenset({0, 1, 2, 3, 7, 8, 9})),
        folded=True,
    )
    lead = "Agencies and newspapers printed figures; each is compared with what this release holds."
    return Section(
        "checks", "Do the published figures come out?", (lead,), "Published figures", cards=cards, listings=[listing]
    )


def health(ask: Ask) -> Section:
    rows = ask(
        """
        select source_name, table_name, publisher_name, latest_period_month, expected_period_month, late_days, release_count,
            row_count, totals_compared_count, totals_unequal_count, quarantined_row_count, failed_test_count, known_from
        from data_health
        order by source_name, table_name
        """
    )
    tests = ask("select max(tests_passed_count) as passed, max(tests_warned_count) as warned from publication")[0]
    late = [row for row in rows if (row["late_days"] or 0) > 0]
    refused = sum(row["quarantined_row_count"] or 0 for row in rows)
    cards = [
        Card("tests of the data passed", str(tests["passed"] or 0), f"{tests['warned'] or 0} with a warning"),
        Card("tables behind their publisher's calendar", str(len(late)), f"of {len(rows)} tables"),
        Card(
            "rows that could not be read", number(refused, 0), f"of {sum(row['row_count'] or 0 for row in rows):,} rows"
        ),
    ]
    cells = [
        (
            f"{row['source_name']}: {words(row['table_name'])}",
            row["publisher_name"] or "–",
            month(row["latest_period_month"]),
            month(row["expected_period_month"]),
            number(row["late_days"], 0),
            number(row["row_count"], 0),
            "–"
            if row["totals_compared_count"] is None
            else f"{row['totals_unequal_count'] or 0:,} of {row['totals_compared_count']:,}",
            number(row["quarantined_row_count"] or 0, 0),
            number(row["failed_test_count"] or 0, 0),
        )
        for row in rows
    ]
    columns = (
        "Table", "Publisher", "Latest", "Due", "Days late", "Rows", "Totals that do not add up", "Rows refused",
        "Tests with a warning",
    )  # fmt: skip
    listing = Listing(
        name="sources",
        title="How fresh and how sound each source is",
        unit="days, rows and counts, as in each column",
        ledger="every source of this release",
        vintage=known(rows),
        table=Table(columns, cells, frozenset({0, 1, 2, 3})),
    )
    return Section("health", "Data health", (), "Data health", cards=cards, listings=[listing])
