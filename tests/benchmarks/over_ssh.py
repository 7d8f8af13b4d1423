"""What a run over ssh takes beside the same run on the PBX itself.

    python tests/benchmarks/over_ssh.py [--size 1000] [--latencies 0,20]

Starts a MariaDB, an Asterisk and an sshd of its own. A latency (milliseconds there and back) is made by a proxy before
sshd that holds back all it is given for half of it, each way; netem is not in every kernel. As root.

Each command makes a connection of its own. The floor is the time on the PBX and for each command one `ssh HOST true`
more: what a command would take that needs nothing of the connection but that it is there.
"""

from __future__ import annotations

import argparse
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median_low

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.rig import Rig, rigs
from tests.stack.sshd import ssh_server

_COMMANDS = (("plan",), ("apply", "--yes"), ("plan",), ("apply", "--yes"), ("remove", "--yes"))
_TARGET = 2.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark; the exit code says nothing about targets."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--latencies", default="0,20")
    options = parser.parse_args(arguments)
    with rigs([options.size]) as each, ssh_server() as server:
        os.environ["PATH"] = f"{server.client}:{os.environ['PATH']}"
        for rig in each:
            local = _whole(rig, ())
            _show("on the PBX", local, local)
            for latency in map(float, options.latencies.split(",")):
                with _delayed(server.port, latency / 2000) as port:
                    connecting = _connecting(port)
                    _show(f"floor, {latency:g} ms", [own + connecting for own in local], local)
                    _show(f"ssh, {latency:g} ms", _whole(rig, ("--host", f"root@127.0.0.1:{port}")), local)
    return 0


def _whole(rig: Rig, host: Sequence[str]) -> list[float]:
    """The seconds of each command, without the start of Python; the reload of an apply is in it."""
    return [float(rig.product(command, *rest, *host)["work"]) for command, *rest in _COMMANDS]


def _connecting(port: int) -> float:
    """The seconds of an ssh that runs `true`, the median of five."""
    took = []
    for _ in range(5):
        started = time.monotonic()
        subprocess.run(["ssh", "-p", str(port), "root@127.0.0.1", "true"], check=True, stderr=subprocess.DEVNULL)
        took.append(time.monotonic() - started)
    return median_low(took)


def _show(what: str, seconds: Sequence[float], local: Sequence[float]) -> None:
    names = ("plan", "apply", "plan again", "apply again", "remove")
    parts = [f"{name} {took:.2f} s ({took / own:.1f})" for name, took, own in zip(names, seconds, local)]
    total = sum(seconds) / sum(local)
    print(f"{what:12} {', '.join(parts)}; all {total:.2f} times, target at most {_TARGET:g}", flush=True)


@contextmanager
def _delayed(port: int, seconds: float) -> Iterator[int]:
    """A port that leads to the other one, so much later each way."""
    if not seconds:
        yield port
        return
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener, port, seconds), daemon=True).start()
        yield int(listener.getsockname()[1])
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket, port: int, seconds: float) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", port))
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for source, target in ((client, server), (server, client)):
                later: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                threading.Thread(target=_take, args=(source, later, seconds), daemon=True).start()
                threading.Thread(target=_give, args=(target, later), daemon=True).start()


def _take(source: socket.socket, later: queue.SimpleQueue[tuple[float, bytes]], seconds: float) -> None:
    received = b"?"
    while received:
        try:
            received = source.recv(65536)
        except OSError:
            received = b""
        later.put((time.monotonic() + seconds, received))


def _give(target: socket.socket, later: queue.SimpleQueue[tuple[float, bytes]]) -> None:
    with suppress(OSError):
        while True:
            due, content = later.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not content:
                target.shutdown(socket.SHUT_WR)
                return
            target.sendall(content)


if __name__ == "__main__":
    sys.exit(main())
