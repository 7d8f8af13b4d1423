"""The page's jobs when things go wrong: killed, left alone, kept waiting, with no place to write."""

from __future__ import annotations

import json
import os
import shutil
import signal
from pathlib import Path

import pytest

from pbxlink.engine.locking import file_lock
from tests.oml.desk import Desk
from tests.stack.process import wait_until

pytest_plugins = ["tests.oml.page_fixtures"]


def _child(desk: Desk) -> int:
    """The process of the job under way, by its lock."""
    [lock] = [path for path in (desk.site.state / "jobs").glob("*.lock") if _pids(path)]
    return _pids(lock)[0]


def _pids(lock: Path) -> list[int]:
    holders = []
    for fds in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(os.path.realpath(each) == str(lock) for each in fds.iterdir()):
                holders.append(int(fds.parent.name))
        except OSError:
            continue
    return holders


def test_a_job_whose_process_was_killed_is_told_and_recovered(desk: Desk) -> None:
    plan = desk.enter()
    before = desk.oml.settled()["rows"]
    desk.oml.asterisk.hang_after_reloads = 1
    started = desk.start("apply", mark=plan.hidden("mark"))
    assert wait_until(lambda: desk.oml.asterisk.reloads >= 1, 60)
    os.kill(_child(desk), signal.SIGKILL)
    died = desk.admin.job(started)
    assert (died.state, died.findings) == ("failed", [("error", "job.died")])
    assert 'http-equiv="refresh"' not in died.text
    desk.oml.asterisk.hang_after_reloads = -1
    desk.oml.asterisk.released.set()
    found = desk.overview()
    assert ("warning", "journal.open") in found.findings and 'id="pbx-link-recover"' in found.text
    done = desk.admin.job(desk.start("recover"))
    assert done.state == "done", done.text
    assert desk.oml.settled()["rows"] == before
    assert 'id="pbx-link-recover"' not in desk.overview().text


def test_a_job_outlives_the_web_server(desk: Desk) -> None:
    """Asterisk hangs in the middle of it, so it ends by putting back what it wrote, with nobody there to ask."""
    plan = desk.enter()
    before = desk.oml.settled()["rows"]
    desk.oml.asterisk.hang_after_reloads = 1
    started = desk.start("apply", mark=plan.hidden("mark"))
    assert wait_until(lambda: desk.oml.asterisk.reloads >= 1, 60)
    assert desk.oml.state()["rows"] != before
    desk.site.server.stop()
    desk.oml.asterisk.hang_after_reloads = -1
    desk.oml.asterisk.released.set()
    record = desk.site.state / "jobs" / f"{started.path.split('/')[-2]}.json"
    assert wait_until(lambda: "code" in json.loads(record.read_text()), 90)
    codes = {finding["code"] for finding in json.loads(record.read_text())["document"]["findings"]}
    assert "apply.restored" in codes
    assert (desk.oml.settled()["rows"], desk.oml.journals) == (before, [])


@pytest.mark.parametrize("desk", [{"lock": 2}], indirect=True)
def test_the_second_of_two_operators_is_told(desk: Desk) -> None:
    plan = desk.enter()
    with file_lock(desk.oml.folder / "oml.sqlite.lock"):
        done = desk.apply(plan)
    assert (done.state, done.findings) == ("failed", [("error", "lock.held")])
    assert desk.oml.state()["rows"]["troncalsip"] == []


def test_a_state_folder_that_cannot_be_written_is_told_before_anything_is_applied(desk: Desk) -> None:
    desk.enter()
    shutil.rmtree(desk.site.state)
    desk.site.state.write_text("in the way")  # no permissions: root may write everywhere
    assert ("error", "state.unwritable") in desk.overview().findings
    plan = desk.plan()
    assert ("error", "state.unwritable") in plan.findings and 'id="pbx-link-apply"' not in plan.text
    refused = desk.start("apply", mark="0" * 32)
    assert (refused.page, refused.findings) == ("findings", [("error", "state.unwritable")])
    assert str(desk.site.state) in refused.text
    assert desk.oml.state()["rows"]["troncalsip"] == []
