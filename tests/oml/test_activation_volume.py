"""The other ways in: a folder on PYTHONPATH (a volume), and what the wheel carries."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.oml import oml_python
from tests.oml.oml_python import on_every_python
from tests.oml.omlhost import OmlHost

pytest_plugins = ["tests.oml.activation_fixtures"]
PAGE = "/pbx_link/"
STARTED = "import sys; print(getattr(sys, 'theirs', 'no'), 'oml_plugin.activation.hook' in sys.modules)"


@pytest.fixture
def volume(make_host: Callable[[], OmlHost], wheels: Path, tmp_path: Path) -> tuple[OmlHost, Path]:
    """A host whose Python is as the vendor made it; the plugin is in a folder of its own, named by PYTHONPATH."""
    host = make_host()
    folder = tmp_path / "volume"
    oml_python.install(host.python, wheels, "--target", str(folder))
    host.more["PYTHONPATH"] = f"{host.project}:{folder}"
    return host, folder


def on_volume(host: OmlHost, *arguments: str) -> subprocess.CompletedProcess[str]:
    return host.run("-m", "oml_plugin.activation", *arguments)


@on_every_python
def test_a_volume_and_pythonpath(volume: tuple[OmlHost, Path]) -> None:
    host, folder = volume
    rows, files, before = host.contents(), host.files(), sorted(folder.rglob("*"))
    done = on_volume(host, "activate")
    assert done.returncode == 0, done.stdout + done.stderr
    assert host.files() == files  # nothing in OML's own Python
    with host.web() as web:
        assert web.login("admin").get(PAGE)[0] == 200
        status = on_volume(host, "status", "--web", web.url, "--json")
        assert status.returncode == 0 and json.loads(status.stdout)["active"] is True
    host.query("DELETE FROM django_session RETURNING 1")
    assert on_volume(host, "deactivate", "--purge").returncode == 0
    assert sorted(folder.rglob("*")) == before
    after = host.contents()
    assert {key for key in rows if rows[key] != after[key]} <= {"rows of ominicontacto_app_user"}  # the last login


def test_a_pth_file_on_pythonpath_would_do_nothing(volume: tuple[OmlHost, Path]) -> None:
    """Why there is a `sitecustomize` in that folder."""
    host, folder = volume
    (folder / "any.pth").write_text("import sys; sys.theirs = 'read'\n", encoding="utf-8")
    assert host.run("-c", STARTED).stdout == "no False\n"


def test_the_sitecustomize_that_it_hides_still_runs(volume: tuple[OmlHost, Path]) -> None:
    host, folder = volume
    # Before the Python's own folders: Debian's has a sitecustomize there.
    theirs = folder.parent / "theirs"
    theirs.mkdir()
    (theirs / "sitecustomize.py").write_text("import sys\nsys.theirs = 'run'\n", encoding="utf-8")
    host.more["PYTHONPATH"] += f":{theirs}"
    assert on_volume(host, "activate", "--hook-only").returncode == 0
    assert host.run("-c", STARTED).stdout == "run True\n"
    shutil.rmtree(folder / "oml_plugin")
    gone = host.run("-c", STARTED)
    assert (gone.stdout, gone.stderr) == ("run False\n", "")


def test_somebody_elses_sitecustomize_is_kept(volume: tuple[OmlHost, Path]) -> None:
    host, folder = volume
    theirs = folder / "sitecustomize.py"
    theirs.write_text("pass\n", encoding="utf-8")
    done = on_volume(host, "activate", "--hook-only", "--lang", "en")
    assert done.returncode == 1 and "is not this plugin's" in done.stderr
    assert theirs.read_text(encoding="utf-8") == "pass\n"


def test_a_volume_may_be_prepared_elsewhere_and_be_read_only(volume: tuple[OmlHost, Path]) -> None:
    """As docs/oml-plugin.md has it: hook by any Python beforehand, then everything else inside OML's container."""
    host, folder = volume
    prepared = subprocess.run(
        [str(oml_python.interpreter(host.version)), "-m", "oml_plugin.activation", "activate", "--hook-only"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": folder.name}, capture_output=True, text=True, cwd=folder.parent,
    )  # fmt: skip
    assert prepared.returncode == 0, prepared.stderr
    written = (folder / "sitecustomize.py").stat().st_mtime_ns
    assert on_volume(host, "activate").returncode == 0
    assert (folder / "sitecustomize.py").stat().st_mtime_ns == written


def test_without_the_volume_oml_is_as_before(volume: tuple[OmlHost, Path]) -> None:
    host, folder = volume
    assert on_volume(host, "activate").returncode == 0
    folder.rename(folder.with_name("unmounted"))
    assert host.manage("check").stderr == ""
    host.manage("actualizar_permisos")
    with host.web() as web:
        assert [web.login("admin").get(path)[0] for path in ("/", PAGE)] == [200, 404]


def test_the_autoload_line_costs_a_start_of_python_next_to_nothing(omlhost: OmlHost) -> None:
    loaded = "import sys; print('\\n'.join(sorted(sys.modules)))"
    without = set(omlhost.run("-c", loaded).stdout.split())
    assert omlhost.link("activate", "--hook-only").returncode == 0
    more = set(omlhost.run("-c", loaded).stdout.split()) - without
    assert more - {"__future__"} == {"oml_plugin", "oml_plugin.activation", "oml_plugin.activation.hook"}


def test_the_wheel_carries_every_file_of_the_plugin(wheels: Path) -> None:
    [wheel] = wheels.glob("issabel_omnileads-*.whl")
    carried = set(zipfile.ZipFile(wheel).namelist())
    folder = oml_python.REPO / "oml_plugin"
    ours = {str(path.relative_to(oml_python.REPO)) for path in folder.rglob("*") if path.is_file()}
    missing = {name for name in ours if "__pycache__" not in name and name not in carried}
    assert {name for name in missing if not name.endswith((".po", ".pyc"))} == set()
    assert any(name.startswith("oml_plugin/templates/") for name in carried)
