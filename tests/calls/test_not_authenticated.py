"""What `verify` must tell apart although both Asterisks say that all is well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.calls.linked import DID, Linked, eventually


@pytest.fixture(scope="module")
def link(hosts: Linked) -> Iterator[Linked]:
    """The two hosts, linked over chan_sip."""
    hosts.link("sip")
    yield hosts
    hosts.unlink()


def test_before_an_apply_nothing_is_loaded(hosts: Linked) -> None:
    hosts.link("sip")
    hosts.unlink()
    pbx, oml = hosts.on_pbx("verify", "--json"), hosts.on_oml("verify", "--json")
    assert hosts.directions(pbx)["pbx->oml"] == "not_loaded"
    assert hosts.directions(oml)["oml->pbx"] == "not_loaded"
    assert (pbx.returncode, oml.returncode) == (2, 2)


def test_the_guide_as_printed_is_ok_and_avail_and_not_authenticated(link: Linked) -> None:
    """The guide prints secret=omnileads on one side, issabelOML on the other, and no defaultuser."""
    _as_printed(link)
    assert eventually(lambda: "OK (" in _line(link.pbx.cli("sip show peers"), "omnileads")), "peer not OK"
    assert eventually(link.oml_reaches_pbx, 30), "contact not Avail"
    pbx, oml = link.on_pbx("verify", "--json"), link.on_oml("verify", "--json")
    assert link.directions(pbx)["pbx->oml"] == "not_authenticated", pbx.stdout
    assert link.directions(oml)["oml->pbx"] == "not_authenticated", oml.stdout
    assert (pbx.returncode, oml.returncode) == (2, 2)
    assert "NOT authenticate" in link.on_pbx("verify").stdout
    assert link.pbx.originate(DID)["Response"] != "Success"


def test_applying_the_link_again_mends_it(link: Linked) -> None:
    _as_printed(link)
    directory = str(link.folder / "directory.json")
    assert link.on_pbx("plan", "--directory", directory).returncode == 2
    assert link.on_pbx("apply", "--yes", "--directory", directory).returncode == 0
    assert link.on_oml("apply", "--yes").returncode == 0
    assert link.on_pbx("verify").returncode == 0
    assert link.on_oml("verify").returncode == 0


def test_a_port_where_nobody_answers(link: Linked) -> None:
    with link.pbx.engine.begin() as connection:
        connection.execute(text("UPDATE sip SET data = '5999' WHERE id LIKE 'tr-peer-%' AND keyword = 'port'"))
    link.pbx.ask_for_reload()
    link.pbx.reload()
    assert eventually(lambda: "UNREACHABLE" in _line(link.pbx.cli("sip show peers"), "omnileads"), 30)
    verified = link.on_pbx("verify", "--json")
    assert link.directions(verified)["pbx->oml"] == "unreachable"


def _as_printed(link: Linked) -> None:
    with link.pbx.engine.begin() as connection:
        mine = "id LIKE 'tr-peer-%' AND keyword"
        connection.execute(text(f"UPDATE sip SET data = 'omnileads' WHERE {mine} = 'secret'"))
        connection.execute(text(f"UPDATE sip SET keyword = 'fromuser' WHERE {mine} = 'defaultuser'"))
    link.pbx.ask_for_reload()
    link.pbx.reload()
    # chan_sip keeps a defaultuser whose line is gone until its module is loaded anew (recorded).
    for command in ("module unload chan_sip.so", "module load chan_sip.so"):
        link.pbx.cli(command)
    link.oml.python(
        "import re\n"
        "from configuracion_telefonia_app.models import TroncalSIP\n"
        "from configuracion_telefonia_app.regeneracion_configuracion_telefonia import"
        " SincronizadorDeConfiguracionTroncalSipEnAsterisk as Sync\n"
        "trunk = TroncalSIP.objects.get(nombre='issabel')\n"
        "trunk.text_config = re.sub('password=.*', 'password=issabelOML\\r', trunk.text_config)\n"
        "trunk.save()\nSync().regenerar_troncales(trunk)"
    )
    password = "issabelOML"
    assert eventually(lambda: password in (link.pair.oml.etc_dir / "oml_pjsip_trunks.conf").read_text())
    link.oml_cli("module reload res_pjsip.so")


def _line(output: str, start: str) -> str:
    return next((line for line in output.splitlines() if line.startswith(start)), "")
