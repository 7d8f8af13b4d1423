"""The DDL of the module's own table, as it stands in sql/ and as it is made."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.dialects import mysql
from sqlalchemy.schema import CreateTable

from issabel_module.storage.own_table import TABLE

_DDL = Path(__file__).resolve().parents[2] / "sql" / "issabel_omnileads.sql"


def test_the_ddl_in_sql_is_what_is_made() -> None:
    written = [line for line in _DDL.read_text(encoding="utf-8").splitlines() if not line.startswith("--")]
    made = str(CreateTable(TABLE).compile(dialect=mysql.dialect()))
    assert " ".join(" ".join(written).split()) == " ".join(made.split())
