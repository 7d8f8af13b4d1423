"""The state folder is the web user's after `activate`, `status` sees it, and a purge that cannot end begins nothing."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oml_plugin.activation import state_access
from oml_plugin.activation.state_access import WebUser
from tests.oml.omlhost import OmlHost

pytest_plugins = ["tests.oml.activation_fixtures"]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="files are given to another user by root alone")
NOBODY = WebUser("nobody", pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach: pytest's own are root's alone."""
    made = Path(tempfile.mkdtemp(prefix="pbxlink-state-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def answer(host: OmlHost, *arguments: str) -> tuple[int, dict[str, str]]:
    """Exit code, and the findings' severities by code."""
    done = host.link(*arguments, "--json")
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, {each["code"]: each["severity"] for each in document["findings"]}


def owner_and_mode(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_uid, stat.S_IMODE(found.st_mode)


@needs_root
def test_activating_gives_the_state_folder_to_the_webs_user(omlhost: OmlHost, open_folder: Path) -> None:
    state = open_folder / "state"
    omlhost.more["PBX_LINK_STATE_DIR"] = str(state)
    os.chown(omlhost.project, NOBODY.uid, NOBODY.gid)
    planned = answer(omlhost, "activate", "--dry-run")
    assert planned[0] == 2 and "activation.plan_state" in planned[1]
    assert answer(omlhost, "activate") == (0, {})
    assert {owner_and_mode(state / name) for name in ("", "journal", "jobs")} == {(NOBODY.uid, 0o700)}
    assert answer(omlhost, "status")[1]["activation.state"] == "info"
    left = state / "journal" / "omnileads-test.journal"
    left.write_text("x", encoding="ascii")  # as root does in a terminal
    os.chown(state / "journal", 0, 0)
    assert answer(omlhost, "status")[1]["activation.state_closed"] == "warning"
    assert answer(omlhost, "activate") == (0, {})
    assert owner_and_mode(left)[0] == NOBODY.uid
    assert answer(omlhost, "status")[1]["activation.state"] == "info"


@needs_root
def test_a_state_folder_that_root_cannot_prepare_is_told(omlhost: OmlHost, open_folder: Path) -> None:
    """And one that somebody gave to another user is left as it is."""
    state = open_folder / "state"
    state.mkdir(mode=0o700)
    os.chown(state, 1, 1)
    omlhost.more["PBX_LINK_STATE_DIR"] = str(state)
    os.chown(omlhost.project, NOBODY.uid, NOBODY.gid)
    assert answer(omlhost, "activate") == (0, {"activation.state_closed": "warning"})
    assert owner_and_mode(state) == (1, 0o700)


@needs_root
def test_the_webs_user_prepares_it_for_itself(open_folder: Path) -> None:
    """As in a container whose user is the web's."""
    os.chown(open_folder, NOBODY.uid, NOBODY.gid)
    state = open_folder / "state"
    child = os.fork()
    if child == 0:
        ended = 1
        try:
            os.setgroups([])
            os.setgid(NOBODY.gid)
            os.setuid(NOBODY.uid)
            if state_access.may_prepare(NOBODY) and not state_access.may_prepare(WebUser("daemon", 1, 1)):
                state_access.prepare(state, NOBODY)
                ended = 0
        finally:
            os._exit(ended)
    assert os.waitpid(child, 0)[1] == 0
    assert state_access.refusal(state, NOBODY) == ""
    assert {owner_and_mode(state / name) for name in ("", "journal", "jobs")} == {(NOBODY.uid, 0o700)}


@needs_root
def test_preparing_can_be_undone(open_folder: Path) -> None:
    state = open_folder / "state"
    undo = state_access.prepare(state, NOBODY)
    assert state_access.refusal(state, NOBODY) == ""
    undo()
    assert not state.exists()
    (state / "journal").mkdir(parents=True, mode=0o755)
    state_access.prepare(state, NOBODY)()
    assert (owner_and_mode(state)[0], owner_and_mode(state / "journal")) == (0, (0, 0o755))
    assert not (state / "jobs").exists() and "journal" in state_access.refusal(state, NOBODY)


def test_a_purge_that_the_database_would_refuse_takes_nothing_away(omlhost: OmlHost) -> None:
    omlhost.activate()
    rows, files = omlhost.contents(), omlhost.files()
    omlhost.query("CREATE VIEW theirs AS SELECT name FROM oml_plugin_savedlink; SELECT 1")
    assert answer(omlhost, "deactivate", "--purge") == (1, {"activation.cannot_purge": "error"})
    omlhost.query("DROP VIEW theirs; SELECT 1")
    assert (omlhost.contents(), omlhost.files()) == (rows, files)
    assert omlhost.link("deactivate", "--purge").returncode == 0


@needs_root
def test_a_purge_beside_a_read_only_folder_takes_nothing_away(omlhost: OmlHost) -> None:
    if (
        shutil.which("unshare") is None
        or subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode
    ):
        pytest.skip("no right to make a read-only mount for one command here")
    omlhost.activate()
    rows, files = omlhost.contents(), omlhost.files()
    read_only = f'mount --bind "{omlhost.site}" "{omlhost.site}" && mount -o remount,bind,ro "{omlhost.site}"'
    command = ["unshare", "--mount", "sh", "-c", f'{read_only} && exec "$@"', "sh"]
    command += [str(omlhost.python.with_name("oml-pbx-link")), "deactivate", "--purge", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=omlhost.environment, cwd=omlhost.project, timeout=180
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert [each["code"] for each in json.loads(done.stdout)["findings"]] == ["activation.cannot_remove"]
    assert (omlhost.contents(), omlhost.files()) == (rows, files)
