"""The last `verify` of a link on this side, kept in `<state>/proof/SIDE-LINK.json`: `status` says how old it is.

A help for people: where it cannot be kept or read, there is none.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from pbxlink.asterisk.trial_call import Reach
from pbxlink.link.file_ownership import hand_over

FOLDER = "proof"
Seen = Mapping[str, tuple[Reach, float]]
"""By direction (`pbx->oml`, `oml->pbx`): what became of the last call, and when (seconds since 1970)."""


def keep(state_dir: Path, side: str, link: str, directions: Sequence[Mapping[str, str]]) -> None:
    """Notes the verdicts, as documents; a direction that was not tried keeps what is known of it."""
    now = time.time()
    pairs = [(each.get("direction"), each.get("state")) for each in directions]
    tried = {name: [state, now] for name, state in pairs if name and state not in (None, Reach.NOT_TRIED.value)}
    known = {direction: [reach.value, at] for direction, (reach, at) in read(state_dir, side, link).items()}
    path = _path(state_dir, side, link)
    with suppress(OSError):
        if not path.parent.is_dir():
            path.parent.mkdir(mode=0o700, parents=True)
            hand_over(path.parent, path.parent.parent)
        beside = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
            hand_over(stream.fileno(), path.parent)
            json.dump({**known, **tried}, stream)
        beside.replace(path)


def read(state_dir: Path, side: str, link: str) -> Seen:
    """What is known; nothing where it cannot be read."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        found = json.loads(_path(state_dir, side, link).read_text(encoding="utf-8"))
        return {str(direction): (Reach(state), float(at)) for direction, (state, at) in found.items()}
    return {}


def forget(state_dir: Path, side: str, link: str) -> None:
    """Forgets it, with the link."""
    with suppress(OSError):
        _path(state_dir, side, link).unlink()


def _path(state_dir: Path, side: str, link: str) -> Path:
    return state_dir / FOLDER / f"{side}-{link}.json"
