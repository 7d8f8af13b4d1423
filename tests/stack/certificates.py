"""Certificates for the tests' Asterisks: an authority, and one for each side that it signed."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.stack.asterisk import ConfigWriter

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def authority(folder: Path, name: str = "authority") -> Path:
    """`NAME.pem` and `NAME.key` in the folder, which is made. Returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    made = ("-keyout", str(folder / f"{name}.key"), "-out", str(folder / f"{name}.pem"))
    _openssl("req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={name}", *made)
    return folder


def sign(
    folder: Path, name: str, address: str, *,
    names: str = "", common: str = "", authority: str = "authority", clock: str = "",
) -> None:  # fmt: skip
    """`NAME.key`, and `NAME.pem` with certificate and key for that address, signed by that authority of the folder.

    `names`: for whom it is, in the address's place, as openssl takes it (`DNS:oml.example`, `IP:@`); `common`: its CN.
    `clock`: by how much the clock was wrong when it was signed, as the command `faketime` takes it; it is good for two
    days.
    """
    key, request, made, extensions = (folder / f"{name}.{end}" for end in ("key", "csr", "pem", "ext"))
    extensions.write_text(f"subjectAltName={names.replace('@', address) or f'IP:{address},DNS:{address}'}\n")
    signer = ("-CA", str(folder / f"{authority}.pem"), "-CAkey", str(folder / f"{authority}.key"), "-CAcreateserial")
    _openssl(
        "req",
        "-new",
        *_KEY,
        "-subj",
        f"/CN={common or ('' if names else address) or 'someone'}",
        "-keyout",
        str(key),
        "-out",
        str(request),
    )
    signed = ("-days", "2", "-extfile", str(extensions), "-out", str(made))
    _openssl("x509", "-req", "-in", str(request), *signer, *signed, clock=clock)
    made.write_text(made.read_text() + key.read_text())


def keyed(writer: Callable[..., ConfigWriter], keys: Path, name: str, names: str = "") -> ConfigWriter:
    """The writer of a side's configuration, called with `keys`; it has a certificate for its address. `names`: as in
    `sign`."""

    def write(etc_dir: Path, address: str, ami_port: int) -> None:
        sign(keys, name, address, names=names)
        writer(keys=str(keys))(etc_dir, address, ami_port)

    return write


def _openssl(*arguments: str, clock: str = "") -> None:
    at = ["faketime", "-f", clock] if clock else []
    done = subprocess.run([*at, "openssl", *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
