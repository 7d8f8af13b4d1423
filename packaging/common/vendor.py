"""Unpacks the pinned wheels and says what they are: `vendor.py REQUIREMENTS WHEELS TARGET LICENSES SBOM`.

Refuses a wheel whose hash is not the pinned one, one that is not pure Python, and a requirement without a wheel.
The SBOM is CycloneDX 1.5, JSON.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

_PIN = re.compile(r"([A-Za-z0-9_.-]+)==(\S+) --hash=sha256:([0-9a-f]{64})")
_SOURCES = (".pyx", ".pxd")
"""What a build with C extensions would start from; of no use at run time."""


def pins(requirements: Path) -> Iterator[tuple[str, str, str]]:
    """Name, version and hash of every requirement."""
    lines = (line.strip() for line in requirements.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line and not line.startswith("#"):
            found = _PIN.fullmatch(line)
            if not found:
                raise SystemExit(f"{requirements}: not a pinned requirement: {line}")
            yield found.group(1), found.group(2), found.group(3)


def wheel_of(folder: Path, digest: str, name: str) -> Path:
    """The wheel of that hash."""
    for path in sorted(folder.glob("*.whl")):
        if hashlib.sha256(path.read_bytes()).hexdigest() == digest:
            return path
    raise SystemExit(f"{folder}: no wheel of {name} with the pinned hash")


def unpack(wheel: Path, target: Path, licenses: Path) -> Message:
    """Unpacks a pure-Python wheel, its licences apart; returns its metadata."""
    if not wheel.name.endswith("-none-any.whl"):
        raise SystemExit(f"{wheel.name}: not a pure-Python wheel")
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if not name.endswith(("/", *_SOURCES))]
        archive.extractall(target, [name for name in names if ".dist-info/" not in name])
        info = {name.partition(".dist-info/")[2]: archive.read(name) for name in names if ".dist-info/" in name}
    metadata = HeaderParser().parsestr(info["METADATA"].decode("utf-8"))
    for name, content in info.items():
        if re.search(r"(LICENSE|AUTHORS)[^/]*$", name):
            path = licenses / str(metadata["Name"]).lower() / Path(name).name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return metadata


def component(metadata: Message, digest: str) -> dict[str, Any]:
    """A vendored library as the SBOM names it."""
    name, version = str(metadata["Name"]), str(metadata["Version"])
    license_name = str(metadata.get("License-Expression") or metadata.get("License") or "see its licence file")
    return {
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name.lower()}@{version}",
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "licenses": [{"license": {"name": license_name}}],
    }


def main(requirements: Path, wheels: Path, target: Path, licenses: Path, sbom: Path) -> None:
    """Unpacks everything and writes the SBOM."""
    components = [
        component(unpack(wheel_of(wheels, digest, name), target, licenses), digest)
        for name, _, digest in pins(requirements)
    ]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components}
    sbom.parent.mkdir(parents=True, exist_ok=True)
    sbom.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:6]))
