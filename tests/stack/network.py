"""Private networks for tests: hosts in network namespaces of their own, joined by a bridge.

The bridge lives in a namespace too. In the machine's own namespace a container engine sets the forward policy
to drop, and bridged frames pass through it; there they would be lost."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from tests.stack.process import find_program

NAMESPACES = Path("/run/netns")
PREFIX = "10.66"
_counter = itertools.count(1)
_given: list[int] = []


class NetworkUnavailable(RuntimeError):
    """Private networks cannot be made here; the message is fit for a skip."""


@dataclass(frozen=True)
class Host:
    """One end of a network: its address, and the namespace that processes on it must be started in."""

    address: str
    namespace: str

    def command(self, command: Sequence[str]) -> list[str]:
        """``command`` as it runs on this host. Unlike ``ip netns exec`` this leaves /sys (cgroups) in place
        and, being an exec all the way, the pid is the command's own."""
        return ["nsenter", f"--net={NAMESPACES / self.namespace}", "--", *command]


@cache
def unavailable() -> str | None:
    """Why no hosts can be made here, or None: tried once, as root in a plain container may not."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    missing = [program for program in ("ip", "nsenter") if find_program(program) is None]
    if missing:
        return f"programs not installed: {', '.join(missing)}"
    try:
        _try_namespace(f"pbxlink-{os.getpid()}-try", f"pl{os.getpid()}t")
    except (NetworkUnavailable, OSError, subprocess.SubprocessError) as error:
        told = str(error).replace(f"-{os.getpid()}", "")  # one reason, whichever process found it
        return f"no right to make network namespaces here ({told})"
    return None


def _try_namespace(name: str, device: str) -> None:
    with _namespace(name):
        _ip("link", "add", device, "type", "veth", "peer", "name", "try", "netns", name)
        _ip("link", "delete", device)


def _ip(*arguments: str) -> str:
    program = find_program("ip") or "ip"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=20)
    if done.returncode:
        raise NetworkUnavailable(f"ip {' '.join(arguments)}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def subnets_in_use() -> set[int]:
    """The N of every 10.66.N.0/24 that an address or route of this machine touches."""
    seen = _ip("-o", "-4", "address") + _ip("-4", "route", "show", "table", "all")
    return {int(number) for number in re.findall(rf"\b{re.escape(PREFIX)}\.(\d+)\.\d+", seen)}


def free_subnet() -> int:
    """An N whose 10.66.N.0/24 is free. It starts from the pid, so that test runs side by side rarely ask for
    the same, however near their pids are."""
    used = subnets_in_use()
    numbers = [(os.getpid() * 37 + offset) % 254 + 1 for offset in range(1, 255)]
    free = [number for number in numbers if number not in used]
    # A private container engine's networks are not to be seen from here: what this process gave out comes last.
    if not free:
        raise NetworkUnavailable(f"every {PREFIX}.N.0/24 is in use")
    number = min(free, key=_given.count)
    _given.append(number)
    return number


def namespaces() -> set[str]:
    """The names of the namespaces that exist now."""
    return {path.name for path in NAMESPACES.glob("*")}


def remove_stale() -> None:
    """Remove the namespaces of test processes that were killed; the pid is part of the name."""
    for name in namespaces():
        match = re.match(r"pbxlink-(\d+)-", name)
        if match and not Path("/proc", match[1]).exists():
            _ip("netns", "delete", name)


@contextmanager
def _namespace(name: str) -> Iterator[str]:
    try:
        _ip("netns", "add", name)
        _ip("-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        # Without the right to mount, `add` fails after it has made the file of that name.
        if name in namespaces():
            _ip("netns", "delete", name)


Entered = TypeVar("Entered", bound="Lan")


class Lan:
    """Hosts on one 10.66.N.0/24. ``hosts`` gives each its last octet; .1 is the test process' own end. They
    have no default route: nothing that a test sends can leave this network.

    Enter it to create the namespaces; leaving removes them, and with them every link, address and firewall
    rule."""

    def __init__(self, hosts: Mapping[str, int]):
        self._wanted = dict(hosts)
        self._stack = ExitStack()
        self.hosts: dict[str, Host] = {}
        self.test_address = ""
        self.subnet = ""

    def __enter__(self: Entered) -> Entered:
        reason = unavailable()
        if reason:
            raise NetworkUnavailable(reason)
        with ExitStack() as stack:
            remove_stale()
            self._build(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._stack.close()

    def _build(self, stack: ExitStack) -> None:
        unique = f"pbxlink-{os.getpid()}-{next(_counter)}"
        number = free_subnet()
        self.subnet, self.test_address = f"{PREFIX}.{number}.0/24", f"{PREFIX}.{number}.1"
        switch = stack.enter_context(_namespace(f"{unique}-switch"))
        _ip("-n", switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", switch, "link", "set", "bridge", "up")
        self._attach_test_process(stack, switch)
        for name, octet in self._wanted.items():
            namespace = stack.enter_context(_namespace(f"{unique}-{name}"))
            self.hosts[name] = Host(f"{PREFIX}.{number}.{octet}", namespace)
            self._attach(switch, name, self.hosts[name])

    def _attach(self, switch: str, port: str, host: Host) -> None:
        _ip(
            "link",
            "add",
            port,
            "netns",
            switch,
            "type",
            "veth",
            "peer",
            "name",
            "eth0",
            "netns",
            host.namespace,
        )
        _ip("-n", switch, "link", "set", port, "master", "bridge", "up")
        _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", "eth0")
        _ip("-n", host.namespace, "link", "set", "eth0", "up")

    def _attach_test_process(self, stack: ExitStack, switch: str) -> None:
        device = f"pl{os.getpid()}n{next(_counter)}"
        _ip("link", "add", device, "type", "veth", "peer", "name", "test", "netns", switch)
        # Deleting a namespace removes its veths a moment later; the address must be free at once.
        stack.callback(_ip, "link", "delete", device)
        _ip("-n", switch, "link", "set", "test", "master", "bridge", "up")
        _ip("address", "add", f"{self.test_address}/24", "dev", device)
        _ip("link", "set", device, "up")


class TwoHosts(Lan):
    """OML on .2 and the PBX on .3 of a free 10.66.N.0/24."""

    def __init__(self) -> None:
        super().__init__({"oml": 2, "pbx": 3})

    def __enter__(self) -> TwoHosts:
        super().__enter__()
        return self

    @property
    def oml(self) -> Host:
        return self.hosts["oml"]

    @property
    def pbx(self) -> Host:
        return self.hosts["pbx"]
