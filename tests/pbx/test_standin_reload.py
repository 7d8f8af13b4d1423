"""module_admin reload against a real database and a real Asterisk: what it changes, and how it fails."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, text

from tests.stack.asterisk import missing_asterisk
from tests.stack.native import Servers
from tests.stack.process import free_port, wait_until
from tests.standins.pbx import truth
from tests.standins.pbx.busy import load_busy
from tests.standins.pbx.config import write_amportal
from tests.standins.pbx.generator.ami import Ami, AmiError
from tests.standins.pbx.generator.settings import read_amportal
from tests.standins.pbx.rig import StandinPbx, plain_user, standin_pbx, temporary_database
from tests.standins.pbx.rows import read_rows

pytestmark = pytest.mark.skipif(missing_asterisk() is not None, reason=missing_asterisk() or "")
LOOPBACK = "127.0.0.2"


@pytest.fixture
def pbx(servers: Servers) -> Iterator[StandinPbx]:
    with temporary_database(servers.mariadb_url) as database, standin_pbx(database) as pbx:
        yield pbx


def _recorded(name: str) -> dict[str, Any]:
    """The record with the laboratory's address replaced: no packet is to leave this machine."""
    text = json.dumps(truth.recorded(name)).replace("192.168.95.239", LOOPBACK)
    changed: dict[str, Any] = json.loads(text)
    return changed


def _notifications(pbx: StandinPbx) -> dict[str, str]:
    with pbx.engine.connect() as connection:
        return {row["id"]: row["extended_text"] for row in read_rows(connection, "notifications")}


def _generated(pbx: StandinPbx) -> dict[str, float]:
    folder = Path(read_amportal(pbx.amportal)["ASTETCDIR"])
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*_additional.conf")}


def _with_settings(pbx: StandinPbx, **changes: str) -> str:
    """AMPORTAL_CONF of a copy that differs."""
    path = pbx.amportal.with_name("changed.conf")
    write_amportal(path, {**read_amportal(pbx.amportal), **changes})
    return str(path)


def test_the_recorded_rows_come_alive_by_a_reload(pbx: StandinPbx) -> None:
    for name in ("a0_trunk_sip_add", "b0_trunk_pjsip_add", "c0_extension_custom_add", "d0_route_add"):
        pbx.apply_recorded(_recorded(f"rows_{name}"))
    assert pbx.need_reload() == "true"
    done = pbx.reload()
    assert (done.returncode, done.stdout, done.stderr) == (0, "Successfully reloaded\n", "")
    assert pbx.need_reload() == "false"
    assert wait_until(lambda: "omnileads/issabel" in pbx.cli("sip show peers"), 5)
    assert f"sip:{LOOPBACK}" in pbx.cli("pjsip show endpoint omnileadspj")
    assert "SIP/omnileads/098098" in pbx.cli("core show hint 098098")
    assert "'outrt-2'" in pbx.cli("dialplan show 10061@from-internal")
    assert "'ext-local'" in pbx.cli("dialplan show 098098@from-internal")


def test_a_deleted_trunk_is_gone_after_a_reload(pbx: StandinPbx) -> None:
    pbx.apply_recorded(_recorded("rows_a0_trunk_sip_add"))
    pbx.reload()
    assert wait_until(lambda: "omnileads" in pbx.cli("sip show peers"), 5)
    pbx.apply_recorded(_recorded("rows_a1_trunk_sip_delete"))
    pbx.reload()
    assert wait_until(lambda: "omnileads" not in pbx.cli("sip show peers"), 5)


def test_both_channel_drivers_listen_where_they_should(pbx: StandinPbx) -> None:
    assert f"127.0.0.1:{pbx.params.sip_port}" in pbx.cli("sip show settings")
    assert f"127.0.0.1:{pbx.params.pjsip_port}" in pbx.cli("pjsip show transports")


def test_a_driver_can_be_missing(servers: Servers) -> None:
    with temporary_database(servers.mariadb_url) as database, standin_pbx(database, chan_sip=False) as pbx:
        with pbx.ami() as ami:
            loaded = {name: dict(ami.action("ModuleCheck", Module=name))["Response"] for name in _DRIVERS}
        assert loaded == {"chan_sip": "Error", "chan_pjsip": "Success"}


_DRIVERS = ("chan_sip", "chan_pjsip")


def test_with_the_manager_down_it_exits_0_and_need_reload_stays(pbx: StandinPbx) -> None:
    pbx.ask_for_reload()
    before = _generated(pbx)
    started = time.monotonic()
    down = _with_settings(pbx, ASTMANAGERPORT=str(free_port()))
    done = pbx.reload(AMPORTAL_CONF=down, PBX_STANDIN_AMI_WAIT="0.5")
    assert 0.5 <= time.monotonic() - started < 10
    assert done.returncode == 0
    assert "exit: 1" in done.stdout and "Unable to connect to Asterisk Manager" in done.stdout
    assert pbx.need_reload() == "true"
    assert _notifications(pbx)["RCONFFAIL"].endswith("error: 1")
    assert _generated(pbx) == before
    assert pbx.reload().stdout == "Successfully reloaded\n"
    assert (pbx.need_reload(), _notifications(pbx)) == ("false", {})


def test_a_wrong_manager_password_fails_the_same_way(pbx: StandinPbx) -> None:
    pbx.ask_for_reload()
    wrong = _with_settings(pbx, AMPMGRPASS="not-the-secret")
    done = pbx.reload(AMPORTAL_CONF=wrong, PBX_STANDIN_AMI_WAIT="0.2")
    assert (done.returncode, pbx.need_reload(), list(_notifications(pbx))) == (0, "true", ["RCONFFAIL"])
    assert "not-the-secret" not in done.stdout + done.stderr


def test_a_number_used_twice_is_notified_and_refused_only_when_the_setting_says_so(pbx: StandinPbx) -> None:
    pbx.insert("users", plain_user("72", "on a parking slot"))
    pbx.ask_for_reload()
    pbx.reload()
    assert (pbx.need_reload(), _notifications(pbx)) == ("false", {"XTNCONFLICT": "72"})
    with pbx.engine.begin() as connection:
        connection.execute(text("UPDATE issabelpbx_settings SET value = '1' WHERE keyword = 'XTNCONFLICTABORT'"))
    pbx.ask_for_reload()
    done = pbx.reload()
    assert done.returncode == 0 and "exit: 20" in done.stdout
    assert pbx.need_reload() == "true"
    assert set(_notifications(pbx)) == {"XTNCONFLICT", "RCONFFAIL"}


def test_an_unknown_action_is_refused(pbx: StandinPbx) -> None:
    broken = pbx.amportal.with_name("missing.conf")
    assert pbx.reload(AMPORTAL_CONF=str(broken)).returncode != 0


def test_the_same_reload_works_on_sqlite(tmp_path: Path) -> None:
    database = URL.create("sqlite", database=str(tmp_path / "pbx.db"))
    with standin_pbx(database) as pbx:
        pbx.add_custom_extension("201", "Ext 201", "Local/201@test-phone/n")
        pbx.ask_for_reload()
        assert pbx.reload().stdout == "Successfully reloaded\n"
        assert pbx.need_reload() == "false"
        assert "Local/201@test-phone" in pbx.cli("core show hint 201")


def test_a_reload_does_not_rebuild_astdb(pbx: StandinPbx) -> None:
    pbx.add_custom_extension("203", "Ext 203", "Local/203@test-phone/n", astdb=False)
    pbx.reload()
    with pbx.ami() as ami:
        assert ami.db_get("DEVICE/203", "dial") is None
    assert "no registered dialplan hints" in pbx.cli("core show hint 203")


def test_a_busy_pbx_reloads(pbx: StandinPbx) -> None:
    entries: list[tuple[str, str, str]] = []
    load_busy(pbx.engine, lambda *entry: entries.append(entry), extensions=300)
    with pbx.ami() as ami:
        ami.db_put_many(entries)
    done = pbx.reload()
    assert done.stdout == "Successfully reloaded\n"
    assert "300 hints registered" in pbx.cli("core show hints")
    assert wait_until(lambda: "306 sip peers" in pbx.cli("sip show peers"), 10)
    assert "5001" in pbx.cli("queue show 5001")


def test_the_ami_client_tells_why_it_cannot_log_in(pbx: StandinPbx) -> None:
    with pytest.raises(AmiError, match="login refused"):
        Ami(pbx.params.ami_host, pbx.params.ami_port, pbx.params.ami_user, "wrong")
    with pytest.raises(AmiError, match="cannot connect"):
        Ami(pbx.params.ami_host, free_port(), "u", "s")
