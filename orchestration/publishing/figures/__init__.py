"""What the page shows, as data: one module for each subject, and here the order in which a person reads them."""

from orchestration.publishing.figures.balance import headline, surplus
from orchestration.publishing.figures.goods import drivers, sectors
from orchestration.publishing.figures.headlines import claims, headlines
from orchestration.publishing.figures.mirror import mirror
from orchestration.publishing.figures.policy import policy
from orchestration.publishing.figures.quality import health, published
from orchestration.publishing.figures.shown import Ask, Section


def sections(ask: Ask) -> list[Section]:
    """All the page shows, in reading order. A section whose mart this release does not have is left out: claims."""
    has_claims = ask("select 1 from duckdb_tables() where schema_name = 'marts' and table_name = 'headline_claims'")
    return [
        headline(ask),
        surplus(ask),
        drivers(ask),
        sectors(ask),
        policy(ask),
        mirror(ask),
        headlines(ask),
        *([claims(ask)] if has_claims else []),
        published(ask),
        health(ask),
    ]
