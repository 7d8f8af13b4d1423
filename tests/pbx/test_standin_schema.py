"""The reference schema and the fresh rows: equal to the recorded ones, on MariaDB and on SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import URL, Engine, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from tests import facts
from tests.stack.native import Servers
from tests.standins.pbx import truth
from tests.standins.pbx.busy import load_busy
from tests.standins.pbx.fresh import fresh_rows, load_fresh
from tests.standins.pbx.rig import temporary_database
from tests.standins.pbx.rows import insert_rows, read_rows
from tests.standins.pbx.schema import load_schema, table_names

COLUMNS = """
SELECT table_name, column_name, column_type, is_nullable, column_default, column_key, extra, character_set_name,
       collation_name, character_maximum_length
FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position
"""
INDEXES = """
SELECT table_name, index_name, non_unique, index_type, column_name
FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index
"""


@pytest.fixture
def server(servers: Servers) -> str:
    return servers.mariadb_url


@pytest.fixture
def database(server: str) -> Iterator[URL]:
    with temporary_database(server) as url:
        yield url


@pytest.fixture
def sqlite() -> Engine:
    return create_engine("sqlite://")


def _column(row: Any) -> dict[str, Any]:
    """One information_schema row in the record's form."""
    length = row.character_maximum_length
    return {
        "name": row.column_name, "type": row.column_type, "nullable": row.is_nullable == "YES",
        "default": row.column_default, "key": row.column_key, "extra": row.extra,
        "charset": row.character_set_name, "collation": row.collation_name,
        "max_chars": None if length is None else str(length),
    }  # fmt: skip


def _described(engine: Engine) -> dict[str, dict[str, Any]]:
    tables: dict[str, dict[str, Any]] = {}
    with engine.connect() as connection:
        for row in connection.execute(text(COLUMNS)):
            tables.setdefault(row.table_name, {"columns": [], "indexes": {}})["columns"].append(_column(row))
        for row in connection.execute(text(INDEXES)):
            new = {"unique": not row.non_unique, "type": row.index_type, "columns": []}
            tables[row.table_name]["indexes"].setdefault(row.index_name, new)["columns"].append(row.column_name)
    return tables


def test_every_column_and_index_is_the_recorded_one(database: URL) -> None:
    recorded = truth.columns()
    engine = create_engine(database)
    names = load_schema(engine)
    described = _described(engine)
    assert sorted(described) == sorted(names)
    for name in names:
        assert described[name]["columns"] == recorded[name]["columns"], name
        assert described[name]["indexes"] == recorded[name]["indexes"], name


def test_sqlite_has_the_recorded_columns_and_keys(sqlite: Engine) -> None:
    recorded = truth.columns()
    load_schema(sqlite)
    for name in table_names():
        columns = recorded[name]["columns"]
        found = inspect(sqlite).get_columns(name)
        assert [column["name"] for column in found] == [column["name"] for column in columns], name
        optional = [column["name"] for column in found if column["nullable"]]
        assert optional == [column["name"] for column in columns if column["nullable"]], name
        primary = recorded[name]["indexes"].get("PRIMARY", {"columns": []})["columns"]
        assert inspect(sqlite).get_pk_constraint(name)["constrained_columns"] == primary, name


def test_sqlite_compares_without_case_and_counts_up_as_mysql_does(sqlite: Engine) -> None:
    load_schema(sqlite)
    row = {"id": "tr-peer-1", "keyword": "account", "data": "omnileads", "flags": 2}
    with sqlite.begin() as connection:
        insert_rows(connection, "sip", [row])
        insert_rows(connection, "outbound_routes", [{"name": "one"}, {"name": "two"}])
        assert [route["route_id"] for route in read_rows(connection, "outbound_routes")] == [1, 2]
        found = connection.execute(text("SELECT count(*) FROM sip WHERE data = 'OmniLeads'")).scalar()
        assert found == 1
    with pytest.raises(IntegrityError), sqlite.begin() as connection:
        insert_rows(connection, "sip", [{**row, "keyword": "ACCOUNT"}])


@pytest.mark.parametrize("storage_engine", ["InnoDB", "MyISAM"])
def test_the_same_file_makes_either_storage_engine(server: str, storage_engine: str) -> None:
    with temporary_database(server, charset="utf8mb3") as url:
        engine = create_engine(url)
        load_schema(engine, storage_engine)
        load_fresh(engine)
        with engine.connect() as connection:
            query = "SELECT DISTINCT engine FROM information_schema.tables WHERE table_schema = DATABASE()"
            assert connection.execute(text(query)).scalars().all() == [storage_engine]
        engine.dispose()


def test_fresh_rows_are_the_recorded_ones() -> None:
    recorded = facts.load("issabel_fresh")
    ours = fresh_rows()
    assert set(ours) - set(recorded) == {"issabelpbx_settings"}
    for name, expected in recorded.items():
        given = ours.get(name, [])
        if name == "featurecodes":  # descriptions are our own words
            given = [{**row, "description": ""} for row in given]
        assert facts.digest(given) == expected, name


def test_fresh_rows_load_on_both(database: URL, sqlite: Engine) -> None:
    for engine in (create_engine(database), sqlite):
        load_schema(engine)
        load_fresh(engine)
        with engine.connect() as connection:
            for name, rows in fresh_rows().items():
                assert sorted(map(str, (dict(row) for row in _loaded(connection, name, rows)))) == sorted(
                    str(row) for row in rows
                )


def _loaded(connection: Any, name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    columns = list(rows[0])
    return [{column: row[column] for column in columns} for row in read_rows(connection, name)]


def test_a_busy_pbx_is_the_same_for_the_same_seed(sqlite: Engine) -> None:
    load_schema(sqlite)
    load_fresh(sqlite)
    written: dict[tuple[str, str], str] = {}
    busy = load_busy(sqlite, lambda family, key, value: written.update({(family, key): value}), extensions=250)
    again = load_busy_rows(250)
    assert (busy.tables, busy.astdb) == again
    assert len(written) == len(busy.astdb) == 250 * 25
    assert written[("AMPUSER/2001/recording/in", "internal")] == "dontcare"
    with sqlite.connect() as connection:
        assert len(read_rows(connection, "users")) == 250
        assert len(read_rows(connection, "outbound_routes")) == 21


def load_busy_rows(extensions: int) -> tuple[dict[str, Any], dict[str, str]]:
    engine = create_engine("sqlite://")
    load_schema(engine)
    load_fresh(engine)
    busy = load_busy(engine, lambda *entry: None, extensions=extensions)
    return busy.tables, busy.astdb
