"""Asterisk in containers: the compose file's pair, and OML in a container on the PBX's own host."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.stack.asterisk import AMI_PORT, BOOT_TIMEOUT, Asterisk, AsteriskPair, ConfigWriter, prepare
from tests.stack.engine import Engine, EngineUnavailable
from tests.stack.native import server_directory
from tests.stack.network import PREFIX, free_subnet
from tests.stack.process import ServerFailed, find_program, wait_until

COMPOSE_FILE = Path(__file__).with_name("compose.yml")
#: The port of OML's docker transport (the guide's), and few RTP ports: docker forwards each by a process of
#: its own.
DOCKER_SIP_PORT, DOCKER_RTP_PORTS = 5163, (20000, 20019)


class ContainerAsterisk(Asterisk):
    """Asterisk in the container ``container`` of ``engine``."""

    def __init__(self, engine: Engine, container: str, name: str, address: str, ami: tuple[str, int], etc_dir: Path):
        super().__init__(name, address, ami, etc_dir)
        self.engine = engine
        self.container = container

    def _where(self) -> list[str]:
        docker = find_program("docker") or "docker"
        return [docker, "--host", f"unix://{self.engine.socket}", "exec", self.container]

    def output(self) -> str:
        with contextlib.suppress(EngineUnavailable):
            return self.engine.docker("logs", "--tail", "40", self.container)
        return "(no output)"

    def wait_booted(self) -> None:
        """Raises ServerFailed with the logs where it does not boot in time."""
        if not wait_until(self.booted, BOOT_TIMEOUT, pause=0.3):
            raise ServerFailed(f"{self.name} did not boot in its container:\n{self.logs()}")


def user() -> str:
    """The test process' user and group, for what containers write into mounted directories."""
    return f"{os.getuid()}:{os.getgid()}"


@contextmanager
def compose_pair(
    engine: Engine,
    compose: Callable[[str], bytes],
    homes: Path,
    write_pbx: ConfigWriter,
    write_oml: ConfigWriter,
) -> Iterator[AsteriskPair]:
    """Both Asterisks of the compose file. ``compose`` runs a compose subcommand; ``homes`` is
    PBXLINK_HOMES."""
    sides = {"pbx": (write_pbx, 3), "oml": (write_oml, 2)}
    for name, (write, octet) in sides.items():
        shutil.rmtree(homes / name, ignore_errors=True)
        prepare(homes / name, write, f"{engine.network}.{octet}")
    try:
        compose("up -d --no-deps --force-recreate asterisk-pbx asterisk-oml")
        pbx, oml = (
            _compose_asterisk(engine, compose, name, f"{engine.network}.{octet}", homes / name / "etc")
            for name, (_write, octet) in sides.items()
        )
        pbx.wait_booted()
        oml.wait_booted()
        yield AsteriskPair("docker", pbx, oml, f"{engine.network}.1")
    finally:
        compose("rm -s -f asterisk-pbx asterisk-oml")


def _compose_asterisk(
    engine: Engine, compose: Callable[[str], bytes], name: str, address: str, etc_dir: Path
) -> ContainerAsterisk:
    container = compose(f"ps -q asterisk-{name}").decode().split()[-1]
    port = compose(f"port asterisk-{name} {AMI_PORT}").decode().strip().rpartition(":")[2]
    return ContainerAsterisk(engine, container, name, address, (engine.address, int(port)), etc_dir)


@contextmanager
def same_host_pair(
    engine: Engine,
    image: str,
    write_pbx: ConfigWriter,
    write_oml: ConfigWriter,
    sip_port: int = DOCKER_SIP_PORT,
) -> Iterator[AsteriskPair]:
    """The topology `docker`: the PBX on the engine's own host, in its network; OML in a container whose SIP
    port and RTP range are published on the host's address, which is where the PBX finds it.

    ``write_pbx`` is called first. ``write_oml`` gets the container's own address and must keep RTP within
    DOCKER_RTP_PORTS."""
    with ExitStack() as stack:
        homes = stack.enter_context(server_directory("same-host"))
        subnet = f"{PREFIX}.{free_subnet()}"
        network = stack.enter_context(_network(engine, subnet))
        # A private engine's host has an address of its own; on this machine it is the container network's
        # gateway.
        host_address = engine.address if engine.host else f"{subnet}.1"
        pbx_etc = prepare(homes / "pbx", write_pbx, host_address)
        oml_etc = prepare(homes / "oml", write_oml, f"{subnet}.2")
        ports = _publish(host_address, sip_port)
        oml_id = stack.enter_context(
            _container(engine, image, homes, oml_etc, "--network", network, "--ip", f"{subnet}.2", *ports)
        )
        # The PBX last: a packet to a port not yet published makes a connection-tracking entry, and as long as
        # the PBX repeats it every packet bypasses the port's translation.
        pbx_id = stack.enter_context(_container(engine, image, homes, pbx_etc, "--network", "host"))
        ami = _published(engine, oml_id, AMI_PORT)
        pbx = ContainerAsterisk(engine, pbx_id, "pbx", host_address, (host_address, AMI_PORT), pbx_etc)
        oml = ContainerAsterisk(engine, oml_id, "oml", f"{subnet}.2", ami, oml_etc)
        pbx.wait_booted()
        oml.wait_booted()
        yield AsteriskPair("docker", pbx, oml, f"{host_address.rpartition('.')[0]}.1")


def _publish(address: str, sip_port: int) -> list[str]:
    rtp = "-".join(map(str, DOCKER_RTP_PORTS))
    wanted = (f"{sip_port}:{sip_port}/udp", f"{rtp}:{rtp}/udp", f":{AMI_PORT}/tcp")
    return [option for ports in wanted for option in ("-p", f"{address}:{ports}")]


@contextmanager
def _network(engine: Engine, subnet: str) -> Iterator[str]:
    identity = engine.docker("network", "create", "--subnet", f"{subnet}.0/24", f"pbxlink-{os.getpid()}-{subnet}")
    try:
        yield identity.strip()
    finally:
        engine.docker("network", "rm", identity.strip())


@contextmanager
def _container(engine: Engine, image: str, homes: Path, etc_dir: Path, *options: str) -> Iterator[str]:
    mounted = ("-v", f"{homes}:{homes}", "--user", user())
    serve = ("asterisk", "/tmp", str(etc_dir / "asterisk.conf"))
    identity = engine.docker("run", "-d", *mounted, *options, image, *serve).strip()
    try:
        yield identity
    finally:
        engine.docker("rm", "-f", "-v", identity)


def _published(engine: Engine, container: str, port: int) -> tuple[str, int]:
    """Where a container's TCP port answers."""
    found = re.search(r"([\d.]+):(\d+)", engine.docker("port", container, f"{port}/tcp"))
    if found is None:
        raise EngineUnavailable(f"docker published no port for {port}/tcp")
    return found[1], int(found[2])
