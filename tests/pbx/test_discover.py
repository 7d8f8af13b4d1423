"""An installation made by hand after the guide, taken over whatever its names are."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pbx.product import OML_ADDRESS, OML_PORT, ROOT, SECRET, Bench, difference
from tests.pbx.test_side_traps import sip_rows, trunk_row

pytest_plugins = ["tests.pbx.product_fixtures"]
THEIRS = "HandMade-secret_1234567"


@pytest.fixture
def by_hand(bench: Bench) -> Bench:
    """Trunk, route and extensions as somebody made them in the GUI; a link file that init made with its own names."""
    bench.pbx.insert("trunks", trunk_row(4, "trunkomnileads"))
    lines = {
        "account": "trunkomnileads", "type": "friend", "host": f"{OML_ADDRESS}.", "port": OML_PORT, "disallow": "all",
        "allow": "alaw&ulaw", "qualify": "yes", "secret": THEIRS, "fromuser": "issabel", "defaultuser": "issabel",
        "context": "from-internal", "insecure": "port,invite",
    }  # fmt: skip
    bench.pbx.insert("sip", *sip_rows("tr-peer-4", **lines))
    bench.pbx.add_custom_extension("2222", "Ventas", "SIP/trunkomnileads/098098")
    bench.pbx.add_custom_extension("3006", "Ana", "SIP/trunkomnileads/10061")
    bench.pbx.add_custom_extension("3999", "Elsewhere", "SIP/carrier/10061")
    bench.sql("INSERT INTO outbound_routes (name, intracompany_route, mohclass) VALUES ('agentes', 'YES', 'default')")
    route = bench.sql("SELECT route_id FROM outbound_routes WHERE name = 'agentes'")[0]["route_id"]
    bench.pbx.insert("outbound_route_patterns", {"route_id": route, "match_pattern_prefix": "7",
                     "match_pattern_pass": "1XXX.", "match_cid": "", "prepend_digits": ""})  # fmt: skip
    bench.pbx.insert("outbound_route_trunks", {"route_id": route, "trunk_id": 4, "seq": 0})
    bench.pbx.insert("outbound_route_sequence", {"route_id": route, "seq": 5})
    bench.sql("INSERT INTO outbound_routes (name, emergency_route, mohclass) VALUES ('salida', 'YES', 'default')")
    theirs = bench.sql("SELECT route_id FROM outbound_routes WHERE name = 'salida'")[0]["route_id"]
    bench.pbx.insert("outbound_route_trunks", {"route_id": theirs, "trunk_id": 4, "seq": 0})
    bench.sql("UPDATE outbound_route_trunks SET trunk_id = 4 WHERE route_id = 1")
    bench.settle()
    sections = bench.guide()
    del sections["extensions"], sections["pbx_routes"]
    bench.write_link(sections)
    return bench


def test_what_hands_made_is_described_and_adopted(by_hand: Bench) -> None:
    before = by_hand.snapshot()
    assert "adopt --discover" in by_hand.run("check").out
    assert by_hand.run("adopt", "--discover").code == 1, "it asks"
    done = by_hand.run("adopt", "--discover", "--yes")
    assert done.code == 0, done.out + done.err
    shown = done.out
    assert shown.index("secret") < shown.index("[pbx] trunk: omnileads -> trunkomnileads")
    assert THEIRS not in shown + done.err and SECRET not in shown
    assert "9_outside" in shown and "2222" in shown and "098098" in shown and "agentes" in shown and "3999" not in shown
    link = by_hand.read_link()
    assert (link.pbx.trunk, link.credentials.secret, link.caller_id.value) == ("trunkomnileads", THEIRS, "trunk")
    assert {(each.number, each.send) for each in link.extensions} == {("2222", "098098"), ("3006", "10061")}
    assert [(each.name, str(each.patterns[0])) for each in link.pbx_routes] == [("agentes", "7|1XXX.")]
    assert difference(before, by_hand.snapshot()) == {} and by_hand.reloads == 0
    owned = set(by_hand.done("status").document["owned"])
    assert owned == {"trunk/trunkomnileads", "extension/2222", "extension/3006", "route/agentes"}
    created = [key for action, _, key in by_hand.json("plan").actions if action != "update"]
    assert created == ["trunkomnileads-extensions"], "the route that extensions dial through comes with the next apply"
    assert "discover.question" not in by_hand.done("adopt", "--discover").codes, "nothing is left to ask"


def test_init_describes_what_is_there(by_hand: Bench) -> None:
    by_hand.link.unlink()
    arguments = ("--topology", "lan", "--omnileads-address", OML_ADDRESS, "--omnileads-port", OML_PORT,
                 "--pbx-address", by_hand.pbx.params.address, "--from-existing")  # fmt: skip
    done = by_hand.run("init", *arguments)
    assert done.code == 0 and "trunkomnileads" in done.out and "adopt" in done.out and THEIRS not in done.out
    assert by_hand.read_link().credentials.secret == THEIRS
    assert by_hand.done("adopt").actions != [] and "pbx.same_peer" not in by_hand.json("check").codes


def test_several_trunks_are_asked_for_and_none_is_said(by_hand: Bench) -> None:
    by_hand.pbx.insert("trunks", trunk_row(5, "second"))
    by_hand.pbx.insert("sip", *sip_rows("tr-peer-5", account="second", host=OML_ADDRESS, port=OML_PORT))
    done = by_hand.json("adopt", "--discover", "--yes")
    assert done.code == 1 and "second" in done.message("discover.several")
    by_hand.write_link(by_hand.guide(omnileads={"address": "192.0.2.99"}))
    assert by_hand.json("adopt", "--discover", "--yes").codes == ["discover.nothing"]


def test_a_secret_that_no_link_allows_stays_out_of_it(by_hand: Bench) -> None:
    by_hand.sql("UPDATE sip SET data = 'short' WHERE id = 'tr-peer-4' AND keyword = 'secret'")
    done = by_hand.run("adopt", "--discover", "--yes")
    assert done.code == 0 and "not allowed in a link" in done.out
    assert by_hand.read_link().credentials.secret == SECRET


def test_the_command_line_still_needs_no_database_library(tmp_path: Path) -> None:
    line = "from issabel_module import cli; import sys; assert not any('sqlalchemy' == n for n in sys.modules)"
    done = subprocess.run([sys.executable, "-c", line], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
