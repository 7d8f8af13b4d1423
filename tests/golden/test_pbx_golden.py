"""The guide's example on the PBX: what `apply` writes equals what the GUI wrote, cell by cell.

Every difference from the recorded rows stands in DEVIATIONS or PJSIP_DEVIATIONS with its reason. The expected rows are
written out in pbx_rows.py too, to be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Optional

import pytest

from tests.golden.pbx_rows import (
    BECAUSE_OF_GAP,
    DEVIATIONS,
    EXTENSION_ASTDB,
    KEEP_PEER,
    PJSIP_DEVIATIONS,
    PJSIP_SETTINGS,
    SIP_ROWS,
)
from tests.pbx.product import OML_ADDRESS, Bench, gained
from tests.standins.pbx import truth

pytest_plugins = ["tests.pbx.product_fixtures"]
Rows = list[dict[str, Optional[str]]]
RECORDS = ("a0_trunk_sip_add", "c0_extension_custom_add", "d0_route_add", "d1_route_add_nointra")


def _applied(bench: Bench, form: str = "", **changes: Mapping[str, Any]) -> dict[str, Rows]:
    """The rows that an apply of the guide's example adds; the recorded secret, names and routes. `form` is how its
    extension dials, the guide's over chan_sip."""
    routes = {"oml-agents": {"patterns": "1XXX."}, "oml-agents2": {"patterns": "2XXX.", "intracompany": "no"}}
    extension = {"098098": {"number": "098098", "send": "098098", "name": "oml-camp1"}}
    sections = {"credentials": {"secret": "omnileads"}, "caller_id": {"mode": "trunk"}, **changes}
    link = bench.guide(**sections)
    usual = "route" if link["pbx"].get("technology") == "pjsip" else "direct"
    link["extensions"], link["pbx_routes"] = {"dial": form or usual, **extension}, routes
    bench.write_link(link)
    before = bench.snapshot()
    bench.done("apply", "--yes")
    return gained(before, bench.snapshot())


def _sorted(rows: Iterable[Mapping[str, Any]]) -> list[tuple[tuple[str, str], ...]]:
    return sorted(tuple(sorted((column, repr(cell)) for column, cell in row.items())) for row in rows)


def _same(found: Mapping[str, Rows], expected: Mapping[str, Rows]) -> None:
    assert sorted(found) == sorted(expected)
    for table, rows in expected.items():
        assert _sorted(found[table]) == _sorted(rows), table


def test_a_chan_sip_link_writes_these_rows_and_keys_and_no_other(any_bench: Bench) -> None:
    _same(_applied(any_bench), {**SIP_ROWS, "AstDB": EXTENSION_ASTDB})


def test_with_the_callers_number_kept_only_the_peer_differs(bench: Bench) -> None:
    peer: Rows = [
        {"id": "tr-peer-2", "keyword": keyword, "data": data, "flags": str(flags)}
        for flags, (keyword, data) in enumerate(KEEP_PEER, start=2)
    ]
    found = _applied(bench, caller_id={"mode": "keep"})
    _same(found, {**SIP_ROWS, "sip": peer, "AstDB": EXTENSION_ASTDB})


def test_one_secret_a_direction_adds_remotesecret(bench: Bench) -> None:
    credentials = {"secret": "omnileads", "return_secret": "issabelOML"}
    found = {row["keyword"]: row["data"] for row in _applied(bench, credentials=credentials)["sip"]}
    assert (found["secret"], found["remotesecret"]) == ("omnileads", "issabelOML")
    assert "defaultuser" in found


def test_the_rows_are_the_recorded_ones_but_for_the_listed_deviations(bench: Bench) -> None:
    recorded: dict[str, Rows] = {"AstDB": []}
    for name in RECORDS:
        diff = truth.recorded(f"rows_{name}")
        for table, change in diff["mysql"].items():
            recorded.setdefault(table, []).extend(dict(row) for row in change["rows_added"])
        recorded["AstDB"] += [{"key": key, "value": value} for key, value in diff["astdb"]["added"].items()]
    asked = recorded.pop("admin")
    assert asked == [{"variable": "need_reload", "value": "true"}]  # the GUI leaves the reload to "Apply Config"
    for table, column, was, now, reason in DEVIATIONS:
        cells = [row for row in recorded[table] if row[column] == was]
        assert cells and reason, f"{table}.{column} {was} is not recorded: the deviation is none"
        for row in cells:
            row[column] = now
    _same(_applied(bench), recorded)


def test_nothing_is_left_to_apply_in_the_gui(bench: Bench) -> None:
    _applied(bench)
    assert bench.pbx.need_reload() == "false"
    assert bench.sql("SELECT * FROM notifications") == []


def _pjsip(found: Mapping[str, Rows]) -> dict[str, str | None]:
    return {str(row["keyword"]): row["data"] for row in sorted(found["sip"], key=lambda row: int(row["flags"] or 0))}


def test_a_pjsip_link_writes_these_settings_in_this_order(any_bench: Bench) -> None:
    found = _applied(any_bench, pbx={"technology": "pjsip"})
    assert list(_pjsip(found).items()) == list(PJSIP_SETTINGS)
    assert {row["id"] for row in found["sip"]} == {"pjsip-2"}
    assert [row["flags"] for row in found["sip"] if row["keyword"] == "account"] == ["2"]
    assert sorted(int(row["flags"] or 0) for row in found["sip"]) == list(range(2, 2 + len(PJSIP_SETTINGS)))
    assert [(row["tech"], row["channelid"], row["trunkid"]) for row in found["trunks"]] == [("pjsip", "omnileads", "2")]


@pytest.mark.parametrize("technology", ["sip", "pjsip"])
def test_extensions_dial_through_a_route_of_their_own_with_one_pattern(bench: Bench, technology: str) -> None:
    found = _applied(bench, form="route", pbx={"technology": technology})
    routes = {str(row["name"]): row for row in found["outbound_routes"]}
    assert sorted(routes) == ["oml-agents", "oml-agents2", "omnileads-extensions"]
    number = routes["omnileads-extensions"]["route_id"]
    dial = f"Local/*066098098@outrt-{number}"
    assert [row["dial"] for row in found["devices"]] == [dial]
    assert {"key": "/DEVICE/098098/dial", "value": dial} in found["AstDB"]
    assert routes["omnileads-extensions"]["intracompany_route"] == "YES"
    patterns = [row for row in found["outbound_route_patterns"] if row["route_id"] == number]
    assert [(row["match_pattern_prefix"], row["match_pattern_pass"]) for row in patterns] == [("*066", ".")]
    assert {row["trunk_id"] for row in found["outbound_route_trunks"]} == {"2"}


def test_the_pjsip_settings_are_the_recorded_ones_but_for_the_listed_deviations(bench: Bench) -> None:
    found = _applied(bench, pbx={"technology": "pjsip"})
    recorded = truth.recorded("rows_b0_trunk_pjsip_add")["mysql"]
    rows = sorted(recorded["sip"]["rows_added"], key=lambda row: int(row["flags"]))
    theirs = {row["keyword"]: row["data"] for row in rows}
    ours = _pjsip(found)
    differing = {name for name in {*theirs, *ours} if theirs.get(name) != ours.get(name)}
    assert differing == {name for name, _, _, _ in PJSIP_DEVIATIONS}
    for name, was, now, reason in PJSIP_DEVIATIONS:
        assert (theirs.get(name), ours.get(name)) == (was, now), reason
    # Keywords come in the recorded order; the recorded flags leave a place for the one that a disabled field left out.
    assert [name for name in ours if name in theirs] == list(theirs)
    trunk = dict(recorded["trunks"]["rows_added"][0], name="omnileads", channelid="omnileads")
    assert _sorted(found["trunks"]) == _sorted([trunk])


def test_a_pbx_without_the_dangling_route_gets_trunk_1(bench: Bench) -> None:
    bench.sql("DELETE FROM outbound_route_trunks WHERE trunk_id = 1")
    found = _applied(bench)
    assert [row["trunkid"] for row in found["trunks"]] == ["1"], BECAUSE_OF_GAP
    assert {row["id"] for row in found["sip"]} == {"tr-peer-1"}
    assert OML_ADDRESS in {row["data"] for row in found["sip"]}
