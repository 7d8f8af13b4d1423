"""An image that stands for OML's own, and what is built on it: by a real container engine, from this machine alone."""

from __future__ import annotations

import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.oml import oml_python
from tests.oml.omlhost import SERVE
from tests.stack.engine import Engine, EngineUnavailable, run
from tests.stack.image import base_tarball, default_cache
from tests.standins.oml.testing import HERE as STANDIN

PACKAGES = "python3 python3-pip"
_NEEDED = ("django>=3.2,<3.3", "redis>=4,<6", "fakeredis>=2.20,<3", "psycopg2-binary>=2.9")
_PYTHON = "3.9"
"""Of the root's release; OML's image has it too."""
_BUILD_SECONDS, _PATIENCE = 400.0, 60.0


@dataclass(frozen=True)
class Images:
    """`plain` stands for OML's own image, `derived` is what packaging/oml/Dockerfile makes of it; `folder` holds what
    both were made from, with the plugin's `wheels`."""

    engine: Engine
    plain: str
    derived: str
    folder: Path


def build(engine: Engine, folder: Path) -> Images:
    """Builds both, without a network. Skips where no root file system or no wheel can be had."""
    try:
        tarball = base_tarball(default_cache(), PACKAGES)
    except EngineUnavailable as problem:
        pytest.skip(str(problem))
    images = Images(engine, "pbxlink-oml:plain", "pbxlink-oml:derived", folder)
    engine.docker("import", str(tarball), "pbxlink-oml:base", timeout=_BUILD_SECONDS)
    _plain_context(folder / "plain")
    build_options = ("build", "-q", "--network", "none")
    dockerfile = str(Path(__file__).with_name("image") / "Dockerfile")
    engine.docker(*build_options, "-t", images.plain, "--build-arg", "BASE=pbxlink-oml:base", "-f", dockerfile,
                  str(folder / "plain"), timeout=_BUILD_SECONDS)  # fmt: skip
    oml_python.build_wheels(oml_python.base(_PYTHON), folder)
    root = folder / "root"
    root.mkdir()
    shutil.copytree(folder / "wheels", root / "wheels")
    own = str(oml_python.REPO / "packaging" / "oml" / "Dockerfile")
    engine.docker(*build_options, "-t", images.derived, "--build-arg", f"OML_IMAGE={images.plain}", "-f", own,
                  str(root), timeout=_BUILD_SECONDS)  # fmt: skip
    return images


def _plain_context(context: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(STANDIN, context / "project", ignore=ignored)
    (context / "serve.py").write_text(SERVE.replace("127.0.0.1", "0.0.0.0"), encoding="utf-8")
    pip = [str(oml_python.base(_PYTHON) / "bin" / "python"), "-m", "pip", "-q", "--disable-pip-version-check"]
    command = [*pip, "download", "--only-binary", ":all:", "-d", str(context / "needed"), *_NEEDED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        pytest.skip(f"the wheels that OML needs cannot be had here: {done.stderr[-300:]}")


@dataclass(frozen=True)
class Container:
    """One that runs, by its name."""

    engine: Engine
    name: str

    def run(self, *command: str, user: str = "root", check: bool = True) -> str:
        """What a command in it prints. Raises EngineUnavailable with its errors where it fails and `check`."""
        line = command if check else ("sh", "-c", '"$@" 2>&1 || true', "sh", *command)
        return self.engine.docker("exec", "--user", user, self.name, *line, timeout=240)

    def status_of(self, path: str) -> int:
        """What the web server in it answers; 0 where it does not."""
        code = "import sys, urllib.request as u, urllib.error as e\n" \
               "try: print(u.urlopen(sys.argv[1], timeout=20).status)\n" \
               "except e.HTTPError as problem: print(problem.code)\n" \
               "except OSError: print(0)"  # fmt: skip
        return int(self.run("python3", "-S", "-c", code, f"http://127.0.0.1:8099{path}"))

    def wait_for_web(self) -> None:
        """Until the login page is there."""
        deadline = time.monotonic() + _PATIENCE
        while self.status_of("/accounts/login/") != 200:
            assert time.monotonic() < deadline, self.engine.docker("logs", self.name)
            time.sleep(1)

    def restart(self) -> None:
        """As an administrator does after `activate`."""
        self.engine.docker("restart", "-t", "2", self.name, timeout=60)
        self.wait_for_web()


def compose(images: Images, folder: Path, project: str, *arguments: str) -> str:
    """docker-compose with OML's services and the example of packaging/oml over them."""
    files = ["-f", str(folder / "oml.yml"), "-f", str(folder / "compose.yml")]
    command = ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]
    return run([*command, "-p", project, *files, *arguments], 240, images.engine.environment)
