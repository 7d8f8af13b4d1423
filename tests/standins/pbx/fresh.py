"""The rows of a fresh IssabelPBX 2.12 that matter here.

fresh.json holds recorded values (names, codes, flags). Two things in it are our own: the descriptions of the feature
codes, and issabelpbx_settings, of which only the two settings that the generator reads are given.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from tests.standins.pbx.rows import insert_rows

_DATA = Path(__file__).with_name("fresh.json")


def fresh_rows() -> dict[str, list[dict[str, Any]]]:
    """Table -> rows, of the tables that are not empty on a fresh install."""
    data = json.loads(_DATA.read_text(encoding="utf-8"))
    tables = {name: [dict(zip(part["columns"], row)) for row in part["rows"]] for name, part in data.items()}
    for row in tables["featurecodes"]:
        row["description"] = f"{row['modulename']}: {row['featurename'].replace('_', ' ')}"
    return tables


def load_fresh(engine: Engine) -> None:
    """Fills the tables of load_schema. Route 1 (9_outside) names trunk 1, which does not exist: as on a real one."""
    with engine.begin() as connection:
        for name, rows in fresh_rows().items():
            insert_rows(connection, name, rows)
