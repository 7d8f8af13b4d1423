"""The product on a stand-in FreePBX: what its pages and its reload do otherwise than Issabel's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from issabel_module.asterisk import reload
from issabel_module.flavours.detect import FLAVOURS, detect
from issabel_module.flavours.flavour import Installed
from issabel_module.flavours.freepbx import FreePBX
from issabel_module.flavours.freepbx_forms import Around
from pbxlink.engine.plan import Cell
from pbxlink.link.model import Signalling
from tests.pbx.product import SECRET, Bench, difference, freepbx_bench
from tests.standins.pbx.rig import StandinPbx

pytest_plugins = ["tests.pbx.product_fixtures"]
SUFFIX = "OUT_1_SUFFIX"


def _global(bench: Bench, name: str) -> str:
    with bench.pbx.ami() as ami:
        return dict(ami.action("Getvar", Variable=name)).get("Value", "")


def _set_global(bench: Bench, name: str, value: str) -> None:
    with bench.pbx.ami() as ami:
        ami.action("Setvar", Variable=name, Value=value)


def test_the_database_is_that_of_freepbx_conf(freepbx: Bench) -> None:
    assert "AMPDB" not in freepbx.pbx.amportal.read_text()
    assert "FreePBX 15.0.16.40" in freepbx.run("status").out
    freepbx.pbx.amportal.with_name("freepbx.conf").unlink()
    assert freepbx.json("status").codes == ["amportal.no_database"] * 2


def test_a_trunk_that_becomes_chan_sip_does_not_keep_the_suffix_of_pjsip(freepbx: Bench) -> None:
    freepbx.write_link(pbx={"technology": "pjsip"})
    freepbx.done("apply", "--yes")
    assert _global(freepbx, SUFFIX) == "@omnileads"
    freepbx.write_link(pbx={"technology": "sip"})
    freepbx.done("apply", "--yes")
    assert _global(freepbx, SUFFIX) == "" and _global(freepbx, "OUT_1") == "SIP/omnileads"
    assert freepbx.sql("SELECT * FROM pjsip") == []


def test_a_removed_pjsip_trunk_leaves_no_suffix_to_the_next_of_its_number(freepbx: Bench) -> None:
    freepbx.write_link(pbx={"technology": "pjsip"})
    freepbx.done("apply", "--yes")
    freepbx.done("remove", "--yes")
    assert _global(freepbx, SUFFIX) == ""


def test_the_suffix_that_somebodys_trunk_left_is_emptied(freepbx: Bench) -> None:
    _set_global(freepbx, SUFFIX, "@formertrunk")
    freepbx.write_link(pbx={"technology": "sip"})
    freepbx.done("apply", "--yes")
    assert _global(freepbx, SUFFIX) == ""


def test_the_suffix_of_another_trunk_of_the_same_number_stays(freepbx: Bench) -> None:
    freepbx.write_link(pbx={"technology": "sip"})
    freepbx.done("apply", "--yes")
    freepbx.sql("INSERT INTO trunks (trunkid, name, tech, channelid) VALUES (1, 'other', 'pjsip', 'other')")
    freepbx.settle()
    freepbx.done("remove", "--yes")
    assert _global(freepbx, SUFFIX) == "@other"


def _once(bench: Bench, lines: str) -> str:
    """What the first reload does instead; that of the undo goes through."""
    mark = bench.folder / "was-there"
    return f"[ -e {mark} ] || {{ touch {mark}; {lines}; }}"


@pytest.mark.parametrize(
    ("exit_code", "message"), [(1, "reload.code"), (2, "reload.unwritable"), (255, "reload.broken_off")]
)
def test_an_exit_code_is_told_and_everything_is_put_back(freepbx: Bench, exit_code: int, message: str) -> None:
    before = freepbx.snapshot()
    freepbx.launcher(
        before=f"[ -e {freepbx.folder}/failed ] || {{ touch {freepbx.folder}/failed; echo told; exit {exit_code}; }}"
    )
    done = freepbx.json("apply", "--yes")
    assert done.code == 1 and message in done.codes
    assert f"{exit_code}: told" in done.message(message).replace("exit code ", "").replace("(", "").replace(")", "")
    assert difference(before, freepbx.snapshot()) == {} and freepbx.reloads == 2


def test_what_a_reload_wrote_before_it_failed_goes_with_the_new_extensions(freepbx: Bench) -> None:
    before = freepbx.snapshot()
    freepbx.launcher(after=_once(freepbx, "exit 1"))
    assert "reload.code" in freepbx.json("apply", "--yes").codes
    assert difference(before, freepbx.snapshot()) == {} and freepbx.reloads == 2


def test_success_that_leaves_the_reload_pending_is_none(freepbx: Bench) -> None:
    freepbx.launcher(before=_once(freepbx, "exit 0"))
    assert "reload.failed" in freepbx.json("apply", "--yes").codes


def test_while_another_reload_runs_it_is_asked_again(freepbx: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "_BUSY_WAIT", 0.1)
    busy = '{"error":"Process is already running."}'
    freepbx.launcher(
        before=f"[ -e {freepbx.folder}/busy ] || {{ touch {freepbx.folder}/busy; echo '{busy}'; exit 255; }}"
    )
    freepbx.done("apply", "--yes")
    assert freepbx.reloads == 2


def test_a_reload_that_hangs_is_ended_and_told(freepbx: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "_TIMEOUT", 1.5)
    freepbx.launcher(before=_once(freepbx, "exec sleep 60"))
    done = freepbx.json("apply", "--yes")
    assert done.code == 1 and "reload.hung" in done.codes


def test_what_the_page_saves_beside_the_links_values_is_no_difference(freepbx: Bench) -> None:
    freepbx.write_link(pbx={"technology": "pjsip"})
    freepbx.done("apply", "--yes")
    # Seen by saving the trunk in a browser; and what an administrator may set there.
    saved = {
        "extdisplay": "OUT_1",
        "sv_channelid": "omnileads",
        "sv_trunk_name": "omnileads",
        "qualify_frequency": "30",
    }
    for keyword, data in saved.items():
        freepbx.sql("UPDATE pjsip SET data = :data WHERE keyword = :keyword", keyword=keyword, data=data)
    freepbx.sql("INSERT INTO pjsip VALUES ('1', 'field_of_a_later_release', 'on', 0)")
    freepbx.sql(
        "INSERT INTO callrecording_module (extension, callrecording, display) VALUES ('1', 'dontcare', 'routing')"
    )
    freepbx.sql("UPDATE outbound_route_email SET emailto = 'someone@example.org'")
    freepbx.sql("UPDATE findmefollow SET grptime = 45")
    # The route's page of 17 stores "always" so.
    freepbx.sql("UPDATE outbound_routes SET time_group_id = 0")
    assert freepbx.done("plan").actions == []
    freepbx.sql("UPDATE pjsip SET data = '192.0.2.9' WHERE keyword = 'sip_server'")
    assert freepbx.json("plan").actions == [("update", "trunk", "omnileads")]
    freepbx.done("apply", "--yes")
    kept = {row["keyword"]: row["data"] for row in freepbx.sql("SELECT keyword, data FROM pjsip")}
    assert kept["qualify_frequency"] == "30" and kept["field_of_a_later_release"] == "on"
    freepbx.done("remove", "--yes")
    for table in ("pjsip", "callrecording_module", "outbound_route_email", "findmefollow", "outbound_route_sequence"):
        assert freepbx.sql(f"SELECT * FROM {table}") == [], table


def test_a_trunk_that_somebody_made_in_the_page_is_adopted(freepbx: Bench) -> None:
    freepbx.write_link(pbx={"technology": "pjsip"})
    freepbx.done("apply", "--yes")
    freepbx.sql("DROP TABLE issabel_omnileads")
    freepbx.sql("UPDATE pjsip SET data = 'issabel' WHERE keyword = 'username'")
    freepbx.sql("UPDATE pjsip SET data = '192.0.2.7,192.0.2.8' WHERE keyword = 'match'")
    done = freepbx.json("plan")
    assert {action for action, _, _ in done.actions} == {"adopt"} and ("adopt", "trunk", "omnileads") in done.actions


def test_a_trunk_that_somebody_switched_off_stays_off(freepbx: Bench) -> None:
    freepbx.write_link(pbx={"technology": "pjsip"})
    freepbx.done("apply", "--yes")
    freepbx.sql("UPDATE trunks SET disabled = 'on'")
    freepbx.sql("UPDATE pjsip SET data = 'on' WHERE keyword = 'disabletrunk'")
    freepbx.settle()
    freepbx.write_link(pbx={"technology": "pjsip"}, omnileads={"sip_port": "5166"})
    freepbx.done("apply", "--yes")
    assert freepbx.sql("SELECT disabled FROM trunks") == [{"disabled": "on"}]
    kept = {row["keyword"]: row["data"] for row in freepbx.sql("SELECT keyword, data FROM pjsip")}
    assert (kept["disabletrunk"], kept["sip_server_port"]) == ("on", "5166")


def test_settings_without_a_trunk_keep_their_number(freepbx: Bench) -> None:
    freepbx.sql("INSERT INTO pjsip VALUES ('1', 'trunk_name', 'stray', 0), ('1', 'disabletrunk', 'on', 0)")
    freepbx.sql("INSERT INTO sip VALUES ('tr-peer-2', 'account', 'stray', 2)")
    freepbx.done("apply", "--yes")
    assert [row["trunkid"] for row in freepbx.sql("SELECT trunkid FROM trunks")] == [3]


def test_what_the_page_leaves_of_a_deleted_extension_is_no_hindrance(freepbx: Bench) -> None:
    freepbx.pbx.put_astdb({"/DEVICE/098098/tech": "custom", "/CustomDevstate/FOLLOWME098098": "NOT_INUSE"})
    freepbx.done("apply", "--yes")
    assert freepbx.done("plan").actions == []


def test_a_new_extension_follows_the_advanced_settings(freepbx: Bench) -> None:
    wanted = {"CONCURRENCYLIMITDEFAULT": "5", "ENABLECW": "0", "FOLLOWME_TIME": "40", "FOLLOWME_DISABLED": "0"}
    for keyword, value in wanted.items():
        freepbx.sql("UPDATE freepbx_settings SET value = :value WHERE keyword = :keyword", keyword=keyword, value=value)
    freepbx.done("apply", "--yes")
    keys = freepbx.astdb()
    assert keys["/AMPUSER/098098/concurrency_limit"] == "5" and "/CW/098098" not in keys
    assert keys["/AMPUSER/098098/followme/grptime"] == "40" and keys["/AMPUSER/098098/followme/ddial"] == "DIRECT"
    assert [row["grptime"] for row in freepbx.sql("SELECT grptime FROM findmefollow")] == [40]


def test_without_follow_me_there_are_the_keys_of_core_alone(
    freepbx_asterisk: StandinPbx, pbx_database: str, tmp_path: Path
) -> None:
    bench = freepbx_bench(freepbx_asterisk, pbx_database, tmp_path, 15, ("findmefollow", "queues", "callrecording"))
    bench.done("apply", "--yes")
    own = [key for key in bench.astdb() if "098098" in key and not key.endswith("/hint")]
    assert len(own) == 29  # as FreePBX's own functions of core write them (recorded)
    assert bench.done("plan").actions == []
    bench.done("remove", "--yes")
    assert [key for key in bench.astdb() if "098098" in key] == []


def test_the_secret_is_nowhere_but_in_the_settings(freepbx: Bench) -> None:
    freepbx.write_link(pbx={"technology": "pjsip"})
    said = [freepbx.json("plan").out, freepbx.run("plan", "--rows").out, freepbx.json("apply", "--yes").out]
    said += [path.read_text() for path in freepbx.state.rglob("*") if path.is_file()]
    said += [str(row) for row in freepbx.sql("SELECT * FROM issabel_omnileads")]
    assert [each for each in said if SECRET in each] == []
    assert [row["keyword"] for row in freepbx.sql("SELECT keyword FROM pjsip WHERE data = :data", data=SECRET)] == [
        "secret"
    ]


def _installed(**tables: list[tuple[Cell, ...]]) -> Installed:
    return Installed(lambda table: table in tables, lambda table, *columns: tables.get(table, []))


@pytest.mark.parametrize(
    ("version", "release"), [("13.0.132", 13), ("17.0.18.4", 17), ("12.0.1", 13), ("18.0.1", 17), ("", 15)]
)
def test_the_release_is_that_of_the_module_core(version: str, release: int) -> None:
    found = FreePBX().fitted(_installed(modules=[("core", version, "1"), ("music", "1", "0")]))
    assert (found.release, found.has_music) == (release, False)


@pytest.mark.parametrize(
    ("binds", "transport"),
    [
        ({"udp": {"0.0.0.0": "on"}}, "0.0.0.0-udp"),
        ({"tcp": {"0.0.0.0": "on"}, "udp": {"0.0.0.0": "off", "192.0.2.1": "on"}}, "192.0.2.1-udp"),
        ({"tcp": {"0.0.0.0": "on"}}, "0.0.0.0-udp"),
        ([], "0.0.0.0-udp"),
    ],
)
def test_the_transport_is_the_first_udp_one_of_the_sip_settings(binds: object, transport: str) -> None:
    text = json.dumps(binds)
    since_14 = _installed(kvstore_Sipsettings=[("udpport-0.0.0.0", "5060"), ("binds", text)])
    as_13 = _installed(kvstore=[("Dashboard", "binds", "x"), ("Sipsettings", "binds", text)])
    for installed in (since_14, as_13):
        assert FreePBX().fitted(installed).transport(Signalling.UDP) == transport
        assert FreePBX().fitted(installed).transport(Signalling.TLS) == "0.0.0.0-tls"


def test_a_port_that_is_in_force_at_the_next_start_only_is_told(freepbx: Bench) -> None:
    assert "pbx.port_to_come" not in freepbx.json("check").codes
    freepbx.sql("UPDATE sipsettings SET data = '5061' WHERE keyword = 'bindport'")
    assert "5061" in freepbx.json("check").message("pbx.port_to_come")
    freepbx.write_link(pbx={"technology": "pjsip"})
    assert "pbx.port_to_come" not in freepbx.json("check").codes
    freepbx.sql("UPDATE kvstore_Sipsettings SET val = '5070' WHERE `key` = 'udpport-0.0.0.0'")
    assert "5070" in freepbx.json("check").message("pbx.port_to_come")


def test_modules_around_add_what_their_pages_add() -> None:
    form = FreePBX(15, around=Around(has_paging=True, has_do_not_disturb=True)).extension_form()
    assert form.created["/AMPUSER/{0}/intercom/override"] == "reject"
    assert form.companions["kvstore_FreePBX_modules_Paging"].where == {"key": "intercom-override"}
    assert form.reloaded == {"/AMPUSER/{0}/hint": ("{2}&Custom:DND{0},CustomPresence:{0}",)}
    assert (
        "kvstore_FreePBX_modules_Paging" not in FreePBX(14, around=Around(has_paging=True)).extension_form().companions
    )


def test_every_product_is_known_by_tables_of_its_own_or_by_having_none() -> None:
    assert [(flavour.name, bool(flavour.own_tables)) for flavour in FLAVOURS] == [("FreePBX", True), ("Issabel", False)]
    names = ("trunks", "sip", "devices", "users", "admin", "outbound_routes", "outbound_route_patterns",
             "outbound_route_trunks", "outbound_route_sequence")  # fmt: skip
    tables: dict[str, list[tuple[Cell, ...]]] = {name: [] for name in names}
    assert detect(_installed(**tables), "asterisk").name == "Issabel"
    assert detect(_installed(**tables, freepbx_settings=[], pjsip=[]), "asterisk").name == "FreePBX"
