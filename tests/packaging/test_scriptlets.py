"""Install, upgrade and erase with the scriptlets, in a root with a PBX's user, settings and module_admin."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.packaging.box import Box

pytest_plugins = ["tests.packaging.fixtures"]
LINK, JOURNAL = "/etc/issabel-omnileads/link.conf", "/var/lib/issabel-omnileads/journal/pbx-omnileads.journal"
SYSCONFIG = "/etc/sysconfig/issabel-omnileads"
MODULE = "/var/www/html/admin/modules/omnileads"


@pytest.fixture
def releases(packages: list[Path], box: Box, tmp_path: Path) -> list[str]:
    """The two releases where the box sees them: under its overlay this machine's folders look as when it was opened."""
    for package in packages:
        shutil.copy(package, tmp_path)
    return [str(tmp_path / package.name) for package in packages]


def _owner(box: Box, path: str) -> str:
    return box.sh(f"stat -c '%U:%G %a' {path}").strip()


def test_install_registers_the_page_as_the_pbx_user_and_touches_nothing_else(box: Box, releases: list[str]) -> None:
    said = box.rpm("-i", releases[0])
    assert box.calls() == ["asterisk install omnileads"]
    assert "the page OMniLeads is in the GUI's menu" in said
    assert _owner(box, "/etc/issabel-omnileads") == "asterisk:asterisk 750"
    assert _owner(box, "/var/lib/issabel-omnileads/journal") == "asterisk:asterisk 700"
    assert box.sh("issabel-omnileads --version").strip() == "0.1.0"
    assert "compiled" in box.sh("find /usr/share/issabel-omnileads -name 'cli.*.pyc' | sed 's/.*/compiled/'")
    assert box.sh("runuser -u asterisk -- issabel-omnileads show --lang en", check=False).startswith(
        f" x The link file {LINK} does not exist"
    )


def test_without_a_python_it_says_in_one_sentence_what_to_do(box: Box, releases: list[str]) -> None:
    box.sh("rm -f /usr/bin/python3.9 /usr/bin/python3.1[0-3]")
    done = box.run("rpm", "--dbpath", "/var/lib/rpm-box", "-i", "--nodeps", releases[0], check=False)
    said = [line for line in done.stderr.splitlines() if line.startswith("issabel-omnileads: ")]
    assert done.returncode != 0 and len(said) == 1
    assert "no Python 3.9" in said[0] and "--host" in said[0]
    assert box.sh("ls /usr/sbin/issabel-omnileads 2>/dev/null || true") == ""


def test_the_launcher_stays_with_the_python_that_it_was_compiled_for(box: Box, releases: list[str]) -> None:
    box.rpm("-i", releases[0])
    chosen = box.sh("cat /usr/share/issabel-omnileads/compiled-for").strip()
    assert chosen.startswith("/usr/bin/python3")
    box.write("/usr/bin/python3.12", "#!/bin/sh\necho the wrong one\n", "755")
    if chosen != "/usr/bin/python3.12":
        assert box.sh("issabel-omnileads --version").strip() == "0.1.0"
    box.rpm("-e", "issabel-omnileads")
    assert box.sh("ls -d /usr/share/issabel-omnileads 2>/dev/null || true") == ""


def test_what_root_makes_there_is_the_pbx_users(box: Box, releases: list[str]) -> None:
    box.rpm("-i", releases[0])
    box.sh("issabel-omnileads init --topology lan --pbx-address 10.66.1.3 --omnileads-address 10.66.1.2 --lang en")
    assert _owner(box, LINK) == "asterisk:asterisk 600"
    assert "10.66.1.2" in box.sh("runuser -u asterisk -- issabel-omnileads show")


@pytest.mark.parametrize("action", ["install", "erase"])
def test_a_stopped_database_stops_no_transaction(box: Box, releases: list[str], action: str) -> None:
    if action == "install":
        box.sh("touch /opt/pbx/database_stopped")
    said = box.rpm("-i", releases[0])
    if action == "erase":
        box.sh("touch /opt/pbx/database_stopped")
        said = box.rpm("-e", "issabel-omnileads")
    verb = "install" if action == "install" else "uninstall"
    assert f"By hand: /opt/pbx/bin/module_admin {verb} omnileads" in said


def test_without_a_pbx_it_says_what_to_run_later(box: Box, releases: list[str]) -> None:
    box.sh("rm /opt/pbx/bin/module_admin")
    assert "once it is there run: /usr/libexec/issabel-omnileads/gui-module install" in box.rpm("-i", releases[0])
    assert box.sh(f"ls -d {MODULE} 2>/dev/null || true") == ""


@pytest.mark.parametrize(
    ("command", "registered", "own", "others"),
    [("module_admin", "install omnileads", "install.php", "Console"),
     ("fwconsole", "ma install omnileads", "Console/Omnileads.class.php", "install.php")],
)  # fmt: skip
def test_the_page_is_that_of_the_pbx_which_is_there(
    box: Box, releases: list[str], command: str, registered: str, own: str, others: str
) -> None:
    box.become(command)
    box.rpm("-i", releases[0])
    assert box.calls() == [f"asterisk {registered}"]
    for name in (own, "page.omnileads.php", "page.inc.php", "i18n/pt_PT/LC_MESSAGES/omnileads.mo"):
        assert _owner(box, f"{MODULE}/{name}").startswith("asterisk:asterisk")
    assert box.run("test", "-e", f"{MODULE}/{others}", check=False).returncode == 1
    box.rpm("-U", releases[1])
    assert _owner(box, f"{MODULE}/{own}").startswith("asterisk:asterisk")
    box.rpm("-e", "issabel-omnileads")
    assert box.calls()[1:] == [f"asterisk {registered}", f"asterisk {registered.replace('install', 'uninstall')}"]
    assert box.sh(f"ls -d {MODULE} 2>/dev/null || true") == ""


def test_upgrade_keeps_configuration_and_journal(box: Box, releases: list[str]) -> None:
    box.rpm("-i", releases[0])
    box.write(LINK, "[link]\n", "600")
    box.sh(f"chown asterisk: {LINK}")
    box.write(JOURNAL, "an open entry\n", "600")
    box.write(SYSCONFIG, "OMNILEADS_TIMER_COMMAND=plan\n")
    said = box.rpm("-U", releases[1])
    assert box.sh("rpm --dbpath /var/lib/rpm-box -q issabel-omnileads").strip() == "issabel-omnileads-0.1.0-2.noarch"
    assert box.sh(f"cat {LINK} {JOURNAL} {SYSCONFIG}") == "[link]\nan open entry\nOMNILEADS_TIMER_COMMAND=plan\n"
    assert box.calls() == ["asterisk install omnileads"] * 2
    assert "stay" not in said
    assert box.sh("issabel-omnileads --version").strip() == "0.1.0"
    assert box.sh("rpm --dbpath /var/lib/rpm-box -V --nodeps issabel-omnileads", check=False).split() == [
        "S.5....T.", "c", SYSCONFIG,
    ]  # fmt: skip


def test_erase_takes_the_page_and_keeps_the_link(box: Box, releases: list[str]) -> None:
    box.rpm("-i", releases[0])
    box.write(LINK, "[link]\n", "600")
    box.write(JOURNAL, "an open entry\n", "600")
    said = box.rpm("-e", "issabel-omnileads")
    assert box.calls() == ["asterisk install omnileads", "asterisk uninstall omnileads"]
    assert "the page OMniLeads is gone from the GUI" in said
    assert "the link and /etc/issabel-omnileads stay" in said
    assert box.sh(f"cat {LINK} {JOURNAL}") == "[link]\nan open entry\n"
    gone = f"{MODULE} /usr/share/issabel-omnileads /usr/libexec/issabel-omnileads /usr/sbin/issabel-omnileads"
    assert box.sh(f"ls -d {gone} 2>/dev/null || true") == ""


def test_the_timers_work_is_logged_and_off_by_default(box: Box, releases: list[str]) -> None:
    box.rpm("-i", releases[0])
    assert box.sh("ls /etc/systemd/system/*/issabel-omnileads* 2>/dev/null || true") == ""
    done = box.run("runuser", "-u", "asterisk", "--", "/usr/libexec/issabel-omnileads/timer", check=False)
    assert done.returncode == 1  # this PBX has no database: the service shows it
    log = "/var/log/issabel-omnileads/timer.log"
    assert "/etc/amportal.conf" in box.sh(f"cat {log}")
    assert _owner(box, log) == "asterisk:asterisk 640"


def test_the_timer_follows_the_directory_where_the_link_file_names_one(box: Box, releases: list[str]) -> None:
    box.rpm("-i", releases[0])
    timer = "/usr/libexec/issabel-omnileads/timer"
    # Which command it was shows in what it could not reach: only sync asks OMniLeads.
    environment = "OMNILEADS_TIMER_COMMAND="
    access = "[directory]\nurl = https://127.0.0.1:1/api/\ntoken = of-the-directory-0\n"
    link = "[pbx]\naddress = 10.0.0.3\n[omnileads]\naddress = 10.0.0.2\n[credentials]\nsecret = abcdefgh12345678\n"
    told = {}
    for name, content in (
        ("without", link),
        ("with", link + access),
        ("commented", link + "".join(f"#{line}\n" for line in access.splitlines())),
    ):
        box.write(LINK, content, "600")
        box.sh(f"chown asterisk: {LINK}; rm -f /var/log/issabel-omnileads/timer.log")
        box.run("runuser", "-u", "asterisk", "--", "env", environment, timer, check=False)
        told[name] = box.sh("cat /var/log/issabel-omnileads/timer.log")
    assert "https://127.0.0.1:1/api/" in told["with"] and "of-the-directory-0" not in told["with"]
    assert "https://127.0.0.1:1" not in told["without"] + told["commented"]


def test_systemd_and_logrotate_accept_their_files(box: Box, releases: list[str]) -> None:
    box.rpm("-i", releases[0])
    units = "/usr/lib/systemd/system/issabel-omnileads.service /usr/lib/systemd/system/issabel-omnileads.timer"
    checkers = {"systemd-analyze": f"systemd-analyze verify --man=no {units}",
                "logrotate": "logrotate -d /etc/logrotate.d/issabel-omnileads"}  # fmt: skip
    there = [name for name in checkers if box.run("sh", "-c", f"command -v {name}", check=False).returncode == 0]
    if not there:
        pytest.skip("neither systemd-analyze nor logrotate here (Debian: systemd, logrotate)")
    for name in there:
        assert "error" not in box.sh(checkers[name]).lower()
