"""The Debian package: as a file, and installed, upgraded, removed and purged in a root with FreePBX's command."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.packaging.box import Box
from tests.packaging.fixtures import build
from tests.pbx.product import ROOT
from tests.stack.process import find_program

pytest_plugins = ["tests.packaging.fixtures"]
DEB = ROOT / "packaging" / "deb"
NAME = "issabel-omnileads"
LINK, JOURNAL = f"/etc/{NAME}/link.conf", f"/var/lib/{NAME}/journal/pbx-omnileads.journal"
DEFAULTS = f"/etc/default/{NAME}"
MODULE = "/var/www/html/admin/modules/omnileads"


@pytest.fixture(scope="session")
def debs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The package in releases 1 and 2."""
    if not find_program("dpkg-deb"):
        pytest.skip("no dpkg-deb here (Debian: dpkg)")
    folder = tmp_path_factory.mktemp("deb")
    return [Path(build(folder, release, DEB / "build")[-1]) for release in (1, 2)]


def _told(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_building_again_gives_the_same_bytes(debs: list[Path], tmp_path: Path) -> None:
    again = Path(build(tmp_path, 1, DEB / "build")[-1])
    assert again.read_bytes() == debs[0].read_bytes()


def test_it_holds_what_the_rpm_holds(debs: list[Path], package: Path, tmp_path: Path) -> None:
    for deb_has in _told("dpkg-deb", "--field", str(debs[0]), "Version", "Architecture").splitlines():
        assert deb_has in {"Version: 0.1.0-1", "Architecture: all"}
    _told("dpkg-deb", "--extract", str(debs[0]), str(tmp_path))
    ours = {f"/{path.relative_to(tmp_path)}" for path in tmp_path.rglob("*") if not path.is_dir()}
    theirs = set(_told("rpm", "-qpl", str(package)).split())
    only = ours - {each.replace("/etc/sysconfig/", "/etc/default/") for each in theirs}
    assert only - {each for each in only if "/licenses/" in each} == {
        f"/usr/share/doc/{NAME}/changelog.Debian.gz", f"/usr/share/doc/{NAME}/copyright",
        f"/usr/share/lintian/overrides/{NAME}",
    }  # fmt: skip
    assert [path for path in tmp_path.rglob("*") if path.is_file() and str(ROOT).encode() in path.read_bytes()] == []


def test_lintian_finds_nothing_that_is_not_explained(debs: list[Path]) -> None:
    if not find_program("lintian"):
        pytest.skip("no lintian here (Debian: lintian)")
    assert _told("lintian", "--allow-root", "--fail-on", "error,warning", str(debs[0])) == ""
    lines = (DEB / "lintian-overrides").read_text().splitlines()
    bare = [line for above, line in zip(["", *lines], lines) if line[0] != "#" and above[:1] != "#"]
    assert bare == [], "an override without a reason"


@pytest.fixture
def freepbx(box: Box, debs: list[Path]) -> Box:
    """The root, with FreePBX's command; of the two releases it has copies."""
    if box.run("sh", "-c", "command -v dpkg", check=False).returncode != 0:
        pytest.skip("no dpkg here (Debian: dpkg)")
    for deb in debs:
        box.put(deb, f"/opt/{deb.name}")
    box.become("fwconsole")
    return box


def _dpkg(box: Box, *arguments: str) -> str:
    return box.sh(f"dpkg --no-triggers {' '.join(arguments)}")


def _owner(box: Box, path: str) -> str:
    return box.sh(f"stat -c '%U:%G %a' {path}").strip()


def test_its_whole_life(freepbx: Box) -> None:
    box = freepbx
    said = _dpkg(box, "--install", f"/opt/{NAME}_0.1.0-1_all.deb")
    assert "the page OMniLeads is in the GUI's menu" in said
    assert box.calls() == ["asterisk ma install omnileads"]
    assert _owner(box, f"/etc/{NAME}") == _owner(box, f"/var/log/{NAME}") == "asterisk:asterisk 750"
    assert _owner(box, f"/var/lib/{NAME}/journal") == "asterisk:asterisk 700"
    assert _owner(box, f"{MODULE}/Console/Omnileads.class.php").startswith("asterisk:asterisk")
    assert box.sh(f"runuser -u asterisk -- {NAME} --version").strip() == "0.1.0"
    assert "compiled" in box.sh(f"find /usr/share/{NAME} -name 'cli.*.pyc' | sed 's/.*/compiled/'")
    assert box.sh(f"ls /etc/systemd/system/*/{NAME}* 2>/dev/null || true") == ""

    box.write(LINK, "[link]\n", "600")
    box.write(DEFAULTS, "OMNILEADS_TIMER_COMMAND=plan\n")
    said = _dpkg(box, "--install", f"/opt/{NAME}_0.1.0-2_all.deb")
    assert box.sh(f"dpkg-query -W -f '${{Version}}' {NAME}") == "0.1.0-2"
    assert box.sh(f"cat {LINK} {DEFAULTS}") == "[link]\nOMNILEADS_TIMER_COMMAND=plan\n"
    assert box.calls() == ["asterisk ma install omnileads"] * 2 and "stay" not in said

    said = _dpkg(box, "--remove", NAME)
    assert "the page OMniLeads is gone from the GUI" in said and f"the link and /etc/{NAME} stay" in said
    assert box.calls()[2:] == ["asterisk ma uninstall omnileads"]
    gone = f"{MODULE} /usr/share/{NAME} /usr/libexec/{NAME} /usr/sbin/{NAME}"
    assert box.sh(f"ls -d {gone} 2>/dev/null || true") == ""
    assert box.sh(f"cat {LINK}") == "[link]\n"

    _dpkg(box, "--purge", NAME)
    left = box.sh("find /etc /var /usr -xdev -name '*issabel-omnileads*' ! -path '/var/cache/*' 2>/dev/null || true")
    assert left == ""


def test_a_purge_keeps_what_undoes_an_unfinished_run(freepbx: Box) -> None:
    box = freepbx
    _dpkg(box, "--install", f"/opt/{NAME}_0.1.0-1_all.deb")
    box.write(LINK, "[link]\n", "600")
    box.write(JOURNAL, "an open entry\n", "600")
    said = _dpkg(box, "--purge", NAME)
    assert f"install the package again and run: {NAME} recover" in said
    assert box.sh(f"cat {LINK} {JOURNAL}") == "[link]\nan open entry\n"


def test_the_dashboard_is_told_how_the_timers_run_ended(freepbx: Box) -> None:
    box = freepbx
    _dpkg(box, "--install", f"/opt/{NAME}_0.1.0-1_all.deb")
    path = "PATH=/opt/pbx/bin:/usr/sbin:/usr/bin:/bin"
    done = box.run("runuser", "-u", "asterisk", "--", "env", path, f"/usr/libexec/{NAME}/timer", check=False)
    assert done.returncode == 1  # this PBX has no database
    assert box.calls()[1:] == ["asterisk omnileads dashboard 1"]
