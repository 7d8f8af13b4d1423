"""Commands where the folder that they run in is gone, or where nobody is at home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from issabel_module.commands import pbx_access
from pbxlink.console.options import DEFAULT_STATE

_ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize(
    ("module", "arguments", "told"),
    [
        ("oml_plugin.activation", ["status"], "OMniLeads was not found"),
        ("issabel_module.cli", ["show", "--link", "none.conf"], "none.conf does not exist"),
    ],
)
def test_in_a_folder_that_was_deleted(tmp_path: Path, module: str, arguments: list[str], told: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    run = 'cd "$1" && rmdir "$1" && shift && exec "$@"'
    line = ["sh", "-c", run, "sh", str(gone), sys.executable, "-m", module, *arguments, "--lang", "en"]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT), "INSTALL_PREFIX": str(tmp_path)}
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and told in done.stderr, done.stderr


def test_without_a_home_the_usual_state_folder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs as a user whom its /etc/passwd does not have."""

    def nobody(*_: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", nobody)
    assert pbx_access.own_state(DEFAULT_STATE) == DEFAULT_STATE
    monkeypatch.setenv("XDG_STATE_HOME", "/tmp/mine")
    assert pbx_access.own_state(DEFAULT_STATE) == Path("/tmp/mine", DEFAULT_STATE.name)
