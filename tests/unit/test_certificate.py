"""Fingerprints of certificates: read as people paste them, computed as openssl computes them, seen on a server."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbxlink.link import certificate
from tests.sync.certificates import Certificate, self_signed
from tests.sync.hostile import hostile, says

DIGITS = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("certificate"), "oml")


@pytest.mark.parametrize(
    "value",
    [DIGITS, DIGITS.upper(), f"sha256:{DIGITS}", f"SHA256:{DIGITS}", f" sha256:{DIGITS}\n",
     ":".join(re.findall("..", DIGITS)), "sha256:" + ":".join(re.findall("..", DIGITS.upper()))],
)  # fmt: skip
def test_as_people_paste_it(value: str) -> None:
    assert certificate.normalised(value) == f"sha256:{DIGITS}"


@given(st.text(max_size=80))
def test_anything_else_is_none(value: str) -> None:
    with pytest.raises(ValueError):
        certificate.normalised(value)


def test_the_fingerprint_is_openssls(made: Certificate) -> None:
    expected = certificate.normalised(made.fingerprint)
    pem = made.pem.read_text()
    assert certificate.of_pem(pem) == certificate.of_pem(f"text before\n{pem}{pem}after") == expected


@pytest.mark.parametrize("content", ["", "nonsense", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"])
def test_what_is_no_certificate(content: str) -> None:
    with pytest.raises(ValueError):
        certificate.of_pem(content)


def test_a_key_is_no_certificate(made: Certificate) -> None:
    with pytest.raises(ValueError):
        certificate.of_pem(made.key.read_text())


def test_what_a_server_shows(made: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    with hostile(made, says("200 OK")) as server:
        assert certificate.served("127.0.0.1", server.port) == certificate.normalised(made.fingerprint)
        monkeypatch.setenv("SSL_CERT_FILE", str(made.pem))
        assert certificate.served("127.0.0.1", server.port) == "", "this host trusts it"
        assert server.requests == []


def test_no_server_and_a_server_that_says_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        with pytest.raises(OSError):
            certificate.served("127.0.0.1", port, seconds=0.5)
    with pytest.raises(OSError):
        certificate.served("127.0.0.1", port)
