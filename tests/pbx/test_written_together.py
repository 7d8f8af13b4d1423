"""What is written in a transaction is sent in few packets, and is done or not as if each statement were sent alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from mysql.connector.connection import MySQLConnection
from sqlalchemy import NullPool, create_engine, text

from issabel_module.host import database_url
from issabel_module.storage.database import Database
from pbxlink.engine.plan import Row, RowStream
from pbxlink.messages.errors import LinkError, Overtaken
from pbxlink.messages.findings import error

KEYS = {"first": ("name",), "second": ("name",)}
TEXTS = ("it's", 'said "so"', "back\\slash", "a;b -- c", "line\nend", "ñandú ☎", "%s %(name)s", "; COMMIT; ")


def made(url: str, storage: str = "InnoDB") -> None:
    with create_engine(url, poolclass=NullPool).begin() as connection:
        for table in KEYS:
            connection.execute(
                text(f"CREATE TABLE {table} (name VARCHAR(60) PRIMARY KEY, said TEXT NOT NULL) ENGINE={storage}")
            )


def stored(url: str) -> dict[str, dict[str, str]]:
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return {
            table: {row.name: row.said for row in connection.execute(text(f"SELECT name, said FROM {table}"))}
            for table in KEYS
        }


def rows(said: dict[str, str | None]) -> RowStream:
    listed: list[Row] = [{"name": name, "said": each} for name, each in said.items()]
    return RowStream(listed, [], [])


@pytest.fixture
def database(pbx_database: str) -> Iterator[Database]:
    made(pbx_database)
    with closing(Database(database_url.of_text(pbx_database))) as opened:
        yield opened


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The packets of statements that go to the server."""
    packets: list[str] = []
    for name in ("cmd_query", "cmd_query_iter"):
        monkeypatch.setattr(MySQLConnection, name, _noting(packets, getattr(MySQLConnection, name)))
    return packets


def _noting(packets: list[str], send: Any) -> Any:
    def noted(connection: MySQLConnection, query: Any, *more: Any, **options: Any) -> Any:
        packets.append(query if isinstance(query, str) else bytes(query).decode())
        return send(connection, query, *more, **options)

    return noted


def test_all_that_is_written_is_one_packet(database: Database, pbx_database: str, sent: list[str]) -> None:
    database.has("first")
    del sent[:]
    said = {str(place): each for place, each in enumerate(TEXTS)}
    database.write({"first": rows({**said}), "second": rows({"x": "y"})}, KEYS)
    assert len(sent) == 1 and sent[0].endswith(";COMMIT"), sent
    assert stored(pbx_database) == {"first": said, "second": {"x": "y"}}


def test_what_is_looked_at_under_lock_goes_out_with_the_beginning(database: Database, sent: list[str]) -> None:
    def looks() -> None:
        list(database.locked_rows({"first": ("name", ["a"])}))

    database.has("first")
    del sent[:]
    database.write({"first": rows({"a": "b"})}, KEYS, looks)
    began, written = sent
    assert began.startswith("START TRANSACTION;SELECT") and began.endswith("FOR UPDATE"), sent
    assert written.startswith("INSERT") and written.endswith(";COMMIT"), sent


def test_a_lot_is_several_packets(database: Database, pbx_database: str, sent: list[str]) -> None:
    said = {str(number): "x" * 500 for number in range(3000)}
    database.write({"first": rows({**said}), "second": rows({**said})}, KEYS)
    assert stored(pbx_database) == {"first": said, "second": said}
    assert max(map(len, sent)) < 1_000_000 and len(sent) > 5


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_that_is_refused_undoes_those_before_it_and_none_follows(
    database: Database, pbx_database: str, place: int
) -> None:
    streams = {"first": rows({"a": "1"}), "second": rows({"b": "2"})}
    database.write({"first": rows({"old": "0"})}, KEYS)
    with pytest.raises(LinkError) as caught, database.connection() as connection:
        statements = [f"INSERT INTO {table} VALUES ('x', 'y')" for table in streams]
        statements.insert(place, "INSERT INTO first VALUES ('old', 'again')")
        for each in statements:
            connection.exec_driver_sql(each)
    (finding,) = caught.value.findings
    assert (finding.code, finding.values["number"]) == ("database.failed", 1062), finding
    assert "Duplicate entry 'old'" in str(finding.values["text"])
    assert stored(pbx_database) == {"first": {"old": "0"}, "second": {}}
    database.write(streams, KEYS)
    assert stored(pbx_database) == {"first": {"old": "0", "a": "1"}, "second": {"b": "2"}}


def test_without_transactions_what_was_written_before_the_refusal_stays(pbx_database: str) -> None:
    made(pbx_database, "MyISAM")
    with closing(Database(database_url.of_text(pbx_database))) as database:
        with pytest.raises(LinkError):
            database.write({"first": rows({"a": "1"}), "second": rows({"b": None})}, KEYS)
        assert stored(pbx_database) == {"first": {"a": "1"}, "second": {}}
        database.write({"second": rows({"b": "2"})}, KEYS)
    assert stored(pbx_database) == {"first": {"a": "1"}, "second": {"b": "2"}}


def test_what_is_read_in_between_is_read_after_what_was_written(database: Database) -> None:
    with database.connection() as connection:
        connection.exec_driver_sql("INSERT INTO first VALUES ('a', '1')")
        assert connection.exec_driver_sql("SELECT said FROM first").scalar_one() == "1"
        connection.exec_driver_sql("INSERT INTO first VALUES ('b', '2')")
        ((_, found),) = database.locked_rows({"first": ("name", ["a", "b"])})
        assert [row["said"] for row in found] == ["1", "2"]
    assert [row["said"] for row in database.rows("first")] == ["1", "2"]


def test_a_guard_that_objects_leaves_nothing_and_the_connection_is_used_again(
    database: Database, pbx_database: str
) -> None:
    def objects() -> None:
        list(database.locked_rows({"first": ("name", ["a"])}))
        raise Overtaken(error("plan.overtaken", table="first", rows="a"))

    with pytest.raises(Overtaken):
        database.write({"first": rows({"a": "1"})}, KEYS, objects)
    with pytest.raises(ZeroDivisionError), database.connection() as connection:
        connection.exec_driver_sql("INSERT INTO first VALUES ('a', '1')")
        raise ZeroDivisionError
    assert stored(pbx_database) == {"first": {}, "second": {}}
    database.write({"first": rows({"a": "1"})}, KEYS)
    assert stored(pbx_database)["first"] == {"a": "1"}


def test_a_transaction_that_writes_nothing_is_ended(database: Database, pbx_database: str) -> None:
    database.write({"first": rows({})}, KEYS)
    with database.connection():
        pass
    with create_engine(pbx_database, poolclass=NullPool).begin() as other:
        other.execute(text("SET lock_wait_timeout = 1"))
        other.execute(text("DROP TABLE second"))


def test_a_table_that_is_made_ends_the_transaction_and_the_next_statement_is_sent(
    database: Database, pbx_database: str
) -> None:
    with database.connection() as connection:
        connection.exec_driver_sql("CREATE TABLE third (name VARCHAR(9))")
    database.execute(text("INSERT INTO first VALUES ('a', '1')"))
    assert stored(pbx_database)["first"] == {"a": "1"}
