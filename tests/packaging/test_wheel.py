"""What a wheel of the command holds, as pip and pipx install it: all of it, and nothing that needs the tree.

The wheel itself is made by a tool that the tests' environment need not have; its content is what is built here.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_SOURCES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "pbxlink", "issabel_module", "oml_plugin", "sql")


def copy_sources(tree: Path) -> None:
    """What a package is built from, without what lies about beside it."""
    tree.mkdir()
    for name in _SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, tree / name)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the content is."""
    pytest.importorskip("setuptools", reason="building needs setuptools")
    folder = tmp_path_factory.mktemp("wheel")
    copy_sources(folder / "tree")
    target = folder / "installed"
    target.mkdir()
    build = ["build", "--build-lib", str(target), "egg_info", "--egg-base", str(target)]
    done = subprocess.run(
        [sys.executable, "-c", "from setuptools import setup; setup()", *build],
        cwd=folder / "tree", capture_output=True, text=True, timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    start = (
        f"import sys; sys.path.insert(0, {str(installed)!r}); from issabel_module import cli; "
        f"assert cli.__file__.startswith({str(installed)!r}); sys.exit(cli.main(sys.argv[1:]))"
    )
    environment = {**os.environ, "LANG": "en_US.UTF-8", "LC_ALL": "en_US.UTF-8"}
    return subprocess.run(
        [sys.executable, "-P" if sys.version_info >= (3, 11) else "-s", "-c", start, *arguments],
        cwd="/", capture_output=True, text=True, timeout=60, env=environment,
    )  # fmt: skip


def test_the_command_runs_from_it(installed: Path, tmp_path: Path) -> None:
    assert run(installed, "--help").returncode == 0
    link = str(tmp_path / "link.conf")
    where = ["--link", link, "--amportal-conf", str(tmp_path / "none.conf"), "--state-dir", str(tmp_path / "state")]
    hosts = ["--topology", "lan", "--pbx-address", "10.0.0.1", "--omnileads-address", "10.0.0.2"]
    done = run(installed, "init", *where, *hosts)
    assert done.returncode == 0 and Path(link).exists(), done.stderr
    done = run(installed, "plan", *where)
    assert done.returncode == 1 and "--host" in done.stderr, done.stderr


def test_the_extra_names_what_the_command_needs(installed: Path) -> None:
    (info,) = installed.glob("*.egg-info")
    _, _, extra = (info / "requires.txt").read_text().partition("[pbx]\n")
    named = {line.split(">")[0].split("<")[0] for line in extra.split("\n\n")[0].split("\n") if line}
    assert named == {"sqlalchemy", "mysql-connector-python"}
    assert "issabel-omnileads = issabel_module.cli:main" in (info / "entry_points.txt").read_text()
