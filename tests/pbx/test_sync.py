"""`sync` on a real PBX (MariaDB, Asterisk) against a stand-in OML over real https: what comes, goes and stays."""

from __future__ import annotations

import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from issabel_module import cli
from issabel_module.commands import directory_cache, join_state
from pbxlink.link import link_code, link_file
from pbxlink.link.model import Link
from tests.pbx.product import SECRET, Bench, Result, difference
from tests.sync.certificates import Certificate, self_signed
from tests.sync.fixtures import paste
from tests.sync.omlweb import OmlWeb, served

pytest_plugins = ["tests.pbx.product_fixtures", "tests.sync.fixtures"]
DIDS = {"098098", "098099"}


def extensions(bench: Bench) -> set[str]:
    """The custom extensions that the PBX has: rows, AstDB and dialplan must say the same."""
    numbers = {row["id"] for row in bench.sql("SELECT id FROM devices WHERE tech = 'custom'")}
    assert numbers == {key.split("/")[2] for key in bench.astdb() if key.startswith("/DEVICE/") and "/dial" in key}
    written = (bench.etc_dir / "extensions_additional.conf").read_text()
    assert all(f"exten => {number}," in written for number in numbers)
    return numbers


def edited(bench: Bench, **changes: str) -> Link:
    """The link file with other values in [directory]."""
    link = bench.read_link()
    access = type(link.directory)(**{**vars(link.directory), **changes})
    changed = type(link)(**{**vars(link), "directory": access})
    link_file.write(bench.link, changed)
    return changed


@contextmanager
def unchanged(bench: Bench) -> Iterator[None]:
    """Whatever happens within, the PBX and the kept directory are as before."""
    path = directory_cache.path_of(bench.state, "omnileads")
    before = bench.snapshot(), path.read_bytes() if path.exists() else None, bench.reloads
    yield
    after = bench.snapshot(), path.read_bytes() if path.exists() else None, bench.reloads
    assert difference(before[0], after[0]) == {}
    assert before[1:] == after[1:]
    assert [each.name for each in path.parent.glob("*.new")] == [] and list((bench.state / "journal").glob("*")) == []


def reported(web: OmlWeb) -> dict[str, str]:
    """What the PBX told OML that it has: its extensions, and what each sends."""
    code = "from oml_plugin.storage import directory_reports as r\nanswer = dict(r.read('omnileads').extensions)"
    found: dict[str, str] = web.standin.python(code)
    return found


def test_agents_and_routes_come_and_go_with_omls(linked: Bench, web: OmlWeb) -> None:
    checked = linked.json("sync", "--check")
    assert checked.code == 2 and ("create", "trunk", "omnileads") in checked.actions
    assert extensions(linked) == set(), "--check wrote something"
    linked.done("sync")
    assert extensions(linked) == DIDS | set(web.agents().values()) == set(reported(web))
    with unchanged_but_for_age(linked):
        again = linked.done("sync")
        assert again.document["applied"] is False and again.actions == []
    web.add_agent("New Comer")
    number = web.agents()["newcomer"]
    assert linked.done("sync").actions == [("create", "extension", number)]
    web.delete_agents("newcomer", "anapaz")
    gone = linked.done("sync").actions
    assert {action for action, _, _ in gone} == {"delete"} and number in {key for *_, key in gone}
    assert extensions(linked) == DIDS | set(web.agents().values()) == set(reported(web))
    assert linked.done("remove", "--yes") and extensions(linked) == set()


def test_an_extension_that_something_leads_to_is_kept_until_it_is_free(linked: Bench, web: OmlWeb) -> None:
    web.add_agent("New Comer")
    linked.done("sync")
    number = web.agents()["newcomer"]
    linked.sql("INSERT INTO ringgroups (grpnum, strategy, grptime, grplist, description) VALUES"
               " ('600', 'ringall', 20, :list, 'Ventas')", list=f"201-{number}")  # fmt: skip
    web.delete_agents("newcomer")
    for command in (linked.done("sync", "--check"), linked.done("sync"), linked.done("sync")):
        assert "ring group 600 Ventas" in command.message("sync.kept_used") and command.actions == []
    assert number in extensions(linked)
    asked = linked.json("plan")
    assert asked.actions == [("delete", "extension", number), ("update", "member_list", "600")]
    assert "usage.leads" not in asked.codes  # the plan itself takes it out of the list
    linked.sql("UPDATE ringgroups SET grplist = '201'")
    assert linked.done("sync").actions == [("delete", "extension", number)]
    assert number not in extensions(linked)


@contextmanager
def unchanged_but_for_age(bench: Bench) -> Iterator[None]:
    """As `unchanged`, where the kept directory's time may move."""
    before, reloads = bench.snapshot(), bench.reloads
    yield
    assert difference(before, bench.snapshot()) == {} and bench.reloads == reloads


def test_a_plain_apply_keeps_what_a_sync_made(linked: Bench, web: OmlWeb) -> None:
    never = linked.json("apply", "--yes")
    assert (never.code, never.codes) == (1, ["sync.never"])
    linked.done("sync")
    made = extensions(linked)
    web.add_agent("New Comer")
    plan = linked.done("plan")
    assert plan.actions == [] and "sync.kept" in plan.codes
    assert linked.done("apply", "--yes").actions == [] and extensions(linked) == made
    assert linked.json("check").code in {0, 2} and "newcomer" not in linked.run("plan").out


def test_an_old_directory_is_a_warning(linked: Bench) -> None:
    linked.done("sync")
    path = directory_cache.path_of(linked.state, "omnileads")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "fetched": content["fetched"] - 3 * 86400}))
    severities = {each["code"]: each["severity"] for each in linked.done("plan").document["findings"]}
    assert severities["sync.kept"] == "warning" and "3 d" in linked.done("plan").message("sync.kept")


def test_a_damaged_kept_directory_stops_an_apply_and_a_sync_mends_it(linked: Bench) -> None:
    linked.done("sync")
    path = directory_cache.path_of(linked.state, "omnileads")
    for content in ("", "{", "[]", '{"fetched": 1}', "\x00", '{"fetched": "x", "etag": "", "directory": {}}'):
        path.write_text(content)
        damaged = linked.json("apply", "--yes")
        assert (damaged.code, damaged.codes) == (1, ["sync.kept_damaged"])
    mended = linked.done("sync")
    assert mended.document["applied"] is False
    assert linked.done("plan").actions == []


def test_the_token_is_nowhere_but_in_the_link_file(linked: Bench, web: OmlWeb) -> None:
    token = linked.read_link().directory.token
    seen = linked.folder / "command-lines"
    linked.launcher(before=f"cat /proc/[0-9]*/cmdline > '{seen}' 2>/dev/null")
    child = linked.child("sync").communicate(timeout=120)
    lines = seen.read_bytes().replace(b"\0", b" ")
    assert b"issabel_module.cli sync" in lines and token.encode() not in lines
    printed = list(child)
    for lang in ("es", "en", "pt"):
        for command in ("sync", "plan", "show", "status", "check", "verify", "apply"):
            for form in ([], ["--json"]):
                result = linked.run(command, *form, lang=lang) if command != "apply" else linked.run(command, "--yes")
                printed += [result.out, result.err]
    assert all(token not in text and SECRET not in text for text in printed)
    files = [path for path in linked.folder.rglob("*") if path.is_file() and token.encode() in path.read_bytes()]
    assert files == [linked.link]
    assert token not in web.log.read_text()
    assert token not in json.dumps(linked.sql("SELECT * FROM issabel_omnileads"))


def test_the_code_for_oml_holds_no_token(linked: Bench) -> None:
    assert link_code.decode(linked.run("code").out).directory.token == ""
    assert linked.read_link().directory.token != ""


def test_another_certificate_gets_no_token(
    linked: Bench, web: OmlWeb, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    linked.done("sync")
    other = self_signed(tmp_path, "other")
    with served(web.standin, tmp_path_factory.mktemp("other"), other) as impostor:
        path = linked.read_link().directory.url.replace(web.url, impostor.url)
        link = edited(linked, url=path)
        with unchanged(linked):
            done = linked.json("sync")
        assert (done.code, done.codes) == (1, ["sync.certificate"])
        told = done.message("sync.certificate")
        found = "sha256:" + other.fingerprint.replace(":", "").lower()
        assert link.directory.certificate in told and found in told
        assert impostor.log.read_text().count("GET") == 1, "only the fixture's own question"
        edited(linked, certificate=found)
        linked.done("sync")
        edited(linked, certificate="")
        with unchanged(linked):
            assert linked.json("sync").codes == ["sync.untrusted"]


def test_where_the_authorities_of_the_host_vouch_no_fingerprint_is_needed(
    linked: Bench, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    edited(linked, certificate="")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.pem))
    linked.done("sync")


def test_a_revoked_token_changes_nothing_and_a_new_code_helps(linked: Bench, web: OmlWeb) -> None:
    linked.done("sync")
    assert web.token(linked.link, "--revoke").returncode == 0
    with unchanged(linked):
        done = linked.json("sync")
    assert (done.code, done.codes) == (1, ["sync.refused"]) and "401" in done.message("sync.refused")
    assert linked.done("plan").actions == [], "what was made stays"
    assert paste(linked, web.code(linked.link)).code == 0, "a code that brings a token alone needs no --yes"
    linked.done("sync")


def test_too_many_requests(linked: Bench, web: OmlWeb) -> None:
    linked.done("sync")
    full = "from oml_plugin.models import RequestCount\nRequestCount.objects.update(count=10**6, minute={})"
    minute = 0
    while minute != int(time.time()) // 60:  # counted by minutes: once more where the next one began meanwhile
        minute = int(time.time()) // 60
        web.standin.python(full.format(minute))
        with unchanged(linked):
            done = linked.json("sync")
    assert (done.code, done.codes) == (1, ["sync.limited"])


def test_oml_down(linked: Bench, web: OmlWeb) -> None:
    linked.done("sync")
    edited(linked, url="https://127.0.0.1:1/pbx_link/api/directory/")
    with unchanged(linked):
        done = linked.json("sync")
        told = linked.run("sync")
    assert (done.code, done.codes) == (1, ["sync.unreachable"])
    assert told.code == 1 and len([line for line in told.err.splitlines() if line.startswith(" x ")]) == 1
    assert linked.done("plan").actions == []


def test_a_name_that_does_not_resolve(linked: Bench) -> None:
    edited(linked, url="https://nowhere.invalid/pbx_link/api/directory/")
    assert linked.json("sync").codes == ["sync.unreachable"]


def test_a_directory_that_shrinks_or_is_empty_is_refused(linked: Bench, web: OmlWeb) -> None:
    linked.done("sync")
    web.delete_agents("anapaz", "luisgil", "evasol", "juanmar", "rosarey")
    with unchanged(linked):
        done = linked.json("sync")
    assert (done.code, done.codes) == (1, ["sync.shrunk"]) and "5 of the 8" in done.message("sync.shrunk")
    web.standin.python("""
from configuracion_telefonia_app.models import RutaEntrante
from ominicontacto_app.models import AgenteProfile
RutaEntrante.objects.all().delete()
AgenteProfile.objects.update(borrado=True)
""")
    with unchanged(linked):
        assert linked.json("sync").codes == ["sync.empty"]
    linked.done("sync", "--force")
    assert extensions(linked) == {"098098"}, "the link's own"


def test_two_syncs_at_once_do_one_after_the_other(linked: Bench, web: OmlWeb) -> None:
    linked.launcher(before="sleep 2")
    children = [linked.child("sync", "--json") for _ in range(3)]
    printed = [child.communicate(timeout=180) for child in children]
    ended = [Result(child.returncode, *each) for child, each in zip(children, printed)]
    applied = [each for each in ended if each.code == 0 and each.document["applied"]]
    others = [each for each in ended if each not in applied]
    assert len(applied) == 1
    # On a busy machine one may have waited for the lock for as long as it does (30 s).
    assert all(each.code == 0 or each.codes == ["lock.held"] for each in others), others
    assert extensions(linked) == DIDS | set(web.agents().values()) and linked.reloads == 1


def test_a_failed_apply_keeps_the_directory_of_before(linked: Bench, web: OmlWeb) -> None:
    linked.done("sync")
    web.add_agent("New Comer")
    linked.launcher(before="exit 0")
    path = directory_cache.path_of(linked.state, "omnileads")
    before = path.read_bytes()
    assert linked.json("sync").code == 1
    assert path.read_bytes() == before and [each.suffix for each in path.parent.iterdir()].count(".new") == 0
    linked.launcher()
    assert linked.done("sync").actions == [("create", "extension", web.agents()["newcomer"])]


def test_a_number_that_somebody_has_is_left_out_and_named_and_the_others_are_made(linked: Bench, web: OmlWeb) -> None:
    number = web.agents()["evasol"]
    row = {"grpnum": number, "strategy": "ringall", "grptime": 20, "grplist": "201", "description": "Sales"}
    linked.pbx.insert("ringgroups", row)
    done = linked.json("sync")
    assert done.code == 0 and number in done.message("directory.left_out")
    made = {each["id"] for each in linked.sql("SELECT id FROM devices WHERE tech = 'custom'")}
    assert number not in made and made >= {"098098"}


def test_sync_needs_a_directory_section_and_takes_no_file(bench: Bench) -> None:
    assert bench.json("sync").codes == ["sync.no_directory"]
    with pytest.raises(SystemExit) as ended:
        bench.json("sync", "--directory", "x.json")
    assert ended.value.code == 64
    assert bench.json("sync").code == 1


def test_a_link_that_derives_nothing_says_so(linked: Bench) -> None:
    link = linked.read_link()
    values = {**vars(link), "agents": type(link.agents)(), "dids": type(link.dids)()}
    link_file.write(linked.link, Link(**values))
    assert "directory.unused" in linked.done("sync").codes


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand files over")
def test_what_root_syncs_the_timers_user_can_read(linked: Bench) -> None:
    linked.state.mkdir()
    os.chown(linked.state, 65534, 65534)
    linked.done("sync")
    made = [linked.state / "directory", *(linked.state / "directory").iterdir()]
    assert {path.name for path in made} == {"directory", "omnileads.json", "omnileads.lock"}
    assert all((path.stat().st_uid, path.stat().st_mode & 0o077) == (65534, 0) for path in made)


def test_purge_takes_the_kept_directory_along(linked: Bench) -> None:
    linked.done("sync")
    linked.done("remove", "--yes")
    assert directory_cache.path_of(linked.state, "omnileads").exists()
    linked.done("purge", "--yes")
    assert not (linked.state / "directory").exists()


def test_purge_takes_along_what_join_keeps_but_not_of_one_that_is_half_done(linked: Bench) -> None:
    kept = join_state.JoinState("omnileads", join_state.Stage.OMNILEADS, "", "", "token", "code", "", "", "", "", "")
    join_state.write(linked.state, kept)
    linked.done("remove", "--yes")
    assert linked.json("purge", "--yes").codes == ["join.at_omnileads"] and linked.link.exists()
    join_state.reached(linked.state, kept, join_state.Stage.LINKED)
    linked.done("purge", "--yes")
    assert not (linked.state / "join").exists() and not linked.link.exists()


def test_help_of_sync(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["sync", "--help"])
    assert "--check" in capsys.readouterr().out
