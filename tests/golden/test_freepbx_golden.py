"""The guide's example on each release of FreePBX: what `apply` writes equals what its pages wrote, cell by cell.

Every difference from the records stands in DEVIATIONS with its reason.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Optional

import pytest

from tests import facts
from tests.facts.derive_freepbx import MARKS
from tests.golden import freepbx_rows as golden
from tests.pbx.product import Bench, difference, freepbx_bench, gained
from tests.standins.pbx.freepbx import RELEASES
from tests.standins.pbx.rig import StandinPbx

pytest_plugins = ["tests.pbx.product_fixtures"]
Rows = list[dict[str, Optional[str]]]


@pytest.fixture(params=RELEASES)
def of_release(
    request: pytest.FixtureRequest, freepbx_asterisk: StandinPbx, pbx_database: str, tmp_path: Path
) -> tuple[int, Bench]:
    """A release, and a fresh PBX of it with the modules that the recorded one had."""
    release = int(request.param)
    return release, freepbx_bench(freepbx_asterisk, pbx_database, tmp_path, release, golden.WITHOUT[release])


def _write_link(bench: Bench, technology: str) -> None:
    link = bench.guide(credentials={"secret": golden.SECRET}, pbx={"technology": technology})
    link["extensions"] = {"098098": {"number": "098098", "send": "098098", "name": "oml-camp1"}}
    bench.write_link(link)


def _of_the_example(applied: Mapping[str, Rows]) -> dict[str, Rows]:
    """Without the route that extensions dial through, which is ours and on no page; dial strings as recorded."""
    found = copy.deepcopy(dict(applied))
    own = next((row["route_id"] for row in found["outbound_routes"] if row["name"] == "omnileads-extensions"), None)
    dial = str(found["devices"][0]["dial"])
    for table in [table for table in found if table.startswith("outbound_route")]:
        found[table] = [row for row in found[table] if row["route_id"] != own]
    for row in (*found["devices"], *found["AstDB"]):
        for column in ("dial", "value"):
            if dial in (row.get(column) or ""):
                row[column] = str(row[column]).replace(dial, golden.DIAL)
    return found


def _sorted(rows: Iterable[Mapping[str, Any]]) -> list[list[tuple[str, str]]]:
    return sorted(sorted((column, repr(cell)) for column, cell in row.items()) for row in rows)


def _expected(release: int, technology: str) -> dict[str, Rows]:
    settings: Iterable[tuple[str, str | None]] = golden.PEER if technology == "sip" else golden.pjsip(release).items()
    place = "tr-peer-1" if technology == "sip" else "1"
    flags = (str(flag) if technology == "sip" else "0" for flag in range(2, 100))
    return {
        **golden.rows(release, technology),
        technology: [
            {"id": place, "keyword": word, "data": data, "flags": flag} for (word, data), flag in zip(settings, flags)
        ],
        "AstDB": [{"key": key, "value": value} for key, value in golden.astdb(release).items()],
    }


@pytest.mark.parametrize("technology", ["sip", "pjsip"])
def test_a_link_writes_these_rows_and_keys_and_leaves_none(of_release: tuple[int, Bench], technology: str) -> None:
    release, bench = of_release
    _write_link(bench, technology)
    before = bench.snapshot()
    bench.done("apply", "--yes")
    found, expected = _of_the_example(gained(before, bench.snapshot())), _expected(release, technology)
    assert sorted(found) == sorted(expected)
    for table, rows in expected.items():
        assert _sorted(found[table]) == _sorted(rows), table
    assert bench.pbx.need_reload() == "false" and bench.sql("SELECT * FROM notifications") == []
    assert bench.done("plan").actions == []
    bench.done("remove", "--yes")
    assert difference(before, bench.snapshot()) == {}


@pytest.mark.parametrize("technology", ["sip", "pjsip"])
@pytest.mark.parametrize("release", RELEASES)
def test_the_expected_rows_are_the_recorded_ones_but_for_the_listed_deviations(release: int, technology: str) -> None:
    trunk = "b6_trunk_pjsip_add_both" if technology == "pjsip" else "a0_trunk_sip_add"
    mark = MARKS[release]
    # Of 16 and 17 there is no chan_sip record: their core writes the rows of 15's.
    marks = [mark if technology == "pjsip" or release < 16 else "", mark, mark]
    names = (trunk, "c4_extension_custom_add_nouserman", "d0_route_add")
    recorded = _recorded(f"{each}{name}" for each, name in zip(marks, names))
    expected = _cells(_expected(release, technology))
    differing = {each for each in {*recorded, *expected} if recorded.get(each) != expected.get(each)}
    assert differing <= set(golden.DEVIATIONS), differing


def _recorded(names: Iterable[str]) -> dict[tuple[str, str], list[str | None]]:
    """The cells that came, by table and column (keyword, key), those of a reload included."""
    found: dict[str, Rows] = {"AstDB": []}
    for name in names:
        record = facts.load("freepbx_actions")[name]
        for table, rows in record["added"].items():
            found.setdefault(table, []).extend(facts.rows(rows))
        found["AstDB"] += [{"key": key, "value": value} for key, value in record["astdb"].items()]
    return _cells(found)


def _cells(tables: Mapping[str, Rows]) -> dict[tuple[str, str], list[str | None]]:
    found: dict[tuple[str, str], list[str | None]] = {}
    for table, rows in tables.items():
        for row in rows:
            name = row.get("keyword") or (row.get("key") if table == "AstDB" else None)
            cells = {name: row.get("data", row.get("value"))} if name else row
            for column, cell in cells.items():
                found.setdefault((table, str(column)), []).append(cell)
    return found
