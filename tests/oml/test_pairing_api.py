"""The pairing API on a stand-in OML over real https: what it takes, from whom, and what it keeps to itself."""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pbxlink.link import invitation, link_code
from pbxlink.link.invitation import Invitation
from tests.sync.certificates import self_signed
from tests.sync.omlweb import OmlWeb, oml_web
from tests.unit import strategies as draw

PATH = "/pbx_link/api/pair/"
CODE = link_code.encode(draw.example(extensions=(), pbx_routes=(), omnileads_routes=()))


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OmlWeb]:
    certificate = self_signed(tmp_path_factory.mktemp("certificate"), "oml")
    with oml_web(tmp_path_factory.mktemp("omlweb"), certificate) as found:
        yield found


def _invite(web: OmlWeb) -> Invitation:
    done = web.standin.run_command(["pbx_link", "invite", "--url", web.url, "--address", "10.0.0.2"])
    assert done.returncode == 0, done.stdout + done.stderr
    return invitation.decode(done.stdout)


def _post(
    web: OmlWeb, what: str, secret: str, content: Any, method: str = "POST", length: str = ""
) -> tuple[int, dict[str, Any]]:
    context = ssl.create_default_context(cafile=str(web.certificate.pem))
    connection = http.client.HTTPSConnection("127.0.0.1", web.port, timeout=30, context=context)
    body = content if isinstance(content, bytes) else json.dumps(content).encode("utf-8")
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    headers.update({"Content-Length": length} if length else {})
    connection.request(method, f"{PATH}{what}/", body, headers)
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    assert answer.headers["Cache-Control"] == "no-store" and "Set-Cookie" not in answer.headers
    connection.close()
    return found


def _codes(answer: tuple[int, dict[str, Any]]) -> tuple[int, list[str]]:
    return answer[0], [each["code"] for each in answer[1]["findings"]]


@pytest.fixture(scope="module")
def session(web: OmlWeb) -> str:
    """The secret of a session."""
    secret = secrets.token_urlsafe(32)
    status, answer = _post(web, "redeem", _invite(web).token, {"session": secret})
    assert (status, answer) == (200, {"peer": "127.0.0.1", "directory": "/pbx_link/api/directory/"})
    return secret


def test_nobody_gets_in_without_a_secret_of_ours(web: OmlWeb, session: str) -> None:
    for what in ("redeem", "start", "job", "state", "finish", "undone"):
        for secret in ("", "x" * 43):
            assert _codes(_post(web, what, secret, {"session": "y" * 43}))[0] == 401
    assert _codes(_post(web, "state", _invite(web).token, {})) == (401, ["pair.unknown"])
    assert _codes(_post(web, "redeem", session, {"session": "y" * 43})) == (401, ["pair.unknown"])


@pytest.mark.parametrize(
    ("what", "content", "status", "code"),
    [
        ("start", b"{", 400, "pair.form"),
        ("start", b"[]", 400, "pair.form"),
        ("start", b"[" * 200_000, 400, "pair.form"),
        ("start", {"job": "../../etc", "action": "facts"}, 400, "pair.form"),
        ("start", {"job": "0" * 32, "action": "token"}, 400, "pair.form"),
        ("start", {"job": "0" * 32, "action": "plan", "code": "OMLINK1-0000000000000000-x"}, 400, "linkcode.checksum"),
        ("start", {"job": "0" * 32, "action": "apply"}, 409, "pair.not_now"),
        ("job", {"job": "f" * 32}, 404, "pair.no_job"),
        ("finish", {"token": "short"}, 400, "pair.form"),
        ("finish", {"token": "t" * 43}, 409, "pair.not_now"),
        ("other", {}, 404, "pair.form"),
    ],
)
def test_what_has_not_the_form_starts_nothing(
    web: OmlWeb, session: str, what: str, content: Any, status: int, code: str
) -> None:
    assert _codes(_post(web, what, session, content)) == (status, [code])


def test_a_request_that_says_it_is_too_large_is_not_read(web: OmlWeb, session: str) -> None:
    assert _codes(_post(web, "start", session, b"", length="300000")) == (413, ["pair.size"])


def test_only_post_is_taken(web: OmlWeb, session: str) -> None:
    assert _codes(_post(web, "state", session, b"", "GET")) == (405, ["pair.method"])


def test_of_many_at_once_one_redeems_and_may_ask_again(web: OmlWeb) -> None:
    given = _invite(web)
    tried = [secrets.token_urlsafe(32) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda each: _post(web, "redeem", given.token, {"session": each}), tried))
    again = [_post(web, "redeem", given.token, {"session": each})[0] for each in tried]
    assert sorted(again) == [200] + [403] * 7
    assert {status for status, _ in answers} <= {200, 403, 503}  # SQLite lets one writer in at a time
    assert sum(status == 200 for status, _ in answers) <= 1


def test_who_left_may_begin_again_while_the_invitation_is_good_and_nobody_else(web: OmlWeb) -> None:
    token, mine, other = _invite(web).token, secrets.token_urlsafe(32), secrets.token_urlsafe(32)

    def redeemed(session: str, **before: Any) -> tuple[int, list[str]]:
        web.standin.python(f"""
from datetime import timedelta
from django.utils import timezone
from oml_plugin.models import Pairing
from oml_plugin.api.tokens import digest_of
minutes = {before.pop("minutes", 0)}
values = {before} | ({{'created': timezone.now() - timedelta(minutes=minutes)}} if minutes else {{}})
if values:
    Pairing.objects.filter(invitation=digest_of({token!r})).update(**values)
""")
        answer = _post(web, "redeem", token, {"session": session})
        return (200, []) if answer[0] == 200 else _codes(answer)

    used, late = (403, ["pair.used"]), (403, ["pair.expired"])
    assert [redeemed(each) for each in (mine, other, mine)] == [(200, []), used, (200, [])]
    assert _post(web, "undone", mine, {}) == (200, {})
    assert [redeemed(each) for each in (other, mine)] == [used, (200, [])]
    assert _post(web, "state", mine, {}) == (200, {"stage": "redeemed", "link": ""})
    assert [redeemed(mine, stage=each) for each in ("applying", "linked")] == [used, used]
    assert [redeemed(mine, stage=each, minutes=16) for each in ("undone", "redeemed")] == [late, late]
    assert redeemed(other) == used


def test_a_job_is_its_pairings_alone_and_is_started_once(web: OmlWeb, session: str) -> None:
    job = secrets.token_hex(16)
    for _ in range(2):
        assert _post(web, "start", session, {"job": job, "action": "facts", "language": "en"}) == (200, {})
    assert _post(web, "job", session, {"job": job})[0] == 200
    other = secrets.token_urlsafe(32)
    assert _post(web, "redeem", _invite(web).token, {"session": other})[0] == 200
    assert _codes(_post(web, "job", other, {"job": job})) == (404, ["pair.no_job"])


def test_a_link_that_omnileads_has_is_not_touched(web: OmlWeb, session: str) -> None:
    web.standin.python(f"""
from pbxlink.link import link_code
from oml_plugin.storage import saved_links
saved_links.store(link_code.decode({CODE!r}))
""")
    answer = _post(web, "start", session, {"job": "1" * 32, "action": "plan", "code": CODE})
    assert _codes(answer) == (403, ["pair.taken"])


def test_a_session_ends(web: OmlWeb) -> None:
    secret = secrets.token_urlsafe(32)
    assert _post(web, "redeem", _invite(web).token, {"session": secret})[0] == 200
    assert _post(web, "state", secret, {}) == (200, {"stage": "redeemed", "link": ""})
    web.standin.python("""
from datetime import timedelta
from django.utils import timezone
from oml_plugin.models import Pairing
latest = Pairing.objects.filter(stage='redeemed').latest('pk')
Pairing.objects.filter(pk=latest.pk).update(expires=timezone.now() - timedelta(seconds=1))
""")
    assert _codes(_post(web, "state", secret, {})) == (403, ["pair.session_over"])


def test_no_secret_is_stored_or_logged(web: OmlWeb, session: str) -> None:
    given = _invite(web)
    stored = web.standin.python("""
from oml_plugin.models import Pairing
answer = repr(list(Pairing.objects.values()))
""")
    for secret in (given.token, session):
        assert secret not in stored and secret not in web.log.read_text(encoding="utf-8")
