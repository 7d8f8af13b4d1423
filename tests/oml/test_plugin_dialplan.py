"""The dialplan part of a link: switched on, in force, away again; and nothing of OML's own changed by it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pbxlink.link import link_file
from pbxlink.link.link_sections import mapping_of
from pbxlink.link.model import OmlDialplan
from pbxlink.messages.errors import InvalidInput
from tests.demo import manager
from tests.oml.plugin import ROUTES_FILE, PluginOml
from tests.unit import strategies as draw

ON = "[dialplan]\nagents = yes"
TEMPLATE = Path(__file__).parents[2] / "oml_plugin" / "kinds" / "dialplan.conf"
SAVE_A_ROUTE = """
from configuracion_telefonia_app import models as m, regeneracion_configuracion_telefonia as sync
r = m.RutaSaliente.objects.create(nombre='their_route')
r.patrones_de_discado.create(match_pattern='0XXX', orden=1)
sync.SincronizadorDeConfiguracionDeRutaSalienteEnAsterisk().regenerar_asterisk(r)
"""


def file(oml: PluginOml) -> str:
    """The outbound routes' file as it was last put on the stream."""
    return str(oml.settled()["stream"].get(ROUTES_FILE, ""))


def test_the_text_holds_nothing_that_the_way_to_asterisk_trips_over() -> None:
    text = TEMPLATE.read_text(encoding="utf-8")
    assert not set("'\"\\\t\r") & set(text) and text.isascii()
    assert not any(line.startswith(";--") for line in text.splitlines()), "the begin of a comment of many lines"
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith(";")]
    assert all(re.fullmatch(r"\[[@A-Za-z-]+\]|exten => .+|same => n.*", line) for line in lines)


def test_it_is_off_unless_the_link_says_so(oml: PluginOml) -> None:
    oml.apply()
    assert "issabel-omnileads" not in file(oml)
    assert [change["key"] for change in oml.document("plan")["changes"]] == []


def test_it_is_planned_applied_and_taken_away_to_the_byte(oml: PluginOml) -> None:
    oml.apply()
    without = file(oml)
    oml.link(more=ON)
    [change] = oml.document("plan")["changes"]
    assert (change["action"], change["kind"], change["key"]) == ("create", "dialplan", "test")
    oml.apply()
    assert file(oml).startswith(without) and "[from-pbx]\n" in file(oml)[len(without) :]
    again = oml.run("apply", "--yes")
    assert again.stdout.splitlines()[-1] == "All is as it should be: nothing to change"
    oml.link()
    oml.apply()
    assert file(oml) == without


def test_removing_the_link_takes_it_away(oml: PluginOml) -> None:
    oml.link(more=ON)
    oml.apply()
    assert oml.run("remove", "--yes").returncode == 0
    assert "issabel-omnileads" not in file(oml)
    assert oml.python("from oml_plugin.models import DialplanPart as D; answer = D.objects.count()") == 0


def test_it_stays_when_somebody_saves_a_route_in_oml(oml: PluginOml) -> None:
    oml.link(more=ON)
    oml.apply()
    oml.python(SAVE_A_ROUTE)
    assert "_0XXX" in file(oml) and file(oml).count("[issabel-omnileads]") == 1
    oml.standin.manage("regenerar_asterisk")
    assert file(oml).count("[issabel-omnileads]") == 1


def test_what_asterisk_lost_is_told_and_published_again(oml: PluginOml) -> None:
    oml.link(more=ON)
    oml.apply()
    oml.asterisk.behind, oml.asterisk._last[ROUTES_FILE] = True, ""
    assert "publish.missing" in oml.codes("plan")
    oml.asterisk.behind = False
    oml.apply()
    assert "publish.missing" not in oml.codes("plan")


def test_what_asterisk_does_not_take_is_undone(oml: PluginOml) -> None:
    oml.apply()
    before = oml.settled()
    oml.asterisk.behind = True
    oml.standin.hurry(proof=2)
    oml.link(more=ON)
    done = oml.document("apply", "--yes")
    assert "oml.dialplan_not_loaded" in {finding["code"] for finding in done["findings"]} and done["exit"] == 1
    assert oml.settled() == before and oml.journals == []


def test_an_oml_whose_dialplan_is_another_is_told_and_nothing_is_written(
    oml: PluginOml, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(manager._BUILT_IN, "sub-oml-set-chanvars")
    oml.link(more=ON)
    before = oml.state()
    done = oml.document("apply", "--yes")
    [finding] = done["findings"]
    assert (finding["code"], done["exit"]) == ("oml.dialplan_unsupported", 1)
    assert "sub-oml-set-chanvars" in finding["message"] and oml.state() == before


def test_oml_writes_its_routes_whatever_is_wrong_with_the_part(oml: PluginOml) -> None:
    oml.link(more=ON)
    oml.apply()
    oml.python("from django.db import connection as c; c.cursor().execute('DROP TABLE oml_plugin_dialplanpart')")
    oml.python(SAVE_A_ROUTE)
    assert "_0XXX" in file(oml) and "issabel-omnileads" not in file(oml)
    broken = "import oml_plugin.releases.outbound_file as o; o.published = None\n"
    oml.python(broken + SAVE_A_ROUTE.replace("their_route", "other"))
    assert "issabel-omnileads" not in file(oml)


@pytest.mark.parametrize("context", ["from-pbx]", "a\nexten => s,1,System(x)", "a b", "", "x" * 81, "${EXTEN}"])
def test_no_context_of_a_link_becomes_a_line_of_the_dialplan(context: str) -> None:
    sections = mapping_of(draw.example(dialplan=OmlDialplan(agents=True)))
    assert link_file.from_mapping(sections).dialplan.agents
    sections["omnileads"]["context"] = context
    with pytest.raises(InvalidInput):
        link_file.from_mapping(sections)


def test_a_did_that_the_agent_rule_swallows_works_with_it(oml: PluginOml) -> None:
    oml.standin.manage("standin_seed", "--agent", "Ana", "--did", "1145556666=ventas")
    extension = "[extensions]\n[[e]]\nnumber = 700\nsend = {}\n"
    assert oml.codes("check") == {"did.taken_for_agent"}
    oml.link(more=ON + "\n" + extension.format("1145556666"))
    assert oml.codes("check") == set()
    oml.link(more=ON + "\n" + extension.format("1145556667"))
    assert oml.codes("check") == {"oml.did_missing"}
