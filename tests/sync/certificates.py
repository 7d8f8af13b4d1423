"""Self-signed certificates, made by the openssl command as an administrator makes them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, both PEM files, and openssl's own word for its fingerprint."""

    pem: Path
    key: Path
    fingerprint: str


def self_signed(folder: Path, name: str) -> Certificate:
    """One for 127.0.0.1 and localhost. Skips the test where there is no openssl."""
    if shutil.which("openssl") is None:
        pytest.skip("the openssl command is not there")
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"]
    _openssl(*new, *names, "-keyout", str(key), "-out", str(pem))
    line = _openssl("x509", "-in", str(pem), "-noout", "-fingerprint", "-sha256")
    return Certificate(pem, key, line.partition("=")[2].strip())


def _openssl(*arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
