"""Which certificates an Asterisk does not accept: signed by whom, for which name, good from when to when."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from pbxlink.asterisk import security
from pbxlink.asterisk.security import Trust
from pbxlink.messages.findings import Finding, warning
from tests.stack import certificates

CHAN_SIP, PJSIP = frozenset({"CN", "DNS"}), frozenset({"CN", "DNS", "IP Address", "URI"})


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = certificates.authority(tmp_path_factory.mktemp("keys"))
    certificates.authority(folder, "other")
    return folder


@contextmanager
def served(pem: Path) -> Iterator[int]:
    """A TLS server with that certificate and key, for one connection; yields its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):  # whoever came does not like the certificate
                plain, _ = server.accept()
                with plain, context.wrap_socket(plain, True) as stream:
                    stream.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def told(pem: Path, trust: Trust | None) -> list[str]:
    def untrusted(reason: str) -> Finding:
        return warning("pbx.distrusts", address="", port=0, reason=reason, file="")

    with served(pem) as port:
        found = list(security.doubts("127.0.0.1", port, trust, "pbx", untrusted))
        if trust is None:
            socket.create_connection(("127.0.0.1", port)).close()
    return [each.code for each in found]


@pytest.mark.parametrize(
    ("authorities", "expected"), [("authority", []), ("other", ["pbx.distrusts"]), ("", ["pbx.distrusts"]), ("no", [])]
)
def test_who_signed_it(keys: Path, authorities: str, expected: list[str]) -> None:
    """A file that is not here is on another host: nothing can be told."""
    certificates.sign(keys, "signed", "127.0.0.1")
    if authorities == "no":
        trust = Trust(str(keys / "nowhere.pem"), PJSIP)
        assert not list(security.doubts("127.0.0.1", 9, trust, "pbx", lambda _: pytest.fail("told")))
    else:
        assert told(keys / "signed.pem", Trust(authorities and str(keys / f"{authorities}.pem"), PJSIP)) == expected


def test_who_judges_nothing_accepts_everything(keys: Path) -> None:
    certificates.sign(keys, "any", "127.0.0.1", names="DNS:oml.example", authority="other")
    assert told(keys / "any.pem", None) == []


@pytest.mark.parametrize(
    ("names", "kinds", "is_told"),
    [
        ("DNS:127.0.0.1", CHAN_SIP, False),
        ("DNS:127.0.0.1", PJSIP, False),
        ("IP:127.0.0.1", PJSIP, False),
        ("IP:127.0.0.1", CHAN_SIP, True),
        ("URI:sip:127.0.0.1", PJSIP, False),
        ("URI:sip:127.0.0.1", CHAN_SIP, True),
        ("DNS:oml.example", CHAN_SIP, True),
        ("DNS:oml.example", PJSIP, True),
        ("IP:127.0.0.2", PJSIP, True),
    ],
)
def test_for_whom_it_is(keys: Path, names: str, kinds: frozenset[str], is_told: bool) -> None:
    certificates.sign(keys, "named", "somebody", names=names)
    expected = ["tls.misnamed"] if is_told else []
    assert told(keys / "named.pem", Trust(str(keys / "authority.pem"), kinds)) == expected


@pytest.mark.parametrize("kinds", [CHAN_SIP, PJSIP])
def test_a_common_name_counts_for_both(keys: Path, kinds: frozenset[str]) -> None:
    certificates.sign(keys, "common", "127.0.0.1", names="DNS:oml.example", common="127.0.0.1")
    assert told(keys / "common.pem", Trust(str(keys / "authority.pem"), kinds)) == []


@pytest.mark.parametrize(
    ("name", "address", "wildcards", "is_for"),
    [
        ("OML.example", "oml.Example", False, True),
        ("*.example", "oml.example", True, True),
        ("*.example", "oml.example", False, False),
        ("*.example", "a.oml.example", True, False),
        ("*.example", "example", True, False),
    ],
)
def test_case_and_wildcards(name: str, address: str, wildcards: bool, is_for: bool) -> None:
    assert security._is_for("DNS", name, address, Trust("", PJSIP, wildcards)) is is_for


@pytest.mark.skipif(shutil.which("faketime") is None, reason="needs the command faketime")
@pytest.mark.parametrize(("clock", "code"), [("-9d", "tls.expired"), ("+9d", "tls.not_yet")])
def test_when_it_is_good(keys: Path, clock: str, code: str) -> None:
    certificates.sign(keys, "dated", "127.0.0.1", clock=clock)
    assert told(keys / "dated.pem", Trust(str(keys / "authority.pem"), PJSIP)) == [code]
