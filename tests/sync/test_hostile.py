"""What `sync` does with a server that is not the OML it should be: real TLS on loopback, any bytes, any pace."""

from __future__ import annotations

import io
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from issabel_module import cli
from issabel_module.commands import directory_cache, directory_guard, pinned_https, sync
from pbxlink.link import derived_extensions, directory, link_file
from pbxlink.link.directory import Directory, InboundRoute
from pbxlink.link.model import Agent, AgentRule, DidRule, DirectoryAccess, Link
from pbxlink.messages.ages import age_of
from pbxlink.messages.errors import InvalidInput, Refused, SideUnavailable
from tests.sync.certificates import Certificate, self_signed
from tests.sync.hostile import Answer, drips, hostile, says
from tests.unit import strategies as draw

TOKEN = "Tk_9-hostile-servers-do-not-get-this-token0"
GOOD = json.dumps(directory.document(Directory((InboundRoute("555", "V"),), (Agent(1, "1006", "Ana"),)))).encode()
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("certificate"), "hostile")


def link_to(url: str, fingerprint: str) -> Link:
    pinned = "sha256:" + fingerprint.replace(":", "").lower()
    rules = {"agents": AgentRule(from_directory=True), "dids": DidRule(from_directory=True)}
    return draw.example(directory=DirectoryAccess(url, TOKEN, pinned), **rules)


@pytest.fixture
def told(certificate: Certificate, tmp_path: Path) -> Callable[[Answer], dict[str, Any]]:
    """What the command says, as a document, when the server answers so; the token must not be in it."""

    def run(answer: Answer) -> dict[str, Any]:
        with hostile(certificate, answer) as server:
            link_file.write(tmp_path / "link.conf", link_to(server.url, certificate.fingerprint))
            out, err = io.StringIO(), io.StringIO()
            line = ["sync", "--link", str(tmp_path / "link.conf"), "--state-dir", str(tmp_path / "state"), "--json"]
            nowhere = ["--lang", "en", "--amportal-conf", str(tmp_path / "no-pbx-here.conf")]
            code = cli.main([*line, *nowhere], out, err)
            assert len(server.requests) == 1 and f"Bearer {TOKEN}".encode() in server.requests[0]
        assert code == 1 and TOKEN not in out.getvalue() + err.getvalue()
        assert list((tmp_path / "state" / "directory").glob("*.json")) == []
        found: dict[str, Any] = json.loads(out.getvalue())
        return found

    return run


def only(document: dict[str, Any]) -> tuple[str, str]:
    (finding,) = document["findings"]
    assert finding["message"].isprintable() and len(finding["message"]) < 600
    return finding["code"], finding["message"]


GARBAGE = [
    b"", b"{", b"null", b"[]", b"\xff\xfe\x00", b"<html>Login</html>", b"[" * 200_000, b'{"format": 2}', b"\x00" * 100,
    b'{"format": 1, "inbound_routes": [], "agents": [{"id": 1' + b"0" * 5000 + b"}]}",
    b'{"format": 1, "inbound_routes": [{"did": "\\ud800", "name": 5}], "agents": []}',
    GOOD[:-1], GOOD + GOOD,
]  # fmt: skip


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage(told: Callable[[Answer], dict[str, Any]], body: bytes) -> None:
    assert only(told(says("200 OK", body)))[0] == "sync.form"


@pytest.mark.parametrize(
    ("status", "code"),
    [("401 No", "sync.refused"), ("403 No", "sync.refused"), ("404 Gone", "sync.status"), ("500 Oops", "sync.status"),
     ("503 Later", "sync.status"), ("204 Empty", "sync.status"), ("304 Not Modified", "sync.status"),
     ("206 Part", "sync.status"), ("301 Moved", "sync.status")],
)  # fmt: skip
def test_statuses(told: Callable[[Answer], dict[str, Any]], status: str, code: str) -> None:
    body = b"" if status[:3] in {"204", "304"} else GOOD
    found, message = only(told(says(status, body)))
    assert found == code and (status[:3] in message)


def test_a_redirect_is_told_and_not_followed(
    told: Callable[[Answer], dict[str, Any]], certificate: Certificate
) -> None:
    with hostile(certificate, says("200 OK", GOOD)) as elsewhere:
        for status in ("301 x", "302 x", "303 x", "307 x", "308 x"):
            code, message = only(told(says(status, b"", f"Location: {elsewhere.url}?t={TOKEN}")))
            assert code == "sync.redirect" and elsewhere.url in message
        assert elsewhere.requests == []


@pytest.mark.parametrize("header", ["Retry-After: 17", "Retry-After: \x1b[31m", "Retry-After: " + "9" * 3000, "X: y"])
def test_a_limit_is_told(told: Callable[[Answer], dict[str, Any]], header: str) -> None:
    code, message = only(told(says("429 Slow down", b"", header)))
    waits = re.search(r"\b17 s\b", message)  # the port in the address may hold a 17 too
    assert code == "sync.limited" and bool(waits) == (header == "Retry-After: 17")


BROKEN = [
    b"", b"\r\n\r\n", b"garbage\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X" * 70_000,
    b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nshort",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nshort",
]  # fmt: skip


@pytest.mark.parametrize("raw", BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_http_or_is_cut(told: Callable[[Answer], dict[str, Any]], raw: bytes) -> None:
    code, message = only(told(lambda connection: connection.sendall(raw)))
    assert code == "sync.unreachable" and "nothing was changed" in message


def test_a_huge_answer_is_given_up(told: Callable[[Answer], dict[str, Any]]) -> None:
    def endless(connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b" " * MIB)

    begun = time.monotonic()
    assert only(told(endless))[0] == "sync.size"
    assert time.monotonic() - begun < pinned_https.SECONDS + 5


SLOW = {
    "silent": lambda connection: time.sleep(20),
    "headers": drips(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n", 0.3),
    "one header": drips(b"HTTP/1.1 200 OK\r\nA: ", b"b", 0.3),
    "body": drips(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" ", 0.3),
    "100": drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.3),
}


@pytest.mark.parametrize("pace", SLOW)
def test_a_slow_server_is_given_up_in_time(certificate: Certificate, pace: str) -> None:
    with hostile(certificate, SLOW[pace]) as server:
        access = link_to(server.url, certificate.fingerprint).directory
        begun = time.monotonic()
        with pytest.raises(SideUnavailable) as caught:
            pinned_https.get(access, {}, seconds=1.5)
        assert 1.4 < time.monotonic() - begun < 4
    assert [each.code for each in caught.value.findings] == ["sync.slow"]


def test_ten_seconds_are_all_it_gets(told: Callable[[Answer], dict[str, Any]]) -> None:
    begun = time.monotonic()
    assert only(told(SLOW["headers"]))[0] == "sync.slow"
    assert pinned_https.SECONDS - 1 < time.monotonic() - begun < pinned_https.SECONDS + 5


def test_a_server_that_never_shakes_hands(certificate: Certificate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(SideUnavailable) as caught:
            pinned_https.get(link_to(url, certificate.fingerprint).directory, {}, seconds=1)
    assert [each.code for each in caught.value.findings] == ["sync.slow"]


def test_a_server_without_tls_gets_no_token(certificate: Certificate) -> None:
    seen: list[bytes] = []

    def plain(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with connection:
            seen.append(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=plain, args=(listening,))
        thread.start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(SideUnavailable) as caught:
            pinned_https.get(link_to(url, certificate.fingerprint).directory, {})
        thread.join(10)
    assert [each.code for each in caught.value.findings] == ["sync.unreachable"]
    assert seen and TOKEN.encode() not in seen[0]


def test_another_certificate_is_refused_before_anything_is_sent(certificate: Certificate) -> None:
    with hostile(certificate, says("200 OK", GOOD)) as server:
        for fingerprint, code in (("ab" * 32, "sync.certificate"), ("", "sync.untrusted")):
            access = DirectoryAccess(server.url, TOKEN, fingerprint and f"sha256:{fingerprint}")
            with pytest.raises(InvalidInput) as caught:
                pinned_https.get(access, {})
            assert [each.code for each in caught.value.findings] == [code]
        assert server.requests == []


def test_a_good_answer(certificate: Certificate) -> None:
    with hostile(certificate, says("200 OK", GOOD, 'ETag: "mark"')) as server:
        link = link_to(server.url, certificate.fingerprint)
        found = sync.pulled(link, None)
        assert (found.directory, found.etag) == (directory.parse(GOOD.decode()), '"mark"')
        assert b"If-None-Match" not in server.requests[0] and b"\r\nHost: 127.0.0.1:" in server.requests[0]
        sync.pulled(link, found)
        assert b'If-None-Match: "mark"' in server.requests[1]
        server.answer = says("304 Not Modified")
        again = sync.pulled(link, found)
        assert (again.directory, again.etag) == (found.directory, found.etag) and again.fetched >= found.fetched


def test_a_mark_that_could_not_be_sent_back_is_not_kept(certificate: Certificate) -> None:
    for mark in ("x" * 201, "\u00f1", "a\x01b"):
        with hostile(certificate, says("200 OK", GOOD, f"ETag: {mark}")) as server:
            assert sync.pulled(link_to(server.url, certificate.fingerprint), None).etag == ""


def test_hostile_names_become_harmless_extensions(certificate: Certificate) -> None:
    names = [
        "O'Brien; DROP TABLE users",
        "a\nb\r\nAction: Originate",
        "\u202egnp.exe",
        "${SHELL(id)}",
        "x" * 255,
        "\x00",
    ]
    found = Directory((), tuple(Agent(number, f"10{number:02}", name) for number, name in enumerate(names, 6)))
    body = json.dumps(directory.document(found)).encode()
    with hostile(certificate, says("200 OK", body)) as server:
        link = link_to(server.url, certificate.fingerprint)
        extended, findings = derived_extensions.extended(link, sync.pulled(link, None).directory)
    derived = [each for each in extended.extensions if each.is_agent]
    assert len(derived) == len(names) and findings == []
    assert all(each.name.replace(" ", "").replace(":", "").isalnum() and each.name.isascii() for each in derived)


def guarded(before: int, now: int, **rules: Any) -> str | None:
    """The code with which the guard refuses a directory of `now` agents where there were `before`."""
    link = draw.example(agents=AgentRule(from_directory=True), **rules)
    both = (Directory((), tuple(Agent(n, "1000") for n in range(count))) for count in (before, now))
    try:
        directory_guard.guard(link, *both)
    except Refused as problem:
        return str(problem.findings[0].code)
    return None


@pytest.mark.parametrize(
    ("before", "now", "code"),
    [(0, 1, None), (0, 0, "sync.empty"), (1, 0, "sync.empty"), (4, 1, None), (6, 2, None), (6, 1, "sync.shrunk"),
     (15, 10, None), (14, 9, "sync.shrunk"), (300, 200, None), (300, 199, "sync.shrunk"), (3, 300, None)],
)  # fmt: skip
def test_the_guard(before: int, now: int, code: str | None) -> None:
    assert guarded(before, now) == code


def test_the_guard_counts_who_is_gone_and_not_how_many_there_are() -> None:
    link = draw.example(agents=AgentRule(from_directory=True))
    old, new = (Directory((), tuple(Agent(n, "1000") for n in range(start, start + 9))) for start in (0, 100))
    with pytest.raises(Refused):
        directory_guard.guard(link, old, new)
    directory_guard.guard(link, None, new)


def test_what_no_rule_asks_for_does_not_count() -> None:
    routes = Directory(tuple(InboundRoute(str(n), "") for n in range(50)))
    with pytest.raises(Refused):
        directory_guard.guard(draw.example(agents=AgentRule(from_directory=True)), None, routes)
    directory_guard.guard(draw.example(), routes, Directory())


def test_the_age_is_told_in_its_own_measure() -> None:
    assert [age_of(each) for each in (0, 59, 60, 7100, 7200, 172_000, 172_800, 10**7)] == [
        "< 1 min", "< 1 min", "1 min", "118 min", "2 h", "47 h", "2 d", "115 d"]  # fmt: skip


def test_a_clock_that_was_set_back_makes_nothing_younger_than_now() -> None:
    assert directory_cache.Kept(Directory(), time.time() + 9999).age == 0
