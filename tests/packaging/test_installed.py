"""The command as installed into an empty root, with nothing but what the package carries."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pbx.product import Bench, Result, difference

pytest_plugins = ["tests.pbx.product_fixtures", "tests.packaging.fixtures"]
VERSIONS = ("3.9", "3.11", "3.12", "3.13")


def _pythons() -> dict[str, str]:
    """A real interpreter of each version that this machine has (a version manager's launcher may name what is not)."""
    asked = {version: shutil.which(f"python{version}") for version in VERSIONS}
    found = {}
    for version, path in asked.items():
        tell = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"
        versions = [path] if path else []
        versions += [str(each) for each in Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python")]
        for each in versions:
            done = subprocess.run([each, "-c", tell], capture_output=True, text=True)
            if done.returncode == 0 and done.stdout.split()[0] == version:
                found[version] = done.stdout.split(maxsplit=1)[1].strip()
    return found


def _run(root: Path, *arguments: str, **environment: str) -> Result:
    done = subprocess.run(
        [str(root / "usr/sbin/issabel-omnileads"), *arguments], capture_output=True, text=True, timeout=120,
        env={"PATH": "/usr/bin:/bin", **environment}, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Result(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_python_it_is_for_runs_it_to_the_end(installed: Path, bench: Bench, version: str) -> None:
    python = _pythons().get(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    before = bench.snapshot()

    def run(command: str, *options: str) -> Result:
        return _run(installed, *bench.arguments(command, "--json", *options), ISSABEL_OMNILEADS_PYTHON=python)

    assert (run("plan").code, len(run("plan").actions)) == (2, 3)
    applied = run("apply", "--yes")
    assert (applied.code, applied.document["applied"]) == (0, True), applied
    assert run("plan").actions == []
    verified = run("verify")  # nobody plays OML here, and it must say so
    directions = {each["direction"]: each["state"] for each in json.loads(verified.out)["directions"]}
    assert (verified.code, directions["pbx->oml"]) == (2, "unreachable")
    assert run("purge", "--yes").codes == ["purge.applied"]
    removed = run("remove", "--yes")
    assert (removed.code, removed.document["applied"]) == (0, True), removed
    assert difference(before, bench.snapshot()) == {}
    assert (run("purge", "--yes").code, bench.link.exists()) == (0, False)
    assert bench.sql("SHOW TABLES LIKE 'issabel\\_omnileads'") == []


def test_only_its_own_libraries_are_used(installed: Path, tmp_path: Path) -> None:
    poisoned = tmp_path / "poisoned"
    (poisoned / "configobj").mkdir(parents=True)
    (poisoned / "configobj" / "__init__.py").write_text("raise SystemExit('not the vendored one')\n")
    command = ["show", "--json", "--lang", "en", "--link", str(tmp_path / "none.conf")]  # reads link files
    told = _run(installed, *command, PYTHONPATH=str(poisoned), ISSABEL_OMNILEADS_PYTHON=sys.executable)
    assert (told.codes, told.err) == (["linkfile.missing"], "")
    bare = tmp_path / "bare"
    shutil.copytree(installed / "usr", bare / "usr", symlinks=True)
    shutil.rmtree(bare / "usr/share/issabel-omnileads/vendor/configobj")
    # This test's own Python has configobj: were site-packages looked at, it would be found.
    failed = _run(bare, *command, ISSABEL_OMNILEADS_PYTHON=sys.executable)
    assert failed.code == 1
    assert "No module named 'configobj'" in failed.err


def test_running_it_leaves_nothing_beside_the_packages_files(installed: Path) -> None:
    before = sorted(map(str, installed.rglob("*")))
    assert _run(installed, "status", "--link", "/nowhere/link.conf").code == 1
    assert sorted(map(str, installed.rglob("*"))) == before


def test_without_a_python_it_says_which_are_right(installed: Path, tmp_path: Path) -> None:
    script = (
        (installed / "usr/libexec/issabel-omnileads/python").read_text().replace("/usr/bin/python3", "/nowhere/python3")
    )
    chooser = tmp_path / "python"
    chooser.write_text(script)
    done = subprocess.run(["sh", str(chooser), "-V"], capture_output=True, text=True, env={"PATH": os.defpath})
    assert done.returncode == 69
    assert "no Python 3.9 to 3.13" in done.stderr
