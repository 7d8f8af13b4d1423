"""What a short command costs: the processor's time of the whole process beside that of `python3 -c pass`.

    python tests/benchmarks/small.py [--runs 15 | --quick] [--json]

Starts a MariaDB and an Asterisk of its own, applies a link of a trunk, two routes and twenty extensions, and runs each
command in turn with `pass`. The least of the runs is shown and judged, with the median beside it: another process can
make a run dearer and never cheaper. Python's compiled files are there, as the packages have them.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.rig import Rig, compiled, rigs

_EXTENSIONS = 20
_TARGETS = {"status": 0.2, "plan": 0.2, "apply": 0.2, "--help": 0.08}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; the exit code says nothing about targets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--quick", dest="runs", action="store_const", const=1, help="only whether it works")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    with rigs([_EXTENSIONS]) as each:
        (rig,) = each
        rig.product("apply", "--yes")
        found = _measured(_lines(rig), options.runs)
    if options.json:
        print(json.dumps(found))
    else:
        print("\n".join(_shown(found)))
    return 0


def _lines(rig: Rig) -> dict[str, list[str]]:
    """Each command's line, by name."""
    command = [sys.executable, "-m", "issabel_module.cli"]
    return {
        "pass": [sys.executable, "-c", "pass"],
        "--help": [*command, "--help"],
        **{name: [*command, *rig.line(name)] for name in ("status", "plan", "apply")},
    }


def _measured(lines: dict[str, list[str]], runs: int) -> dict[str, list[float]]:
    """The seconds of each command, run after run, by turns."""
    found: dict[str, list[float]] = {name: [] for name in lines}
    for _ in range(runs):
        for name, line in lines.items():
            found[name].append(_seconds(name, line))
    return found


def _seconds(name: str, line: list[str]) -> float:
    silent = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1)]
    pid = os.posix_spawn(line[0], line, compiled(), file_actions=silent)
    _, status, used = os.wait4(pid, 0)
    if status:
        raise RuntimeError(f"{name}: {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime


def _shown(found: dict[str, list[float]]) -> list[str]:
    least, middle = min(found["pass"]), statistics.median(found["pass"])
    lines = [f"       pass:   least {least:.3f} s, median {middle:.3f} s"]
    for name, most in _TARGETS.items():
        more = min(found[name]) - least
        lines.append(
            f"{'met   ' if more <= most else 'MISSED'} {name}: {more:.3f} s more than pass, median"
            f" {statistics.median(found[name]) - middle:.3f} s, target at most {most:g}"
        )
    return lines


if __name__ == "__main__":
    sys.exit(main())
