"""Activating: write the autoload line, do what OML needs, check the result. Any failure undoes all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oml_plugin.activation import autoload, state_access
from oml_plugin.activation.autoload import Place
from oml_plugin.activation.console import StepPrinter
from oml_plugin.activation.oml_django import Oml
from pbxlink.messages.errors import ApplyFailed, InvalidInput, LinkError, NotRestored, Refused
from pbxlink.messages.findings import Finding, Severity, error, info, warning

State = Mapping[str, Any]
_MINE = "oml_plugin"


@dataclass
class Undo:
    """The steps that undo what was done, run in reverse order."""

    steps: list[Callable[[], object]] = field(default_factory=list)
    has_written_scripts: bool = False
    """Whether OML's scripts were written. They are written again once the plugin is out of OML, so not as one of
    `steps`."""

    def add(self, step: Callable[[], object]) -> None:
        """Adds an undo step. To be called before the step that it undoes."""
        self.steps.append(step)

    def run(self) -> list[Finding]:
        """Undoes everything; a finding for each step that failed."""
        failed: list[Finding] = []
        for step in reversed(self.steps):
            try:
                step()
            except LinkError as problem:
                failed += problem.findings
            except OSError as problem:
                failed.append(error("activation.not_undone", text=f"{problem.filename}: {problem.strerror}"))
        return failed


def activate(oml: Oml, place: Place, steps: StepPrinter) -> list[Finding]:
    """Activates the plugin. Raises Refused on an OML that is too old, ApplyFailed where a step failed and all was
    undone, NotRestored where undoing failed."""
    steps.progress("activation.step_look")
    found = oml.ask("version")
    if found["is_too_old"]:
        raise Refused(error("activation.too_old", django=found["django"]))
    before = oml.ask("state")
    undo = Undo()
    try:
        return _steps(oml, place, steps, before, undo)
    except BaseException as problem:
        steps.progress("activation.step_undo")
        failed = undo.run()
        if not isinstance(problem, (LinkError, KeyboardInterrupt)):
            raise
        findings = problem.findings if isinstance(problem, LinkError) else _interrupted(problem)
        if failed:
            raise NotRestored(*findings, *failed) from problem
        raise ApplyFailed(*findings, info("activation.undone")) from problem


def _interrupted(problem: BaseException) -> list[Finding]:
    return [error("interrupted", signal=str(problem) or "SIGINT")]


def _steps(oml: Oml, place: Place, steps: StepPrinter, before: State, undo: Undo) -> list[Finding]:
    undo.add(lambda: _write_scripts_again(oml, before, undo))
    put_autoload(place, steps, undo)
    now = _check(oml, steps, before)
    _migrate(oml, steps, now, undo)
    _permit(oml, steps, now, undo)
    skipped = _place_static(oml, steps, now, undo)
    told = _prepare_state(oml, steps, now, undo)
    _start_up(oml, steps, before, undo)
    return [*skipped, *told, *_prove(oml, steps)]


def put_autoload(place: Place, steps: StepPrinter, undo: Undo) -> None:
    """Writes the autoload line, unless it is there already. Raises InvalidInput, ApplyFailed."""
    steps.progress("activation.step_autoload", path=place.path)
    if place.is_foreign:
        raise InvalidInput(error("activation.foreign", path=place.path))
    earlier = place.read()
    if earlier != place.text:
        undo.add(lambda: place.write(earlier))
        try:
            place.write(place.text)
        except OSError as problem:
            raise InvalidInput(error("activation.unwritable", path=place.path, reason=problem.strerror)) from problem
    if not autoload.runs():
        raise ApplyFailed(error("activation.not_run", path=place.path))


def only_autoload(place: Place, steps: StepPrinter) -> None:
    """Only writes the autoload line, for the build of an image. Raises InvalidInput, ApplyFailed."""
    undo = Undo()
    try:
        put_autoload(place, steps, undo)
    except LinkError:
        undo.run()
        raise


def _check(oml: Oml, steps: StepPrinter, before: State) -> State:
    """Runs those of OML's start-up commands that change nothing, with the plugin in OML. Raises ApplyFailed."""
    steps.progress("activation.step_check")
    oml.must("check")
    oml.must("migrate", "--plan")
    if before["static"]["root"]:
        oml.must("collectstatic", "--noinput", "--dry-run")
    oml.ask("servers")
    now = oml.ask("state")
    if now["login"] != before["login"]:
        raise ApplyFailed(error("activation.worse", before=before["login"], now=now["login"]))
    if not now["app"]:
        raise ApplyFailed(error("activation.left_out", text=now["log"] or "-"))
    return now


def _migrate(oml: Oml, steps: StepPrinter, now: State, undo: Undo) -> None:
    if now["unapplied"]:
        steps.progress("activation.step_migrate", names=", ".join(now["unapplied"]))
        undo.add(lambda: migrate_back(oml, now["back_to"]))
        oml.must("migrate", _MINE, "--noinput")


def migrate_back(oml: Oml, target: str) -> None:
    """Migrates our tables back to `target`. `zero` deletes them, and what Django recorded of them. Raises
    ApplyFailed."""
    oml.must("migrate", _MINE, target, "--noinput")
    if target == "zero":
        oml.ask("forget")


def _permit(oml: Oml, steps: StepPrinter, now: State, undo: Undo) -> None:
    steps.progress("activation.step_permissions")
    if now["missing_permissions"]:
        undo.add(lambda: oml.ask("drop_permissions", names=now["missing_permissions"]))
    oml.must("actualizar_permisos")


def _place_static(oml: Oml, steps: StepPrinter, now: State, undo: Undo) -> Sequence[Finding]:
    static = now["static"]
    if not static["files"] or (static["root"] and not static["missing"]):
        return []
    if not static["writable"]:
        return [warning("activation.static_skipped", root=static["root"] or "STATIC_ROOT")]
    steps.progress("activation.step_static", count=len(static["missing"]), root=static["root"])
    made = oml.ask("place_static")
    undo.add(lambda: oml.ask("remove_static", names=made["names"], before=made["before"]))
    return []


def _prepare_state(oml: Oml, steps: StepPrinter, now: State, undo: Undo) -> Sequence[Finding]:
    """Gives the state folder to the user of OML's web workers; where that cannot be done the rest is done all the same,
    and it is said."""
    folder, user = Path(now["state_dir"]), state_access.web_user(oml.project)
    if state_access.may_prepare(user) and state_access.refusal(folder, user):
        steps.progress("activation.step_state", path=folder, user=user.name)
        with suppress(OSError):  # a folder that is mounted read-only, or another user's: said below
            undo.add(state_access.prepare(folder, user))
    found = state_access.finding(now, oml.project)
    return [found] if found.severity is not Severity.INFO else []


def _start_up(oml: Oml, steps: StepPrinter, before: State, undo: Undo) -> None:
    """Runs the start-up commands that write into STATIC_ROOT. Not `regenerar_asterisk`: it would rewrite the telephony
    of a call centre at work, and needs nothing of the plugin."""
    steps.progress("activation.step_startup")
    undo.has_written_scripts = True
    write_scripts(oml, before)


def write_scripts(oml: Oml, state: State) -> None:
    """Writes the paths of all URLs for OML's scripts, and the bundles that contain them, where OML wrote them before.

    Bundles that are no longer used stay, as at OML's own starts: the web server that is still running serves them.
    """
    wanted = {
        ("collectstatic_js_reverse",): state["reverse_file"],
        ("compress", "--force"): state["manifest"],
    }
    for command, was_run_before in wanted.items():
        if was_run_before and state["static"]["writable"] and command[0] in state["commands"]:
            oml.must(*command)


def _write_scripts_again(oml: Oml, state: State, undo: Undo) -> None:
    if undo.has_written_scripts:
        write_scripts(oml, state)


def _prove(oml: Oml, steps: StepPrinter) -> list[Finding]:
    steps.progress("activation.step_prove")
    state = oml.ask("state")
    lacking = [*state["unapplied"], *state["missing_permissions"]]
    if lacking:
        raise ApplyFailed(error("activation.incomplete", names=", ".join(lacking)))
    if not state["path"] or state["page"] == 404 or state["page"] >= 500:
        raise ApplyFailed(
            error("activation.page_fails", path=state["path"], status=state["page"], text=state["log"] or "-")
        )
    return []


def plan(place: Place, state: State, is_state_closed: bool) -> list[Finding]:
    """What `activate` would do, one finding each; none where everything is active."""
    planned = [] if place.is_right else [info("activation.plan_autoload", path=place.path)]
    if state["unapplied"]:
        planned.append(info("activation.plan_migrate", names=", ".join(state["unapplied"])))
    if state["missing_permissions"] or not state["app"]:
        planned.append(info("activation.plan_permissions"))
    if state["static"]["missing"] and state["static"]["writable"]:
        count, root = len(state["static"]["missing"]), state["static"]["root"]
        planned.append(info("activation.plan_static", count=count, root=root))
    if is_state_closed:
        planned.append(info("activation.plan_state", path=state["state_dir"]))
    return planned
