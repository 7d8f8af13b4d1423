"""Every command on a PBX that is reached by ssh, and that has neither Python nor the product."""

from __future__ import annotations

import getpass
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url

from issabel_module.host.ssh_connection import SshConnection, SshLost
from issabel_module.host.ssh_shell import Ended
from pbxlink.link import link_code
from tests.pbx.product import SECRET, Bench, difference
from tests.stack.sshd import SshServer

pytest_plugins = ["tests.pbx.product_fixtures", "tests.pbx.ssh_fixtures"]
_COPIES = "/var/lib/issabel-omnileads"


def test_the_whole_life_of_a_link(bench: Bench, sshd: SshServer) -> None:
    before = bench.snapshot()
    assert sshd.inside("sh", "-c", f"PATH={sshd.directory}/tools; command -v python3 python").returncode != 0
    with seen_commands() as seen:
        assert bench.json("check", "--host", "pbx").code == 0
        done = bench.json("plan", "--host", "pbx")
        assert done.code == 2 and "pbx.port_not_tried" in done.codes and "pbx.port_silent" not in done.codes
        bench.done("apply", "--yes", "--host", "pbx")
        applied = bench.snapshot()
        assert bench.reloads == 1 and applied != before
        assert bench.json("plan", "--host", "pbx").actions == []
        assert bench.json("plan").actions == [], "applied over ssh and read on the PBX itself"
        assert bench.done("status", "--host", "pbx").document["owned"]
        assert bench.json("verify", "--host", "pbx").code == 2  # no OML is there
        assert bench.done("recover", "--host", "pbx").document["recovered"] == 0
        bench.done("remove", "--yes", "--host", "pbx")
    assert difference(before, bench.snapshot()) == {}
    assert sshd.inside("ls", _COPIES).returncode != 0, "the journal's folder went again"
    secrets = [SECRET, str(make_url(bench.pbx.database).password), bench.pbx.params.ami_secret]
    assert any("omnileads-" in line for line in seen) and any("module_admin" in line for line in seen)
    assert not [line for line in seen for secret in secrets if secret in line]


@contextmanager
def seen_commands() -> Iterator[set[str]]:
    """The command lines of every process of this machine while the block runs."""
    seen: set[str] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.add(path.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
            time.sleep(0.02)

    thread = threading.Thread(target=look)
    thread.start()
    yield seen
    ended.set()
    thread.join()


def test_a_user_with_sudo_and_the_links_own_host(bench: Bench, sshd: SshServer) -> None:
    before = bench.snapshot()
    bench.write_link(bench.guide(pbx={"host": "admin"}))
    bench.done("apply", "--yes")
    assert bench.read_link().pbx.host == "admin"
    assert (bench.state / "hosts" / "admin").is_dir()
    assert link_code.decode(bench.done("code").document["code"]).pbx.host == ""
    bench.done("remove", "--yes", "--host", f"root@127.0.0.1:{sshd.port}")
    assert difference(before, bench.snapshot()) == {}


def test_a_login_script_may_say_something(bench: Bench, sshd: SshServer) -> None:
    """Before each command, and without the end of its line: it is no part of what the command says."""
    with closing(SshConnection("talkative")) as connection:
        assert connection.run(["cat"], b"one\n\ntwo\n") == Ended(0, b"one\n\ntwo\n", "")
        assert connection.run(["ls", "/nowhere"]).output == b""
        assert connection.shell.run('printf %s "$1"', ["one\ntwo"]).output == b"one\ntwo"
    before = bench.snapshot()
    bench.done("apply", "--yes", "--host", "talkative")
    bench.done("remove", "--yes", "--host", "talkative")
    assert difference(before, bench.snapshot()) == {}


def test_sudo_may_want_a_password(bench: Bench, sshd: SshServer, monkeypatch: pytest.MonkeyPatch) -> None:
    before = bench.snapshot()
    with sshd.sudo_with_password("sudo password") as password:
        asked = bench.json("plan", "--host", "admin")
        assert asked.codes == ["ssh.sudo"] and "password is required" in asked.out, "nobody can be asked"
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(getpass, "getpass", lambda question: "another one")
        assert bench.json("plan", "--host", "admin").codes == ["ssh.sudo"]
        monkeypatch.setattr(getpass, "getpass", lambda question: password)
        with seen_commands() as seen:
            bench.done("apply", "--yes", "--host", "admin")
        assert not [line for line in seen if password in line]
        bench.done("remove", "--yes", "--host", "admin")
    assert difference(before, bench.snapshot()) == {}


def test_init_asks_the_pbx_over_ssh(bench: Bench, sshd: SshServer, tmp_path: Path) -> None:
    bench.link.unlink()
    addresses = ("--pbx-address", "10.0.0.1", "--omnileads-address", "10.0.0.2", "--topology", "lan")
    done = bench.done("init", "--host", "pbx", *addresses)
    assert done.document["technology"] == "sip"
    assert bench.read_link().pbx.sip_port == bench.pbx.params.sip_port
    assert bench.read_link().pbx.host == "pbx"


def test_what_keeps_ssh_from_the_pbx_is_said(bench: Bench, sshd: SshServer) -> None:
    before = bench.snapshot()
    done = bench.json("plan", "--host", "127.0.0.1:1")
    assert (done.code, done.codes) == (1, ["ssh.failed"]) and "refused" in done.message("ssh.failed")
    done = bench.json("plan", "--host", f"nosuchuser@127.0.0.1:{sshd.port}")
    assert (done.code, done.codes) == (1, ["ssh.failed"]) and "denied" in done.message("ssh.failed")
    done = bench.json("plan", "--host", "locked")
    assert (done.code, done.codes) == (1, ["ssh.failed"]) and "not available" in done.message("ssh.failed")
    done = bench.json("plan", "--host", "closed")
    assert (done.code, done.codes) == (1, ["database.unreachable", "ssh.said"]), done.out
    assert "open failed" in done.message("ssh.said")
    with closing(SshConnection("closed")) as connection, pytest.raises(SshLost) as refused:
        connection.run(["id"])
    assert [each.code for each in refused.value.findings] == ["ssh.sessions"]
    done = bench.json("apply", "--yes", "--host", "-oProxyCommand=touch /tmp/x")
    assert (done.code, done.codes) == (1, ["ssh.host"])
    done = bench.json("plan", "--host", "pbx", "--amportal-conf", "/no/such.conf")
    assert (done.code, done.codes) == (1, ["amportal.no_pbx"])
    bench.link.write_text(bench.link.read_text().replace("[pbx]", "[pbx]\nhost = -oProxyCommand=x"))
    done = bench.json("plan")
    assert (done.code, done.codes) == (1, ["linkfile.ssh_host_or_empty"])
    assert difference(before, bench.snapshot()) == {}
