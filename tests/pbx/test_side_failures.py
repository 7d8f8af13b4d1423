"""What fails, and what is left then: clear errors, exit code 1, and the PBX as it was before."""

from __future__ import annotations

import secrets
import signal
from pathlib import Path

import pytest
from sqlalchemy import make_url

from issabel_module.storage.tables import PRIMARY_KEYS
from tests.pbx.product import SECRET, Bench, difference
from tests.stack.process import free_port
from tests.standins.pbx.rig import StandinPbx

pytest_plugins = ["tests.pbx.product_fixtures"]
COMMANDS = ("check", "plan", "apply", "remove", "status", "verify", "code")


def fails(bench: Bench, code: str, command: str, *options: str) -> str:
    """The command fails with that finding alone and nothing is changed; returns what it printed."""
    before, stamps, runs = bench.snapshot(), bench.stamps(), bench.reloads
    done = bench.json(command, "--yes", *options)
    assert (done.code, done.codes) == (1, [code]), done.out
    assert done.message(code) and SECRET not in done.out
    assert difference(before, bench.snapshot()) == {}
    assert (bench.stamps(), bench.reloads) == (stamps, runs)
    return done.out


def test_with_the_manager_down_nothing_is_begun(bench: Bench) -> None:
    port = str(free_port())
    changed = bench.amportal(ASTMANAGERPORT=port)
    for command in COMMANDS:
        assert port in fails(bench, "ami.unreachable", command, "--amportal-conf", str(changed))


def test_with_a_wrong_manager_password_nothing_is_begun(bench: Bench) -> None:
    changed = bench.amportal(AMPMGRPASS="wrong-manager-password")
    for command in ("plan", "apply"):  # Asterisk takes a second to refuse
        assert "wrong-manager-password" not in fails(bench, "ami.refused", command, "--amportal-conf", str(changed))


def test_with_the_database_down_nothing_is_begun(bench: Bench) -> None:
    changed = bench.amportal(AMPDBPORT=str(free_port()))
    for command in COMMANDS:
        out = fails(bench, "database.unreachable", command, "--amportal-conf", str(changed))
        assert str(make_url(bench.pbx.database).password) not in out


def test_a_wrong_database_password(bench: Bench) -> None:
    changed = bench.amportal(AMPDBPASS="wrong-database-password")
    out = fails(bench, "database.refused", "apply", "--amportal-conf", str(changed))
    assert "wrong-database-password" not in out


def test_a_database_that_does_not_exist(bench: Bench) -> None:
    changed = bench.amportal(AMPDBNAME="no_such_database")
    fails(bench, "database.no_database", "apply", "--amportal-conf", str(changed))


def test_a_name_that_nothing_knows_is_not_called_a_wrong_password(bench: Bench) -> None:
    changed = bench.amportal(AMPDBHOST="no-such-host.invalid")
    fails(bench, "database.unresolved", "plan", "--amportal-conf", str(changed))
    changed = bench.amportal(ASTMANAGERHOST="no-such-host.invalid")
    fails(bench, "ami.unresolved", "plan", "--amportal-conf", str(changed))


def _user(bench: Bench, *rights: str) -> Path:
    """An amportal.conf whose database user has these rights only."""
    user, password = f"poor_{secrets.token_hex(3)}", secrets.token_hex(8)
    bench.sql(f"CREATE USER {user}@'%' IDENTIFIED BY '{password}'")
    for right in rights:
        bench.sql(f"GRANT {right} TO {user}@'%'".replace("PBX.", f"`{bench.pbx.database.database}`."))
    return bench.amportal(AMPDBUSER=user, AMPDBPASS=password)


def test_a_database_user_who_may_not_write_is_told_all_that_is_missing(any_bench: Bench) -> None:
    bench = any_bench
    before = bench.snapshot()
    done = bench.json("apply", "--yes", "--amportal-conf", str(_user(bench, "SELECT ON PBX.*")))
    assert done.code == 1 and "apply.restored" not in done.codes, "nothing was begun"
    told = [each["message"] for each in done.document["findings"] if each["code"] == "database.rights"]
    there = {name for row in bench.sql("SHOW TABLES") for name in row.values()} & PRIMARY_KEYS.keys()
    assert len(told) == len(("UPDATE", "DELETE", "admin")) + len(there)
    assert all(word in "".join(told) for word in ("UPDATE", "DELETE", "INSERT", *WRITTEN))
    assert difference(before, bench.snapshot()) == {} and not list(bench.state.glob("journal/*"))


def test_a_single_right_that_is_missing_is_named(bench: Bench) -> None:
    poor = _user(bench, "SELECT, INSERT, UPDATE, DELETE, CREATE ON PBX.*")
    assert bench.json("plan", "--amportal-conf", str(poor)).code == 2, "these are all that it needs"
    before, runs = bench.snapshot(), bench.reloads
    uncreating = _user(bench, "SELECT, INSERT, UPDATE, DELETE ON PBX.*")
    done = bench.json("apply", "--yes", "--amportal-conf", str(uncreating))
    assert done.code == 1 and "CREATE command denied" in done.message("database.failed")
    assert "apply.restored" in done.codes and not list(bench.state.glob("journal/*"))
    assert difference(before, bench.snapshot()) == {} and bench.reloads == runs
    name = str(bench.pbx.database.database)
    every = [row[f"Tables_in_{name}"] for row in bench.sql("SHOW TABLES")]
    rights = [f"SELECT, UPDATE, DELETE{'' if each == 'devices' else ', INSERT'} ON PBX.{each}" for each in every]
    done = bench.json("apply", "--yes", "--amportal-conf", str(_user(bench, *rights)))
    assert done.code == 1 and done.codes.count("database.rights") == 1
    assert "INSERT" in done.message("database.rights") and "devices" in done.message("database.rights")


def test_a_manager_user_who_may_do_too_little_is_told_so_before_anything_is_written(bench: Bench) -> None:
    manager = bench.etc_dir / "manager.conf"
    kept = manager.read_text()
    bench.done("apply", "--yes")
    poor = "secret = poor-secret\nread = system\nwrite = command,call\n"
    manager.write_text(f"{kept}\n[poor]\n{poor}")
    try:
        bench.pbx.cli("manager reload")
        changed = bench.amportal(AMPMGRUSER="poor", AMPMGRPASS="poor-secret")
        before, runs = bench.snapshot(), bench.reloads
        for command, denied in (("check", "ModuleCheck"), ("apply", "ModuleCheck"), ("remove", "DBGet, DBPut, DBDel")):
            done = bench.json(command, "--yes", "--amportal-conf", str(changed))
            assert done.code == 1 and denied in done.message("ami.denied"), done.out
            assert "apply.restored" not in done.codes and "poor-secret" not in done.out
        assert difference(before, bench.snapshot()) == {} and bench.reloads == runs
    finally:
        manager.write_text(kept)
        bench.pbx.cli("manager reload")


def test_a_database_user_who_may_not_read_everything(bench: Bench) -> None:
    some = _user(bench, "SELECT ON PBX.trunks")
    assert "devices" in fails(bench, "pbx.unknown", "apply", "--amportal-conf", str(some))
    names = ("trunks", "sip", "users", "admin", *(f"outbound_route{part}" for part in _ROUTE_TABLES))
    part = _user(bench, "SELECT (id, tech) ON PBX.devices", *(f"SELECT ON PBX.{name}" for name in names))
    assert "denied" in fails(bench, "database.failed", "apply", "--amportal-conf", str(part))


_ROUTE_TABLES = ("s", "_patterns", "_trunks", "_sequence")


WRITTEN = ("trunks", "sip", "outbound_routes", "outbound_route_patterns", "outbound_route_trunks",
           "outbound_route_sequence", "devices", "users")  # fmt: skip


def _refused_by(bench: Bench, event: str, table: str, command: str) -> None:
    """The database refuses one row of the table: the command fails and everything is as it was."""
    trigger = f"CREATE TRIGGER full BEFORE {event} ON {table} FOR EACH ROW"
    bench.sql(f"{trigger} SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'disk full'")
    before, runs = bench.snapshot(), bench.reloads
    done = bench.json(command, "--yes")
    assert done.code == 1 and "apply.restored" in done.codes and "disk full" in done.out, table
    assert difference(before, bench.snapshot()) == {} and bench.reloads == runs, table
    bench.sql("DROP TRIGGER full")


def test_a_row_that_the_database_refuses_undoes_all(bench: Bench) -> None:
    _refused_by(bench, "INSERT", "users", "apply")
    bench.done("apply", "--yes")
    _refused_by(bench, "DELETE", "users", "remove")


def test_without_transactions_a_refused_row_undoes_all_too(myisam_bench: Bench) -> None:
    for table in WRITTEN:
        _refused_by(myisam_bench, "INSERT", table, "apply")
    myisam_bench.done("apply", "--yes")
    for table in WRITTEN:
        _refused_by(myisam_bench, "DELETE", table, "remove")
    myisam_bench.done("remove", "--yes")


def _broken_reload(bench: Bench) -> None:
    """module_admin finds the manager closed: it exits 0, writes nothing and leaves need_reload."""
    refused = bench.amportal(AMPMGRPASS="not-the-managers")
    bench.launcher(before=f"export AMPORTAL_CONF='{refused}' PBX_STANDIN_AMI_WAIT=0.1")


TOLD_BY_RELOAD = ("admin", "notifications")


def test_a_reload_that_exits_0_without_effect_undoes_all(any_bench: Bench) -> None:
    bench = any_bench
    before, stamps = bench.snapshot(), bench.stamps()
    _broken_reload(bench)
    done = bench.json("apply", "--yes")
    assert done.code == 1 and "reload.failed" in done.codes
    assert "Unable to connect to Asterisk Manager" in done.message("reload.failed")
    left = difference(before, bench.snapshot())
    assert set(left) <= set(TOLD_BY_RELOAD), left
    assert bench.stamps() == stamps
    bench.launcher()
    bench.done("apply", "--yes")
    bench.done("remove", "--yes")
    assert difference(before, bench.snapshot()) == {}


def test_a_reload_that_fails_once_leaves_no_trace(any_bench: Bench) -> None:
    bench = any_bench
    before = bench.snapshot()
    refused = bench.amportal(AMPMGRPASS="not-the-managers")
    once = f"[ -e '{bench.folder}/once' ] || export AMPORTAL_CONF='{refused}' PBX_STANDIN_AMI_WAIT=0.1"
    bench.launcher(before=f"{once}\ntouch '{bench.folder}/once'")
    done = bench.json("apply", "--yes")
    assert done.code == 1 and {"reload.failed", "apply.restored"} <= set(done.codes)
    assert difference(before, bench.snapshot()) == {} and bench.reloads == 2
    assert not list(bench.state.glob("journal/*.journal"))


def test_a_failed_reload_of_a_remove_keeps_the_link(bench: Bench) -> None:
    bench.done("apply", "--yes")
    before = bench.snapshot()
    _broken_reload(bench)
    done = bench.json("remove", "--yes")
    assert done.code == 1 and "reload.failed" in done.codes
    assert set(difference(before, bench.snapshot())) <= set(TOLD_BY_RELOAD)
    bench.launcher()
    bench.done("remove", "--yes")


def test_a_pbx_without_module_admin_is_left_as_it_was(bench: Bench) -> None:
    before = bench.snapshot()
    changed = bench.amportal(AMPBIN=str(bench.folder / "nowhere"))
    done = bench.json("apply", "--yes", "--amportal-conf", str(changed))
    assert done.code == 1 and "reload.no_command" in done.codes
    assert set(difference(before, bench.snapshot())) <= {"admin"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_in_the_reload_the_next_apply_recovers(any_bench: Bench, when: str) -> None:
    bench = any_bench
    before = bench.snapshot()
    bench.launcher(**{when: "kill -9 $PPID"})
    with bench.child("apply", "--yes", "--json") as killed:
        killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert bench.sql("SELECT COUNT(*) AS n FROM trunks") == [{"n": 1}] and list(bench.state.glob("journal/*.journal"))
    bench.launcher()
    assert bench.json("plan").codes[0] == "journal.open" == bench.json("status").codes[0]
    recovered = bench.done("apply", "--yes")
    assert {action for action, _, _ in recovered.actions} == {"create"}
    assert bench.done("apply", "--yes").actions == []
    bench.done("remove", "--yes")
    assert difference(before, bench.snapshot()) == {}


def test_killed_in_the_reload_of_a_remove_the_next_one_finishes(bench: Bench) -> None:
    before = bench.snapshot()
    bench.done("apply", "--yes")
    bench.launcher(before="kill -9 $PPID")
    with bench.child("remove", "--yes", "--json") as killed:
        killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    bench.launcher()
    bench.done("remove", "--yes")
    assert difference(before, bench.snapshot()) == {}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_in_the_reload_undoes_all(bench: Bench, number: signal.Signals) -> None:
    before = bench.snapshot()
    bench.launcher(before=f"[ -e '{bench.folder}/once' ] || kill -{int(number)} $PPID\ntouch '{bench.folder}/once'")
    with bench.child("apply", "--yes", "--json") as ended:
        out, err = ended.communicate(timeout=60)
    assert ended.returncode == 1, err
    assert "interrupted" in out and "Traceback" not in err
    assert difference(before, bench.snapshot()) == {}
    assert not list(bench.state.glob("journal/*.journal"))


def test_a_state_folder_that_cannot_be_written(bench: Bench) -> None:
    fails(bench, "journal.unwritable", "apply", "--state-dir", "/proc/nowhere")
    bench.state.write_text("a file, no folder")
    fails(bench, "journal.unreadable", "apply")


def test_a_damaged_journal_stops_everything(bench: Bench) -> None:
    bench.launcher(before="kill -9 $PPID")
    with bench.child("apply", "--yes") as killed:
        killed.communicate(timeout=60)
    journal = next(bench.state.glob("journal/*.journal"))
    kept = journal.read_bytes()
    journal.write_bytes(kept.replace(b"098098", b"098099"))
    fails(bench, "journal.damaged", "apply")
    journal.write_bytes(kept)
    bench.launcher()
    bench.done("remove", "--yes")


def test_the_asterisk_of_the_session_is_well_after_all_this(shared_asterisk: StandinPbx) -> None:
    assert "UDP Bindaddress" in shared_asterisk.cli("sip show settings")
