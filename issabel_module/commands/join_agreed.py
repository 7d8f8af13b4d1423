"""`join` from the yes on: both sides apply, or both are put back.

OML applies first, because an apply there can be asked for and looked after from here, and taken away again; then the
PBX; then OML takes the PBX's token for the directory. Before each step it is noted (`join_state`), so that a run that
was cut or killed is ended by `join --resume`, which goes on, or `join --undo`, which takes both sides back. Where a
side refuses or fails, both are put back as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from issabel_module.commands import join_state
from issabel_module.commands.join_sides import OmlHalf, PbxHalf
from issabel_module.commands.join_state import JoinState, Stage
from issabel_module.commands.pairing_client import PairingClient
from pbxlink.console import last_proof, report
from pbxlink.console.commands import DONE, FINDINGS, Commands
from pbxlink.engine.signals import signals_raise
from pbxlink.link import directory as directories
from pbxlink.link import link_code
from pbxlink.link.directory import Directory
from pbxlink.link.model import Link
from pbxlink.messages.errors import ApplyFailed, LinkError, NotRestored, SideUnavailable
from pbxlink.messages.findings import Finding, error, info, warning
from pbxlink.messages.masking import shown


class AgreedJoin:
    """What both sides agreed to, carried out. `client` connects to OML: its URL, its certificate, the session."""

    def __init__(
        self,
        commands: Commands,
        pbx: PbxHalf,
        client: Callable[[str, str, str], PairingClient],
        state_dir: Path,
    ) -> None:
        self._output = commands.output
        self._pbx = pbx
        self._client = client
        self._state_dir = state_dir
        self._state: JoinState | None = None
        """What is under way; None where both sides are as before."""

    def go_on(self, state: JoinState) -> int:
        """Goes on from the stage of the state, to the proof by calls; returns the exit code. Raises LinkError."""
        link, directory = link_code.decode(state.code), directories.parse(state.directory)
        self._state = state
        oml = OmlHalf(self._client(state.url, state.certificate, state.session))
        with self._pending(), signals_raise():
            if state.stage is Stage.SHOWN:
                state = self._reached(state, Stage.OMNILEADS)
            if state.stage is Stage.OMNILEADS:
                state = self._apply_there(state, oml)
            if state.stage is Stage.PBX:
                state = self._apply_here(state, oml, link, directory)
            if state.stage is Stage.FINISHING:
                self._pbx.keep_directory(link, directory)
                oml.client.finish(link.directory.token)
                state = self._reached(state, Stage.LINKED)
        return self._verify(link, oml)

    def _apply_there(self, state: JoinState, oml: OmlHalf) -> JoinState:
        self._output.progress("join.oml_applies")
        problem = oml.apply(state.apply_job, state.mark)
        if problem is None:
            return self._reached(state, Stage.PBX)
        if not isinstance(problem, NotRestored):
            self._ended(state, oml)
            raise type(problem)(*problem.findings, info("join.both_before"))
        # The next --resume plans nothing and takes no mark: it lets OML recover first, then apply what was agreed to.
        self._reached(state, Stage.UNDOING)
        raise problem

    def _apply_here(self, state: JoinState, oml: OmlHalf, link: Link, directory: Directory) -> JoinState:
        self._output.progress("join.pbx_applies")
        try:
            self._pbx.apply(link, directory, Path(state.link_file), state.pbx_mark)
        except NotRestored:
            raise
        except (LinkError, OSError) as problem:
            self._take_back(state, oml, link)
            findings = problem.findings if isinstance(problem, LinkError) else [_of(problem)]
            raise ApplyFailed(*findings, info("join.both_before")) from problem
        return self._reached(state, Stage.FINISHING)

    def _take_back(self, state: JoinState, oml: OmlHalf, link: Link) -> None:
        """Both sides as they were. Each step may be done again."""
        state = self._reached(state, Stage.UNDOING)
        self._pbx.remove(link, Path(state.link_file))
        oml.remove()
        self._ended(state, oml)

    def _ended(self, state: JoinState, oml: OmlHalf) -> None:
        oml.client.undone()
        join_state.forget(self._state_dir, state.name)
        self._state = None

    def undo(self, state: JoinState) -> int:
        """Takes both sides back; returns the exit code. Raises LinkError."""
        link = link_code.decode(state.code)
        self._state = state
        oml = OmlHalf(self._client(state.url, state.certificate, state.session))
        with self._pending(), signals_raise():
            if state.stage is Stage.SHOWN:
                self._ended(state, oml)
            else:
                self._take_back(state, oml, link)
        self._output.say("join.undone", link=state.name)
        self._output.document(link=state.name, joined=False)
        return DONE

    def _reached(self, state: JoinState, stage: Stage) -> JoinState:
        self._state = join_state.reached(self._state_dir, state, stage)
        return self._state

    @contextmanager
    def _pending(self) -> Iterator[None]:
        """Adds to an error how far both sides are and the command that ends it, as long as something is to be ended."""
        try:
            yield
        except (LinkError, KeyboardInterrupt, OSError) as problem:
            told = self._how_far()
            if not told:
                raise
            if isinstance(problem, LinkError):
                raise type(problem)(*problem.findings, *told) from problem
            raise SideUnavailable(_of(problem), *told) from problem

    def _how_far(self) -> list[Finding]:
        state = self._state
        return [error(f"join.at_{state.stage.value}", link=state.name)] if state else []

    def _verify(self, link: Link, oml: OmlHalf) -> int:
        here, there = self._pbx.verify(link), oml.verify()
        proved = here.is_authenticated and there.is_authenticated
        findings = [*here.findings, *there.findings]
        last_proof.keep(self._state_dir, "pbx", link.name, [here.document, there.document])
        self._output.lines(report.finding_lines(findings, self._output.language))
        values: dict[str, Any] = {"towards_oml": here.evidence, "towards_pbx": there.evidence, "link": link.name}
        if proved:
            self._output.say("join.done", **values)
        else:
            findings.append(warning("join.not_proved", link=link.name))
            self._output.lines(report.finding_lines(findings[-1:], self._output.language))
        self._output.document(
            findings=findings, secrets=link.secrets, link=link.name, joined=True, proved=proved,
            directions=[here.document, there.document],
        )  # fmt: skip
        return DONE if proved else FINDINGS


def _of(problem: BaseException) -> Finding:
    if isinstance(problem, KeyboardInterrupt):
        return error("interrupted", signal=str(problem) or "SIGINT")
    return error("apply.unexpected", type=type(problem).__name__, text=shown(str(problem), 200))
