"""A second OMniLeads joined to one PBX by `join`: names, numbers and routes of its own, and each goes alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from issabel_module.commands import join_sides
from tests.oml.plugin import PluginOml, plugin_oml
from tests.pbx.product import Bench, Result, difference
from tests.standins.oml.testing import Standin
from tests.sync.certificates import self_signed
from tests.sync.omlweb import OmlWeb, served

pytest_plugins = ["tests.pbx.product_fixtures"]

ADDRESSES = ("127.0.0.2", "127.0.0.3")


@pytest.fixture(scope="module")
def centres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[PluginOml, OmlWeb]]]:
    """Two of them with the same agents and the same DID, each with its pages over https."""
    with ExitStack() as opened:
        found = []
        for name in ("first", "second"):
            folder = tmp_path_factory.mktemp(name)
            fresh = Standin.without_servers(folder).with_plugin()
            fresh.manage("migrate", "-v0")
            fresh.manage("standin_seed", "--agent", "Ana Paz", "--did", "098098=Ventas")
            oml = opened.enter_context(plugin_oml(folder, ("127.0.0.1", 5060)))
            oml.standin.environment["PBX_LINK_STATE_DIR"] = str(folder / "state")
            web = opened.enter_context(served(oml.standin, folder, self_signed(folder, name)))
            found.append((oml, web))
        yield found


def joined(bench: Bench, web: OmlWeb, number: int) -> Result:
    """`join` with a fresh invitation. Nobody answers calls behind these: it ends with what it could not prove."""
    bench.link = bench.folder / f"{number}.conf"
    asked = ["pbx_link", "invite", "--url", web.url, "--address", ADDRESSES[number]]
    done = web.standin.run_command(asked)
    assert done.returncode == 0, done.stdout + done.stderr
    result = bench.json("join", done.stdout.strip(), "--yes")
    assert (result.code, result.document["joined"], result.document["proved"]) == (2, True, False), result.out
    return result


@pytest.mark.failure_points
def test_the_second_one_takes_what_is_free_and_each_goes_without_touching_the_other(
    bench: Bench, centres: list[tuple[PluginOml, OmlWeb]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(join_sides, "_TRIES", 1)
    bench.link.unlink()
    (first, web), (second, other) = centres
    before = bench.snapshot()
    there = first.settled()["rows"], second.settled()["rows"]
    joined(bench, web, 0)
    one = bench.read_link()
    alone = bench.snapshot()
    joined(bench, other, 1)
    two = bench.read_link()
    assert (one.name, two.name) == ("omnileads", "omnileads2") and one.pbx.trunk != two.pbx.trunk
    assert {each.name for each in one.pbx_routes}.isdisjoint(each.name for each in two.pbx_routes)
    assert one.dids.number == "{did}" and two.dids.number != one.dids.number
    numbers = {row["extension"] for row in bench.sql("SELECT extension FROM users")}
    assert {"098098", two.dids.number.format(did="098098")} <= numbers
    for number in (0, 1):
        bench.link = bench.folder / f"{number}.conf"
        assert bench.json("plan").actions == [], number
    bench.link = bench.folder / "1.conf"
    assert bench.run("join", "--undo", "--name", "omnileads2").code == 0
    assert difference(alone, bench.snapshot()) == {} and second.settled()["rows"] == there[1]
    bench.link = bench.folder / "0.conf"
    assert bench.json("plan").actions == []
    assert bench.run("join", "--undo", "--name", "omnileads").code == 0
    assert difference(before, bench.snapshot()) == {} and first.settled()["rows"] == there[0]
