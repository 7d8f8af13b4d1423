"""The fingerprint of a TLS certificate: SHA-256 of its DER form, as `sha256:` and 64 hexadecimal digits."""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl

_FORM = re.compile(r"(?:sha256:)?((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})", re.IGNORECASE)


def normalised(value: str) -> str:
    """The fingerprint with its prefix, in lower case, without colons between bytes. Raises ValueError if it is none."""
    found = _FORM.fullmatch(value.strip())
    if not found:
        raise ValueError("fingerprint")
    return "sha256:" + found[1].replace(":", "").lower()


def of_der(content: bytes) -> str:
    """The fingerprint of a certificate in DER."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def of_pem(content: str) -> str:
    """The fingerprint of the first certificate in a PEM text, the server's own. Raises ValueError if there is none."""
    found = re.search(r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----", content)
    if not found:
        raise ValueError("PEM")
    import ssl

    return of_der(ssl.PEM_cert_to_DER_cert(found[0]))


def pinning_context() -> ssl.SSLContext:
    """A TLS context that accepts any certificate. The caller must compare the fingerprint before it sends anything."""
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def served(host: str, port: int, seconds: float = 5.0) -> str:
    """The fingerprint of a server's certificate; empty where the certificate authorities of this host accept it, so
    that it can be renewed. Raises OSError (ssl.SSLError is one) where there is no TLS connection."""
    import ssl

    try:
        _shown(host, port, seconds, ssl.create_default_context())
    except ssl.SSLCertVerificationError:
        return shown_at(host, port, seconds)
    return ""


def shown_at(host: str, port: int, seconds: float = 5.0) -> str:
    """The fingerprint of a server's certificate, whoever signed it. Raises OSError as `served` does."""
    return of_der(_shown(host, port, seconds, pinning_context()))


def wrapped(stream: socket.socket, host: str) -> ssl.SSLSocket:
    """TLS over the connection, whoever signed the certificate. Raises OSError where there is none; the connection is
    closed then."""
    try:
        return pinning_context().wrap_socket(stream, server_hostname=host)
    except OSError:
        stream.close()
        raise


@dataclass(frozen=True)
class Judged:
    """A server's certificate by the authorities of one file. `verdict`: OpenSSL's number of what is wrong with it, 0
    where it is accepted; `reason`: the same in words. `names`: what an accepted one is for, as (kind, name); the kinds
    are `CN` and those of `SSLSocket.getpeercert`: `DNS`, `IP Address`, `URI`."""

    verdict: int = 0
    reason: str = ""
    names: tuple[tuple[str, str], ...] = ()


NOT_YET, EXPIRED = 9, 10
"""Verdicts of OpenSSL (X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED)."""


def judged(host: str, port: int, authorities: str, seconds: float = 2.0) -> Judged:
    """A server's certificate by the authorities of that file (PEM), none where it is empty; the names in it are told,
    not judged. Raises OSError where the file cannot be read or there is no TLS connection.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if authorities:
        context.load_verify_locations(authorities)
    try:
        with _connected(host, port, seconds, context) as connection:
            return Judged(names=_names(connection.getpeercert() or {}))
    except ssl.SSLCertVerificationError as problem:
        return Judged(problem.verify_code, problem.verify_message)


def _names(found: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    subject = (pair for part in found.get("subject", ()) for pair in part)
    common = (("CN", value) for kind, value in subject if kind == "commonName")
    return (*found.get("subjectAltName", ()), *common)


def _shown(host: str, port: int, seconds: float, context: ssl.SSLContext) -> bytes:
    with _connected(host, port, seconds, context) as connection:
        return connection.getpeercert(binary_form=True) or b""


@contextmanager
def _connected(host: str, port: int, seconds: float, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    plain = socket.create_connection((host, port), timeout=seconds)
    with plain, context.wrap_socket(plain, server_hostname=host) as connection:
        yield connection
