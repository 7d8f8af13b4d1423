"""What a run over ssh takes beside the same run on the PBX itself.

    python tests/benchmarks/over_ssh.py [--size 1000] [--latencies 0,20]

Starts a MariaDB, an Asterisk and an sshd of its own. A latency (milliseconds there and back) is made by netem on the
loopback of a network namespace in which everything runs, so that only the connection of ssh is slowed: database and
AMI are reached by sshd through another address, which is not. As root.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.rig import Rig, rigs
from tests.stack.sshd import ssh_server

_INSIDE = "PBXLINK_BENCHMARK_INSIDE"
_COMMANDS = (("plan",), ("apply", "--yes"), ("plan",), ("apply", "--yes"), ("remove", "--yes"))
_TARGET = 2.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; the exit code says nothing about targets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--latencies", default="0,20")
    options = parser.parse_args(arguments)
    if not os.environ.get(_INSIDE):
        line = ["unshare", "--net", "--", sys.executable, *sys.argv]
        return subprocess.run(line, env={**os.environ, _INSIDE: "yes"}, check=False).returncode
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with rigs([options.size]) as each, ssh_server() as server:
        os.environ["PATH"] = f"{server.client}:{os.environ['PATH']}"
        for rig in each:
            local = _whole(rig, ())
            _show("on the PBX", local, local)
            for latency in map(float, options.latencies.split(",")):
                with _delayed(server.port, latency):
                    _show(f"ssh, {latency:g} ms", _whole(rig, ("--host", "pbx")), local)
    return 0


def _whole(rig: Rig, host: Sequence[str]) -> list[float]:
    """The seconds of each command, without the start of Python."""
    return [float(rig.product(command, *rest, *host)["work"]) for command, *rest in _COMMANDS]


def _show(what: str, seconds: Sequence[float], local: Sequence[float]) -> None:
    names = ("plan", "apply", "plan again", "apply again", "remove")
    parts = [f"{name} {took:.2f} s ({took / own:.1f})" for name, took, own in zip(names, seconds, local)]
    total = sum(seconds) / sum(local)
    print(f"{what:12} {', '.join(parts)}; all {total:.2f} times, target at most {_TARGET:g}", flush=True)


@contextmanager
def _delayed(port: int, milliseconds: float) -> Iterator[None]:
    """Slows what goes to and comes from the port of sshd, half of it each way."""
    if not milliseconds:
        yield
        return
    delay = f"{milliseconds / 2:g}ms"
    commands = [
        f"qdisc add dev lo root handle 1: prio bands 4 priomap {' '.join(['0'] * 16)}",
        f"qdisc add dev lo parent 1:4 handle 40: netem delay {delay} limit 100000",
        *(f"filter add dev lo parent 1: protocol ip u32 match ip {end} {port} 0xffff flowid 1:4"
          for end in ("sport", "dport")),
    ]  # fmt: skip
    for command in commands:
        subprocess.run(["tc", *command.split()], check=True)
    time.sleep(0.1)
    try:
        yield
    finally:
        subprocess.run(["tc", "qdisc", "del", "dev", "lo", "root"], check=True)


if __name__ == "__main__":
    sys.exit(main())
