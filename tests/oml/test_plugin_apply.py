"""`manage.py pbx_link` on an OML of two files: what an apply, a second one, a change and a remove leave behind."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pbxlink.link import link_code, link_file
from tests.oml.plugin import FOREIGN, ROUTES_FILE, SECRET, TRUNKS_FILE, PluginOml
from tests.standins.oml import truth

APP = "configuracion_telefonia_app_"
KEPT_NUMBER = "endpoint/send_pai=yes"
"""The one line that `caller_id = keep` adds to the guide's."""


def as_recorded_before(oml: PluginOml) -> None:
    """What stood before the recorded actions: ids used up, and one route of somebody else."""
    oml.python("""
from configuracion_telefonia_app import models as m
t = m.TroncalSIP.objects.create(nombre='earlier', text_config='type=wizard')
r = m.RutaSaliente.objects.create(nombre='earlier')
for n in range(4): r.patrones_de_discado.create(match_pattern='00' + 'X' * (n + 1), orden=n + 1)
r.secuencia_troncales.create(troncal=t, orden=1).delete()
t.delete()
""")


def without_route_1(state: dict[str, Any]) -> dict[str, Any]:
    def is_ours(row: dict[str, Any]) -> bool:
        return bool(row.get("ruta_saliente_id", row["id"]) != 1)

    rows = state["rows"]
    others = {t: [row for row in rows[t] if is_ours(row)] for t in ("rutasaliente", "patrondediscado", "ordentroncal")}
    return {APP + table: found for table, found in {**rows, **others}.items()}


@pytest.mark.parametrize("caller_id", ["trunk", "keep"])
def test_rows_hashes_and_stream_are_as_recorded(oml: PluginOml, caller_id: str) -> None:
    trunk, route = truth.recorded("a1_trunk_create"), truth.recorded("b2_route_create")
    as_recorded_before(oml)
    wanted = {table: rows for part in (trunk, route) for table, rows in part["added"].items()}
    row = wanted[APP + "troncalsip"][0]
    host = f"{oml.pbx[0]}:{oml.pbx[1]}"
    row["text_config"] = row["text_config"].replace("issabelOML", SECRET).replace("10.66.0.3:5060", host)
    row["text_config"] += f"\r\n{KEPT_NUMBER}" if caller_id == "keep" else ""
    oml.link(caller_id=caller_id)
    oml.apply()
    state = oml.state()
    assert without_route_1(state) == wanted
    for part, key in ((trunk, "OML:TRUNK:2"), (route, "OML:OUTR:2")):
        assert state["hashes"][key] == part["hashes"][key][1]
    assert [entry["archivo"] for entry in state["stream"]] == [TRUNKS_FILE, ROUTES_FILE]
    stanza = f"\n[issabel]\n{row['text_config']}\n".replace("\r", "")
    assert state["stream"][0] == {**trunk["stream"][0], "content": stanza}


def test_the_guide_s_lines_in_their_order_without_any_record(oml: PluginOml) -> None:
    oml.link(caller_id="trunk")
    oml.apply()
    [trunk] = oml.state()["rows"]["troncalsip"]
    assert (trunk["tecnologia"], trunk["canales_maximos"], trunk["register_string"], trunk["caller_id"]) == (
        1, 1000, None, None,
    )  # fmt: skip
    assert trunk["text_config"].split("\r\n") == [
        "type=wizard", "transport=trunk-transport", "accepts_registrations=no", "sends_auth=yes",
        "sends_registrations=no", "accepts_auth=yes", "endpoint/rtp_symmetric=no", "endpoint/force_rport=no",
        "endpoint/rewrite_contact=no", "endpoint/timers=yes", "aor/qualify_frequency=60", "endpoint/allow=alaw,ulaw",
        "endpoint/dtmf_mode=rfc4733", "endpoint/context=from-pbx", f"remote_hosts={oml.pbx[0]}:{oml.pbx[1]}",
        "inbound_auth/username=issabel", f"inbound_auth/password={SECRET}", "outbound_auth/username=omnileads",
        f"outbound_auth/password={SECRET}", "endpoint/from_user=omnileads",
    ]  # fmt: skip


def test_a_second_apply_changes_nothing(oml: PluginOml) -> None:
    oml.apply()
    before = oml.state()
    done = oml.run("apply", "--yes")
    assert (done.returncode, done.stdout) == (0, "All is as it should be: nothing to change\n")
    assert oml.state() == before
    assert oml.document("plan")["exit"] == 0


def test_removing_leaves_all_as_before_among_resources_of_others(oml: PluginOml) -> None:
    oml.python(FOREIGN)
    before = oml.settled()
    oml.apply()
    assert "issabel" in oml.settled()["stream"][TRUNKS_FILE] and len(oml.state()["owned"]) == 2
    done = oml.run("remove", "--yes")
    assert done.returncode == 0, done.stderr
    assert oml.settled() == before


def test_removing_the_last_trunk_publishes_an_empty_file(oml: PluginOml) -> None:
    oml.apply()
    assert oml.run("remove", "--yes").returncode == 0
    after = oml.settled()
    assert after["stream"][TRUNKS_FILE] == "" and after["hashes"] == {} and not any(after["rows"].values())
    assert oml.journals == []


def test_one_run_of_each_synchroniser_for_many_routes(oml: PluginOml) -> None:
    oml.link(routes="".join(f"[[r{n}]]\npatterns = {n}XXX\n" for n in range(2, 7)))
    oml.apply()
    state = oml.state()
    assert [entry["archivo"] for entry in state["stream"]] == [TRUNKS_FILE, ROUTES_FILE]
    assert sorted(state["hashes"]) == [*(f"OML:OUTR:{n}" for n in range(1, 6)), "OML:TRUNK:1"]
    assert [route["orden"] for route in state["rows"]["rutasaliente"]] == [1, 2, 3, 4, 5]
    oml.link(routes="[[r3]]\npatterns = 3XXX, 33XX\n")
    oml.apply("--force")  # most of what is ours goes
    state = oml.state()
    assert [entry["archivo"] for entry in state["stream"]] == [TRUNKS_FILE, ROUTES_FILE, ROUTES_FILE]
    assert sorted(state["hashes"]) == ["OML:OUTR:2", "OML:TRUNK:1"]
    assert state["hashes"]["OML:OUTR:2"]["PREFIX-2"] == ""


@pytest.mark.failure_points
def test_one_run_of_each_synchroniser_for_a_thousand_patterns(oml: PluginOml) -> None:
    patterns = {f"r{n}": [f"{n}{last}XXX" for last in range(10)] for n in range(100, 200)}
    oml.link(routes="".join(f"[[{name}]]\npatterns = {', '.join(each)}\n" for name, each in patterns.items()))
    oml.apply()
    state = oml.state()
    assert [entry["archivo"] for entry in state["stream"]] == [TRUNKS_FILE, ROUTES_FILE]
    assert sorted(state["hashes"]) == sorted([*(f"OML:OUTR:{n}" for n in range(1, 101)), "OML:TRUNK:1"])
    assert [route["orden"] for route in state["rows"]["rutasaliente"]] == [*range(1, 101)]
    assert len(state["rows"]["patrondediscado"]) == 1000


def test_what_somebody_changed_is_put_right_with_the_same_ids(oml: PluginOml) -> None:
    oml.link(routes="[[all]]\npatterns = XXXXXXX, 9|1XXX\nring_time = 25\n")
    oml.apply()
    before = oml.settled()
    oml.python("""
from configuracion_telefonia_app import models as m
m.TroncalSIP.objects.update(nombre='renamed', text_config='type=wizard')
m.RutaSaliente.objects.update(nombre='other', ring_time=99)
m.PatronDeDiscado.objects.filter(orden=2).delete()
""")
    shown = oml.document("plan")
    assert {(change["action"], change["key"]) for change in shown["changes"]} == {
        ("update", "issabel"), ("update", "all"),
    }  # fmt: skip
    oml.apply()
    after = oml.settled()
    assert {name: after[name] for name in ("hashes", "stream")} == {n: before[n] for n in ("hashes", "stream")}
    assert after["rows"]["troncalsip"] == before["rows"]["troncalsip"]
    assert after["rows"]["rutasaliente"] == before["rows"]["rutasaliente"]


def test_patterns_and_trunks_that_are_replaced_keep_their_ids_place_by_place(oml: PluginOml) -> None:
    """As OML's own page saves a route: what an id of theirs stands for elsewhere stays what it was."""
    oml.apply()
    rows = oml.state()["rows"]
    patterns, [place] = [row["id"] for row in rows["patrondediscado"]], rows["ordentroncal"]
    oml.link(routes="[[all]]\npatterns = XXXXXXX, 8|2XXX, 9|1XXX, XXXXXXXXXX, 00.\n")
    oml.apply()
    rows = oml.state()["rows"]
    assert [row["id"] for row in rows["patrondediscado"]][:4] == patterns
    assert [row["match_pattern"] for row in rows["patrondediscado"]] == ["XXXXXXX", "2XXX", "1XXX", "XXXXXXXXXX", "00."]
    assert rows["ordentroncal"] == [place]
    oml.link(routes="[[all]]\npatterns = 9|1XXX, XXXXXXX\n", trunk="otherpbx")
    oml.apply()
    rows = oml.state()["rows"]
    assert [(row["id"], row["match_pattern"]) for row in rows["patrondediscado"]] == [
        (patterns[0], "1XXX"), (patterns[1], "XXXXXXX"),
    ]  # fmt: skip
    assert len(rows["ordentroncal"]) == 1  # through another trunk it is another row


THEIRS = """
from configuracion_telefonia_app import models as m
t = m.TroncalSIP.objects.get()
t.canales_maximos, t.caller_id = 7, '5550100'
t.text_config += '\\r\\nendpoint/direct_media=no'
t.save()
r = m.RutaSaliente.objects.get()
r.ring_time, r.dial_options, r.orden = 40, 'R', 9
r.save()
other = m.TroncalSIP.objects.create(nombre='carrier', canales_maximos=2, text_config='type=wizard', tecnologia=1)
r.secuencia_troncales.create(troncal=other, orden=5)
"""
"""Everything that the link has no value for, set by OML's administrator."""


def test_what_the_link_has_no_value_for_is_the_administrator_s(oml: PluginOml) -> None:
    oml.apply()
    oml.python(THEIRS)
    before = oml.state()["rows"]
    assert oml.document("plan")["changes"] == []
    assert "drift.changed" not in [each["code"] for each in oml.document("status")["findings"]]
    oml.link(routes="[[all]]\npatterns = XXXXXXX\n", caller_id="trunk")
    assert {(each["action"], each["key"]) for each in oml.document("plan")["changes"]} == {
        ("update", "issabel"), ("update", "all"),
    }  # fmt: skip
    oml.apply()
    after = oml.state()["rows"]
    trunk = next(row for row in after["troncalsip"] if row["nombre"] == "issabel")
    assert (trunk["canales_maximos"], trunk["caller_id"]) == (7, "5550100")
    assert "send_pai" not in trunk["text_config"] and trunk["text_config"].endswith("endpoint/direct_media=no")
    assert (after["rutasaliente"], after["ordentroncal"]) == (before["rutasaliente"], before["ordentroncal"])
    assert len(after["patrondediscado"]) == 1
    oml.apply()
    oml.document("remove", "--yes")
    assert [row["nombre"] for row in oml.state()["rows"]["troncalsip"]] == ["carrier"]


def test_what_the_gui_renumbers_on_saving_is_no_difference(oml: PluginOml) -> None:
    oml.apply()
    oml.python("""
from django.db.models import F
from configuracion_telefonia_app import models as m
for each in (m.PatronDeDiscado, m.OrdenTroncal): each.objects.update(orden=F('orden') + 100)
m.RutaSaliente.objects.update(orden=9)
m.PatronDeDiscado.objects.filter(prefix=None).update(prefix='')
""")
    assert oml.document("plan")["changes"] == []


def test_a_trunk_turned_to_chansip_comes_back_and_its_stanza_goes(oml: PluginOml) -> None:
    oml.apply()
    oml.python("""
from configuracion_telefonia_app import models as m, regeneracion_configuracion_telefonia as sync
t = m.TroncalSIP.objects.get(); t.tecnologia = 0; t.save()
sync.SincronizadorDeConfiguracionTroncalSipEnAsterisk().regenerar_troncales(t)
""")
    oml.apply()
    after = oml.settled()
    assert after["stream"]["oml_sip_trunks.conf"] == "" and "[issabel]" in after["stream"][TRUNKS_FILE]
    assert after["hashes"]["OML:TRUNK:1"]["TECH"] == "PJSIP"


def test_a_trunk_made_by_hand_is_adopted_when_equal_and_a_conflict_when_not(oml: PluginOml) -> None:
    oml.apply()
    oml.python("from oml_plugin.models import OwnedResource as O; O.objects.all().delete()")
    before = oml.state()
    assert {change["action"] for change in oml.document("plan")["changes"]} == {"adopt"}
    oml.apply()
    assert oml.state()["stream"] == before["stream"] and len(oml.state()["owned"]) == 2
    oml.python("""
from oml_plugin.models import OwnedResource as O; O.objects.all().delete()
from configuracion_telefonia_app import models as m; m.TroncalSIP.objects.update(text_config='type=wizard')
""")
    before = oml.state()
    refused = oml.document("apply", "--yes")
    assert (refused["exit"], refused["findings"][-1]["code"]) == (1, "plan.conflict")
    assert oml.state() == before


def test_another_trunk_name_moves_the_routes_and_takes_the_old_one_away(oml: PluginOml) -> None:
    oml.apply()
    oml.link(trunk="otherpbx")
    oml.apply()
    after = oml.settled()
    assert [trunk["nombre"] for trunk in after["rows"]["troncalsip"]] == ["otherpbx"]
    assert (sorted(after["hashes"]), after["hashes"]["OML:OUTR:1"]["TRUNK-1"]) == (["OML:OUTR:1", "OML:TRUNK:2"], "2")
    assert "[issabel]" not in after["stream"][TRUNKS_FILE]


def test_the_code_is_taken_from_the_option_and_from_standard_input(oml: PluginOml) -> None:
    code = link_code.encode(link_file.read(oml.link()))
    assert oml.run("code").stdout == code + "\n"
    (oml.folder / "link.conf").unlink()
    assert oml.run("plan", "--code", code).returncode == 2
    assert oml.run("apply", "--yes", "--code", "-", typed=f"{code}\n").returncode == 0
    cut = oml.run("plan", "--code", "-", typed=code[:-4])
    assert cut.returncode == 1 and "cut or altered" in cut.stderr and "Traceback" not in cut.stderr


def test_no_secret_shows_anywhere(oml: PluginOml) -> None:
    said = [oml.run(*arguments) for arguments in (["plan"], ["plan", "--json"], ["apply", "--yes", "--json"])]
    oml.link(secret="another-Secret-to-be-hidden-99")
    said += [oml.run(*arguments) for arguments in (["plan"], ["apply", "--yes"], ["remove", "--yes", "--json"])]
    assert [done.returncode for done in said] == [2, 2, 0, 2, 0, 0]
    for done in said:
        assert SECRET not in done.stdout + done.stderr and "to-be-hidden" not in done.stdout + done.stderr
    oml.apply()
    assert "to-be-hidden" not in json.dumps(oml.state()["owned"])


def test_the_secret_s_change_is_a_change(oml: PluginOml) -> None:
    oml.apply()
    oml.link(secret="another-Secret-to-be-hidden-99")
    assert [change["key"] for change in oml.document("plan")["changes"]] == ["issabel"]
    oml.apply()
    assert "another-Secret-to-be-hidden-99" in oml.settled()["stream"][TRUNKS_FILE]


def test_exit_codes_and_status(oml: PluginOml) -> None:
    assert oml.run("check").returncode == 0
    assert oml.run("plan").returncode == 2
    assert oml.document("status")["owned"] == []
    assert oml.run("apply").returncode == 1  # nobody to ask
    oml.apply()
    shown = oml.document("status")
    assert (shown["exit"], shown["owned"]) == (0, ["route/all", "trunk/issabel"])
    assert shown["side"]["product"].startswith("OMniLeads") and shown["side"]["redis"].endswith(":6379")
    (oml.folder / "link.conf").unlink()
    gone = oml.document("plan")
    assert (gone["exit"], gone["findings"][0]["code"]) == (1, "linkfile.missing")


def test_the_directory_has_inbound_routes_and_active_agents(oml: PluginOml) -> None:
    oml.standin.manage("standin_seed", "--agent", "Ana Gómez", "--agent", "Old One", "--did", "098098=ventas")
    oml.python("from ominicontacto_app.models import AgenteProfile as A; A.objects.filter(pk=2).update(borrado=True)")
    assert json.loads(oml.run("directory").stdout) == {
        "format": 1,
        "inbound_routes": [{"did": "098098", "name": "ventas"}],
        "agents": [{"id": 1, "sip_extension": "1002", "name": "Ana Gómez"}],
    }
