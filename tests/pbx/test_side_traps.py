"""The traps of a real PBX, each set and walked into: ids, names, peers, lengths, pending changes, drivers, ports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.pbx.product import OML_ADDRESS, Bench, difference, fresh_bench, running_asterisk, sip_answers
from tests.standins.pbx.rig import custom_device

pytest_plugins = ["tests.pbx.product_fixtures"]


def trunk_row(trunkid: int, name: str, tech: str = "sip", **cells: Any) -> dict[str, Any]:
    return {"trunkid": trunkid, "name": name, "tech": tech, "channelid": name, "outcid": "", "keepcid": "off",
            "maxchans": "", "failscript": "", "dialoutprefix": "", "usercontext": "", "provider": "",
            "disabled": "off", "continue": "off", **cells}  # fmt: skip


def sip_rows(identifier: str, **lines: str) -> list[dict[str, Any]]:
    return [
        {"id": identifier, "keyword": keyword, "data": data, "flags": flags}
        for flags, (keyword, data) in enumerate(lines.items(), start=2)
    ]


def a_trunk(bench: Bench, trunkid: int, name: str, host: str = "192.0.2.9", port: str = "5060") -> None:
    """A chan_sip trunk as the GUI writes it."""
    bench.pbx.insert("trunks", trunk_row(trunkid, name))
    lines = {"account": name, "type": "peer", "host": host, "port": port, "secret": "somebody-elses"}
    bench.pbx.insert("sip", *sip_rows(f"tr-peer-{trunkid}", **lines))


def a_route(bench: Bench, name: str, trunk_id: str) -> str:
    """An outbound route of somebody else; returns its route_id."""
    bench.sql("INSERT INTO outbound_routes (name) VALUES (:name)", name=name)
    number = str(bench.sql("SELECT route_id FROM outbound_routes WHERE name = :name", name=name)[0]["route_id"])
    bench.pbx.insert("outbound_route_trunks", {"route_id": number, "trunk_id": trunk_id, "seq": 0})
    return number


def refused(bench: Bench, code: str, *names: str) -> None:
    """`check` tells it, `apply` refuses for it, and nothing was written."""
    before = bench.snapshot()
    assert bench.json("check").code == 2
    done = bench.json("apply", "--yes")
    assert done.code == 1 and code in done.codes, done.out
    for name in names:
        assert name in done.message(code)
    assert difference(before, bench.snapshot()) == {} and bench.reloads == 0


def test_the_first_trunk_does_not_become_the_exit_of_the_dangling_route(bench: Bench) -> None:
    assert bench.sql("SELECT trunk_id FROM outbound_route_trunks WHERE route_id = 1") == [{"trunk_id": 1}]
    bench.done("apply", "--yes")
    assert [row["trunkid"] for row in bench.sql("SELECT trunkid FROM trunks")] == [2]
    assert bench.sql("SELECT trunk_id FROM outbound_route_trunks WHERE route_id = 1") == [{"trunk_id": 1}]


def test_the_trunk_id_is_the_lowest_that_nothing_names(bench: Bench) -> None:
    bench.pbx.insert("trunks", trunk_row(2, "g0", "dahdi"), trunk_row(2, "g1", "dahdi"), trunk_row(4, "x", "custom"))
    a_route(bench, "dangling", "3")
    bench.done("apply", "--yes")
    assert [row["trunkid"] for row in bench.sql("SELECT trunkid FROM trunks WHERE name = 'omnileads'")] == [5]


@pytest.mark.parametrize(("name", "code"), [("OmniLeads", "pbx.trunk_name"), ("OMNILEADS", "pbx.trunk_name")])
def test_a_trunk_whose_name_differs_by_case_only(bench: Bench, name: str, code: str) -> None:
    a_trunk(bench, 7, name)
    refused(bench, code, name, "7")


@pytest.mark.parametrize("tech", ["sip", "pjsip", "custom", "iax2"])
def test_a_trunk_of_another_channel_but_our_name(bench: Bench, tech: str) -> None:
    bench.pbx.insert("trunks", {**trunk_row(7, "omnileads", tech), "channelid": "other"})
    refused(bench, "pbx.trunk_name", "7")


@pytest.mark.parametrize("device", ["omnileads", "OmniLeads"])
def test_a_device_of_the_trunks_name(bench: Bench, device: str) -> None:
    bench.pbx.insert("devices", custom_device(device, "odd", "SIP/odd"))
    refused(bench, "pbx.device_name", "omnileads")


@pytest.mark.parametrize(("suffix", "port"), [("", "5160"), (":5160", "")])
def test_a_second_peer_with_the_same_host_and_port(bench: Bench, suffix: str, port: str) -> None:
    a_trunk(bench, 7, "earlier", OML_ADDRESS + suffix, port)
    refused(bench, "pbx.same_peer", "earlier", "5160")


@pytest.mark.parametrize("tech", ["sip", "pjsip"])
def test_a_disabled_trunk_to_the_same_host_and_port_is_told_and_stops_nothing(bench: Bench, tech: str) -> None:
    form, host = {"sip": ("tr-peer-7", "host"), "pjsip": ("pjsip-7", "server")}[tech]
    bench.pbx.insert("trunks", trunk_row(7, "earlier", tech, disabled="on"))
    bench.pbx.insert("sip", *sip_rows(form, account="earlier", port="5160", **{host: OML_ADDRESS}))
    bench.sql("UPDATE sip SET flags = 1")
    done = bench.done("apply", "--yes")
    assert "earlier" in done.message("pbx.same_peer_disabled") and "pbx.same_peer" not in done.codes
    bench.sql("UPDATE trunks SET disabled = 'off' WHERE trunkid = 7")
    assert "pbx.same_peer" in bench.json("check").codes


def test_a_peer_without_a_port_is_on_5060(bench: Bench) -> None:
    bench.write_link(omnileads={"sip_port": "5060"})
    bench.pbx.insert("trunks", trunk_row(7, "earlier"))
    bench.pbx.insert("sip", *sip_rows("tr-peer-7", account="earlier", type="peer", host=OML_ADDRESS))
    refused(bench, "pbx.same_peer", "earlier")


def test_another_port_of_the_same_host_is_another_peer(bench: Bench) -> None:
    a_trunk(bench, 7, "earlier", OML_ADDRESS, "5161")
    bench.done("apply", "--yes")


def test_a_dial_string_too_long_for_its_column(bench: Bench) -> None:
    name = "omnileads_of_the_northern_call_centre"
    link = bench.guide(pbx={"trunk": name})
    link["extensions"]["098098"]["send"] = "098098098098"
    bench.write_link(link)
    refused(bench, "pbx.too_long", "devices.dial", "50")


def test_a_column_that_this_pbx_has_shorter(bench: Bench) -> None:
    bench.sql("ALTER TABLE sip MODIFY data VARCHAR(20) NOT NULL DEFAULT ''")
    refused(bench, "pbx.too_long", "sip.data", "20")
    assert "Zq8vTn3LkW5xRb7YpD2mHc6J" not in bench.run("check").out


def test_a_dial_string_that_just_fits(bench: Bench) -> None:
    link = bench.guide(pbx={"trunk": "o" * 35})
    link["extensions"]["098098"]["send"] = "0980980980"
    bench.write_link(link)
    bench.done("apply", "--yes")
    assert bench.sql("SELECT LENGTH(dial) AS n FROM devices") == [{"n": 50}]


def test_a_change_of_somebody_else_that_is_not_yet_applied_is_told(bench: Bench) -> None:
    assert "reload.pending" not in bench.json("check").codes
    bench.pbx.ask_for_reload()
    assert "reload.pending" in bench.json("check").codes
    assert bench.pbx.need_reload() == "true"
    assert "reload.pending" in bench.done("apply", "--yes").codes
    assert bench.pbx.need_reload() == "false"


def test_a_pending_change_stays_pending_while_there_is_nothing_to_do(bench: Bench) -> None:
    bench.done("apply", "--yes")
    bench.pbx.ask_for_reload()
    runs = bench.reloads
    assert bench.done("apply", "--yes").document["applied"] is False
    assert (bench.pbx.need_reload(), bench.reloads) == ("true", runs)


def test_tables_without_transactions_are_told(myisam_bench: Bench) -> None:
    assert "pbx.no_transactions" in myisam_bench.json("check").codes


def test_tables_with_transactions_are_not_told(bench: Bench) -> None:
    assert "pbx.no_transactions" not in bench.json("check").codes


def test_a_port_that_nobody_answers_on(bench: Bench) -> None:
    assert OML_ADDRESS in bench.json("check").message("pbx.port_silent")
    with sip_answers() as port:
        bench.write_link(omnileads={"sip_port": str(port)})
        assert "pbx.port_silent" not in bench.json("check").codes


def test_the_port_of_the_link_file_is_not_the_one_the_driver_has(bench: Bench) -> None:
    bench.write_link(pbx={"sip_port": "5066"})
    refused(bench, "pbx.other_port", "5066", "5060")


def test_without_chan_sip_a_chan_sip_trunk_is_refused(pjsip_bench: Bench) -> None:
    pjsip_bench.write_link(pbx={"technology": "sip"})
    refused(pjsip_bench, "pbx.no_driver", "sip")


def test_without_chan_sip_auto_takes_pjsip(pjsip_bench: Bench) -> None:
    pjsip_bench.write_link(pbx={"technology": "auto", "sip_port": "5066"})
    pjsip_bench.done("apply", "--yes")
    assert pjsip_bench.sql("SELECT tech FROM trunks") == [{"tech": "pjsip"}]


def test_without_any_driver_nothing_can_be_done(pbx_database: str, tmp_path: Path) -> None:
    with running_asterisk(tmp_path, chan_sip=False, chan_pjsip=False) as asterisk:
        bench = fresh_bench(asterisk, pbx_database, tmp_path)
        for command in ("check", "plan", "apply"):
            done = bench.json(command, "--yes")
            assert (done.code, done.codes) == (1, ["pbx.no_driver"])
        assert bench.reloads == 0


def test_with_both_auto_takes_chan_sip(bench: Bench) -> None:
    bench.done("apply", "--yes")
    assert bench.sql("SELECT tech FROM trunks") == [{"tech": "sip"}]


@pytest.mark.parametrize(("table", "lacking"), [("freepbx_settings", "pjsip"), ("pjsip", "freepbx_settings")])
def test_half_a_freepbx_is_none_and_is_left_alone(bench: Bench, table: str, lacking: str) -> None:
    bench.sql(f"CREATE TABLE {table} (keyword varchar(50) PRIMARY KEY)")
    before = bench.snapshot()
    for command in ("check", "plan", "apply", "status", "remove", "verify"):
        done = bench.json(command, "--yes")
        assert (done.code, done.codes) == (1, ["pbx.unknown"]) and lacking in done.message("pbx.unknown")
    assert difference(before, bench.snapshot()) == {} and bench.reloads == 0


def test_a_database_that_is_no_pbx(bench: Bench) -> None:
    bench.sql("DROP TABLE outbound_routes")
    done = bench.json("apply", "--yes")
    assert (done.code, done.codes) == (1, ["pbx.unknown"]) and "outbound_routes" in done.out


def test_a_trunk_that_a_route_of_somebody_else_uses_is_not_removed(bench: Bench) -> None:
    bench.done("apply", "--yes")
    a_route(bench, "salida", "2")
    before, runs = bench.snapshot(), bench.reloads
    done = bench.json("remove", "--yes")
    assert (done.code, done.codes) == (1, ["pbx.trunk_in_use"]) and "salida" in done.message("pbx.trunk_in_use")
    assert difference(before, bench.snapshot()) == {} and bench.reloads == runs
    bench.sql("DELETE FROM outbound_route_trunks WHERE trunk_id = 2 AND route_id NOT IN (SELECT route_id FROM "
              "outbound_routes WHERE name = 'oml-agents')")  # fmt: skip
    bench.done("remove", "--yes")


def test_a_renamed_trunk_leaves_no_foreign_route_behind(bench: Bench) -> None:
    bench.done("apply", "--yes")
    a_route(bench, "salida", "2")
    bench.write_link(pbx={"trunk": "contactcentre"})
    done = bench.json("apply", "--yes")
    assert done.code == 1 and "pbx.trunk_in_use" in done.codes


def test_a_setting_that_the_pbx_writes_and_its_asterisk_refuses_is_found_before(bench: Bench) -> None:
    """As on IssabelPBX 2.12 with Debian's Asterisk 16: its page knows no word for STIR/SHAKEN that Asterisk takes."""
    bench.write_link(pbx={"technology": "pjsip"})
    assert "pbx.setting_refused" not in bench.json("check").codes
    file = bench.etc_dir / "stir_shaken.conf"
    file.write_text("[general]\n", encoding="utf-8")
    try:
        before = bench.snapshot()
        refused = bench.json("apply", "--yes")
        assert refused.code == 1 and difference(before, bench.snapshot()) == {}
        said = refused.message("pbx.setting_refused")
        assert "stir_shaken=yes" in said and str(file) in said
        bench.write_link()
        assert "pbx.setting_refused" not in bench.json("check").codes
        bench.write_link(pbx={"technology": "pjsip"})
        file.unlink()
        bench.done("apply", "--yes")
        file.write_text("[general]\n", encoding="utf-8")
        assert "pbx.setting_refused" in bench.json("check").codes
        bench.sql("UPDATE sip SET data = 'off' WHERE keyword = 'stir_shaken'")
        assert "pbx.setting_refused" not in bench.json("check").codes
    finally:
        file.unlink(missing_ok=True)
