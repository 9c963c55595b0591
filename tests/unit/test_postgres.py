"""The PostgreSQL copy without a server: addresses that hide passwords, names and texts as SQL, types, early refusals."""

import re
import sys
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import EntrepotError
from orchestration.publishing import postgres
from orchestration.publishing.postgres_address import Address, address
from orchestration.publishing.release import Mart
from orchestration.publishing.release import publish as publish_release

TAKEN = {
    "postgresql://anna@db.example.org/trade": "postgresql://anna@db.example.org/trade",
    "postgres://anna:geheim@db:5433/trade": "postgresql://anna@db:5433/trade",
    "postgresql://anna:ge%40h%2Feim@[::1]:5433/trade": "postgresql://anna@[::1]:5433/trade",
    "postgresql://db/trade?user=anna&password=ge%40h%2Feim": "postgresql://db/trade",
    "postgresql://one:5432,two:5433/trade?target_session_attrs=read-write": "postgresql://one:5432,two:5433/trade",
    "postgresql:///trade?host=%2Fvar%2Frun": "postgresql:///trade",
    "postgresql://anna@db": "postgresql://anna@db/",
}
MALFORMED = [
    "postgresql://anna:ge/heim@db/trade",
    "postgresql://anna:ge?heim@db/trade",
    "postgresql://anna:ge?he=im@db/trade",
    "postgresql://anna:ge#heim@db/trade",
    "postgresql://anna:ge@heim@db/trade",
    "postgresql://anna:ge heim@db/trade",
    "postgresql://anna:ge:heim@db/trade",
    "postgresql://anna:12?he=im@db/trade",
    "postgresql://db/trade?geheim",
]
OTHER_SCHEMES = ["mysql://anna:geheim@db/trade", "anna:geheim@db", "host=db password=geheim", "geheim"]


@pytest.mark.parametrize("text", TAKEN)
def test_an_address_is_shown_without_its_password(text: str) -> None:
    taken = address(text)
    assert taken.shown == TAKEN[text]
    assert "eim" not in repr(taken)


@pytest.mark.parametrize("text", [*MALFORMED, *OTHER_SCHEMES])
def test_what_cannot_be_read_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(EntrepotError, match=r"Nothing was copied\.$|Nothing was copied") as refused:
        address(text)
    assert not re.search(r"heim|\bge\b", str(refused.value))


def test_another_scheme_is_named() -> None:
    with pytest.raises(EntrepotError, match="begins with mysql"):
        address("mysql://anna:geheim@db/trade")


@pytest.mark.parametrize("text", ["postgresql://anna:ge%40heim@db/trade", "postgresql://db/trade?password=ge%40heim"])
def test_no_spelling_of_the_password_passes_through_a_message(text: str) -> None:
    told = address(text).redacted("no entry for ge@heim, written ge%40heim, in pg_hba.conf")
    assert told == "no entry for ***, written ***, in pg_hba.conf"


def test_an_address_says_whether_it_holds_a_password() -> None:
    assert address("postgresql://anna:geheim@db/trade").holds_password
    assert not address("postgresql://anna@db/trade").holds_password


def test_a_server_that_does_not_answer_is_given_up_unless_the_address_says_how_long() -> None:
    assert address("postgresql://db/trade").uri == "postgresql://db/trade?connect_timeout=15&application_name=entrepot"
    chosen = "postgresql://db/trade?connect_timeout=3&application_name=nightly"
    assert address(chosen).uri == chosen


def test_names_and_texts_keep_their_quotes_and_backslashes() -> None:
    assert postgres.quoted('a "b"') == '"a ""b"""'
    assert postgres.literal("it's 10 %") == "'it''s 10 %'"
    assert postgres.literal(r"C:\x' or 1=1 --") == r"E'C:\\x'' or 1=1 --'"


@pytest.mark.parametrize("name", sorted(postgres.TYPES))
def test_a_type_is_written_as_duckdb_writes_it_and_its_cast_keeps_the_largest_value(name: str) -> None:
    largest = {"UTINYINT": 2**8 - 1, "USMALLINT": 2**16 - 1, "UINTEGER": 2**32 - 1, "UBIGINT": 2**64 - 1}.get(name)
    with duckdb.connect() as database:
        database.execute(f"create table mart (x {name})")
        database.execute("insert into mart values (?)", [largest])
        ((declared,),) = database.execute("select data_type from duckdb_columns() where table_name = 'mart'").fetchall()
        assert declared == name
        column = postgres.Column("x", declared, None)
        assert database.execute(f"select {column.selected} from mart").fetchall() == [(largest,)]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("DECIMAL(20,2)", ("numeric(20, 2)", None)),
        ("UTINYINT", ("smallint", "smallint")),
        ("UINTEGER", ("bigint", "bigint")),
        ("UBIGINT", ("numeric(20, 0)", "decimal(20, 0)")),
        ("TIMESTAMP WITH TIME ZONE", ("timestamp with time zone", None)),
        ("VARCHAR[]", ("json", "json")),
        ("STRUCT(a INTEGER)", ("json", "json")),
        ("ENUM('a', 'b')", ("text", "varchar")),
    ],
)
def test_a_type_keeps_what_its_values_need(theirs: str, ours: tuple[str, str | None]) -> None:
    assert postgres.postgres_type(theirs) == ours


def test_the_servers_own_sentence_is_told_and_not_the_statement() -> None:
    driver = "INVALID: Failed to prepare query: ERROR:  relation \"x\" does not exist\nLINE 1: …\nQuery was: select 'a'"
    assert postgres.reason(Exception(driver)) == 'relation "x" does not exist'


@pytest.fixture
def target() -> Address:
    return address("postgresql://anna:geheim@127.0.0.1:1/trade")


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        warehouse.execute("create schema marts; create table marts.sales as select 1 as sale_id")
    publish_release(
        tmp_path / "serving",
        tmp_path / "warehouse.duckdb",
        [Mart("sales", ("sale_id",))],
        fingerprint="0" * 64,
        code_version="1",
        tests_passed=1,
        tests_warned=0,
    )
    return tmp_path / "serving"


def test_a_release_writes_down_the_keys_that_the_copy_needs(serving: Path, target: Address) -> None:
    manifest = serving / "current" / "manifest.json"
    assert '"sale_id"' in manifest.read_text(encoding="utf-8")
    manifest.write_text(manifest.read_text(encoding="utf-8").replace('"sales": [', '"other": ['), encoding="utf-8")
    manifest.write_text(
        re.sub(r',\s*"grains": \{.*?\}', "", manifest.read_text(encoding="utf-8"), flags=re.S), encoding="utf-8"
    )
    with pytest.raises(EntrepotError, match=r"older version.*Nothing was copied.*build --force"):
        postgres.publish(serving, target)


def test_a_driver_that_is_missing_is_told_with_the_command_that_installs_it(
    serving: Path, target: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(EntrepotError, match=r"not installed.*Nothing was copied.*requirements-postgres\.lock"):
        postgres.publish(serving, target)


def test_no_release_yet_is_told_before_the_server_is_asked(tmp_path: Path, target: Address) -> None:
    with pytest.raises(EntrepotError, match="Nothing is published"):
        postgres.publish(tmp_path, target)


@pytest.mark.parametrize("name", ["Marts", "pg_marts", "a b", 'x"; drop', "1st", "", "m" * 41])
def test_a_schema_or_role_has_a_plain_name(serving: Path, target: Address, name: str) -> None:
    with pytest.raises(EntrepotError, match="cannot be the name"):
        postgres.publish(serving, target, schema=name)
    if name:
        with pytest.raises(EntrepotError, match="cannot be the name"):
            postgres.publish(serving, target, reader_role=name)
