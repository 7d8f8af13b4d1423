"""A run of the tests: how it ends when it is told to, and what it says of what it left out."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

from tests.skips import summary
from tests.stack import native


@pytest.mark.skipif(native.missing_servers() is not None, reason=str(native.missing_servers()))
def test_a_run_that_is_told_to_end_takes_its_servers_down() -> None:
    code = (
        "import time; from tests import conftest; from tests.stack import native; conftest.take_signals()\n"
        "with native.redis_server() as url: print(url, flush=True); time.sleep(60)"
    )
    with native.server_directory("told") as kept:
        environment = {**os.environ, "TMPDIR": str(kept), "PYTHONPATH": os.pathsep.join(sys.path)}
        run = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
        assert run.stdout is not None
        url = run.stdout.readline().strip()
        assert native.redis_answers(url)
        run.terminate()
        run.communicate(timeout=30)
        assert list(kept.iterdir()) == []
        assert not native.redis_answers(url)


def test_programs_of_a_test_do_not_inherit_an_ignored_interrupt() -> None:
    interrupted = "import signal; print(signal.getsignal(signal.SIGINT))"
    code = (
        f"from tests import conftest; conftest.take_signals(); import subprocess, sys; "
        f"subprocess.run([sys.executable, '-c', {interrupted!r}])"
    )
    command = f"trap '' INT; exec {shlex.quote(sys.executable)} -c {shlex.quote(code)}"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment)
    assert "default_int_handler" in done.stdout


def test_what_is_merely_missing_is_said_in_one_line() -> None:
    said = summary(
        ["no Python 3.9 with ensurepip here", "no Python 3.9 with ensurepip here", "needs root"]
    ).splitlines()
    assert said[0].split() == ["2", "skipped:", "no", "Python", "3.9", "with", "ensurepip", "here"]
    assert said[-1].startswith("2 of these 3 only want what is not here (no Python): ")
    assert "tests/run tests/oml tests/packaging" in said[-1]
    assert summary([]) == "No test was skipped."
