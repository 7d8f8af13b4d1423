"""Apply and remove against the whole PBX: every table, AstDB and generated file, before and after."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pbx.product import Bench, difference
from tests.standins.pbx.busy import load_busy

pytest_plugins = ["tests.pbx.product_fixtures"]


def _is_quiet(bench: Bench) -> None:
    """A second apply finds nothing to do, writes nothing and runs no reload."""
    before, stamps, runs = bench.snapshot(), bench.stamps(), bench.reloads
    second = bench.done("apply", "--yes")
    assert (second.actions, second.document["applied"]) == ([], False)
    assert (bench.reloads, bench.stamps(), bench.pbx.need_reload()) == (runs, stamps, "false")
    assert difference(before, bench.snapshot()) == {}


@pytest.mark.parametrize("technology", ["sip", "pjsip"])
def test_apply_then_remove_leaves_a_fresh_pbx_as_it_was(any_bench: Bench, technology: str) -> None:
    bench = any_bench
    bench.write_link(pbx={"technology": technology}, agents={"list": ["1006:1:Ana", "1007:2:Luis"]})
    before = bench.snapshot()
    applied = bench.done("apply", "--yes")
    assert {action for action, _, _ in applied.actions} == {"create"}
    assert difference(before, bench.snapshot()) != {}
    _is_quiet(bench)
    removed = bench.done("remove", "--yes")
    assert {action for action, _, _ in removed.actions} == {"delete"}
    assert difference(before, bench.snapshot()) == {}
    assert bench.done("remove", "--yes").actions == []
    assert bench.reloads == 2


@pytest.mark.parametrize("technology", ["sip", "pjsip"])
def test_apply_then_remove_leaves_a_busy_pbx_as_it_was(any_bench: Bench, technology: str) -> None:
    bench = any_bench
    entries: list[tuple[str, str, str]] = []
    load_busy(bench.pbx.engine, lambda *entry: entries.append(entry), extensions=200)
    with bench.pbx.ami() as ami:
        ami.db_put_many(entries)
    bench.settle()
    before = bench.snapshot()
    agents = [f"{1000 + number}:{number}" for number in range(1, 41)]
    bench.write_link(pbx={"technology": technology}, agents={"list": agents})
    bench.done("apply", "--yes")
    lost = [table for table, (gone, _) in difference(before, bench.snapshot()).items() if gone and table != "files"]
    assert lost == []
    _is_quiet(bench)
    bench.done("remove", "--yes")
    assert difference(before, bench.snapshot()) == {}


def test_a_busy_pbx_through_adoption_and_drift_loses_no_row_of_others(bench: Bench) -> None:
    """Hundreds of extensions, routes, trunks; ours made by hand first, adopted, drifted, set right, removed."""
    entries: list[tuple[str, str, str]] = []
    load_busy(bench.pbx.engine, lambda *entry: entries.append(entry), extensions=300)
    with bench.pbx.ami() as ami:
        ami.db_put_many(entries)
    bench.settle()
    busy = bench.snapshot()
    agents = [f"{1000 + number}:{number}" for number in range(1, 21)]
    bench.write_link(agents={"list": agents})
    bench.done("apply", "--yes")
    bench.sql("DELETE FROM issabel_omnileads WHERE link <> ''")
    by_hand = bench.snapshot()
    assert len(bench.done("adopt").actions) == 23
    assert difference(by_hand, bench.snapshot()) == {}
    bench.sql("UPDATE users SET name = 'by hand' WHERE extension = '10011'")
    bench.sql("DELETE FROM devices WHERE id = '10022'")
    bench.sql("UPDATE outbound_route_patterns SET match_pattern_pass = '19XX.' WHERE match_pattern_pass = '1XXX.'")
    drifted = [code for code in bench.json("status").codes if code.startswith("drift.")]
    assert drifted == ["drift.changed"] * 3
    bench.done("apply", "--yes")
    assert difference(by_hand, bench.snapshot()) == {}
    assert {action for action, *_ in bench.done("remove", "--yes").actions} == {"release"}
    assert difference(by_hand, bench.snapshot()) == {}
    bench.done("adopt")
    bench.done("remove", "--yes", "--adopted")
    assert difference(busy, bench.snapshot()) == {}


CHANGED: dict[str, dict[str, dict[str, Any]]] = {
    "driver": {"pbx": {"technology": "pjsip", "sip_port": "5066"}},
    "trunk's name": {"pbx": {"trunk": "contactcentre"}},
    "trunk's case": {"pbx": {"trunk": "OmniLeads"}},
    "route": {"pbx_routes": {"oml-agents": {"patterns": ["12XX.", "13XX."], "intracompany": "no"}}},
}


@pytest.mark.parametrize("changed", list(CHANGED))
def test_a_link_that_changes_changes_the_pbx_and_leaves_nothing_behind(bench: Bench, changed: str) -> None:
    fresh = bench.snapshot()
    bench.done("apply", "--yes")
    first = bench.snapshot()
    bench.write_link(**CHANGED[changed])
    assert bench.done("apply", "--yes", "--force").actions
    assert difference(first, bench.snapshot()) != {}
    _is_quiet(bench)
    bench.write_link()
    assert bench.done("apply", "--yes", "--force").actions
    bench.done("remove", "--yes")
    assert difference(fresh, bench.snapshot()) == {}
