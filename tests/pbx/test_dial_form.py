"""How custom extensions dial: one route of ours with one pattern, its prefix, and what was made before it."""

from __future__ import annotations

import pytest

from tests.pbx.product import OWN_TABLE, Bench, difference
from tests.pbx.test_side_traps import a_route

pytest_plugins = ["tests.pbx.product_fixtures"]
OWN_ROUTE = "omnileads-extensions"


def usual(bench: Bench, technology: str = "sip", count: int = 1) -> None:
    """The guide's link whose extensions dial as is usual, `count` of them."""
    link = bench.guide(pbx={"technology": technology})
    link["extensions"] = {
        f"{2000 + n}": {"number": f"{2000 + n}", "send": f"{98000 + n}", "name": "OML camp"} for n in range(count)
    }
    bench.write_link(link)


def dials(bench: Bench) -> dict[str, str]:
    """The dial strings by extension, as both places have them."""
    rows = {row["id"]: row["dial"] for row in bench.sql("SELECT id, dial FROM devices")}
    assert {number: bench.astdb()[f"/DEVICE/{number}/dial"] for number in rows} == rows
    return rows


def patterns(bench: Bench) -> list[tuple[str, str]]:
    """Prefix and match of the patterns of the route that extensions dial through."""
    found = bench.sql(
        "SELECT match_pattern_prefix AS prefix, match_pattern_pass AS pass FROM outbound_route_patterns"
        f" JOIN outbound_routes USING (route_id) WHERE name = '{OWN_ROUTE}'"
    )
    return [(row["prefix"], row["pass"]) for row in found]


def test_a_link_of_the_guide_s_form_is_migrated_by_the_next_apply_and_it_is_shown(bench: Bench) -> None:
    bench.done("apply", "--yes")
    assert dials(bench) == {"098098": "SIP/omnileads/098098"} and patterns(bench) == []
    link = bench.guide()
    del link["extensions"]["dial"]
    bench.write_link(link)
    shown = bench.run("plan", "--rows").out
    assert f"Outbound route {OWN_ROUTE}: *066|. (new)" in shown and "-> 'Local/*066098098@outrt-3'" in shown
    bench.done("apply", "--yes")
    assert dials(bench) == {"098098": "Local/*066098098@outrt-3"} and patterns(bench) == [("*066", ".")]
    assert bench.json("plan").code == 0
    bench.write_link()
    bench.done("apply", "--yes")
    assert dials(bench) == {"098098": "SIP/omnileads/098098"} and patterns(bench) == []


def test_a_route_with_a_pattern_for_each_number_is_migrated_by_the_next_apply(bench: Bench) -> None:
    """As links over pjsip were made until 0.1.0."""
    usual(bench, "pjsip", 3)
    bench.done("apply", "--yes")
    now = bench.snapshot()
    number = bench.sql(f"SELECT route_id FROM outbound_routes WHERE name = '{OWN_ROUTE}'")[0]["route_id"]
    bench.sql(f"DELETE FROM outbound_route_patterns WHERE route_id = {number}")
    for send in range(98000, 98003):
        row = {"route_id": number, "match_pattern_prefix": "", "match_pattern_pass": send, "match_cid": ""}
        bench.pbx.insert("outbound_route_patterns", {**row, "prepend_digits": ""})
        dial = f"Local/{send}@outrt-{number}"
        bench.sql("UPDATE devices SET dial = :dial WHERE id = :id", dial=dial, id=str(send - 96000))
        bench.pbx.put_astdb({f"/DEVICE/{send - 96000}/dial": dial})
    bench.sql(f"DELETE FROM {OWN_TABLE} WHERE link <> ''")
    bench.settle()
    bench.done("adopt")
    assert {each[:2] for each in bench.json("plan").actions} == {("update", "route"), ("update", "extension")}
    bench.done("apply", "--yes", "--force")
    assert difference(now, bench.snapshot()) == {}


def test_a_destination_that_the_route_page_lost_is_told_with_the_command_that_puts_it_back(bench: Bench) -> None:
    usual(bench)
    bench.done("apply", "--yes")
    before = bench.snapshot()
    bench.sql(f"UPDATE outbound_routes SET dest = '' WHERE name = '{OWN_ROUTE}'")
    told = bench.done("status")
    assert told.codes == ["drift.destination_lost"] and "issabel-omnileads apply" in bench.run("status").out
    planned = bench.json("plan")
    assert ("update", "route", OWN_ROUTE) in planned.actions and planned.codes.count("drift.destination_lost") == 1
    assert "its destination on congestion is empty" in bench.run("plan").out
    bench.sql(f"UPDATE outbound_routes SET mohclass = 'none', intracompany_route = '' WHERE name = '{OWN_ROUTE}'")
    assert "drift.changed" in bench.done("status").codes
    bench.sql(f"UPDATE outbound_routes SET mohclass = 'default' WHERE name = '{OWN_ROUTE}'")
    bench.done("apply", "--yes")
    assert difference(before, bench.snapshot()) == {}


def test_the_route_stays_small_however_many_extensions_there_are(bench: Bench) -> None:
    usual(bench, count=300)
    checked = bench.json("check")
    assert "pbx.route_too_large" not in checked.codes
    bench.done("apply", "--yes")
    assert len(patterns(bench)) == 1
    many = bench.guide(pbx_routes={"oml-agents": {"patterns": [f"1{n:03}X." for n in range(300)]}})
    bench.write_link(many)
    assert "oml-agents" in bench.json("check", "--force").message("pbx.route_too_large")


@pytest.mark.parametrize("taken", ["code", "pattern"])
def test_the_prefix_is_one_that_nothing_else_has_and_stays_once_it_is_chosen(bench: Bench, taken: str) -> None:
    if taken == "code":
        bench.pbx.insert("miscapps", {"miscapps_id": 1, "ext": "*066", "description": "x", "dest": "ext-local,201,1"})
    else:
        pattern = {"match_pattern_prefix": "", "match_pattern_pass": "*066XXX", "match_cid": "", "prepend_digits": ""}
        bench.pbx.insert("outbound_route_patterns", {"route_id": a_route(bench, "salida", "9"), **pattern})
    usual(bench)
    bench.done("apply", "--yes")
    assert patterns(bench) == [("*067", ".")]
    bench.sql("DELETE FROM miscapps")
    bench.sql("DELETE FROM outbound_route_patterns WHERE match_pattern_pass = '*066XXX'")
    assert bench.json("plan").code == 0
    usual(bench, count=2)
    bench.done("apply", "--yes")
    assert dials(bench)["2001"].startswith("Local/*06798001@outrt-")


def test_the_guide_s_form_is_for_chan_sip_alone(bench: Bench) -> None:
    link = bench.guide(pbx={"technology": "pjsip"})
    link["extensions"]["dial"] = "direct"
    bench.write_link(link)
    assert bench.json("check").codes == ["link.direct_pjsip"]


def test_an_extension_of_the_guide_s_form_in_a_queue_is_told(bench: Bench) -> None:
    member = {"keyword": "member", "data": "Local/098098@from-queue/n,0", "flags": 0}
    bench.pbx.insert("queues_details", {"id": "500", **member})
    assert "500" in bench.json("check").message("pbx.direct_in_queue")
    link = bench.guide()
    del link["extensions"]["dial"]
    bench.write_link(link)
    assert "pbx.direct_in_queue" not in bench.json("check").codes


def test_a_name_with_accents_is_the_same_in_tables_and_astdb(bench: Bench) -> None:
    name = "Soporte Técnico Ñ" + "á" * 33
    link = bench.guide()
    link["extensions"]["098098"]["name"] = name
    bench.write_link(link)
    bench.done("apply", "--yes")
    assert bench.sql("SELECT name, CHAR_LENGTH(name) AS n FROM users") == [{"name": name, "n": 50}]
    assert bench.sql("SELECT description FROM devices") == [{"description": name}]
    assert bench.astdb()["/AMPUSER/098098/cidname"] == name
    assert bench.json("plan").code == 0
