"""Where the secret must not be (command lines, others' files), and what is said to who may do too little."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from issabel_module.storage import ownership
from tests.pbx.product import ROOT, SECRET, Bench, difference

pytest_plugins = ["tests.pbx.product_fixtures"]
TOKEN = "Directory-token-4.of9this2link_0"
ACCESS = {"url": "https://oml.invalid/api/", "token": TOKEN}
_NOBODY = 65534
_AS_NOBODY = f"""
import importlib, io, os, pkgutil, sys
import issabel_module, pbxlink
from issabel_module import cli
# Everything is imported and read while it can be: the checkout may be below a folder of root's own.
for package in (issabel_module, pbxlink):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
import sqlalchemy.dialects.mysql.mysqlconnector
options = [each for each in sys.argv[2:] if each != "--yes"]
cli.main(["plan", *options], io.StringIO(), io.StringIO())
os.setgroups([]); os.setgid({_NOBODY}); os.setuid({_NOBODY})
sys.exit(cli.main(sys.argv[1:]))
"""


def test_no_command_line_holds_a_secret_during_an_apply(bench: Bench) -> None:
    seen = bench.folder / "command-lines"
    bench.write_link(directory=ACCESS)
    bench.launcher(before=f"cat /proc/[0-9]*/cmdline > '{seen}' 2>/dev/null")
    out, err = bench.child("apply", "--yes").communicate(timeout=120)
    lines = seen.read_bytes().replace(b"\0", b" ")
    assert b"issabel_module.cli" in lines and b"apply" in lines, "the apply itself was not seen"
    password = str(bench.pbx.database.password)
    for secret in (SECRET, TOKEN, password, bench.pbx.params.ami_secret):
        assert secret.encode() not in lines
        assert secret not in out + err


def test_the_journal_is_its_owners_alone(bench: Bench) -> None:
    seen = bench.folder / "modes"
    bench.write_link(directory=ACCESS)
    journal = bench.state / "journal"
    bench.launcher(before=f"stat -c '%a %F' '{journal}' '{journal}'/* > '{seen}'; cp '{journal}'/* '{seen}.copy'")
    bench.done("apply", "--yes")
    assert seen.read_text().splitlines() == ["700 directory", "600 regular file"]
    journaled = Path(f"{seen}.copy").read_text()
    assert SECRET in journaled, "the journal holds what is needed for an undo"
    assert TOKEN not in journaled
    assert list(journal.iterdir()) == []


def test_no_file_that_others_may_read_holds_the_secret(bench: Bench) -> None:
    bench.write_link(directory=ACCESS)
    bench.launcher(before="exit 0")  # a reload without effect: the run fails, and what it leaves is looked at too
    assert bench.run("apply", "--yes").code == 1
    files = [path for path in bench.folder.rglob("*") if path.is_file()]
    holding = [path for path in files if SECRET.encode() in path.read_bytes()]
    assert bench.link in holding
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == [bench.link]
    for path in holding:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


@pytest.mark.skipif(os.geteuid() != 0, reason="giving up rights needs root")
@pytest.mark.parametrize("closed", ["link", "amportal", "state"])
def test_who_may_do_too_little_is_told_so_before_anything_is_written(bench: Bench, closed: str) -> None:
    before = bench.snapshot()
    for folder in (bench.folder, *bench.folder.parents, bench.pbx.amportal.parent):
        if stat.S_IMODE(folder.stat().st_mode) == 0o700:  # pytest's own folders, as many as there are
            folder.chmod(0o755)
    for name, path in (("link", bench.link), ("amportal", bench.pbx.amportal)):
        os.chown(path, 0 if closed == name else _NOBODY, -1)
    bench.state.mkdir()
    os.chown(bench.state, 0 if closed == "state" else _NOBODY, -1)
    command = [sys.executable, "-c", _AS_NOBODY, *bench.arguments("apply", "--yes")]
    # What measures the tests could not write its data as that user, and would say so in the output.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, env=environment)
    told = {"link": str(bench.link), "amportal": str(bench.pbx.amportal), "state": str(bench.state)}
    assert done.returncode == 1 and told[closed] in done.stderr, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert difference(before, bench.snapshot()) == {}


def test_a_newer_releases_table_is_left_alone(bench: Bench) -> None:
    bench.done("apply", "--yes")
    newer = str(int(ownership.VERSION) + 1)
    bench.sql("UPDATE issabel_omnileads SET image = :newer WHERE kind = 'table'", newer=newer)
    before = bench.snapshot()
    for command in (("plan",), ("apply", "--yes"), ("remove", "--yes"), ("status",)):
        result = bench.json(*command)
        assert result.code == 1 and result.codes == ["ownership.version"], result.out
    assert difference(before, bench.snapshot()) == {}
