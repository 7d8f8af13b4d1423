"""`diagnose` on a real PBX that asks OMniLeads over https for its own diagnosis: one run covers both sides."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from issabel_module.commands import far_diagnosis
from pbxlink.link import link_file
from pbxlink.link.model import DirectoryAccess
from tests.pbx.product import Bench, Result
from tests.sync.certificates import Certificate
from tests.sync.hostile import hostile, says
from tests.sync.omlweb import OmlWeb
from tests.unit import strategies as draw

pytest_plugins = ["tests.pbx.product_fixtures", "tests.sync.fixtures"]
URL = "/pbx_link/api/diagnose/"


def diagnosed(bench: Bench, *arguments: str) -> dict[str, object]:
    """The document of `diagnose --json`."""
    done: Result = bench.run("diagnose", "--json", *arguments)
    assert done.code in (0, 2), done.out + done.err
    found: dict[str, object] = json.loads(done.out)
    return found


def _causes(document: dict[str, object]) -> str:
    return "\n".join(line for line in json.dumps(document, indent=1).splitlines() if "message" in line)


@pytest.fixture
def applied(linked: Bench, web: OmlWeb) -> Iterator[Bench]:
    """The link is on the PBX; OMniLeads has it saved."""
    read = f"link_file.read(Path({str(linked.link)!r}))"
    web.standin.python(
        "from pathlib import Path\nfrom oml_plugin.storage import saved_links\nfrom pbxlink.link import link_file\n"
        f"saved_links.store({read})"
    )
    assert linked.run("sync").code == 0
    yield linked


def test_one_run_tells_what_both_sides_saw(applied: Bench) -> None:
    document = diagnosed(applied, "098098")
    far = document["far"]
    assert isinstance(far, dict) and far["side"] == "omnileads" and far["sights"], _causes(document)
    cause = document["cause"]
    assert isinstance(cause, dict), "nobody plays OMniLeads' Asterisk here"


def test_a_token_that_is_refused_is_told_and_this_side_is_diagnosed_all_the_same(applied: Bench) -> None:
    link = applied.read_link()
    link_file.write(applied.link, replace(link, directory=replace(link.directory, token="x" * 43)))
    document = diagnosed(applied)
    assert document["far"] is None
    assert "cause.not_asked" in json.dumps(document["diagnosis"])


def test_another_certificate_is_named_where_nothing_else_is_wrong(applied: Bench) -> None:
    link = applied.read_link()
    pinned = replace(link.directory, certificate="sha256:" + "0" * 64)
    link_file.write(applied.link, replace(link, directory=pinned))
    assert "sync.certificate" in json.dumps(diagnosed(applied)["diagnosis"])


@pytest.mark.parametrize(
    ("method", "token", "status"),
    [("GET", "right", 405), ("POST", None, 401), ("POST", "wrong", 401), ("POST", "right", 400)],
)
def test_the_api_takes_nothing_but_the_links_token_and_a_job(
    web: OmlWeb, method: str, token: str | None, status: int
) -> None:
    given = web.issue() if token == "right" else token
    assert web.ask(given, method, path=URL).status == status


@pytest.mark.parametrize(("late", "codes"), [(1, []), (2, ["sync.slow"])])
def test_an_oml_that_is_late_once_is_asked_for_its_diagnosis_again(
    monkeypatch: pytest.MonkeyPatch, certificate: Certificate, late: int, codes: list[str]
) -> None:
    monkeypatch.setattr(far_diagnosis, "_SECONDS", 3.0)
    seen = {"side": "omnileads", "sights": []}
    whole = json.dumps({"running": False, "document": {"diagnosis": seen}}).encode()

    def answer(connection: Any) -> None:
        if len(server.requests) <= late:
            server.ended.wait(20)
        elif b"}" in server.requests[-1] or connection.recv(4096):  # the request's body
            says("200 OK", whole)(connection)

    with hostile(certificate, answer) as server:
        pinned = "sha256:" + certificate.fingerprint.replace(":", "").lower()
        link = draw.example(directory=DirectoryAccess(server.url, "x" * 43, pinned))
        far = far_diagnosis.started(link, "", "en")
        assert far is not None
        document = far.document()
    assert len(server.requests) == 2
    assert (document, [each.code for each in far.findings]) == (None if codes else seen, codes)


def test_a_refusal_waits_for_the_whole_request(web: OmlWeb) -> None:
    """A connection that is closed with the body unread loses the answer now and then."""
    context = ssl.create_default_context(cafile=str(web.certificate.pem))
    head = f"POST {URL} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    with (
        socket.create_connection(("127.0.0.1", web.port), timeout=20) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(head.encode())
        connection.settimeout(2)
        with pytest.raises(socket.timeout):
            connection.recv(1)
        connection.settimeout(20)
        connection.sendall(b"{}")
        assert b" 401 " in connection.recv(4096)
