"""Databases of a real PostgreSQL for as long as the tests run, and small releases to copy into them."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from orchestration.publishing.release import Mart, Publication
from orchestration.publishing.release import publish as publish_release

from .server import Database, prepare, served

if TYPE_CHECKING:
    from tests.conftest import Built

# `sales` says which batch it is, so that a reader can tell whether it belongs to the release that `publication` names.
WAREHOUSE = r"""
    create schema marts;
    create table marts.publication (
        release_id varchar, published_at_utc timestamp, code_version varchar, mart_name varchar,
        row_count bigint, tests_passed_count bigint, tests_warned_count bigint
    );
    create table marts.countries ("order" integer, country_name varchar);
    insert into marts.countries values (1, '대한민국'), (2, 'Côte d''Ivoire \ x'), (3, null);
    create table marts.sales (batch integer, sale_id integer, value_usd decimal(20, 2));
    insert into marts.sales select {batch}, n, n / 100 from range(2000) as t(n);
    comment on table marts.sales is 'One row per sale; it''s "FOB", 100 % of C:\trade.';
    comment on column marts.sales.value_usd is 'US dollars; 원천 값은 천 달러.';
"""
MARTS = (Mart("countries", ("order",)), Mart("publication", ("mart_name",)), Mart("sales", ("sale_id",)))


@pytest.fixture(scope="session")
def server() -> Iterator[Database]:
    folder = Path(tempfile.mkdtemp(prefix="entrepot-postgres-"))
    try:
        prepare(folder)
        with served(folder) as database:
            yield database
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def database(server: Database) -> Database:
    name = f"trade_{secrets.token_hex(4)}"
    with server.session() as admin:
        admin.rows(f"create database {name}")
    return Database(server.port, name, server.password)


def renew(home: Path, batch: int) -> Publication:
    """A small release: `sales` of this batch, and what the release says of itself."""
    warehouse = home / "warehouse.duckdb"
    warehouse.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(WAREHOUSE.format(batch=batch))
    return publish_release(
        home / "serving",
        warehouse,
        MARTS,
        fingerprint=f"{batch:064x}",
        code_version="1",
        tests_passed=1,
        tests_warned=0,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one small release, of batch 1."""
    folder = tmp_path / "집 of the warehouse"
    folder.mkdir()
    renew(folder, 1)
    return folder


@pytest.fixture(scope="session")
def whole(built: "Built") -> Path:
    """A home that was built from the bundled archive; it is only read."""
    return built.home
