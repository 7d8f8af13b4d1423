"""The page on the Django that OML has (3.2), by the Python that it has (3.9) and the newest that Django goes with."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.oml.desk import Desk
from tests.oml.pageserver import seed, serving
from tests.oml.plugin import plugin_oml
from tests.standins.oml.testing import REPO, Standin

VERSIONS = ("3.9", "3.11")
NEEDED = ("django>=3.2,<3.3", "configobj>=5.0.9", "fakeredis>=2.20", "redis>=4", "psycopg2-binary>=2.9")


def _python(version: str) -> str | None:
    """That Python, found on PATH or among pyenv's."""
    homes = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin/python3"))
    for each in [*map(str, reversed(homes)), shutil.which(f"python{version}") or ""]:
        asked = subprocess.run([each, "--version"], capture_output=True, text=True) if each else None
        if asked and asked.returncode == 0 and asked.stdout.startswith(f"Python {version}."):
            return each
    return None


@pytest.fixture(scope="module", params=VERSIONS)
def python(request: pytest.FixtureRequest) -> str:
    """A virtual environment of that Python with Django 3.2; kept from run to run."""
    found = _python(request.param)
    if found is None:
        pytest.skip(f"no Python {request.param} here (on PATH or by pyenv)")
    folder = REPO / ".venv" / f"oml-{request.param}"
    made = subprocess.run(
        [str(REPO / "tests" / "environment"), str(folder), *NEEDED], env={**os.environ, "PYTHON": found},
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    if made.returncode:
        pytest.skip(f"no environment with Django 3.2 can be made here: {made.stderr.strip()[-200:]}")
    return str(folder / "bin" / "python")


@pytest.fixture
def old_desk(python: str, tmp_path: Path, answering_pbx: tuple[str, int]) -> Iterator[Desk]:
    standin = Standin({**Standin.without_servers(tmp_path).environment}, python).with_plugin()
    standin.manage("migrate", "-v0")
    seed(standin)
    with plugin_oml(tmp_path, answering_pbx) as oml:
        oml.standin.python_path = python
        with serving(oml.standin, tmp_path) as site:
            yield Desk(oml, site, site.visitor("admin"))


def test_from_code_to_applied_to_removed(old_desk: Desk, python: str) -> None:
    desk = old_desk
    version = desk.oml.python("import sys, django; answer = [django.VERSION[:2], sys.version_info[:2]]")
    assert version == [[3, 2], [int(part) for part in Path(python).parents[1].name.split("-")[1].split(".")]]
    desk.applied()
    assert [row["nombre"] for row in desk.oml.state()["rows"]["troncalsip"]] == ["issabel"]
    for path in ("", "link/test/", "link/test/plan/", "link/test/edit/", "link/test/remove/", "new/"):
        assert desk.admin.get(f"/pbx_link/{path}").status == 200, path
    assert ("error", "verify.unreachable") in desk.admin.job(desk.start("verify")).findings
    assert ("error", "diagnosis.cause") in desk.admin.job(desk.start("diagnose", number="098098")).findings
    page = desk.admin.get("/pbx_link/link/test/remove/")
    assert desk.admin.job(desk.start("remove", mark=page.hidden("mark"))).state == "done"
    assert desk.oml.state()["rows"]["troncalsip"] == []
    assert desk.site.visitor("anaagent").get("/pbx_link/").status == 403
