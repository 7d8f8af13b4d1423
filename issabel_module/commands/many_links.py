"""`--all` on the PBX's command line: the link files of a folder."""

from __future__ import annotations

import argparse
from copy import copy
from pathlib import Path
from typing import TextIO

from pbxlink.console import several
from pbxlink.link import link_file
from pbxlink.messages.errors import InvalidInput
from pbxlink.messages.findings import error


def run(options: argparse.Namespace, run_one: several.RunOne, out: TextIO, err: TextIO) -> int:
    """Runs the command for every `*.conf` of the folder, in the order of their names.

    Raises InvalidInput where there is none, or the folder cannot be read.
    """
    return several.run(options, [_turn(options, path) for path in _files(options.all)], run_one, out, err)


def _files(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == ".conf")
    except OSError as problem:
        raise InvalidInput(error("all.unreadable", path=folder, reason=problem.strerror)) from None
    if not found:
        raise InvalidInput(error("all.none", path=folder))
    return found


def _turn(options: argparse.Namespace, path: Path) -> several.Turn:
    own = copy(options)
    own.link, own.link_given = path, True
    return several.Turn(own, path.name, str(path), _host_of(path))


def _host_of(path: Path) -> str:
    try:
        return link_file.read(path).pbx.host
    except InvalidInput:
        return ""
