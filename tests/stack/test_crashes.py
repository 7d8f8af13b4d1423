"""A test whose Asterisk dies by itself runs once more, on one that was started again; any other failure stays one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack.asterisk import missing_asterisk

pytestmark = pytest.mark.skipif(missing_asterisk() is not None, reason=str(missing_asterisk()))
_TESTS = """
import os, signal, time
from collections.abc import Iterator
from pathlib import Path
import pytest
from tests.pbx.product import running_asterisk
from tests.stack.asterisk import NativeAsterisk
from tests.standins.pbx.rig import StandinPbx

pytest_plugins = ["tests.stack.crashes"]
died = Path(__file__).with_name("died")

@pytest.fixture(scope="session")
def pbx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinPbx]:
    with running_asterisk(tmp_path_factory.mktemp("one")) as pbx:
        yield pbx

def _end(number: int) -> None:
    process = NativeAsterisk.running[0].process
    os.kill(process.pid, number)
    while process.code is None:
        time.sleep(0.02)

def _asked(pbx: StandinPbx) -> None:
    with pbx.ami() as ami:
        assert ami.command("core show version")

def test_dies_once(pbx: StandinPbx) -> None:
    if not died.exists():
        died.touch()
        _end(signal.SIGSEGV)
    _asked(pbx)

def test_after_it(pbx: StandinPbx) -> None:
    _asked(pbx)

def test_dies_each_time(pbx: StandinPbx) -> None:
    _end(signal.SIGSEGV)
    _asked(pbx)

def test_is_wrong() -> None:
    with died.open("a") as file:
        file.write("x")
    assert died.read_text() == "never"

def test_was_ended(pbx: StandinPbx) -> None:
    _end(signal.SIGKILL)
    _asked(pbx)
"""


def test_only_a_test_whose_asterisk_died_by_itself_runs_again(tmp_path: Path) -> None:
    (tmp_path / "test_inner.py").write_text(_TESTS)
    options = ["--reruns", "1", "--only-rerun", "AsteriskCrashed", "-p", "no:cacheprovider", "-p", "no:docker", "-rR"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, "-c", os.devnull, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert "3 failed, 2 passed, 2 rerun" in done.stdout, done.stdout + done.stderr
    assert (tmp_path / "died").read_text() == "x"
    assert "RERUN test_inner.py::test_dies_once" in done.stdout
