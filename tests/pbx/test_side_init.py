"""`init`: the link file from options, what the PBX says of itself, and what stands in the way."""

from __future__ import annotations

import os
import pty
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pbxlink.link.model import Link
from tests.pbx.product import Bench, Result

pytest_plugins = ["tests.pbx.product_fixtures"]
HOSTS = ("--topology", "lan", "--pbx-address", "127.0.0.1", "--omnileads-address", "127.0.0.2")


def init(bench: Bench, *options: str) -> Result:
    """A new link file from these options; --json."""
    bench.link.unlink(missing_ok=True)
    return bench.json("init", *HOSTS, *options)


def made(bench: Bench, *options: str) -> Link:
    """The link that they make."""
    done = init(bench, *options)
    assert done.code == 0, done.out
    return bench.read_link()


def test_the_options_make_a_link_file_for_its_owner_only(bench: Bench) -> None:
    link = made(bench, "--did", "098098=Ventas", "--agent", "1006:1:Ana", "--pbx-route", "oml-agents=1XXX.",
                "--omnileads-route", "all=XXXXXXX,9|1XXX")  # fmt: skip
    assert stat.S_IMODE(bench.link.stat().st_mode) == 0o600
    assert [(each.number, each.send, each.name) for each in link.extensions] == [("098098", "098098", "Ventas")]
    assert [(agent.sip_extension, agent.id, agent.name) for agent in link.agents.listed] == [("1006", 1, "Ana")]
    assert [str(pattern) for pattern in link.omnileads_routes[0].patterns] == ["XXXXXXX", "9|1XXX"]
    assert len(link.credentials.secret) >= 24
    bench.done("apply", "--yes")


def test_each_link_has_a_secret_of_its_own_and_it_is_not_printed(bench: Bench) -> None:
    results = [init(bench), init(bench, "--name", "other")]
    secrets = []
    for result in results:
        secrets.append(bench.read_link().credentials.secret)
        assert all(secret not in result.out + result.err for secret in secrets)
    init(bench)
    assert bench.read_link().credentials.secret not in secrets


@pytest.mark.parametrize(("options", "technology", "port"), [((), "sip", 5060), (("--technology", "sip"), "sip", 5060),
    (("--technology", "pjsip"), "pjsip", 5066), (("--pbx-port", "5099"), "sip", 5099)])  # fmt: skip
def test_driver_and_port_are_those_of_the_running_asterisk(
    bench: Bench, options: tuple[str, ...], technology: str, port: int
) -> None:
    link = made(bench, *options)
    assert (link.pbx.technology.value, link.pbx.sip_port) == (technology, port)


def test_a_pbx_with_pjsip_only_says_5066(pjsip_bench: Bench) -> None:
    link = made(pjsip_bench)
    assert (link.pbx.technology.value, link.pbx.sip_port) == ("pjsip", 5066)


def test_it_may_be_prepared_where_no_pbx_is(bench: Bench, tmp_path: Path) -> None:
    link = made(bench, "--amportal-conf", str(tmp_path / "none.conf"))
    assert (link.pbx.technology.value, link.pbx.sip_port) == ("auto", 5060)


def test_a_link_file_that_is_there_stays(bench: Bench) -> None:
    before = bench.link.read_bytes()
    done = bench.json("init", *HOSTS)
    assert (done.code, done.codes, bench.link.read_bytes()) == (1, ["init.exists"], before)
    assert bench.json("init", *HOSTS, "--force").code == 0
    assert bench.link.read_bytes() != before


def test_what_is_missing_is_named(bench: Bench) -> None:
    bench.link.unlink()
    done = bench.json("init", "--topology", "lan", "--pbx-address", "127.0.0.1")
    assert done.code == 1 and "--omnileads-address" in done.message("init.missing")
    assert not bench.link.exists()


BAD = [("--did", "09 8098"), ("--agent", "ana"), ("--pbx-route", "oml-agents=1XYZ"), ("--pbx-port", "0"),
       ("--omnileads-port", "70000"), ("--name", "UPPER"), ("--pbx-route", "no pattern"), ("--transport", "a b"),
       ("--agent", "1006:1:O'Brien"), ("--did", "098098=O'Brien;"), ("--pbx-address", "10.0.0.300")]  # fmt: skip


@pytest.mark.parametrize("option", BAD, ids=["=".join(each) for each in BAD])
def test_what_is_not_allowed_is_refused_and_no_file_made(bench: Bench, option: tuple[str, str]) -> None:
    done = init(bench, *option)
    assert done.code == 1 and all(code.startswith(("linkfile.", "link.")) for code in done.codes), done.out
    assert not bench.link.exists()


@pytest.mark.parametrize(("did", "number", "send"), [("+541145551234", "541145551234", "+541145551234")])
def test_a_did_may_begin_with_a_plus(bench: Bench, did: str, number: str, send: str) -> None:
    link = made(bench, "--did", did)
    assert [(each.number, each.send) for each in link.extensions] == [(number, send)]


def test_docker_needs_no_address_of_omnileads(bench: Bench) -> None:
    bench.link.unlink()
    assert bench.json("init", "--topology", "docker", "--pbx-address", "127.0.0.1").code == 0
    link = bench.read_link()
    assert (link.omnileads.address, link.omnileads.sip_port) == ("127.0.0.1", 5163)


NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@contextmanager
def as_nobody() -> Iterator[None]:
    """This process without root's rights."""
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def by_nobody(bench: Bench, command: str, *options: str) -> Result:
    """The command run by nobody; by root first, elsewhere, so that all it needs of the project is loaded: the checkout
    may lie in a folder that is closed to others."""
    theirs, bench.link = bench.link, bench.folder / "roots" / "link.conf"
    bench.link.parent.mkdir(exist_ok=True)
    if command != "init":
        bench.write_link()
    bench.json(command, *options)
    bench.link = theirs
    with as_nobody():
        return bench.json(command, *options)


@pytest.fixture
def nobodys(bench: Bench) -> Iterator[Bench]:
    """A bench whose files belong to nobody, in a folder that nobody can reach."""
    folder = Path(tempfile.mkdtemp(prefix="nobodys-"))
    shutil.copy(bench.link, folder / "link.conf")
    shutil.copy(bench.pbx.amportal, folder / "amportal.conf")
    bench.link, bench.state = folder / "link.conf", folder / "state"
    for path in (folder, bench.link, folder / "amportal.conf"):
        os.chown(path, NOBODY, NOBODY)
    yield bench
    shutil.rmtree(folder)


@needs_root
@pytest.mark.parametrize(("command", "code"), [("check", 2), ("plan", 2), ("status", 0), ("verify", 2), ("code", 0)])
def test_what_only_looks_needs_no_root(nobodys: Bench, command: str, code: int) -> None:
    done = by_nobody(nobodys, command, "--amportal-conf", str(nobodys.link.with_name("amportal.conf")))
    assert done.code == code, done.out


@needs_root
def test_files_of_root_are_not_readable_and_that_is_said(nobodys: Bench) -> None:
    os.chown(nobodys.link, 0, 0)
    assert by_nobody(nobodys, "plan").codes == ["linkfile.unreadable"]
    os.chown(nobodys.link, NOBODY, NOBODY)
    os.chown(nobodys.link.with_name("amportal.conf"), 0, 0)
    done = by_nobody(nobodys, "plan", "--amportal-conf", str(nobodys.link.with_name("amportal.conf")))
    assert done.codes == ["amportal.unreadable"]


@needs_root
def test_a_folder_that_may_not_be_written_is_said(nobodys: Bench) -> None:
    nobodys.link.unlink()
    os.chown(nobodys.link.parent, 0, 0)
    nobodys.link.parent.chmod(0o755)
    done = by_nobody(nobodys, "init", *HOSTS, "--amportal-conf", str(nobodys.link.with_name("amportal.conf")))
    assert done.code == 1 and str(nobodys.link) in done.out


@needs_root
def test_a_folder_that_may_not_be_entered_is_said(nobodys: Bench) -> None:
    """As /etc/issabel-omnileads is for an ordinary user."""
    os.chown(nobodys.link.parent, 0, 0)
    nobodys.link.parent.chmod(0o750)
    done = by_nobody(nobodys, "init", *HOSTS)
    assert (done.code, done.codes) == (1, ["file.denied"]) and str(nobodys.link) in done.message("file.denied")


def test_on_a_terminal_it_proposes_what_makes_calls_possible_both_ways(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `join` does: 201 is one of the PBX's own, and the DID's number is taken by another."""
    bench.pbx.add_custom_extension("201", "Desk", "Local/201@from-internal/n")
    bench.pbx.add_custom_extension("098098", "Taken", "Local/201@from-internal/n")
    bench.settle()
    bench.link.unlink()
    master, slave = pty.openpty()
    with os.fdopen(slave, encoding="utf-8") as stdin, os.fdopen(master, "wb", buffering=0) as keyboard:
        monkeypatch.setattr(sys, "stdin", stdin)
        keyboard.write(b"098098\n\n\n")
        done = bench.run("init", *HOSTS)
    assert done.code == 0 and "098098 is taken" in done.out and "nobody can call" not in done.out, done.out
    link = bench.read_link()
    assert [(each.number, each.send) for each in link.extensions] == [("8098098", "098098")]
    assert [str(each) for each in link.pbx_routes[0].patterns] == ["1XXXZ", "1XXXZX", "1XXXZXX"]
    assert [each.name for each in link.omnileads_routes] == ["pbx_internal"]
    assert "2XX" in [str(each) for each in link.omnileads_routes[0].patterns]
    bench.done("apply", "--yes")
