"""`--all`: a command for every link file of a folder, one after the other, with one summary and the worst exit code."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from pbxlink.console import report
from pbxlink.console.commands import DONE, ERROR, FINDINGS
from pbxlink.console.output import Output
from pbxlink.link import link_file
from pbxlink.messages.catalogue import text
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error

_WEIGHT = (DONE, FINDINGS, ERROR)
RunOne = Callable[[argparse.Namespace, TextIO, TextIO], int]


@dataclass(frozen=True)
class _Ended:
    path: Path
    code: int
    document: Any = None


def run(options: argparse.Namespace, run_one: RunOne, out: TextIO, err: TextIO) -> int:
    """Runs the command for every `*.conf` of the folder, in the order of their names; one that fails stops no other.

    Raises InvalidInput where there is none, or the folder cannot be read.
    """
    output = Output(options.lang, options.json, out, err)
    ended = []
    for path in _files(options.all):
        output.lines([f"=== {path.name}"])
        ended.append(_one(options, path, run_one, out, err))
    output.lines(_summary(ended, options.lang))
    if options.json:
        runs = [{"link": str(each.path), "code": each.code, "document": each.document} for each in ended]
        print(report.document(options.lang, runs=runs), file=out)
    return max((each.code for each in ended), key=_WEIGHT.index)


def _files(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".conf")
    except OSError as problem:
        raise InvalidInput(error("all.unreadable", path=folder, reason=problem.strerror)) from None
    if not found:
        raise InvalidInput(error("all.none", path=folder))
    return found


def _one(options: argparse.Namespace, path: Path, run_one: RunOne, out: TextIO, err: TextIO) -> _Ended:
    own = copy(options)
    own.link, own.link_given = path, True
    said = io.StringIO()
    code = run_one(own, said if options.json else out, err)
    return _Ended(path, code, json.loads(said.getvalue()) if options.json else None)


def _summary(ended: list[_Ended], language: str) -> Iterator[str]:
    yield "==="
    for each in ended:
        yield f"   {each.path.name}: {text(_TOLD[each.code], language)}{_host_of(each.path)}"


def _host_of(path: Path) -> str:
    try:
        host = link_file.read(path).pbx.host
    except InvalidInput:
        return ""
    return f" ({host})" if host else ""


_TOLD = {DONE: "all.done", FINDINGS: "all.findings", ERROR: "all.error"}
