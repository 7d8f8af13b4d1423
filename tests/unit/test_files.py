"""Locks between real processes, and whom the files belong to that root makes."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pbxlink.engine.journal import Journal
from pbxlink.engine.locking import file_lock, wait_for
from pbxlink.engine.plan import Plan
from pbxlink.link import link_file
from pbxlink.link.file_ownership import hand_over
from pbxlink.messages.errors import Refused
from tests.unit import strategies as draw

HOLD = """
import sys, time
from pathlib import Path
from pbxlink.engine.locking import file_lock
with file_lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""
NOBODY = 65534
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def holder(path: Path, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path), str(seconds)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "held\n"
    return process


def test_a_lock_that_another_process_holds(tmp_path: Path) -> None:
    with holder(tmp_path / "lock", 30) as process:
        began = time.monotonic()
        with pytest.raises(Refused) as caught, file_lock(tmp_path / "lock", 0.4):
            pytest.fail("two hold it")
        assert 0.3 < time.monotonic() - began < 5
        process.kill()
    (finding,) = caught.value.findings
    assert finding.code == "lock.held" and finding.message("en")


def test_it_waits_for_the_other_to_end(tmp_path: Path) -> None:
    with holder(tmp_path / "lock", 0.5), file_lock(tmp_path / "lock", 20):
        pass


def test_the_lock_of_a_process_that_was_killed_does_not_stay(tmp_path: Path) -> None:
    with holder(tmp_path / "lock", 30) as process:
        process.kill()
    with file_lock(tmp_path / "lock", 5):
        pass


def test_a_lock_can_be_taken_again_even_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), file_lock(tmp_path / "lock", 0.2):
        raise RuntimeError
    with file_lock(tmp_path / "lock", 0.2):
        pass


def test_it_asks_until_it_is_answered_or_time_is_up() -> None:
    answers = iter([False, False, True])
    wait_for(lambda: next(answers), 5)
    with pytest.raises(StopIteration):
        next(answers)
    wait_for(lambda: True, 0)
    with pytest.raises(Refused):
        wait_for(lambda: False, 0)


@root_only
def test_what_root_makes_belongs_to_the_folders_owner(tmp_path: Path) -> None:
    folder = tmp_path / "webs"
    folder.mkdir()
    os.chown(folder, NOBODY, NOBODY)
    link_file.write(folder / "link.conf", draw.example())
    journal = Journal(folder / "journal", "pbx", "omnileads")
    journal.open(Plan())
    for path in (folder / "link.conf", folder / "journal", journal.path):
        found = path.stat()
        assert (found.st_uid, found.st_gid) == (NOBODY, NOBODY), path
        assert stat.S_IMODE(found.st_mode) & 0o077 == 0


@root_only
def test_a_folder_that_was_there_keeps_its_owner(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    folder.mkdir(mode=0o755)
    os.chown(folder, NOBODY, NOBODY)
    journal = Journal(folder, "pbx", "omnileads")
    journal.open(Plan())
    assert journal.path.stat().st_uid == folder.stat().st_uid == NOBODY


AS_NOBODY = """
import os, sys
from pathlib import Path
from pbxlink.link.file_ownership import hand_over
os.setgid(65534); os.setuid(65534)
hand_over(Path(sys.argv[1]), Path(sys.argv[1]).parent)
"""


@root_only
def test_who_is_not_root_gives_nothing_away(tmp_path: Path) -> None:
    """It must not even try: chown would be refused."""
    path = tmp_path / "file"
    path.touch()
    done = subprocess.run([sys.executable, "-c", AS_NOBODY, str(path)], capture_output=True, text=True, timeout=30)
    if "Permission denied" in done.stderr:
        pytest.skip("the interpreter or the project cannot be read by another user here")
    assert done.returncode == 0, done.stderr
    assert path.stat().st_uid == 0


def test_to_oneself_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    before = path.stat()
    hand_over(path, tmp_path)
    assert (path.stat().st_uid, path.stat().st_gid) == (before.st_uid, before.st_gid)
