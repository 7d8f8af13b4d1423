"""`--all`: a command for several links, one after the other, with one summary and the worst exit code."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from pbxlink.console import report
from pbxlink.console.commands import DONE, ERROR, FINDINGS
from pbxlink.console.output import Output
from pbxlink.messages.catalogue import text

_WEIGHT = (DONE, FINDINGS, ERROR)
RunOne = Callable[[argparse.Namespace, TextIO, TextIO], int]


@dataclass(frozen=True)
class Turn:
    """One link's turn: the options with which the command runs for it."""

    options: argparse.Namespace
    title: str
    link: str
    """Which link it is, in the document."""
    where: str = ""
    """What the summary says of it beside the title."""


@dataclass(frozen=True)
class _Ended:
    turn: Turn
    code: int
    document: Any = None


def run(options: argparse.Namespace, turns: Sequence[Turn], run_one: RunOne, out: TextIO, err: TextIO) -> int:
    """Runs the command for each in turn; one that fails stops no other. There is one turn at least."""
    output = Output(options.lang, options.json, out, err)
    ended = []
    for turn in turns:
        output.lines([f"=== {turn.title}"])
        ended.append(_one(turn, run_one, out, err))
    output.lines(_summary(ended, options.lang))
    if options.json:
        runs = [{"link": each.turn.link, "code": each.code, "document": each.document} for each in ended]
        print(report.document(options.lang, runs=runs), file=out)
    return max((each.code for each in ended), key=_WEIGHT.index)


def _one(turn: Turn, run_one: RunOne, out: TextIO, err: TextIO) -> _Ended:
    said = io.StringIO()
    code = run_one(turn.options, said if turn.options.json else out, err)
    return _Ended(turn, code, json.loads(said.getvalue()) if turn.options.json else None)


def _summary(ended: Sequence[_Ended], language: str) -> Iterator[str]:
    yield "==="
    for each in ended:
        where = f" ({each.turn.where})" if each.turn.where else ""
        yield f"   {each.turn.title}: {text(_TOLD[each.code], language)}{where}"


_TOLD = {DONE: "all.done", FINDINGS: "all.findings", ERROR: "all.error"}
