"""The PBX's reload as an effect, and the commands that change voicemail's files. For speed the stand-in's generator
runs in this process instead of one of its own."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from typing import Any
from unittest.mock import patch

from tests.faults.effects import HARD, Act, Failure, Watch
from tests.standins.pbx.generator import reload as generator
from tests.standins.pbx.generator.ami import AmiError

_run = subprocess.run
"""As it is without any watch around it."""
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def watch_reload(watch: Watch, run: Run | None = None) -> None:
    """Puts the watch around the reload in this process, for good. `run` does it; None: the generator, at once."""
    real = run or _at_once

    def watched(command: Sequence[str], **options: Any) -> Any:
        return watch.around("reload", "module_admin", lambda: real(command, **options), _WAYS)

    def run_here(line: Sequence[str], **options: Any) -> Any:
        if line[0] in _FILE_COMMANDS:
            return watch.around("file", line[0], lambda: _run(line, **options), _FILE_WAYS)
        return (watched if line[0].endswith(("module_admin", "fwconsole")) else _run)(line, **options)

    subprocess.run = run_here  # type: ignore[assignment]


def _at_once(command: Sequence[str], env: dict[str, str], **options: Any) -> subprocess.CompletedProcess[str]:
    said = io.StringIO()
    with patch.dict("os.environ", env), redirect_stdout(said):
        code = generator.main(command[1:])
    return subprocess.CompletedProcess(command, code, said.getvalue(), "")


def _no_effect(act: Act) -> Any:
    """As recorded with the manager down: exit code 0, a notification, need_reload stays."""
    with patch.object(generator, "_manager", side_effect=AmiError("down")):
        return act()


def _lost_after(act: Act) -> Any:
    act()
    raise subprocess.TimeoutExpired("module_admin", 120.0)


def _failed(act: Act) -> Any:
    return subprocess.CompletedProcess([], 20, "exit: 20", "")


def _missing(act: Act) -> Any:
    raise FileNotFoundError(2, "No such file or directory")


def _refused(act: Act) -> Any:
    return subprocess.CompletedProcess([], 4, "no space left on device", "")


_FILE_COMMANDS = ("sed", "rm")
_FILE_WAYS: dict[str, Failure] = {"refused": _refused, HARD: _refused}
_WAYS: dict[str, Failure] = {
    "no-effect": _no_effect,
    "timeout-after": _lost_after,
    "exit-20": _failed,
    "missing": _missing,
    HARD: _no_effect,
}
