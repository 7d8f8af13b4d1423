"""What `check` finds before anything is written, one trap at a time."""

from __future__ import annotations

import pytest

from tests.oml.plugin import FOREIGN, PluginOml

CAMPAIGN = """
from configuracion_telefonia_app.models import RutaSaliente
from ominicontacto_app.models import Campana, User
user = User.objects.create(username='u')
Campana.objects.create(nombre='sales', type=Campana.TYPE_MANUAL, reported_by=user, outr=RutaSaliente.objects.get())
"""


def test_nothing_is_found_where_all_is_well(oml: PluginOml) -> None:
    done = oml.run("check")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "OMniLeads: all is well")


def test_a_link_must_say_which_driver_the_pbx_has(oml: PluginOml) -> None:
    oml.link(technology="auto")
    assert oml.codes("check") == {"oml.auto"}
    assert oml.run("apply", "--yes").returncode == 1


def test_a_transport_that_does_not_exist_is_an_error_that_names_those_that_do(oml: PluginOml) -> None:
    oml.asterisk.transport = "agent-transport"
    [finding] = oml.document("check")["findings"]
    assert (finding["code"], finding["severity"]) == ("oml.transport", "error")
    assert f"agent-transport ({oml.asterisk.sip_port})" in finding["message"]


@pytest.mark.parametrize(("topology", "severity"), [("lan", "error"), ("wan", "warning")])
def test_another_port_is_an_error_unless_something_may_map_it(oml: PluginOml, topology: str, severity: str) -> None:
    path = oml.link(port=5999)
    text = path.read_text(encoding="utf-8").replace("topology = lan", f"topology = {topology}")
    path.write_text(text.replace("trunk = issabel", "trunk = issabel\ntransport = trunk-transport"), encoding="utf-8")
    [finding] = oml.document("check")["findings"]
    assert (finding["code"], finding["severity"]) == ("oml.other_port", severity)


def test_a_host_that_does_not_resolve(oml: PluginOml) -> None:
    oml.link(pbx="pbx.invalid")
    assert oml.codes("check") == {"oml.unresolvable"}


def test_a_pbx_that_does_not_answer_is_a_warning(oml: PluginOml) -> None:
    oml.link(pbx="127.0.0.9")
    assert oml.codes("check") == {"oml.pbx_silent"}
    oml.apply()


def test_an_apostrophe_in_a_trunk_of_somebody_else_would_lose_the_file(oml: PluginOml) -> None:
    oml.python(FOREIGN + 't.text_config += "\\r\\nendpoint/callerid=O\'Brien"; t.save()')
    assert oml.codes("check") == {"oml.apostrophe"}
    assert oml.run("apply", "--yes").returncode == 1


def test_an_apostrophe_in_our_own_trunk_is_mended(oml: PluginOml) -> None:
    oml.apply()
    oml.python('from configuracion_telefonia_app.models import TroncalSIP as T; T.objects.update(text_config="it\'s")')
    assert "oml.apostrophe" not in oml.codes("check")
    oml.apply()


def test_a_route_of_somebody_else_keeps_the_trunk(oml: PluginOml) -> None:
    oml.apply()
    oml.python("""
from configuracion_telefonia_app import models as m
m.RutaSaliente.objects.create(nombre='theirs').secuencia_troncales.create(troncal=m.TroncalSIP.objects.get(), orden=1)
""")
    before = oml.state()
    done = oml.document("remove", "--yes")
    assert (done["exit"], [f["code"] for f in done["findings"]]) == (1, ["oml.trunk_in_use"])
    assert "theirs" in done["findings"][0]["message"] and oml.state() == before
    assert oml.codes("check") == set()


def test_a_campaign_keeps_its_route(oml: PluginOml) -> None:
    oml.apply()
    oml.python(CAMPAIGN)
    before = oml.state()
    done = oml.document("remove", "--yes")
    assert (done["exit"], [f["code"] for f in done["findings"]]) == (1, ["oml.route_in_use"])
    assert "sales" in done["findings"][0]["message"] and oml.state() == before
    oml.link(routes="")
    assert oml.codes("plan") == {"oml.route_in_use"}


@pytest.mark.parametrize(
    ("routes", "code"),
    [
        ("[[all]]\npatterns = " + "9" * 33 + "|XXX\n", "oml.refused"),
        ("[[all]]\npatterns = XXXX, 0+XXXX\n", "oml.pattern_twice"),
        ("[[all]]\npatterns = +54|XXXX\n", "oml.not_dialable"),
    ],
)
def test_patterns_that_oml_refuses_or_cannot_use(oml: PluginOml, routes: str, code: str) -> None:
    oml.link(routes=routes)
    assert oml.codes("check") == {code}


def test_a_pattern_that_another_route_takes_first(oml: PluginOml) -> None:
    oml.python(FOREIGN)
    oml.link(routes="[[mine]]\npatterns = 0X.\n")
    [finding] = oml.document("check")["findings"]
    assert finding["code"] == "oml.pattern_overlap" and "'their_route'" in finding["message"]
    oml.apply()
    assert oml.codes("check") == {"oml.pattern_overlap"}


def test_numbers_of_the_directory_that_no_call_reaches(oml: PluginOml) -> None:
    oml.standin.manage("standin_seed", "--agent", "Ana", "--did", "12345=ventas")
    oml.python("from ominicontacto_app.models import AgenteProfile as A; A.objects.update(sip_extension=2007)")
    found = {f["code"]: f["message"] for f in oml.document("check")["findings"]}
    assert set(found) == {"did.taken_for_agent"} and "12345" in found["did.taken_for_agent"]


def test_extensions_and_agents_of_the_link_that_oml_does_not_have(oml: PluginOml) -> None:
    oml.standin.manage("standin_seed", "--agent", "Ana", "--did", "098098=ventas")
    sends = {"700": "098098", "701": "098099", "702": "10021", "1002": "098098"}
    extensions = "".join(f"[[e{number}]]\nnumber = {number}\nsend = {send}\n" for number, send in sends.items())
    oml.link(more=f"[agents]\nlist = 1002:1, 1003:2\n[extensions]\n{extensions}")
    found = {f["code"]: f["message"] for f in oml.document("check")["findings"]}
    assert set(found) == {"oml.did_missing", "oml.agent_missing", "oml.agent_is_extension"}
    assert "701" in found["oml.did_missing"] and "1003:2" in found["oml.agent_missing"]


def test_a_trunk_named_like_an_agent_s_extension(oml: PluginOml) -> None:
    oml.standin.manage("standin_seed", "--agent", "Ana")
    codes = oml.python(f"""
from dataclasses import replace
from pathlib import Path
from oml_plugin.side import connect
from pbxlink.link import link_file
link = link_file.read(Path({str(oml.folder / "link.conf")!r}))
link = replace(link, omnileads=replace(link.omnileads, trunk='1002'))
answer = [finding.code for finding in connect(link).inspect(link).findings]
""")
    assert codes == ["oml.trunk_is_agent"]


def test_without_our_table_it_says_which_command_makes_it(oml: PluginOml) -> None:
    oml.standin.manage("migrate", "oml_plugin", "zero", "-v0")
    found = oml.document("check")["findings"]
    assert [f["code"] for f in found] == ["oml.not_migrated"] and "migrate oml_plugin" in found[0]["hint"]
    assert oml.run("apply", "--yes").returncode == 1
    assert oml.document("status")["owned"] == []


def test_outside_of_oml_s_environment_it_says_what_is_missing(oml: PluginOml) -> None:
    oml.standin.environment["AMI_PASSWORD"] = ""
    done = oml.run("plan")
    assert done.returncode == 1 and "AMI_PASSWORD" in done.stderr


def test_the_migration_is_what_the_model_says(oml: PluginOml) -> None:
    assert oml.standin.manage("makemigrations", "oml_plugin", "--check", "--dry-run").returncode == 0


def test_a_context_that_oml_does_not_have(oml: PluginOml) -> None:
    path = oml.link()
    path.write_text(path.read_text(encoding="utf-8").replace("[omnileads]", "[omnileads]\ncontext = no-such"), "utf-8")
    [finding] = oml.document("check")["findings"]
    assert (finding["code"], finding["severity"]) == ("oml.no_context", "error") and "no-such" in finding["message"]
    tried = next(each for each in oml.document("verify")["findings"] if each["code"] == "verify.no_context")
    assert tried["severity"] == "error" and "no-such" in tried["message"]
