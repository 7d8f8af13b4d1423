"""Fixtures of the package's tests: the RPM built once, in two releases, and roots to install it into."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.box import Box, missing_box, open_box
from tests.pbx.product import ROOT
from tests.stack.process import find_program

BUILD = ROOT / "packaging" / "rpm" / "build"


def missing_rpm() -> str | None:
    """Why no RPM can be built here, or None."""
    missing = [name for name in ("rpmbuild", "rpm") if not find_program(name)]
    return f"not here: {', '.join(missing)} (Debian: rpm)" if missing else None


def build(folder: Path, release: int, script: Path = BUILD) -> list[str]:
    """Builds a package; the lines that the build printed."""
    command = [str(script), "--release", str(release), "--output", str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHON": sys.executable}
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def rpm(*arguments: str) -> str:
    """rpm's answer. Debian's warns at every install that it is not Debian's own tool."""
    done = subprocess.run(["rpm", *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The package in releases 1 and 2."""
    missing = missing_rpm()
    if missing:
        pytest.skip(missing)
    folder = tmp_path_factory.mktemp("rpm")
    return [Path(build(folder, release)[-1]) for release in (1, 2)]


@pytest.fixture(scope="session")
def package(packages: list[Path]) -> Path:
    """The package."""
    return packages[0]


@pytest.fixture(scope="session")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty root with nothing but the package in it. rpm runs no scriptlet there: there is no shell."""
    root = tmp_path_factory.mktemp("root")
    rpm("--root", str(root), "--dbpath", "/var/lib/rpm", "-i", "--nodeps", "--noscripts", str(package))
    return root


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    """A copy of this machine's root that forgets what was written, with a PBX's commands in it."""
    missing = missing_rpm() or missing_box()
    if missing:
        pytest.skip(missing)
    with open_box(tmp_path) as box:
        yield box
