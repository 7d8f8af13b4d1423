"""How a long step shows how far it is: a bar on a terminal, lines elsewhere, nothing for programs."""

from __future__ import annotations

import io

import pytest

from pbxlink.console.output import Output
from pbxlink.console.progress_bar import Bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def shown(stream: io.StringIO, seconds: float) -> str:
    """What stands there after a step of 10,000 that did 1,000 in each of ten parts of `seconds`."""
    clock = Clock()
    bar = Bar(clock)
    for done in range(0, 10_001, 1000):
        bar.show(stream, done, 10_000)
        clock.now += seconds / 10
    bar.end(stream)
    return stream.getvalue()


def test_a_terminal_has_one_line_with_count_and_rate() -> None:
    written = shown(Terminal(), 5)
    assert written.count("\n") == 1 and written.endswith("\n"), "the next step begins on a line of its own"
    states = written.strip().split("\r")
    assert "5000/10000 (2000/s)" in written and "[####################....................]" in written
    assert len(states) == 10 and "10000/10000" in states[-1]


def test_elsewhere_a_line_now_and_then() -> None:
    assert shown(io.StringIO(), 3) == "", "a short step needs none"
    assert shown(io.StringIO(), 20).splitlines() == [f"   {done}/10000 (500/s)" for done in (3000, 6000, 9000)]


@pytest.mark.parametrize("stream", [Terminal(), io.StringIO()])
def test_a_program_gets_none(stream: io.StringIO) -> None:
    output = Output("en", True, io.StringIO(), stream)
    output.progress("step.write")
    output.bar.show = lambda *state: pytest.fail("shown")  # type: ignore[method-assign]
    output.progress("step.write", 1, 2)
    assert stream.getvalue() == ""
