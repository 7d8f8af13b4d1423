"""Certificates for the tests' Asterisks: an authority, and one for each side that it signed."""

from __future__ import annotations

import subprocess
from pathlib import Path

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def authority(folder: Path, name: str = "authority") -> Path:
    """`NAME.pem` and `NAME.key` in the folder, which is made. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = ("-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"))
    _openssl("req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={name}", *made)
    return folder


def sign(folder: Path, name: str, address: str) -> None:
    """`NAME.key`, and `NAME.pem` with certificate and key for that address, signed by the folder's authority."""
    key, request, made, names = (folder / f"{name}.{end}" for end in ("key", "csr", "pem", "ext"))
    names.write_text(f"subjectAltName=IP:{address},DNS:{address}\n")
    signer = ("-CA", str(folder / "authority.pem"), "-CAkey", str(folder / "authority.key"), "-CAcreateserial")
    _openssl("req", "-new", *_KEY, "-subj", f"/CN={address}", "-keyout", str(key), "-out", str(request))
    _openssl("x509", "-req", "-in", str(request), *signer, "-days", "2", "-extfile", str(names), "-out", str(made))
    made.write_text(made.read_text() + key.read_text())


def _openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
