"""OML as the command sees it: its project folder, and the processes that are run there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbxlink.messages.errors import ApplyFailed, InvalidInput, SideUnavailable
from pbxlink.messages.findings import error
from pbxlink.messages.masking import shown

ANSWER = "oml-pbx-link:"
"""Begins the line with the answer of `django_subprocess`: OML's settings may print other lines."""
_SETTINGS = "ominicontacto.settings.production"
_DEFAULT = "/opt/omnileads/"
_SECONDS = 900.0
_LINES = 12


@dataclass(frozen=True)
class Done:
    """The result of a child process."""

    command: str
    code: int
    out: str
    err: str

    @property
    def tail(self) -> str:
        """Its last lines of output."""
        lines = [line for line in (self.out + "\n" + self.err).splitlines() if line.strip()]
        return "".join(f"\n     {shown(line, 200)}" for line in lines[-_LINES:])

    @property
    def own_log(self) -> str:
        """The lines that the plugin logged there."""
        lines = [line for line in self.err.splitlines() if line.startswith("oml_plugin: ")]
        return "; ".join(shown(line[12:], 300) for line in lines)


@dataclass(frozen=True)
class Oml:
    """One OML by the folder of its `manage.py`."""

    project: Path

    def manage(self, *arguments: str) -> Done:
        """Runs a management command, whatever its exit code."""
        return self._run([sys.executable, "manage.py", *arguments], "")

    def must(self, *arguments: str) -> Done:
        """Runs a management command that must succeed. Raises ApplyFailed with what it printed."""
        done = self.manage(*arguments)
        if done.code:
            raise ApplyFailed(error("activation.command", command=done.command, status=done.code, text=done.tail))
        return done

    def ask(self, what: str, **values: Any) -> dict[str, Any]:
        """Runs `django_subprocess` with the request `what`. Raises SideUnavailable where it does not start or fails."""
        command = [sys.executable, "-m", "oml_plugin.activation.django_subprocess"]
        done = self._run(command, json.dumps({"do": what, **values}))
        answers = [line[len(ANSWER) :] for line in done.out.splitlines() if line.startswith(ANSWER)]
        if done.code or not answers:
            raise SideUnavailable(error("activation.inside", project=self.project, what=what, text=done.tail))
        return {**json.loads(answers[-1]), "log": done.own_log}

    def _run(self, command: Sequence[str], typed: str) -> Done:
        name = " ".join(command[1:])
        try:
            done = subprocess.run(
                command, cwd=self.project, env=self._environment(), input=typed, capture_output=True,
                text=True, errors="replace", timeout=_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return Done(name, -1, "", f"not done after {_SECONDS:.0f} s")
        return Done(name, done.returncode, done.stdout, done.stderr)

    def _environment(self) -> Mapping[str, str]:
        """The environment of the caller, which must be OML's: OML reads its settings from variables."""
        path = [str(self.project), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        unique = os.pathsep.join(dict.fromkeys(each for each in path if each))
        return {"DJANGO_SETTINGS_MODULE": _SETTINGS, **os.environ, "PYTHONPATH": unique}


def find(project: Path | None) -> Oml:
    """OML in `project`, else in the first place that this process's environment names. Raises InvalidInput."""
    prefix = os.environ.get("INSTALL_PREFIX") or _DEFAULT
    places = [*map(Path, os.environ.get("PYTHONPATH", "").split(os.pathsep)), _here(), Path(prefix, "ominicontacto")]
    for each in [project] if project else places:
        if (each / "manage.py").is_file() and (each / "ominicontacto/settings/addons.py").is_file():
            return Oml(each.resolve())
    raise InvalidInput(
        error("activation.no_oml", places=", ".join(str(each) for each in ([project] if project else places)))
    )


def _here() -> Path:
    """The folder in which this runs, which may have been deleted meanwhile."""
    with suppress(FileNotFoundError):
        return Path.cwd()
    return Path(os.curdir)
