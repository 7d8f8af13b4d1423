"""What the page does: entering, planning, applying, recovering, removing; and what it says when it cannot."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from pbxlink.link import certificate, directory_report, link_code
from pbxlink.link.model import DirectoryAccess
from tests.oml.desk import Desk
from tests.oml.plugin import SECRET
from tests.sync.certificates import Certificate, self_signed

pytest_plugins = ["tests.oml.page_fixtures"]

CREATED = [("create", "trunk/issabel"), ("create", "route/all")]
THEIRS = """
from configuracion_telefonia_app.models import TroncalSIP
TroncalSIP.objects.create(nombre='issabel', text_config='type=wizard\\r\\ntransport=trunk-transport')
"""
CHANGED = """
from configuracion_telefonia_app.models import RutaSaliente
RutaSaliente.objects.filter(nombre='all').update(nombre='other')
"""
MANY = "".join(f"[[route{count}]]\npatterns = {count}XXX\n" for count in range(6))


def test_a_pasted_code_is_planned_applied_and_saved_as_the_command_does(desk: Desk) -> None:
    plan = desk.enter()
    assert (plan.page, plan.changes, plan.findings) == ("plan", CREATED, [])
    before = desk.oml.state()
    assert before["rows"]["troncalsip"] == []
    done = desk.apply(plan)
    assert (done.state, done.changes) == ("done", CREATED)
    applied = desk.oml.settled()
    assert [row["nombre"] for row in applied["rows"]["troncalsip"]] == ["issabel"]
    assert desk.oml.document("plan")["changes"] == []  # the command sees the same link as applied
    assert desk.plan().changes == []
    found = desk.overview()
    assert 'data-reach="reachable"' in found.text and 'data-key="trunk/issabel"' in found.text


def test_the_command_works_on_the_saved_link_where_it_is_given_none(desk: Desk) -> None:
    options = ["--state-dir", str(desk.site.state), "--lang", "en"]
    run = desk.oml.standin.run_command
    assert "link.conf does not exist" in run(["pbx_link", "plan", *options]).stderr
    desk.applied()
    assert run(["pbx_link", "plan", *options]).stdout.strip() == "All is as it should be: nothing to change"
    assert run(["pbx_link", "remove", "--yes", *options]).returncode == 0
    assert desk.saved == []


def test_what_the_command_applies_by_a_code_is_the_pages_link(desk: Desk) -> None:
    code = desk.code()
    state = ["--state-dir", str(desk.site.state)]
    assert desk.oml.standin.run_command(["pbx_link", "plan", "--code", code, *state]).returncode == 2
    assert desk.saved == []
    assert desk.oml.standin.run_command(["pbx_link", "apply", "--yes", "--code", code, *state]).returncode == 0
    assert desk.saved == ["test"]
    assert desk.plan().changes == []
    shown = desk.start("code")
    assert code in shown.text


def test_several_saved_links_must_be_named(desk: Desk) -> None:
    desk.enter()
    code = link_code.encode(replace(link_code.decode(desk.code()), name="other"))
    desk.admin.post("/pbx_link/new/", {"enter": "code", "code": code})
    assert desk.saved == ["other", "test"]
    listed = desk.admin.get("/pbx_link/")
    assert listed.page == "links" and "/pbx_link/link/other/" in listed.text
    done = desk.oml.standin.run_command(["pbx_link", "plan", "--lang", "en"])
    assert (done.returncode, "other, test" in done.stderr) == (1, True)
    assert desk.oml.standin.run_command(["pbx_link", "plan", "--saved", "other"]).returncode == 2


def test_a_plan_that_is_not_the_one_shown_is_not_applied(desk: Desk) -> None:
    plan = desk.enter()
    desk.oml.standin.python("""
from oml_plugin.storage import saved_links
from dataclasses import replace
link = saved_links.read("test").link
saved_links.store(replace(link, omnileads_routes=()))
""")
    done = desk.apply(plan)
    assert (done.state, done.findings) == ("failed", [("error", "plan.changed")])
    assert desk.oml.state()["rows"]["troncalsip"] == []
    without = desk.admin.job(desk.start("apply"))
    assert without.findings == [("error", "plan.changed")]


def test_what_somebody_else_made_is_replaced_or_adopted_only_when_it_is_ticked(desk: Desk) -> None:
    desk.oml.python(THEIRS)
    plan = desk.enter()
    assert ("error", "plan.conflict") in plan.findings
    assert 'name="mark"' not in plan.text
    adopted = desk.admin.job(desk.start("adopt", replace="trunk/issabel"))
    assert (adopted.state, adopted.changes) == ("done", [("adopt_as_is", "trunk/issabel")])
    assert "transport=trunk-transport" in desk.oml.state()["rows"]["troncalsip"][0]["text_config"]
    assert ("update", "trunk/issabel") in desk.plan().changes


def test_a_replacement_is_shown_before_it_is_applied(desk: Desk) -> None:
    desk.oml.python(THEIRS)
    desk.enter()
    plan = desk.plan("?replace=trunk/issabel")
    assert ("update", "trunk/issabel") in plan.changes
    done = desk.apply(plan, replace=plan.hidden("replace"))
    assert done.state == "done", done.text
    assert "remote_hosts" in desk.oml.state()["rows"]["troncalsip"][0]["text_config"]


def test_a_plan_that_changes_much_needs_a_word_more(desk: Desk) -> None:
    assert desk.apply(desk.enter(routes=MANY)).state == "done"
    plan = desk.enter(routes="")
    assert ("error", "plan.too_large") in plan.findings and 'name="mark"' not in plan.text
    allowed = desk.plan("?force=yes")
    assert ("error", "plan.too_large") not in allowed.findings
    assert desk.apply(allowed, force=allowed.hidden("force")).state == "done"
    assert desk.oml.state()["rows"]["rutasaliente"] == []


def test_drift_is_shown_with_the_cell(desk: Desk) -> None:
    desk.applied()
    desk.oml.python(CHANGED)
    found = desk.overview()
    assert ("warning", "drift.changed") in found.findings
    assert "other" in found.text
    assert desk.plan().changes == [("update", "route/all")]


def test_removing_shows_what_goes_and_forgets_the_link_and_its_secret(desk: Desk) -> None:
    before = desk.oml.settled()
    desk.applied()
    page = desk.admin.get("/pbx_link/link/test/remove/")
    assert (page.page, page.changes) == ("remove", [("delete", "route/all"), ("delete", "trunk/issabel")])
    done = desk.admin.job(desk.start("remove", mark=page.hidden("mark")))
    assert done.state == "done", done.text
    after = desk.oml.settled()
    assert {**after, "stream": {}} == {**before, "stream": {}}
    assert desk.saved == []
    assert SECRET not in (Path(desk.oml.folder) / "oml.sqlite").read_bytes().decode("latin-1")


def test_the_form_offers_the_transports_that_there_are(desk: Desk) -> None:
    page = desk.admin.get("/pbx_link/new/")
    port = desk.oml.asterisk.sip_port
    assert f'<option value="trunk-transport">trunk-transport ({port})</option>' in page.text
    assert page.text.count("transport (") == 1


def test_where_asterisk_does_not_answer_the_form_says_so_and_saves_nothing(desk: Desk) -> None:
    desk.oml.asterisk.hang_after_reloads = 0
    begun = time.monotonic()
    page = desk.admin.get("/pbx_link/new/")
    assert time.monotonic() - begun < 20
    assert "page.no_transports" in [code for _, code in page.findings]
    assert "transport (" not in page.text
    given = {
        "enter": "fields",
        "name": "test",
        "topology": "lan",
        "transport": "trunk-transport",
        "pbx_address": "10.0.0.1",
    }
    wrong = desk.admin.post("/pbx_link/new/", given)
    assert (wrong.page, desk.saved) == ("edit", [])


def test_editing_keeps_the_secret_and_what_the_form_does_not_show(desk: Desk) -> None:
    desk.enter(routes="[[all]]\npatterns = XXXXXXX\nring_time = 44\n")
    port = str(desk.oml.asterisk.sip_port)
    given = {
        "enter": "fields", "topology": "lan", "transport": "trunk-transport", "technology": "sip", "caller_id": "keep",
        "pbx_address": desk.oml.pbx[0], "pbx_port": str(desk.oml.pbx[1]), "oml_address": "127.0.0.2", "oml_port": "",
        "pbx_trunk": "omnileads", "pbx_context": "from-internal", "oml_trunk": "issabel", "oml_context": "from-pbx",
        "pbx_codecs": "alaw", "oml_codecs": "alaw, ulaw", "oml_routes": "all = XXXX", "name": "not_this",
        "from_directory": "on", "dialplan": "on",
    }  # fmt: skip
    page = desk.admin.get("/pbx_link/link/test/edit/")
    assert "all = XXXXXXX" in page.text and SECRET not in page.text
    plan = desk.admin.post("/pbx_link/link/test/edit/", given)
    assert plan.page == "plan", plan.text
    link = link_code.decode(
        desk.oml.python("from oml_plugin.models import SavedLink as s; answer = s.objects.get().code")
    )
    assert (link.name, link.credentials.secret, str(link.omnileads.sip_port)) == ("test", SECRET, port)
    assert link.dialplan.agents and 'name="dialplan"' in page.text
    assert [(each.name, str(each.patterns[0]), each.ring_time) for each in link.omnileads_routes] == [
        ("all", "XXXX", 44)
    ]
    listed = desk.overview().text
    assert '<tr data-number="098098"><td>' in listed and 'data-has="" data-wanted="098098">098098</td>' in listed


def test_the_pbx_is_given_a_token_that_is_shown_once_and_can_be_taken_back(desk: Desk) -> None:
    desk.enter()
    assert 'id="pbx-link-revoke"' not in desk.overview().text
    given = {"url": "https://oml.example:8443", "certificate": "sha256:" + "ab" * 32}
    shown = desk.start("pbx-code", **given)
    found = re.search(r'<textarea[^>]*id="pbx-link-code"[^>]*>([^<]+)</textarea>', shown.text)
    assert found and "no-store" in shown.headers["cache-control"]
    access = link_code.decode(found.group(1)).directory
    assert (access.url, access.certificate) == (
        "https://oml.example:8443/pbx_link/api/directory/",
        given["certificate"],
    )
    overview = desk.overview().text
    assert 'id="pbx-link-revoke"' in overview and access.token not in overview
    bearer = urllib.request.Request(desk.site.url + "/pbx_link/api/directory/")
    bearer.add_header("Authorization", f"Bearer {access.token}")
    with urllib.request.urlopen(bearer, timeout=20) as answer:
        assert json.load(answer)["inbound_routes"] == [{"did": "098098", "name": "ventas"}]
    assert "todavía no dijo qué tiene" in desk.overview().text
    for number, shown_as in (("7777", "7777 &rarr; 098098"), ("098098", "098098")):
        bearer.data = json.dumps(directory_report.document({number: "098098"})).encode("ascii")
        with urllib.request.urlopen(bearer, timeout=20) as answer:
            assert answer.status == 200
        assert f'data-has="{number}" data-wanted="098098">{shown_as}</td>' in desk.overview().text
    bearer.data = None
    assert desk.start("revoke").page == "overview"
    with pytest.raises(urllib.error.HTTPError, match="401"):
        urllib.request.urlopen(bearer, timeout=20)
    refused = desk.start("pbx-code", url="http://oml.example")
    assert refused.findings == [("error", "token.url")]


@contextmanager
def _https(pair: Certificate) -> Iterator[str]:
    """A web server with this certificate; it says nothing but who it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.pem, pair.key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.5)
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                with suppress(OSError):
                    connection, _ = listening.accept()
                    context.wrap_socket(connection, server_side=True).close()

        server = threading.Thread(target=serve)
        server.start()
        yield f"https://127.0.0.1:{listening.getsockname()[1]}"
        ended.set()
        server.join()


def test_the_certificate_is_looked_at_by_a_job_and_shown_before_the_token_is_made(desk: Desk, tmp_path: Path) -> None:
    desk.enter()
    pair = self_signed(tmp_path, "oml")
    fingerprint = certificate.of_pem(pair.pem.read_text(encoding="ascii"))
    with _https(pair) as url:
        looked = desk.admin.job(desk.start("pbx-code", url=url))
    assert (looked.state, looked.hidden("looked")) == ("done", "yes") and fingerprint in looked.text
    fields = {name: looked.hidden(name) for name in ("url", "certificate", "looked")}
    assert fields["certificate"] == fingerprint
    found = re.search(r'id="pbx-link-code"[^>]*>([^<]+)</textarea>', desk.start("pbx-code", **fields).text)
    assert found and link_code.decode(found.group(1)).directory.certificate == fingerprint
    gone = desk.admin.job(desk.start("pbx-code", url=url))
    assert (gone.state, gone.findings) == ("failed", [("error", "token.unreachable")])


def test_a_token_in_a_pasted_code_is_not_kept_in_clear(desk: Desk) -> None:
    link = replace(link_code.decode(desk.code()), directory=DirectoryAccess("https://oml.example/x", "t" * 43, ""))
    assert desk.admin.post("/pbx_link/new/", {"enter": "code", "code": link_code.encode(link)}).page == "plan"
    kept = link_code.decode(
        desk.oml.python("from oml_plugin.models import SavedLink as s; answer = s.objects.get().code")
    )
    assert (kept.directory, kept.credentials.secret) == (DirectoryAccess(), SECRET)


def test_two_links_may_not_share_a_trunk(desk: Desk) -> None:
    desk.applied()
    other = link_code.encode(replace(link_code.decode(desk.code()), name="other"))
    plan = desk.admin.post("/pbx_link/new/", {"enter": "code", "code": other})
    assert plan.findings == [("error", "owned.other_link")] * 2
    assert 'id="pbx-link-apply"' not in plan.text
    refused = desk.admin.job(desk.admin.post("/pbx_link/link/other/apply/", {}))
    assert refused.state == "failed"
    assert {link for link, *_ in desk.oml.state()["owned"]} == {"test"}


def test_no_address_of_ours_has_what_the_vendors_nginx_sends_elsewhere(desk: Desk) -> None:
    code = link_code.encode(replace(link_code.decode(desk.code()), name="windows-ws"))
    plan = desk.admin.post("/pbx_link/new/", {"enter": "code", "code": code})
    path, _, query = plan.path.partition("?job=")
    assert (plan.page, path) == ("plan", "/pbx_link/link/window.s-w.s/plan/") and re.fullmatch("[0-9a-f]+", query)
    done = desk.admin.job(desk.admin.post(path.replace("plan", "apply"), {"mark": plan.hidden("mark")}))
    assert done.state == "done"
    overview = desk.admin.get("/pbx_link/")
    assert overview.page == "overview"
    addresses = re.findall(r'(?:href|action)="(/pbx_link/[^"]*)"', overview.text + done.text + plan.text)
    assert len(addresses) > 8 and not [each for each in addresses if "ws" in each]


def test_a_transport_for_this_host_alone_is_not_offered(desk: Desk) -> None:
    code = """
from pbxlink.asterisk.pjsip import from_outside as offered
inside, outside = {"dialer": ("127.0.0.1", 5260)}, {"trunk": ("0.0.0.0", 5060), "agent": ("10.0.0.2", 5160)}
answer = [offered({**inside, **outside}), offered(inside)]
"""
    assert desk.oml.python(code) == [{"trunk": 5060, "agent": 5160}, {"dialer": 5260}]
