"""Who shares the trunk's name or far end, where calls from OML enter, and who may dial the link's routes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pbx.product import OML_ADDRESS, Bench
from tests.pbx.test_side_traps import a_trunk, refused, sip_rows, trunk_row

pytest_plugins = ["tests.pbx.product_fixtures"]


@pytest.mark.parametrize(
    ("link_host", "their_host"),
    [
        ("localhost", "127.0.0.1"),
        ("127.0.77.2", "127.0.77.2."),
        ("127.0.0.1", "LocalHost"),
        ("localhost", "LOCALHOST."),
    ],
)
def test_the_same_peer_however_its_host_is_written(bench: Bench, link_host: str, their_host: str) -> None:
    bench.write_link(omnileads={"address": link_host, "sip_port": "5160"})
    a_trunk(bench, 7, "earlier", their_host, "5160")
    assert "earlier" in bench.json("check").message("pbx.same_peer")


def test_pjsip_trunks_of_one_address_are_told_whatever_their_ports(bench: Bench) -> None:
    bench.write_link(bench.guide(pbx={"technology": "pjsip"}))
    bench.pbx.insert("trunks", trunk_row(7, "earlier", "pjsip"))
    bench.pbx.insert("sip", *sip_rows("pjsip-7", account="earlier", server=f"{OML_ADDRESS}:5099", port="5099"))
    assert "earlier" in bench.json("check").message("pbx.same_source")
    bench.sql("UPDATE sip SET data = '192.0.2.9:5099' WHERE id = 'pjsip-7' AND keyword = 'server'")
    assert "pbx.same_source" not in bench.json("check").codes


def test_another_trunks_user_context_of_our_name(bench: Bench) -> None:
    bench.pbx.insert("trunks", trunk_row(7, "carrier", usercontext="OmniLeads"))
    refused(bench, "pbx.trunk_name", "carrier", "7")


def test_an_account_of_our_name_that_is_no_trunk(bench: Bench) -> None:
    bench.pbx.insert("sip", *sip_rows("201", account="omnileads", secret="x"))
    assert "omnileads" in bench.json("check").message("pbx.account_name")


@pytest.fixture
def custom_sip(bench: Bench) -> Iterator[Path]:
    """sip_custom.conf, put back and reloaded afterwards."""
    path = bench.etc_dir / "sip_custom.conf"
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    yield path
    path.write_text(before, encoding="utf-8")
    bench.pbx.cli("sip reload")


def test_a_peer_of_our_name_in_a_custom_file_is_refused(bench: Bench, custom_sip: Path) -> None:
    custom_sip.write_text("[omnileads]\ntype=peer\nhost=192.0.2.77\n", encoding="utf-8")
    bench.pbx.cli("sip reload")
    refused(bench, "pbx.name_in_files", "omnileads")


def test_a_context_that_is_not_there_is_an_error(bench: Bench) -> None:
    bench.write_link(pbx={"context": "no-such-context"})
    refused(bench, "pbx.no_context", "no-such-context")
    tried = bench.json("verify")
    assert tried.code == 2 and "no-such-context" in tried.message("verify.no_context")
    bench.write_link()
    assert "verify.not_tried" in bench.json("verify").codes


@pytest.fixture
def custom_contexts(bench: Bench) -> Iterator[None]:
    """Contexts beside the generated ones: one for calls from outside, one with everything."""
    path = bench.etc_dir / "extensions_custom.conf"
    before = path.read_text(encoding="utf-8")
    path.write_text(
        before + "\n[outside]\ninclude => ext-local\n[nothing]\nexten => s,1,Hangup()\n"
        "[all]\ninclude => from-internal\n[ext-local](+)\nexten => 299,1,Hangup()\n",
        encoding="utf-8",
    )
    bench.pbx.cli("dialplan reload")
    yield
    path.write_text(before, encoding="utf-8")
    bench.pbx.cli("dialplan reload")


@pytest.mark.usefixtures("custom_contexts")
@pytest.mark.parametrize(
    ("context", "codes"),
    [
        ("outside", {"pbx.context_routes"}),
        ("nothing", {"pbx.context_routes", "pbx.context_extensions"}),
        ("all", set()),
        ("from-internal", set()),
    ],
)
def test_a_context_that_does_not_reach_all_is_told(bench: Bench, context: str, codes: set[str]) -> None:
    bench.write_link(pbx={"context": context})
    found = {code for code in bench.json("check").codes if "context" in code}
    assert found == codes


def test_a_class_of_service_without_our_route_is_told_and_one_with_it_loses_it(bench: Bench) -> None:
    bench.sql("CREATE TABLE customcontexts_contexts (context VARCHAR(100), description VARCHAR(100),"
              " faildestination TEXT, featurefaildestination TEXT)")  # fmt: skip
    bench.sql("CREATE TABLE customcontexts_includes (context VARCHAR(100), include VARCHAR(100))")
    bench.sql("INSERT INTO customcontexts_contexts VALUES ('limitado', 'Local', '', ''), ('todo', 'All', '', '')")
    bench.sql("INSERT INTO customcontexts_includes VALUES ('limitado', 'outrt-1'), ('todo', 'outbound-allroutes')")
    told = bench.json("check").message("pbx.class_of_service")
    assert "limitado" in told and "todo" not in told and "oml-agents" in told
    bench.done("apply", "--yes")
    bench.sql("INSERT INTO customcontexts_includes VALUES ('limitado', 'outrt-2')")
    assert "pbx.class_of_service" not in bench.json("check").codes
    assert "class of service limitado" in bench.done("remove", "--yes").message("usage.leads")
