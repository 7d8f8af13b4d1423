"""What `join` must know to end what it began, after a kill too: `<state>/join/LINK.json`, for its owner's eyes only."""

from __future__ import annotations

import base64
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from pathlib import Path

from pbxlink.engine import locking
from pbxlink.link import private_file
from pbxlink.link.file_ownership import hand_over
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error

FOLDER = "join"
_KEY = "key"
"""The file with this PBX's key, from which the secrets of its sessions follow."""


class Stage(str, Enum):
    """How far it is. Each is noted before the step that it names is begun."""

    SHOWN = "shown"
    """Both plans were shown; nothing is written anywhere."""
    OMNILEADS = "omnileads"
    """OML applies, or has applied."""
    PBX = "pbx"
    """OML has it; the PBX applies, or has applied."""
    FINISHING = "finishing"
    """Both have it; OML takes the token for its directory."""
    LINKED = "linked"
    UNDOING = "undoing"


@dataclass(frozen=True)
class JoinState:
    """`code`: the link as a link code, whole; `directory`: OML's, as its document's text; `apply_job`: the id of OML's
    job; `pbx_mark`, `mark`: of both plans that were shown; `link_file`: where the link is to be written."""

    name: str
    stage: Stage
    url: str
    certificate: str
    session: str = field(repr=False)
    code: str = field(repr=False)
    directory: str
    pbx_mark: str
    mark: str
    apply_job: str
    link_file: str


def path_of(state_dir: Path, name: str) -> Path:
    """The file of a link."""
    return state_dir / FOLDER / f"{name}.json"


def session_of(state_dir: Path, token: str) -> str:
    """This PBX's secret for an invitation's session: 256 bits, the same each time, so that OML knows it again. Raises
    OSError."""
    _make(state_dir)
    path = state_dir / FOLDER / _KEY
    if not path.exists():
        private_file.replace(path, secrets.token_hex(32))
    made = hmac.new(path.read_bytes(), token.encode("utf-8"), "sha256").digest()
    return base64.urlsafe_b64encode(made).decode("ascii").rstrip("=")


def begin(state_dir: Path, state: JoinState) -> None:
    """Notes what was shown, in the place of whatever was begun by the same invitation: OML let it begin again, so that
    neither side has anything of that. Raises OSError, InvalidInput."""
    for each in _all(state_dir):
        if each.session == state.session:
            forget(state_dir, each.name)
    write(state_dir, state)


def write(state_dir: Path, state: JoinState) -> None:
    """Replaces the file in one step. Raises OSError."""
    _make(state_dir)
    private_file.replace(path_of(state_dir, state.name), json.dumps({**asdict(state), "stage": state.stage.value}))


def reached(state_dir: Path, state: JoinState, stage: Stage, **changes: str) -> JoinState:
    """The state with the stage, written."""
    now = replace(state, stage=stage, **changes)
    write(state_dir, now)
    return now


def forget(state_dir: Path, name: str) -> None:
    """Deletes the file."""
    path_of(state_dir, name).unlink(missing_ok=True)


@contextmanager
def alone(state_dir: Path) -> Iterator[None]:
    """One `join` at a time. Raises Refused where another one runs."""
    _make(state_dir)
    lock = state_dir / FOLDER / "lock"
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    hand_over(descriptor, lock.parent)
    os.close(descriptor)
    with locking.file_lock(lock):
        yield


def _make(state_dir: Path) -> None:
    for folder in (state_dir, state_dir / FOLDER):
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True)
            hand_over(folder, folder.parent)


def find(state_dir: Path, name: str = "") -> JoinState:
    """That of the link, else the only one that has not ended, else the only one. Raises InvalidInput."""
    found = [each for each in _all(state_dir) if not name or each.name == name]
    under_way = [each for each in found if each.stage is not Stage.LINKED] or found
    if not under_way:
        raise InvalidInput(error("join.none"))
    if len(under_way) > 1:
        raise InvalidInput(error("join.which", links=", ".join(each.name for each in under_way)))
    return under_way[0]


def half_done(state_dir: Path) -> list[JoinState]:
    """Those of which OML or the PBX may have one part and not the other, by name. Raises InvalidInput."""
    return [each for each in _all(state_dir) if each.stage not in (Stage.SHOWN, Stage.LINKED)]


def _all(state_dir: Path) -> Iterator[JoinState]:
    for path in sorted((state_dir / FOLDER).glob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            yield JoinState(**{**content, "stage": Stage(content["stage"])})
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise InvalidInput(error("join.damaged", path=path, reason=type(problem).__name__)) from None
