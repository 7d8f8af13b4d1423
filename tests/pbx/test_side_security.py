"""TCP, TLS and SRTP on the PBX's side: what is the link's of a trunk's lines, and what its administrator's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pbx.product import OML_ADDRESS, Bench
from tests.pbx.test_side_traps import sip_rows, trunk_row

pytest_plugins = ["tests.pbx.product_fixtures"]


@pytest.fixture
def encrypting(bench: Bench) -> Iterator[Bench]:
    """A PBX whose Asterisk has SRTP."""
    with bench.pbx.ami() as ami:
        ami.action("ModuleLoad", Module="res_srtp.so", LoadType="load")
        yield bench
        ami.action("ModuleLoad", Module="res_srtp.so", LoadType="unload")


def _peer(bench: Bench) -> dict[str, str]:
    rows = bench.sql("SELECT keyword, data FROM sip WHERE id LIKE 'tr-peer-%' ORDER BY flags")
    return {str(row["keyword"]): str(row["data"]) for row in rows}


def _says(bench: Bench, **link: str) -> None:
    bench.write_link(link={"name": "omnileads", "topology": "lan", **link})


def test_a_line_comes_with_its_value_and_goes_with_it(encrypting: Bench) -> None:
    encrypting.done("apply", "--yes")
    plain = _peer(encrypting)
    _says(encrypting, media="srtp")
    encrypting.done("apply", "--yes")
    assert _peer(encrypting) == {**plain, "encryption": "yes"}
    assert encrypting.done("plan").actions == []
    encrypting.sql("UPDATE sip SET data = 'no' WHERE keyword = 'encryption'")
    assert "encryption" in encrypting.json("status").message("drift.changed")
    _says(encrypting)
    encrypting.done("apply", "--yes", "--force")
    assert _peer(encrypting) == plain
    encrypting.done("remove", "--yes")
    assert _peer(encrypting) == {}


def test_where_the_link_says_nothing_the_line_is_its_administrators(encrypting: Bench) -> None:
    encrypting.done("apply", "--yes")
    encrypting.sql(
        "INSERT INTO sip (id, keyword, data, flags) SELECT id, 'encryption', 'yes', 99 FROM sip "
        "WHERE keyword = 'account' AND id LIKE 'tr-peer-%'"
    )
    assert encrypting.done("plan").actions == [] and "drift.changed" not in encrypting.json("status").codes
    encrypting.done("apply", "--yes")
    assert _peer(encrypting)["encryption"] == "yes"


@pytest.mark.parametrize("signalling", ["tcp", "tls"])
def test_nobody_listening_is_an_error_and_nothing_is_written(bench: Bench, signalling: str) -> None:
    _says(bench, signalling=signalling, media="srtp")
    done = bench.json("apply", "--yes")
    assert done.code == 1 and {"pbx.not_listening", "pbx.no_srtp"} <= set(done.codes)
    assert f"does not listen by {signalling}" in done.message("pbx.not_listening")
    assert _peer(bench) == {} and bench.reloads == 0


def test_what_hands_made_by_tls_and_srtp_is_described_so(bench: Bench) -> None:
    bench.pbx.insert("trunks", trunk_row(4, "byhand"))
    lines = {"account": "byhand", "type": "friend", "host": OML_ADDRESS, "port": "5061", "secret": "of-their-own-1",
             "defaultuser": "issabel", "context": "from-internal", "transport": "tls,udp", "encryption": "yes",
             "disallow": "all", "allow": "alaw"}  # fmt: skip
    bench.pbx.insert("sip", *sip_rows("tr-peer-4", **lines))
    bench.link.unlink()
    bench.run("init", "--topology", "lan", "--omnileads-address", OML_ADDRESS, "--omnileads-port", "5061",
              "--pbx-address", bench.pbx.params.address, "--from-existing")  # fmt: skip
    link = bench.read_link()
    assert (link.signalling.value, link.media.value) == ("tls", "srtp")
