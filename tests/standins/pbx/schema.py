"""Loads the reference schema of the PBX tables into MySQL/MariaDB as it is, or into SQLite transformed."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import Engine

REFERENCE = Path(__file__).resolve().parents[3] / "sql" / "issabel_reference.sql"

_AUTO_INCREMENT = re.compile(r"^  (`\w+`) int\(11\) NOT NULL AUTO_INCREMENT$")
_UNIQUE_KEY = re.compile(r"^  UNIQUE KEY `\w+` (\(.*\))$")
_PLAIN_KEY = re.compile(r"^  KEY ")
_INTEGER = re.compile(r"^(  `\w+`) (?:int|tinyint|smallint)\(\d+\)")
_TEXT_COLUMN = re.compile(r"^(  `\w+` (?:varchar\(\d+\)|text))( CHARACTER SET \w+)?")


def reference_statements() -> list[str]:
    """The CREATE TABLE statements of sql/issabel_reference.sql, comments left out."""
    lines = [line for line in REFERENCE.read_text(encoding="utf-8").splitlines() if not line.startswith("--")]
    return [part.strip() for part in "\n".join(lines).split(";\n") if part.strip(" ;\n")]


def table_names() -> list[str]:
    return [_table_of(statement) for statement in reference_statements()]


def sqlite_statement(statement: str) -> str:
    """The same table for SQLite: same names, affinities and keys; text compares without case, as in MySQL."""
    lines = statement.rstrip(";").splitlines()
    body = [line.rstrip(",") for line in lines[1:-1]]
    auto = any(_AUTO_INCREMENT.match(line) for line in body)
    kept = [_sqlite_line(line) for line in body if not (_PLAIN_KEY.match(line) or (auto and "PRIMARY KEY" in line))]
    return "\n".join([lines[0], ",\n".join(kept), ")"])


def load_schema(engine: Engine, storage_engine: str | None = None) -> list[str]:
    """Creates the PBX tables and returns their names. `storage_engine` (MyISAM, InnoDB) is for MySQL only."""
    statements = reference_statements()
    with engine.begin() as connection:
        if storage_engine and engine.dialect.name == "mysql":
            connection.exec_driver_sql(f"SET default_storage_engine={storage_engine}")
        for statement in statements:
            sql = sqlite_statement(statement) if engine.dialect.name == "sqlite" else statement
            connection.exec_driver_sql(sql)
    return [_table_of(statement) for statement in statements]


def _table_of(statement: str) -> str:
    return statement.split("`", 2)[1]


def _sqlite_line(line: str) -> str:
    if auto := _AUTO_INCREMENT.match(line):
        return f"  {auto.group(1)} INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT"
    if unique := _UNIQUE_KEY.match(line):
        return f"  UNIQUE {unique.group(1)}"
    return _INTEGER.sub(r"\1 INTEGER", _TEXT_COLUMN.sub(r"\1 COLLATE NOCASE", line))
