"""The command `oml-pbx-link`, run with OML's own Python and in its environment: activate, deactivate, status.

Exit codes: 0 done, or all is active; 2 `status` found something missing, `--dry-run` something to do; 1 error.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import oml_plugin
from oml_plugin.activation import activate, autoload, deactivate, oml_django, state_access, status
from oml_plugin.activation.console import StepPrinter
from pbxlink import __version__
from pbxlink.console import report
from pbxlink.console.command_line import CommandLine, Option, add_options, language_asked, moved_behind
from pbxlink.console.commands import DONE, ERROR, FINDINGS
from pbxlink.console.output import Output
from pbxlink.console.standard_streams import tolerate
from pbxlink.messages.catalogue import LANGUAGES, text
from pbxlink.messages.errors import InvalidInput, LinkError
from pbxlink.messages.findings import Finding, Severity, error, worth_a_look

_COMMANDS = {"activate": "help.oml_activate", "deactivate": "help.oml_deactivate", "status": "help.oml_status"}
_FLAG = {"action": "store_true"}
_OPTIONS = (
    Option("--project", (), {"type": Path, "metavar": "DIR"}, "help.project"),
    Option("--json", (), _FLAG),
    Option("--lang", (), {"choices": LANGUAGES}),
    Option("--web", ("status",), {"default": "", "metavar": "URL"}, "help.web"),
    Option("--hook-only", ("activate", "deactivate"), _FLAG, "help.hook_only"),
    Option("--dry-run", ("activate",), _FLAG, "help.dry_run"),
    Option("--purge", ("deactivate",), _FLAG, "help.drop_tables"),
    Option("--force", ("deactivate",), _FLAG, "help.leave_owned"),
)


def main(arguments: Sequence[str] | None = None, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Runs one command and returns its exit code; errors are printed as messages."""
    tolerate()
    language = language_asked(arguments)
    options = _parser(language).parse_args(moved_behind(arguments))
    options.lang = options.lang or language
    output = Output(options.lang, options.json, out or sys.stdout, err or sys.stderr)
    run = Activation(options, output)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return {"activate": run.activate, "deactivate": run.deactivate, "status": run.status}[options.command]()
    except LinkError as problem:
        return run.fail(problem.findings)
    except KeyboardInterrupt as problem:
        return run.fail([error("interrupted", signal=str(problem) or "SIGINT")])
    except OSError as problem:
        return run.fail([error("apply.unexpected", type=type(problem).__name__, text=str(problem))])


def _interrupt(number: int, _: Any) -> None:
    raise KeyboardInterrupt(signal.Signals(number).name)


def _parser(language: str) -> CommandLine:
    top = CommandLine(prog="oml-pbx-link", description=text("help.activation", language))
    top.language = language
    top.add_argument("--version", action="version", version=__version__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, code in _COMMANDS.items():
        told = text(code, language)
        each = commands.add_parser(name, help=told, description=told)
        each.language = language
        add_options(each, _OPTIONS, name, language)
    return top


class Activation:
    """The commands `activate`, `deactivate` and `status` for one OML."""

    def __init__(self, options: argparse.Namespace, output: Output) -> None:
        self._options = options
        self._out = output
        self._steps = StepPrinter(output)
        self._place = autoload.place()

    def fail(self, findings: Sequence[Finding]) -> int:
        """Prints errors; returns the exit code."""
        self._out.document(findings=findings)
        if not self._out.as_json:
            for line in report.finding_lines(findings, self._out.language):
                print(line, file=self._out.err)
        return ERROR

    def activate(self) -> int:
        """Activates; with --hook-only only the autoload line, with --dry-run nothing but the list of steps."""
        if self._options.hook_only:
            return self._hook_only(lambda: activate.only_autoload(self._place, self._steps))
        found = oml_django.find(self._options.project)
        if self._options.dry_run:
            state = found.ask("state")
            is_closed = state_access.finding(state, found.project).severity is not Severity.INFO
            planned = activate.plan(self._place, state, is_closed)
            self._show(planned)
            return FINDINGS if planned else DONE
        with _alone():
            findings = activate.activate(found, self._place, self._steps)
        self._show(findings, active=True)
        self._out.say("activation.activated")
        self._out.say("activation.restart")
        return DONE

    def deactivate(self) -> int:
        """Deactivates; with --hook-only only the autoload line."""
        if self._options.hook_only:
            return self._hook_only(lambda: deactivate.remove_autoload(self._place, self._steps))
        found = oml_django.find(self._options.project)
        with _alone():
            findings = deactivate.deactivate(found, self._place, self._steps, self._options.purge, self._options.force)
        self._show(findings, active=False)
        self._out.say("activation.deactivated")
        self._out.say("activation.restart")
        return DONE

    def status(self) -> int:
        """Shows what is active."""
        findings = status.findings(oml_django.find(self._options.project), self._place, self._options.web)
        missing = worth_a_look(findings)
        self._show(findings, active=not missing)
        return FINDINGS if missing else DONE

    def _hook_only(self, step: Callable[[], None]) -> int:
        step()
        self._show([])
        self._out.say("activation.hook_done", path=self._place.path)
        return DONE

    def _show(self, findings: Sequence[Finding], **more: Any) -> None:
        self._out.lines(report.finding_lines(findings, self._out.language))
        self._out.document(findings=findings, **more)


@contextmanager
def _alone() -> Iterator[None]:
    """One run at a time on this installation. Raises InvalidInput where another is running."""
    handle = os.open(Path(oml_plugin.__file__).parent, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise InvalidInput(error("activation.busy")) from None
    else:
        yield
    finally:
        os.close(handle)
