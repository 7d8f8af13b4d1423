"""The directory API on a stand-in OML over real https: who gets the directory, who does not, and how often."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pbxlink.link import directory, directory_report, link_code, link_file
from pbxlink.link.model import AgentRule, DidRule
from tests.sync.certificates import Certificate, self_signed
from tests.sync.omlweb import AGENTS, DIDS, PATH, OmlWeb, oml_web
from tests.unit import strategies as draw

A_MINUTE = 30
FAILURES_A_MINUTE = 60
LINK = draw.example(extensions=(), pbx_routes=(), omnileads_routes=())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("certificate"), "oml")


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[OmlWeb]:
    with oml_web(tmp_path_factory.mktemp("omlweb"), certificate) as found:
        yield found


@pytest.fixture(autouse=True)
def not_counted_yet(web: OmlWeb) -> None:
    """No request of an earlier test counts."""
    web.forget_requests()


@pytest.fixture
def link_path(tmp_path: Path) -> Path:
    path = tmp_path / "link.conf"
    link_file.write(path, LINK)
    return path


def codes(answer: bytes) -> list[str]:
    return [finding["code"] for finding in json.loads(answer)["findings"]]


def test_a_token_gets_the_directory(web: OmlWeb) -> None:
    answer = web.ask(web.issue())
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    found = directory.parse(answer.body.decode())
    assert [agent.name for agent in found.agents] == list(AGENTS)
    assert [f"{route.did}={route.name}" for route in found.inbound_routes] == list(DIDS)
    assert set(answer.document) == {"format", "inbound_routes", "agents", "generated"}
    assert all(set(agent) == {"id", "sip_extension", "name"} for agent in answer.document["agents"])


def test_the_answer_is_kept_nowhere_and_makes_no_session(web: OmlWeb) -> None:
    token = web.issue()
    sessions = "from django.contrib.sessions.models import Session\nanswer = Session.objects.count()"
    before = web.standin.python(sessions)
    for answer in (web.ask(token), web.ask("wrong"), web.ask(), web.ask(token, "POST")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
        assert token.encode() not in answer.body
    assert web.standin.python(sessions) == before


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer {token}x", "Bearer x{token}", "Token {token}", "Basic {token}", "{token}",
     "Bearer {token} {token}", "Bearer " + "a" * 5000, "Bearer \u00f1", "Bearer {digest}"],
)  # fmt: skip
def test_without_the_token_there_is_nothing(web: OmlWeb, header: str | None) -> None:
    token = web.issue()
    digest = hashlib.sha256(token.encode()).hexdigest()
    given = {} if header is None else {"Authorization": header.format(token=token, digest=digest)}
    answer = web.ask(None, **given)
    assert (answer.status, codes(answer.body)) == (401, ["api.token"])
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_in_the_url_does_not_count(web: OmlWeb) -> None:
    token = web.issue()
    code = f"""
from django.test import Client
client = Client()
answer = [client.get({PATH!r} + '?token=' + {token!r}).status_code,
          client.get({PATH!r}, HTTP_AUTHORIZATION='Bearer ' + {token!r}).status_code]
"""
    assert web.standin.python(code) == [401, 200]


def test_a_logged_in_user_is_not_enough_and_an_agent_is_refused_by_the_permission(web: OmlWeb) -> None:
    code = f"""
from django.test import Client
answer = []
for user in ('admin', 'anapaz'):
    client = Client()
    assert client.login(username=user, password='admin')
    answer.append(client.get({PATH!r}).status_code)
"""
    assert web.standin.python(code) == [401, 403]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
def test_only_get_and_post(web: OmlWeb, method: str) -> None:
    answer = web.ask(web.issue(), method)
    assert answer.status == 405 and answer.headers["Allow"] == "GET, POST"
    assert method == "HEAD" or codes(answer.body) == ["api.method"]


def test_the_pbx_says_what_it_has(web: OmlWeb) -> None:
    token = web.issue()
    read = "from oml_plugin.storage import directory_reports as r\nanswer = dict(r.read('omnileads').extensions)"
    for extensions in ({"098098": "098098", "7021": "10021"}, {}):
        content = json.dumps(directory_report.document(extensions)).encode()
        assert (web.tell(token, content).status, web.standin.python(read)) == (200, extensions)
    for wrong in (b"", b"[]", b'{"format": 2, "extensions": {}}', b'{"format": 1, "extensions": {"1": 1}}', b"\xff"):
        answer = web.tell(token, wrong)
        assert (answer.status, codes(answer.body)) == (400, ["report.form"]), wrong
    assert web.tell("wrong", b"{}").status == 401
    web.standin.python("from oml_plugin.api import tokens\ntokens.revoke('omnileads')")
    assert web.standin.python("from oml_plugin.models import DirectoryReport as r\nanswer = r.objects.count()") == 0


def test_a_new_token_replaces_the_one_before_and_revoking_ends_it(web: OmlWeb) -> None:
    first, second, other = web.issue(), web.issue(), web.issue("other")
    assert [web.ask(token).status for token in (first, second, other)] == [401, 200, 200]
    revoke = "from oml_plugin.api import tokens\nanswer = [tokens.revoke('omnileads'), tokens.revoke('omnileads')]"
    assert web.standin.python(revoke) == [True, False]
    assert [web.ask(token).status for token in (second, other)] == [401, 200]


def test_only_the_hash_is_kept(web: OmlWeb) -> None:
    token = web.issue()
    web.ask(token)
    assert len(token) == 43 and token != web.issue()
    database = Path(web.standin.environment["OML_STANDIN_SQLITE"]).read_bytes()
    assert token.encode() not in database and token not in web.log.read_text()
    assert "GET " + PATH in web.log.read_text(), "the server does log its requests"


def test_its_use_is_noted(web: OmlWeb) -> None:
    token = web.issue("noted")
    describe = "from oml_plugin.api import tokens\nfound = tokens.describe('noted')\nanswer = bool(found['last_used'])"
    assert web.standin.python(describe) is False
    web.ask("wrong")
    assert web.standin.python(describe) is False
    web.ask(token)
    assert web.standin.python(describe) is True
    assert web.standin.python("from oml_plugin.api import tokens\nanswer = tokens.describe('nobody')") is None


def test_what_has_not_changed_is_not_sent_again(web: OmlWeb) -> None:
    token = web.issue()
    etag = web.ask(token).headers["ETag"]
    again = web.ask(token, If_None_Match=etag)
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
    assert web.ask("wrong", If_None_Match=etag).status == 401
    web.add_agent("New Comer")
    changed = web.ask(token, If_None_Match=etag)
    assert changed.status == 200 and changed.headers["ETag"] != etag
    web.delete_agents("newcomer")
    assert web.ask(token, If_None_Match=etag).status == 304


def test_thirty_requests_a_minute_however_many_come_at_once(web: OmlWeb) -> None:
    token, other = web.issue(), web.issue("other")
    with ThreadPoolExecutor(12) as pool:
        answers = web.within_a_minute(lambda: list(pool.map(lambda _: web.ask(token), range(A_MINUTE + 12))))
    statuses = [answer.status for answer in answers]
    assert (statuses.count(200), statuses.count(429)) == (A_MINUTE, 12)
    limited = next(answer for answer in answers if answer.status == 429)
    assert 1 <= int(limited.headers["Retry-After"]) <= 60 and codes(limited.body) == ["api.rate"]
    assert web.ask(other).status == 200, "another link's token is counted by itself"
    pass_a_minute(web)
    assert web.ask(token).status == 200


def pass_a_minute(web: OmlWeb) -> None:
    """As the counter sees it."""
    earlier = "RequestCount.objects.update(minute=F('minute') - 1)"
    web.standin.python(f"from django.db.models import F\nfrom oml_plugin.models import RequestCount\n{earlier}")


def test_guessing_is_limited_and_keeps_nobody_out(web: OmlWeb) -> None:
    token = web.issue()
    guesses = range(FAILURES_A_MINUTE + 5)
    with ThreadPoolExecutor(8) as pool:
        answers = web.within_a_minute(
            lambda: [*pool.map(lambda n: web.ask(f"guess-{n}").status, guesses), web.ask().status]
        )
    assert (answers.count(401), answers.count(429), answers[-1]) == (FAILURES_A_MINUTE, 6, 429)
    assert web.ask(token).status == 200


def test_a_plugin_without_its_tables_says_so(web: OmlWeb) -> None:
    token = web.issue()
    try:
        web.standin.manage("migrate", "oml_plugin", "0001", "-v0")
        answer = web.ask(token)
        assert (answer.status, codes(answer.body)) == (503, ["oml.not_migrated"])
    finally:
        web.standin.manage("migrate", "oml_plugin", "-v0")
    assert web.ask(token).status == 401, "the table is new"


def test_errors_are_told_in_the_language_asked_for(web: OmlWeb) -> None:
    told = [web.ask(Accept_Language=language).document["findings"][0]["message"] for language in ("es", "en")]
    assert told[0] != told[1] and "token" in told[0]


def test_the_command_prints_a_code_with_url_token_and_fingerprint(
    web: OmlWeb, certificate: Certificate, link_path: Path
) -> None:
    link = link_code.decode(web.code(link_path))
    assert link.directory.url == web.url + PATH
    assert link.directory.certificate == "sha256:" + certificate.fingerprint.replace(":", "").lower()
    assert web.ask(link.directory.token).status == 200
    assert link.credentials == LINK.credentials
    assert link.agents.from_directory and link.dids.from_directory


def test_rules_that_the_link_has_stay(web: OmlWeb, link_path: Path) -> None:
    link_file.write(link_path, draw.example(agents=AgentRule(from_directory=True, number="7{id}"), dids=DidRule()))
    link = link_code.decode(web.code(link_path))
    assert link.agents == AgentRule(from_directory=True, number="7{id}") and not link.dids.from_directory


def test_a_certificate_that_the_host_trusts_is_not_pinned(
    web: OmlWeb, certificate: Certificate, link_path: Path
) -> None:
    web.standin.environment["SSL_CERT_FILE"] = str(certificate.pem)
    try:
        assert link_code.decode(web.code(link_path)).directory.certificate == ""
    finally:
        del web.standin.environment["SSL_CERT_FILE"]


def test_the_certificate_by_hand(web: OmlWeb, certificate: Certificate, link_path: Path) -> None:
    expected = "sha256:" + certificate.fingerprint.replace(":", "").lower()
    for given in (str(certificate.pem), f"sha256:{certificate.fingerprint}", expected):
        done = web.token(link_path, "--url", "https://oml.invalid:8443/", "--certificate", given)
        assert done.returncode == 0, done.stderr
        link = link_code.decode(done.stdout)
        assert link.directory.certificate == expected
        assert link.directory.url == "https://oml.invalid:8443" + PATH


WRONG = [
    ((), "token.no_url"),
    (("--url", "http://127.0.0.1"), "token.url"),
    (("--url", "https://user:pass@127.0.0.1"), "token.url"),
    (("--url", "https://127.0.0.1/?a=b"), "token.url"),
    (("--url", "https://"), "token.url"),
    (("--url", "https://127.0.0.1:99999"), "token.url"),
    (("--url", "https://a\nb"), "token.url"),
    (("--url", "https://127.0.0.1:1"), "token.unreachable"),
    (("--url", "https://127.0.0.1", "--certificate", "sha256:12"), "token.certificate"),
    (("--url", "https://127.0.0.1", "--certificate", "/nowhere.pem"), "token.file"),
]


@pytest.mark.parametrize(("options", "code"), WRONG)
def test_a_failed_token_leaves_the_earlier_one_good(
    web: OmlWeb, link_path: Path, options: tuple[str, ...], code: str
) -> None:
    token = web.issue()
    done = web.token(link_path, "--json", *options)
    assert done.returncode == 1 and codes(done.stdout) == [code], done.stdout + done.stderr
    assert web.ask(token).status == 200


def test_a_file_that_is_no_certificate(web: OmlWeb, link_path: Path, certificate: Certificate) -> None:
    done = web.token(link_path, "--json", "--url", web.url, "--certificate", str(certificate.key))
    assert done.returncode == 1 and codes(done.stdout) == ["token.certificate"]
    assert certificate.key.read_text().splitlines()[1][:12] not in done.stdout


def test_show_and_revoke(web: OmlWeb, link_path: Path) -> None:
    token = link_code.decode(web.code(link_path)).directory.token
    web.ask(token)
    shown = json.loads(web.token(link_path, "--show", "--json").stdout)
    assert set(shown["token"]) == {"created", "last_used"} and shown["token"]["last_used"]
    people = web.token(link_path, "--show").stdout
    assert "created" in people and token not in people
    assert json.loads(web.token(link_path, "--revoke", "--json").stdout)["revoked"] is True
    assert web.ask(token).status == 401
    assert "has no token" in web.token(link_path, "--revoke").stdout
    assert json.loads(web.token(link_path, "--show", "--json").stdout)["token"] is None


def test_each_pbx_is_told_what_its_own_link_lets_through(web: OmlWeb) -> None:
    found = directory.parse(web.ask(web.issue("nobodys")).body.decode())
    first, second = found.agents[0].id, found.agents[1].id
    links = {
        "north": dataclasses.replace(LINK, name="north", agents=AgentRule(from_directory=True, include=(first,))),
        "south": dataclasses.replace(LINK, name="south", agents=AgentRule(from_directory=True, exclude=(first,)),
                                     dids=DidRule(from_directory=True, exclude=(found.inbound_routes[0].did,))),
        "whole": dataclasses.replace(LINK, name="whole"),
    }  # fmt: skip
    codes_ = [link_code.encode(link) for link in links.values()]
    save = "[saved_links.store(link_code.decode(code)) for code in codes]"
    imports = "from oml_plugin.storage import saved_links\nfrom pbxlink.link import link_code\n"
    web.standin.python(f"{imports}codes = {codes_!r}\n{save}")
    told = {name: directory.parse(web.ask(web.issue(name)).body.decode()) for name in links}
    assert [agent.id for agent in told["north"].agents] == [first]
    assert first not in [agent.id for agent in told["south"].agents] and second in [a.id for a in told["south"].agents]
    assert told["north"].inbound_routes == found.inbound_routes
    assert told["south"].inbound_routes == found.inbound_routes[1:]
    assert told["whole"] == found
