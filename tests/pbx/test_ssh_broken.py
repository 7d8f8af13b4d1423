"""An apply over ssh whose connection breaks, or whose command dies, at any moment: the next run, from another machine
too, leaves everything as before or as after."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.pbx.product import ROOT, Bench, Snapshot, difference
from tests.stack.process import wait_until
from tests.stack.sshd import SshServer

pytest_plugins = ["tests.pbx.product_fixtures", "tests.pbx.ssh_fixtures"]
_SHARES = (0.05, 0.5, 0.62, 0.74, 0.86, 0.92, 0.98)
"""Of what the command sends in a whole apply: the first half is for getting in and looking round."""
_COPY = "/var/lib/issabel-omnileads/journal/pbx-omnileads.journal"


@dataclass
class Wire:
    """Between the client and sshd; cuts everything once the client has sent `limit` bytes, if there is a limit."""

    there: tuple[str, int]
    limit: int | None = None
    sent: int = 0
    ends: list[socket.socket] = field(default_factory=list)
    guard: threading.Lock = field(default_factory=threading.Lock)

    def serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(self.there)
                self.ends += [client, server]
                threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, counts: bool) -> None:
        with suppress(OSError):
            while received := source.recv(16384):
                if counts and self._is_over(len(received)):
                    self.cut()
                    return
                target.sendall(received)
            target.shutdown(socket.SHUT_RDWR)

    def _is_over(self, count: int) -> bool:
        with self.guard:
            self.sent += count
            return self.limit is not None and self.sent > self.limit

    def cut(self) -> None:
        """Ends every connection without a word."""
        for end in self.ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def wire(server: SshServer, limit: int | None = None) -> Iterator[tuple[Wire, str]]:
    """A wire, and the --host that leads over it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        found = Wire(("127.0.0.1", server.port), limit)
        threading.Thread(target=found.serve, args=(listener,), daemon=True).start()
        yield found, f"root@127.0.0.1:{listener.getsockname()[1]}"
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        found.cut()


@pytest.fixture
def ends(bench: Bench) -> tuple[Snapshot, Snapshot]:
    """The PBX before and after an apply on it; as before again now."""
    before = bench.snapshot()
    bench.done("apply", "--yes")
    after = bench.snapshot()
    bench.done("remove", "--yes")
    same_ids(bench)
    assert difference(before, bench.snapshot()) == {}
    return before, after


def recovered(bench: Bench, ends: tuple[Snapshot, Snapshot], folder: Path) -> str:
    """Recovers as another machine; which end it came to. Then as before again."""
    mine, bench.state = bench.state, folder
    try:
        bench.done("recover", "--host", "pbx")
        now = bench.snapshot()
        found = next((name for name, end in zip(("before", "after"), ends) if not difference(end, now)), "between")
        assert found != "between", (difference(ends[0], now), difference(ends[1], now))
        assert bench.json("plan", "--host", "pbx").code == (2 if found == "before" else 0)
    finally:
        bench.state = mine
    # The machine that began it has its own journal still, and must not go by that.
    assert bench.done("recover", "--host", "pbx").document["recovered"] == 0
    bench.done("remove", "--yes", "--host", "pbx")
    assert difference(ends[0], bench.snapshot()) == {}
    same_ids(bench)
    return found


def same_ids(bench: Bench) -> None:
    """The next route gets the number that the last one had, so that two applies can be compared."""
    bench.sql("ALTER TABLE outbound_routes AUTO_INCREMENT = 1")


def test_the_connection_breaks(bench: Bench, sshd: SshServer, ends: tuple[Snapshot, Snapshot], tmp_path: Path) -> None:
    with wire(sshd) as (whole, host):
        bench.done("apply", "--yes", "--host", host)
    bench.done("remove", "--yes")
    same_ids(bench)
    came_to = set()
    for number, share in enumerate(_SHARES):
        with wire(sshd, int(whole.sent * share)) as (_, host):
            done = bench.json("apply", "--yes", "--host", host)
        assert "Traceback" not in done.err
        came_to.add((done.code, recovered(bench, ends, tmp_path / f"other{number}")))
    assert (1, "before") in came_to, came_to


def _copy_is_there(sshd: SshServer) -> bool:
    return sshd.inside("test", "-e", _COPY).returncode == 0


@pytest.mark.parametrize("moment", ["journal", "reload"])
def test_the_command_is_killed(
    bench: Bench, sshd: SshServer, ends: tuple[Snapshot, Snapshot], tmp_path: Path, moment: str
) -> None:
    flag = tmp_path / "reloading"
    bench.launcher(before=f"[ -e '{flag}' ] || {{ : > '{flag}'; sleep 2; }}")
    reached: Callable[[], bool] = flag.exists if moment == "reload" else lambda: _copy_is_there(sshd)
    child = bench.child("apply", "--yes", "--host", "pbx")
    assert wait_until(reached, 60, 0.02), child.communicate(timeout=5)
    child.kill()
    child.communicate()
    flag.touch()
    time.sleep(2 if moment == "reload" else 0)  # what began on the PBX comes to its end there
    assert _copy_is_there(sshd)
    content = sshd.inside("stat", "-c", "%a %U", _COPY, "/var/lib/issabel-omnileads/journal").stdout.split("\n")
    assert content[:2] == ["600 root", "700 root"]
    assert recovered(bench, ends, tmp_path / "other") == "before"
    assert not _copy_is_there(sshd)
    clients = ["pgrep", "-f", f"{sshd.directory}/config"]
    assert wait_until(lambda: subprocess.run(clients, capture_output=True).returncode == 1, 10), "a client outlived it"


def test_a_run_on_the_pbx_itself_finds_the_copy(
    bench: Bench, sshd: SshServer, ends: tuple[Snapshot, Snapshot], tmp_path: Path
) -> None:
    bench.launcher(before=f"[ -e '{tmp_path}/once' ] || {{ : > '{tmp_path}/once'; sleep 1; }}")
    child = bench.child("apply", "--yes", "--host", "pbx")
    assert wait_until(lambda: (tmp_path / "once").exists(), 60, 0.02)
    child.kill()
    child.communicate()
    time.sleep(1)
    own = [part for part in bench.arguments("recover", "--json") if part not in ("--state-dir", str(bench.state))]
    done = sshd.inside(
        "sh", "-c", f"cd {ROOT} && exec {shlex.join([sys.executable, '-m', 'issabel_module.cli', *own])}"
    )
    assert done.returncode == 0 and json.loads(done.stdout)["recovered"] == 1, done.stdout + done.stderr
    assert difference(ends[0], bench.snapshot()) == {} and not _copy_is_there(sshd)
    assert bench.done("recover", "--host", "pbx").document["recovered"] == 0


def test_ctrl_c_in_the_middle_of_the_reload_undoes_over_the_same_connection(
    bench: Bench, sshd: SshServer, ends: tuple[Snapshot, Snapshot], tmp_path: Path
) -> None:
    flag = tmp_path / "reloading"
    bench.launcher(before=f"[ -e '{flag}' ] || {{ : > '{flag}'; sleep 1; }}")
    child = bench.child("apply", "--yes", "--json", "--host", "pbx", start_new_session=True)
    assert wait_until(flag.exists, 60, 0.02), child.communicate(timeout=5)
    os.killpg(child.pid, signal.SIGINT)  # as a terminal does: to ssh, too
    out, err = child.communicate(timeout=120)
    assert child.returncode == 1, err
    assert [each["code"] for each in json.loads(out)["findings"]] == ["interrupted", "apply.restored"], out
    assert difference(ends[0], bench.snapshot()) == {} and not _copy_is_there(sshd)
