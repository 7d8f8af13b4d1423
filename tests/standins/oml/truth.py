"""What was recorded of OMniLeads 2.6.3 (`tests/facts`), in the form in which the tests use it."""

from __future__ import annotations

from typing import Any

from tests import facts


def recorded(name: str) -> dict[str, Any]:
    """What one action of OML's pages changed, e.g. recorded('a1_trunk_create'): by table the rows `added` and
    `removed`, the `hashes` in Redis before and after, and the entries that came on the `stream`."""
    action = facts.load("omnileads_actions")[name]
    rows = {what: {table: facts.rows(each) for table, each in action[what].items()} for what in ("added", "removed")}
    return {**rows, "hashes": action["hashes"], "stream": [dict(entry) for entry in action["stream"]]}
