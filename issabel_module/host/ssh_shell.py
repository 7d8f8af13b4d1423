"""One shell at the far end that stays open, and is given one script after the other as its own input.

A script costs one round trip there; a session of ssh's own costs four, and a login shell. Each is one compound
command, so that a request which a lost connection has cut short is a syntax error there, and nothing of it is run.
"""

from __future__ import annotations

import os
import secrets
import select
import shlex
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO

from pbxlink.asterisk.ami_socket import undisturbed

_LOCK = 9
"""The shell's own descriptor that holds a lock; not one of its commands inherits it."""


@dataclass(frozen=True)
class Ended:
    """A command of the far end that ran to its end: its exit code, its output and what it said on standard error."""

    code: int
    output: bytes
    errors: str


class SshShell:
    """The shell behind these two pipes. Its methods raise what `lost` makes where it is not there any more, and
    TimeoutError where it has not answered after so many seconds; after that it is lost."""

    def __init__(self, given: IO[bytes], said: IO[bytes], lost: Callable[[], Exception]) -> None:
        self._given = given
        self._said = said
        self._lost = lost
        self._mark = secrets.token_hex(16)
        self._number = 0
        self._buffer = b""
        self._is_lost = False

    def run(self, script: str, arguments: Sequence[str], given: str = "", seconds: float = 60.0) -> Ended:
        """Runs a script in a subshell with `given` as its input, whole lines of text.

        A signal waits until it has ended: what runs there cannot be taken back from here.
        """
        body = f"(set -- {shlex.join(arguments)}\n{script}\n)"
        with undisturbed():
            return self._answer(self._send(body, given), seconds)

    def take_lock(self, script: str, folder: str, seconds: int) -> Ended:
        """Runs a script, and then takes the folder's lock as `flock` does, until `release`; exit code 1 where another
        has it for `seconds`. A signal ends the waiting, and the shell with it."""
        name = shlex.quote(folder)
        body = f"(set -- {name}\n{script}\n)"
        lock = f"if [ $code = 0 ]; then exec {_LOCK}<{name}; flock -w {seconds} {_LOCK}; code=$?; fi"
        try:
            with undisturbed():
                mark = self._send(body, "", lock)
            return self._answer(mark, seconds + 30.0)
        except BaseException:
            self._is_lost = True
            raise

    def release(self) -> None:
        """Gives the lock back. Nothing is waited for: what comes next is done after it."""
        if not self._is_lost:
            self._write(f"{{ exec {_LOCK}<&-\n}}\n")

    def become(self, line: Sequence[str], password: bytes) -> None:
        """Replaces the shell by this command, a shell too, which reads the password first."""
        mark = self._marked()
        with undisturbed():
            self._write(f"{{ echo; echo {mark} 0; echo; echo {mark} end; exec {shlex.join(line)}\n}}\n")
            self._answer(mark, 60.0)  # whatever the old shell would read ahead is not sent before
            if password:
                self._write(password.decode())

    def _marked(self) -> str:
        self._number += 1
        return f"{self._mark}-{self._number}"

    def _send(self, body: str, given: str, then: str = ":") -> str:
        """Sends a request whose answer is the output, and behind a line with the mark the exit code and the errors."""
        mark = self._marked()
        source = f"4<<'{mark}'\n{given}{mark}" if given else "4</dev/null"
        self._write(
            f"{{ {{ errors=$( {body} <&4 2>&1 >&3 3>&- 4<&- {_LOCK}<&-); code=$?\n}} 3>&1 {source}\n{then}\n"
            f"printf '\\n%s %s\\n%s\\n%s end\\n' {mark} $code \"$errors\" {mark}\n}}\n"
        )
        return mark

    def _write(self, text: str) -> None:
        if self._is_lost:
            raise self._lost()
        try:
            self._given.write(text.encode("utf-8", "surrogateescape"))
            self._given.flush()
        except OSError as problem:
            self._is_lost = True
            raise self._lost() from problem

    def _answer(self, mark: str, seconds: float) -> Ended:
        deadline = time.monotonic() + seconds
        end = f"\n{mark} end\n".encode()
        while not self._buffer.endswith(end):
            if not select.select([self._said], [], [], max(0.0, deadline - time.monotonic()))[0]:
                self._is_lost = True
                raise TimeoutError
            received = os.read(self._said.fileno(), 1 << 18)
            if not received:
                self._is_lost = True
                raise self._lost()
            self._buffer += received
        whole, self._buffer = self._buffer[: -len(end)], b""
        output, _, rest = whole.rpartition(f"\n{mark} ".encode())
        code, _, errors = rest.partition(b"\n")
        return Ended(int(code), output, errors.decode("utf-8", "replace"))
