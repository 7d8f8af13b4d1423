"""What was seen on real installs of IssabelPBX 2.12, FreePBX 13 to 17 and OMniLeads 2.6.3, as small tables of our own.

They are facts (which rows, keys, columns and refusals an action of the vendors' pages comes to) and hold no code of the
vendors. `derive.py` made them from the records, which are larger and lie beside the project where it is
developed; `test_facts.py` compares the two where both are there. Everywhere else the stand-ins are held to these.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
Row = dict[str, Any]
Table = list[Any]
"""`[columns, rows]`, twice where not all rows name the same columns."""


@cache
def load(name: str) -> Any:
    """A file of this folder, e.g. `load("issabel_actions")`."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def rows(table: Table) -> list[Row]:
    """The rows of a table, each by its columns."""
    return [dict(zip(columns, cells)) for columns, lines in table for cells in lines]


def table(listed: Iterable[Mapping[str, Any]]) -> Table:
    """Rows as a table; the reverse of `rows`."""
    found: Table = []
    for row in listed:
        if not found or found[-1][0] != list(row):
            found.append([list(row), []])
        found[-1][1].append(list(row.values()))
    return found


def digest(listed: Iterable[Mapping[str, str | None]]) -> str:
    """Tells whether rows are these, in this order."""
    lines = [json.dumps(row, sort_keys=True, ensure_ascii=True) for row in listed]
    return f"{len(lines)} {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:24]}"
