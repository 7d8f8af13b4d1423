"""What the timer runs: for each link file its own command, and one that fails keeps no other from its turn."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "packaging" / "common" / "timer"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder in the place of the root, with a command that notes how it was called and ends as `codes` says."""
    for name in ("links", "log"):
        (tmp_path / name).mkdir()
    command = tmp_path / "command"
    command.write_text(
        f'#!/bin/sh\necho "ran $*"\ncase "$*" in *bad*) exit 1 ;; *found*) exit 2 ;; esac\ncd {tmp_path}\n'
    )
    script = SCRIPT.read_text()
    places = {
        "/var/log/issabel-omnileads": "log",
        "/etc/issabel-omnileads": "links",
        "/usr/sbin/issabel-omnileads": "command",
    }
    for path, name in places.items():
        assert path in script
        script = script.replace(path, str(tmp_path / name))
    (tmp_path / "timer").write_text(script)
    for name in ("command", "timer"):
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(home: Path, asked: str = "") -> tuple[int, list[str]]:
    environment = {"PATH": os.defpath, "OMNILEADS_TIMER_COMMAND": asked}
    done = subprocess.run([str(home / "timer")], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("", "")
    lines = (home / "log" / "timer.log").read_text().splitlines()
    return done.returncode, [line.replace(f"{home}/", "") for line in lines if line.startswith("ran ")]


def write(home: Path, name: str, follows: bool = False) -> None:
    (home / "links" / name).write_text("[link]\n" + ("[directory]\n" if follows else ""))


def test_each_link_has_its_turn_by_what_its_file_says(home: Path) -> None:
    write(home, "link.conf", follows=True)
    write(home, "north.conf")
    write(home, "south.conf", follows=True)
    (home / "links" / "south.conf.bak").write_text("")
    assert run(home) == (0, [
        "ran sync --link links/link.conf", "ran status --link links/north.conf", "ran sync --link links/south.conf",
    ])  # fmt: skip


def test_the_worst_end_is_its_own_and_stops_no_other(home: Path) -> None:
    for name in ("bad.conf", "found.conf", "well.conf"):
        write(home, name)
    code, ran = run(home)
    assert (code, len(ran)) == (1, 3)
    (home / "links" / "bad.conf").unlink()
    assert run(home)[0] == 2


def test_without_a_link_file_the_usual_one_is_asked_for(home: Path) -> None:
    assert run(home) == (0, ["ran status --link links/link.conf"])


def test_another_command_is_run_for_each_link_unless_it_says_which(home: Path) -> None:
    write(home, "link.conf")
    write(home, "north.conf")
    assert run(home, "plan --json")[1] == [
        "ran plan --json --link links/link.conf", "ran plan --json --link links/north.conf",
    ]  # fmt: skip
    assert run(home, "plan --all")[1][2:] == ["ran plan --all"]
