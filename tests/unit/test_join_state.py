"""What `join` keeps, and this PBX's secrets for its sessions."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

from issabel_module.commands import join_state
from issabel_module.commands.join_state import JoinState, Stage

SHOWN = JoinState("omnileads", Stage.SHOWN, "", "", "session", "code", "", "", "", "", "")


def test_a_pbx_has_one_secret_for_an_invitation_and_no_other_has_it(tmp_path: Path) -> None:
    here, there, token = tmp_path / "here", tmp_path / "there", secrets.token_urlsafe(32)
    made = join_state.session_of(here, token)
    assert len(made) == 43 and made == join_state.session_of(here, token)
    assert len({made, join_state.session_of(here, token[1:]), join_state.session_of(there, token)}) == 3
    assert {path.stat().st_mode & 0o777 for path in here.rglob("key")} == {0o600}
    assert join_state.half_done(here) == []


def test_what_the_same_invitation_began_before_is_void(tmp_path: Path) -> None:
    join_state.write(tmp_path, replace(SHOWN, name="other", session="another"))
    join_state.begin(tmp_path, SHOWN)
    join_state.begin(tmp_path, replace(SHOWN, name="second"))
    assert sorted(path.name for path in (tmp_path / "join").glob("*.json")) == ["other.json", "second.json"]
