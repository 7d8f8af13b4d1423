"""The container engine: the one that answers, else a private one.

A private dockerd runs in a network namespace of its own, one host of a private network: its bridges, its
firewall rules and the ports it publishes are there and not on this machine, and go with the namespace."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.stack.native import server_directory
from tests.stack.network import PREFIX, Host, Lan, NetworkUnavailable, free_subnet, unavailable
from tests.stack.process import ServerFailed, ServerProcess, find_program, wait_until

START_TIMEOUT = 40.0
#: What is tried in turn: overlay2 is fast, vfs works on every file system; without iptables the ports are
#: still published, by docker's own forwarder.
VARIANTS = (
    ("--storage-driver=overlay2",),
    ("--storage-driver=vfs",),
    ("--storage-driver=vfs", "--iptables=false", "--ip-masq=false"),
)


class EngineUnavailable(RuntimeError):
    """No container engine, or it cannot do what the tests need; the message is fit for a skip."""


@dataclass(frozen=True)
class Engine:
    """A docker engine. ``address`` is the address of the machine it runs on as the test process reaches it:
    published ports answer there. ``network``: the first three numbers of the addresses of the compose file's
    containers. ``host`` is that machine where it is one of ours."""

    socket: str
    address: str
    network: str
    host: Host | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What makes docker and docker-compose talk to this engine."""
        return {"DOCKER_HOST": f"unix://{self.socket}"}

    def docker(self, *arguments: str, timeout: float = 60) -> str:
        """Run a docker command, return what it prints. Raises EngineUnavailable with its message."""
        return run([find_program("docker") or "docker", *arguments], timeout, self.environment)


def run(command: Sequence[str], timeout: float, environment: dict[str, str] | None = None) -> str:
    """The output of a command of the engine's tools; EngineUnavailable when it fails or takes too long."""
    what = " ".join(command[:3])
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **(environment or {})},
        )
    except subprocess.TimeoutExpired:
        raise EngineUnavailable(f"{what}: not done within {timeout:g} s") from None
    except OSError as error:
        raise EngineUnavailable(f"{what}: {error.strerror}") from None
    if done.returncode:
        raise EngineUnavailable(f"{what}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def compose_command() -> str:
    """The compose of this machine as a shell command, bounded in time."""
    for command in (["docker-compose"], ["docker", "compose"]):
        with contextlib.suppress(EngineUnavailable):
            run([*command, "version"], timeout=20)
            return " ".join(["timeout", "240", *command])
    raise EngineUnavailable("neither docker-compose nor docker's compose plugin is installed")


def answering_engine() -> Engine | None:
    """The engine of this machine that the environment names (or the default one), if it answers. One on
    another machine is of no use: the tests mount directories of this one."""
    named = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    scheme, _, socket = named.partition("://")
    if scheme != "unix" or not Path(socket).exists():
        return None
    with contextlib.suppress(EngineUnavailable):
        engine = Engine(socket, "127.0.0.1", _free_network())
        engine.docker("version", timeout=10)
        return engine
    return None


def _free_network() -> str:
    try:
        return f"{PREFIX}.{free_subnet()}"
    except (NetworkUnavailable, OSError) as error:
        raise EngineUnavailable(f"no network for containers: {error}") from None


def missing_engine() -> str | None:
    """Why no private engine can be started here, or None."""
    absent = [name for name in ("docker", "dockerd", "containerd") if find_program(name) is None]
    if absent:
        return f"no container engine answers, and {', '.join(absent)} is not installed"
    reason = unavailable()
    return f"no container engine answers, and a private one cannot be started: {reason}" if reason else None


@contextmanager
def open_engine() -> Iterator[Engine]:
    """The engine that answers, else a private one for the length of the block. Raises EngineUnavailable."""
    engine = answering_engine()
    if engine:
        yield engine
        return
    with private_engine() as engine:
        yield engine


@contextmanager
def private_engine() -> Iterator[Engine]:
    """A dockerd of our own: data, sockets and pid file in a temporary directory, network in a namespace."""
    reason = missing_engine()
    if reason:
        raise EngineUnavailable(reason)
    with _private_lan() as lan, server_directory("engine", os.environ.get("PBXLINK_TEST_DISK")) as directory:
        host = lan.hosts["pbx"]
        engine = Engine(str(directory / "docker.sock"), host.address, _free_network(), host)
        process = _start(engine, directory)
        try:
            _route_to_containers(lan, host, engine.network)
            yield engine
        finally:
            _stop(engine, process, directory)


@contextmanager
def _private_lan() -> Iterator[Lan]:
    try:
        lan = Lan({"pbx": 3}).__enter__()
    except NetworkUnavailable as error:
        raise EngineUnavailable(f"no private network for an engine: {error}") from error
    try:
        yield lan
    finally:
        lan.__exit__()


def _start(engine: Engine, directory: Path) -> ServerProcess:
    failures = []
    for variant in VARIANTS:
        process = ServerProcess("dockerd", _dockerd(engine, directory, variant), directory / "output.log")
        try:
            process.wait_ready(lambda: _answers(engine), START_TIMEOUT)
            return process
        except ServerFailed as error:
            _stop(engine, process, directory)
            failures.append(f"{' '.join(variant)}: {error}")
    raise EngineUnavailable("dockerd does not start here: " + "\n".join(failures)[-3000:])


def _answers(engine: Engine) -> bool:
    with contextlib.suppress(EngineUnavailable):
        return bool(Path(engine.socket).exists() and engine.docker("version", timeout=10))
    return False


def _dockerd(engine: Engine, directory: Path, variant: Sequence[str]) -> list[str]:
    """The command. Its mounts are its own (unshare) and it ends with the test process (setpriv)."""
    assert engine.host is not None
    none = directory / "daemon.json"
    none.write_text("{}\n")  # the machine's own /etc/docker/daemon.json is not for this one
    dockerd = [
        find_program("dockerd") or "dockerd",
        f"--config-file={none}",
        f"--data-root={directory / 'data'}",
        f"--exec-root={directory / 'exec'}",
        f"--pidfile={directory / 'pid'}",
        f"--host=unix://{engine.socket}",
        "--bridge=none",
        *variant,
    ]
    return engine.host.command(["unshare", "--mount", "setpriv", "--pdeathsig", "TERM", "--", *dockerd])


def _route_to_containers(lan: Lan, host: Host, network: str) -> None:
    """Let the test process reach containers by their own address, as it would with an engine on this
    machine."""
    with contextlib.suppress(EngineUnavailable):
        run(host.command(["iptables", "-I", "DOCKER-USER", "-s", lan.test_address, "-j", "ACCEPT"]), 20)
        run(["ip", "route", "add", f"{network}.0/24", "via", host.address], 20)


def _stop(engine: Engine, process: ServerProcess, directory: Path) -> None:
    """Containers first: dockerd would wait for each; then dockerd; its containerd only where that stayed
    behind."""
    if process.running:
        with contextlib.suppress(EngineUnavailable):
            containers = engine.docker("ps", "-aq", timeout=20).split()
            if containers:
                engine.docker("rm", "-f", "-v", *containers, timeout=60)
    process.stop(timeout=30)
    with contextlib.suppress(OSError, ValueError):
        pid = int((directory / "exec" / "containerd" / "containerd.pid").read_text())
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not Path("/proc", str(pid)).exists(), timeout=10)
