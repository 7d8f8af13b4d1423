"""The command as a person without root gets it: a wheel, installed by pipx into a home of its own, reaching a PBX by
ssh."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.test_wheel import copy_sources
from tests.pbx.product import Bench, Result, difference
from tests.stack.process import find_program
from tests.stack.sshd import SshServer

pytest_plugins = ["tests.pbx.product_fixtures", "tests.pbx.ssh_fixtures"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with nothing in it but what pipx made."""
    pipx = find_program("pipx")
    if pipx is None:
        pytest.skip("not installed: pipx (Debian: pipx)")
    folder = tmp_path_factory.mktemp("pipx")
    home, tree, wheels = folder / "home", folder / "tree", folder / "wheels"
    home.mkdir()
    copy_sources(tree)
    _run_or_skip([sys.executable, "-m", "pip", "-q", "wheel", "--no-deps", "-w", str(wheels), str(tree)], home)
    (wheel,) = wheels.glob("*.whl")
    _run_or_skip([pipx, "install", "--python", sys.executable, f"{wheel}[pbx]"], home)
    return home


def _run_or_skip(command: list[str], home: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIPX_", "XDG_", "PYTHON"))}
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env={**kept, "HOME": str(home)})
    if done.returncode:
        pytest.skip(f"cannot be installed here: {done.stderr[-300:]}")


def test_what_pipx_installed_takes_a_link_to_a_pbx_and_away_again(home: Path, bench: Bench, sshd: SshServer) -> None:
    command = home / ".local" / "bin" / "issabel-omnileads"
    before = bench.snapshot()

    def run(name: str, *options: str) -> Result:
        line = [str(command), *bench.arguments(name, "--json", "--host", "pbx", *options)]
        environment = {"HOME": str(home), "PATH": f"{sshd.client}:/usr/bin:/bin"}
        done = subprocess.run(line, capture_output=True, text=True, timeout=120, cwd="/", env=environment)
        return Result(done.returncode, done.stdout, done.stderr)

    assert run("plan").code == 2
    applied = run("apply", "--yes")
    assert (applied.code, json.loads(applied.out)["applied"]) == (0, True), applied
    assert run("plan").actions == []
    assert run("remove", "--yes").code == 0
    assert difference(before, bench.snapshot()) == {}


def test_without_the_extra_it_says_how_to_install_it(home: Path, bench: Bench) -> None:
    """`pipx install WHEEL` alone leaves out what only the PBX's side needs."""
    python = next((home / ".local").rglob("venvs/issabel-omnileads/bin/python"))
    hidden = "import sys; sys.modules['mysql'] = None; "
    start = f"{hidden}from issabel_module import cli; sys.exit(cli.main(sys.argv[1:]))"
    done = subprocess.run(
        [str(python), "-c", start, *bench.arguments("plan")], capture_output=True, text=True, timeout=60, cwd="/"
    )
    assert done.returncode == 1 and "[pbx]" in done.stderr, done.stderr
