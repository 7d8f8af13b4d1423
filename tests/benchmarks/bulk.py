"""What many extensions cost, beside the floor: the same rows and keys written by a script that does only that.

    python tests/benchmarks/bulk.py [--sizes 100,1000] [--rounds 5] [--json]

Starts a MariaDB and an Asterisk of its own. Both the product and the floor run as processes of their own, by turns, in
several rounds; each figure is the median of the rounds'. A ratio is between the medians of both processes' wall times
for the work, without the start of Python. What writes all is also compared with the first floor, the one that was there
when the targets were set and took twice as long. The product's reload with its proof is
a column by itself and in no ratio: how long Asterisk takes to read ten thousand hints is not the product's doing, and
the floor has none.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median_low

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.rig import Measures, Rig, rigs

_SIZES = (100, 1000, 5000, 10_000)
_FIELDS = ("work", "reload", "cpu", "memory", "sql", "ami", "reloads")
_TARGETS = {
    100: {"apply": 3.0, "plan": 6.0},
    1000: {"apply": 1.4, "plan": 2.5},
    10_000: {"apply": 1.1, "plan": 1.5, "status": 1.5, "change": 1.5, "remove": 1.1},
}
"""By size, the most times the floor."""
_MOST_MEMORY = 80.0
_LINEAR = 11.0


@dataclass(frozen=True)
class Line:
    """One scenario of one size. Times in seconds, memory in MB; `work` is without the reload."""

    size: int
    scenario: str
    work: float
    reload: float
    cpu: float
    memory: float
    sql: int
    ami: int
    reloads: int
    floor: float = 0.0
    floor_cpu: float = 0.0
    """The processor's time of the floor's process, its start too, as in `cpu`: on a busy machine the fairer one."""
    first_floor: float = 0.0
    """That of the first floor, where it differs."""

    @property
    def ratio(self) -> float:
        """How many times the floor the work took."""
        return self.work / self.floor if self.floor else 0.0

    @property
    def first_ratio(self) -> float:
        """The same of the first floor."""
        return self.work / self.first_floor if self.first_floor else 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; the exit code says nothing about targets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=_sizes, default=_SIZES)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    lines: list[Line] = []
    with rigs(options.sizes) as each:
        for rig in each:
            for scenario in zip(*[tuple(_measured(rig)) for _ in range(options.rounds)]):
                lines.append(_median(scenario))
                if not options.json:
                    print(_shown(lines[-1], header=len(lines) == 1), flush=True)
    targets = list(_judged(lines))
    if options.json:
        print(
            json.dumps(
                {
                    "lines": [{**asdict(line), "ratio": line.ratio, "first_ratio": line.first_ratio} for line in lines],
                    "targets": targets,
                }
            )
        )
    else:
        print("\n" + "\n".join(targets))
    return 0


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split(","))


def _median(rounds: Sequence[Line]) -> Line:
    """Of one scenario in several rounds. An even number of them gives one of the two in the middle."""
    first = rounds[0]
    names = (*_FIELDS, "floor", "floor_cpu", "first_floor")
    measured = {name: median_low([getattr(each, name) for each in rounds]) for name in names}
    return Line(first.size, first.scenario, **measured)


def _measured(rig: Rig) -> Iterator[Line]:
    """Floor and product by turns, from an empty PBX to an empty PBX."""
    everything, few = rig.extensions(), max(1, rig.size // 100)
    rig.directory()
    first_put = rig.floor("put", everything, "first")
    first_drop = rig.floor("drop", everything, "first")
    put = rig.floor("put", everything)
    read = rig.floor("read", everything)
    change = rig.floor("change", rig.extensions(few)[:few])
    drop = rig.floor("drop", everything)
    yield _line(rig, "apply", rig.product("apply", "--yes"), put, first=[first_put])
    yield _line(rig, "plan", rig.product("plan"), read)
    yield _line(rig, "again", rig.product("apply", "--yes"), read)
    rig.directory(few)
    yield _line(rig, "change", rig.product("apply", "--yes"), read, change)
    yield _line(rig, "status", rig.product("status"), read)
    yield _line(rig, "remove", rig.product("remove", "--yes"), read, drop, first=[read, first_drop])


def _line(rig: Rig, scenario: str, found: Measures, *floors: Measures, first: Sequence[Measures] = ()) -> Line:
    if found["code"]:
        raise RuntimeError(f"{scenario}: {found['code']} {found['said']}")
    measures = {name: found[name] for name in _FIELDS}
    floor, floor_cpu = (sum(each[name] for each in floors) for name in ("work", "cpu"))
    measures["work"] -= found["reload"]
    first_floor = sum(each["work"] for each in first)
    return Line(rig.size, scenario, **measures, floor=floor, floor_cpu=floor_cpu, first_floor=first_floor)


def _shown(line: Line, header: bool) -> str:
    head = f"{'size':>6} {'scenario':8} {'work s':>8} {'floor s':>8} {'ratio':>6} {'first s':>8} {'ratio':>6} {'reload s':>8} {'cpu s':>7} {'floor':>7} {'MB':>6} {'SQL':>6} {'AMI':>8} {'reloads':>7}\n"  # noqa: E501
    row = f"{line.size:>6} {line.scenario:8} {line.work:8.3f} {line.floor:8.3f} {line.ratio:6.2f} {line.first_floor:8.3f} {line.first_ratio:6.2f} {line.reload:8.2f} {line.cpu:7.2f} {line.floor_cpu:7.2f} {line.memory:6.0f} {line.sql:>6} {line.ami:>8} {line.reloads:>7}"  # noqa: E501
    return (head if header else "") + row


def _judged(lines: Sequence[Line]) -> Iterator[str]:
    """Each target, with what was measured and whether it is met."""
    found = {(line.size, line.scenario): line for line in lines}
    for line in lines:
        most = _TARGETS.get(line.size, {}).get(line.scenario)
        if most:
            yield _verdict(f"{line.scenario} of {line.size}: times the floor", line.ratio, most)
            if line.first_floor:
                yield _verdict(f"{line.scenario} of {line.size}: times the first floor", line.first_ratio, most)
    largest = max(line.size for line in lines)
    memory = max(line.memory for line in lines if line.size == largest)
    yield _verdict(f"memory at {largest}: MB", memory, _MOST_MEMORY)
    for scenario in ("apply", "plan"):
        if (1000, scenario) in found and (10_000, scenario) in found:
            growth = found[10_000, scenario].work / found[1000, scenario].work
            yield _verdict(f"{scenario}: 10,000 to 1,000", growth, _LINEAR)


def _verdict(what: str, measured: float, most: float) -> str:
    return f"{'met   ' if measured <= most else 'MISSED'} {what}: {measured:.2f}, target at most {most:g}"


if __name__ == "__main__":
    sys.exit(main())
