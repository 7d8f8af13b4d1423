"""Standard input, output and errors that end no command.

Nobody may read any more what is written, as after `| head -3` or when a terminal is gone; the encoding may lack a
character, as that of a server with ISO-8859-1; what comes in may be no text; and a process may have been started
without them (`<&-`).
"""

from __future__ import annotations

import codecs
import errno
import io
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TextIO, cast

_GONE = frozenset({errno.EPIPE, errno.EIO})
"""A pipe without a reader; a terminal that was closed (EIO) under a command that is deaf to SIGHUP."""

_STREAMS = 3
"""Their numbers are 0, 1 and 2."""


class _Tolerant:
    """A text stream whose writes go nowhere once its reader is gone. All else is the stream's own."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, piece: str) -> int:
        """The characters taken, whether somebody reads them or not."""
        self._tried(lambda: self._stream.write(piece))
        return len(piece)

    def flush(self) -> None:
        self._tried(self._stream.flush)

    def _tried(self, action: Callable[[], Any]) -> None:
        try:
            action()
        except OSError as problem:
            if problem.errno not in _GONE:
                raise
            # What is still buffered would fail again at every flush, and once more when Python ends.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def _escaped(problem: UnicodeError) -> tuple[str, int]:
    """What cannot be encoded as JSON's escapes, which are right in a document and readable in a line; also the bytes of
    a path that are no text, which Python reads as lone surrogates."""
    assert isinstance(problem, UnicodeEncodeError)
    return json.dumps(problem.object[problem.start : problem.end])[1:-1], problem.end


codecs.register_error("pbxlink.escaped", _escaped)


def tolerant(stream: TextIO | None) -> TextIO:
    """The stream, to write to whether somebody reads it or not, and whatever its encoding: a command that changes a PBX
    comes to its end, and its exit code tells how. None is the stream of a process that was started without one (`>&-`).
    """
    if isinstance(stream, _Tolerant):
        return cast(TextIO, stream)
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="pbxlink.escaped")
    return cast(TextIO, _Tolerant(stream or open(os.devnull, "w", encoding="utf-8")))


def tolerate() -> None:
    """Makes this process's standard streams tolerant. Bytes that are no text come in as lone surrogates, which no link
    code and no value may have: what they stand in is refused, as for any other wrong character."""
    _fill()
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115 - as long as the process
    if isinstance(sys.stdin, io.TextIOWrapper):
        with suppress(io.UnsupportedOperation):  # something was read from it already
            sys.stdin.reconfigure(errors="surrogateescape")
    sys.stdout, sys.stderr = tolerant(sys.stdout), tolerant(sys.stderr)


def _fill() -> None:
    """Else the next file or connection that is opened gets their numbers, and what a child prints goes into it."""
    number = -1
    while number < _STREAMS:
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)
