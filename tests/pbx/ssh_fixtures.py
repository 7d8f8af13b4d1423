"""Fixtures: one sshd for the session, and the command's ssh client told how to reach it."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.stack.sshd import SshServer, missing_sshd, ssh_server


@pytest.fixture(scope="session")
def session_sshd() -> Iterator[SshServer]:
    """The one server."""
    missing = missing_sshd()
    if missing:
        pytest.skip(missing)
    with ssh_server() as server:
        yield server


@pytest.fixture
def sshd(session_sshd: SshServer, monkeypatch: pytest.MonkeyPatch) -> SshServer:
    """The server, with its client first on the PATH."""
    monkeypatch.setenv("PATH", f"{session_sshd.client}:{os.environ['PATH']}")
    return session_sshd
