"""Fixtures for all tests, the signals they run under, and a note of what was skipped."""

from __future__ import annotations

import os
import signal
from collections.abc import Generator
from pathlib import Path
from types import FrameType

import pytest
from xdist.workermanage import NodeManager

pytest_plugins = ["tests.stack.fixtures", "tests.stack.crashes"]


_UNMEASURED = {"calls", "demo", "faults", "gui", "packaging", "stack"}
"""Folders whose tests start hundreds of processes that do what other tests measure already: each costs a tenth of a
second more where its coverage is measured, which was a quarter of all the processor's time."""


_WORKERS_END_IN = 180
"""Seconds. xdist kills a worker after ten, and what it has measured is gone with it, unsaid. Writing takes longer on a
busy machine."""


def _end(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def pytest_configure(config: pytest.Config) -> None:
    """The marks that `pytest_collection_modifyitems` gives; and the signals."""
    config.addinivalue_line("markers", "in_containers: needs a container engine, wherever the other servers run")
    config.addinivalue_line("markers", "failure_points: one of many alike, of which CI takes another share each day")
    config.addinivalue_line("markers", "on_servers: runs on each backend that PBXLINK_TEST_BACKEND names")
    NodeManager.EXIT_TIMEOUT = _WORKERS_END_IN
    take_signals()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks by the fixtures that a test uses what depends on where servers run; leaves out the failure points that are
    not of the share that PBXLINK_POINTS_SHARE names (`I/N`)."""
    left_out = _of_other_shares(items)
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=list(left_out))
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        if "docker_engine" in fixtures:
            item.add_marker("in_containers")
        elif "backend" in fixtures:
            item.add_marker("on_servers")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Processes that a test of `_UNMEASURED` starts are not measured."""
    with pytest.MonkeyPatch.context() as patch:
        if item.path.relative_to(Path(__file__).parent).parts[0] in _UNMEASURED:
            patch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
        return (yield)


def _of_other_shares(items: list[pytest.Item]) -> set[pytest.Item]:
    part, _, parts = os.environ.get("PBXLINK_POINTS_SHARE", "1/1").partition("/")
    points = [item for item in items if item.get_closest_marker("failure_points")]
    return set(points) - set(points[int(part) - 1 :: int(parts)])


def take_signals() -> None:
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
