"""Fixtures for all tests, the signals they run under, and a note of what was skipped."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType

import pytest

pytest_plugins = ["tests.stack.fixtures"]


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def pytest_configure() -> None:
    """A run that is told to end takes its fixtures down, or its servers would stay. A shell's background jobs and cron
    start what they run with SIGINT ignored, and programs that are started here would inherit that."""
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Appends the reason of every skipped test to the file that `tests/run` names, a line each."""
    noted = os.environ.get("PBXLINK_TEST_SKIPS")
    if not noted:
        return
    with Path(noted).open("a", encoding="utf-8") as file:
        for report in terminalreporter.stats.get("skipped", []):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            file.write(f"{reason.removeprefix('Skipped: ').splitlines()[0]}\n")
