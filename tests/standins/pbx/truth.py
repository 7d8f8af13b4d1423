"""The recorded facts about the PBX, where the checkout has them beside it (<repository>/../shared/truth)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[4] / "shared" / "truth" / "pbx"
MISSING = f"no recorded facts in {FOLDER.parents[1].name}/{FOLDER.parent.name}/{FOLDER.name} beside the repository"


def present() -> bool:
    return FOLDER.is_dir()


def load(name: str) -> Any:
    """A JSON record, e.g. load('schema')."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def recorded(name: str) -> dict[str, Any]:
    """What one GUI action changed, e.g. recorded('rows_a0_trunk_sip_add'): {'mysql': ..., 'astdb': ...}."""
    difference: dict[str, Any] = load(name)["diff"]
    return difference


def stanzas(text: str) -> list[tuple[str, list[str]]]:
    """The sections of a generated file in order, each with its lines in order; comments and blank lines left out."""
    found: list[tuple[str, list[str]]] = []
    for line in (line.strip() for line in text.splitlines()):
        if line.startswith("["):
            found.append((line.strip("[]"), []))
        elif line and not line.startswith(";"):
            found[-1][1].append(line)
    return found
