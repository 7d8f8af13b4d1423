"""OML's own Pythons for the tests: 3.9, which OML ships, and 3.11, with OML's Django; and the plugin's wheels."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
VERSIONS = ("3.9", "3.11")
on_every_python = pytest.mark.parametrize("oml_version", VERSIONS, indirect=True)
_OML_HAS = ("django>=3.2,<3.3", "redis>=4,<6", "fakeredis>=2.20,<3", "psycopg2-binary>=2.9")
_TO_BUILD = ("setuptools>=62.3,<80", "wheel")
_SOURCES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "pbxlink", "issabel_module", "oml_plugin")


@cache
def usual() -> str:
    """OML's own version, or else one that is here: for what is the same on all."""
    return next((each for each in VERSIONS if interpreter(each)), VERSIONS[0])


@cache
def interpreter(version: str) -> Path | None:
    """A real Python of this version (a version manager's launcher may name what is not there)."""
    named = shutil.which(f"python{version}")
    others = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python"))
    for each in ([Path(named)] if named else []) + others:
        tell = "import sys, ensurepip; print('%d.%d' % sys.version_info[:2])"
        done = subprocess.run([str(each), "-c", tell], capture_output=True, text=True)
        if done.returncode == 0 and done.stdout.strip() == version:
            return each
    return None


def base(version: str) -> Path:
    """The folder of an environment with what OML has and nothing of ours, made once and kept. Skips without."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} with ensurepip here")
    folder = REPO / ".venv" / f"omlhost-{version}"
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(folder.suffix + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _run_or_skip(
                ["sh", str(REPO / "tests" / "environment"), str(folder), *_OML_HAS, *_TO_BUILD], {"PYTHON": str(python)}
            )
            (folder / "complete").touch()
    return folder


def with_django(version: str, django: str) -> Path:
    """The Python of an environment with that Python and Django, and all that the app needs. Skips without."""
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} with ensurepip here")
    folder = REPO / ".venv" / f"oml-{version}-django-{django}"
    needed = (f"django=={django}.*", *_OML_HAS[1:], "configobj>=5.0.9")
    _run_or_skip(["sh", str(REPO / "tests" / "environment"), str(folder), *needed], {"PYTHON": str(python)})
    return folder / "bin" / "python"


def _run_or_skip(command: Sequence[str], environment: dict[str, str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment}, timeout=600)
    if done.returncode:
        pytest.skip(f"{command[-1]} cannot be installed here: {done.stderr[-300:]}")


def build_wheels(environment: Path, folder: Path) -> Path:
    """A folder with the plugin's wheel and its one library's, as a person would carry it to OML's host."""
    source, wheels = folder / "source", folder / "wheels"
    for name in _SOURCES:
        source.mkdir(parents=True, exist_ok=True)
        if (REPO / name).is_dir():
            shutil.copytree(REPO / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(REPO / name, source / name)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "-q", "--disable-pip-version-check", "wheel", "--no-deps"]
    own = subprocess.run([*pip, "--no-build-isolation", "-w", str(wheels), str(source)], capture_output=True, text=True)
    assert own.returncode == 0, own.stderr
    _run_or_skip([*pip, "-w", str(wheels), "configobj>=5.0.9"], {})
    return wheels


def site_packages(environment: Path, version: str) -> Path:
    """Where an environment has its packages."""
    return environment / "lib" / f"python{version}" / "site-packages"


def make(folder: Path, version: str) -> Path:
    """A Python like OML's, in `folder`, empty but for what OML has; its site-packages may be changed at will."""
    above = base(version)
    command = [str(above / "bin" / "python"), "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    line = f"{site_packages(above, version)}\n"
    (site_packages(folder, version) / "a_base.pth").write_text(line, encoding="utf-8")
    return folder / "bin" / "python"


def install(python: Path, wheels: Path, *options: str) -> None:
    """`pip install` of the plugin from the folder of wheels alone, as offline."""
    command = [str(python), "-m", "pip", "-q", "--disable-pip-version-check", "install", *options]
    command += ["--no-index", "--find-links", str(wheels), "issabel-omnileads"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def hook_only(python: Path, folder: Path) -> None:
    """Writes the autoload into a folder that is to be mounted beside OML's image, as docs/oml-plugin.md says."""
    command = [str(python), "-m", "oml_plugin.activation", "activate", "--hook-only"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, cwd=folder.parent)
    assert done.returncode == 0, done.stdout + done.stderr
