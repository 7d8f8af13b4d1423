"""Asterisk for tests: natively (on this machine or on a host of a private network) or in a container."""

from __future__ import annotations

import contextlib
import re
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import ClassVar

from tests.stack.nat import BehindNat
from tests.stack.native import SERVE, server_directory
from tests.stack.network import Host, Lan, TwoHosts
from tests.stack.process import ServerFailed, ServerProcess, find_program, tail, wait_until

BOOT_TIMEOUT = 90.0
AMI_PORT = 5038
#: Writes one side's configuration. Called as ``writer(etc_dir, address, ami_port)``: an empty directory, the
#: address that Asterisk is to bind, the port of its manager interface. Whatever else Asterisk is to read or
#: write belongs beside ``etc_dir`` (``etc_dir.parent``), which containers see under the same path.
ConfigWriter = Callable[[Path, str, int], object]

ASTERISK_CONF = """[directories]
astetcdir => {etc}
astmoddir => {modules}
astdatadir => /usr/share/asterisk
astagidir => {run}/agi-bin
astvarlibdir => {run}/lib
astkeydir => {run}/lib
astdbdir => {run}/db
astrundir => {run}/run
astlogdir => {run}/log
astspooldir => {run}/spool
[options]
nocolor = yes
"""


class Asterisk(ABC):
    """A running Asterisk.

    ``address`` is where its SIP peers find it, ``ami_host``/``ami_port`` where the test process reaches its
    manager interface. ``etc_dir`` is its live configuration, on this machine with either backend."""

    def __init__(self, name: str, address: str, ami: tuple[str, int], etc_dir: Path):
        self.name = name
        self.program = "asterisk"
        self.address = address
        self.ami_host, self.ami_port = ami
        self.etc_dir = etc_dir

    @abstractmethod
    def _where(self) -> list[str]:
        """The prefix of a command that is to run where this Asterisk runs."""

    @abstractmethod
    def output(self) -> str:
        """The tail of what the process printed."""

    @property
    def conf(self) -> Path:
        return self.etc_dir / "asterisk.conf"

    @property
    def directories(self) -> dict[str, Path]:
        """The directories of asterisk.conf by key (astlogdir, astspooldir …)."""
        found = re.findall(r"^\s*(ast\w+dir)\s*=>?\s*(\S+)", self.conf.read_text(), re.MULTILINE)
        return {key: Path(value) for key, value in found}

    def cli(self, command: str, timeout: float = 20) -> str:
        """The answer of a CLI command. Raises ServerFailed where no Asterisk answers."""
        program = find_program(self.program) or self.program
        line = [*self._where(), program, "-C", str(self.conf), "-rx", command]
        try:
            done = subprocess.run(line, capture_output=True, text=True, timeout=timeout)
        except subprocess.TimeoutExpired:
            raise ServerFailed(f"{self.name}: no answer to {command!r} within {timeout:g} s") from None
        if done.returncode:
            raise ServerFailed(f"{self.name}: {command!r} failed: {(done.stderr + done.stdout).strip()}")
        return done.stdout

    def booted(self) -> bool:
        """Whether it has loaded everything; waits for that where the process already listens."""
        try:
            return "fully booted" in self.cli("core waitfullybooted", timeout=BOOT_TIMEOUT).lower()
        except ServerFailed:
            return False

    def logs(self) -> str:
        """The process' output and the tail of every log file: what a failing test should show."""
        files = sorted(path for path in self.directories["astlogdir"].glob("*") if path.is_file())
        parts = [f"--- {self.name}: {path.name}\n{tail(path, 60)}" for path in files]
        return "\n".join([f"--- {self.name}: output\n{self.output()}", *parts])


class NativeAsterisk(Asterisk):
    """An Asterisk of this machine, started by ``native_asterisk``. ``running``: those whose block has not ended."""

    running: ClassVar[list[NativeAsterisk]] = []
    process: ServerProcess
    start: Callable[[], ServerProcess]

    def restart(self) -> None:
        """Ends it, unless it has ended, and starts it on the files that are there now; has fully booted then."""
        self.process.stop()
        self.process = self.start()
        self.process.wait_ready(self.booted, BOOT_TIMEOUT)

    def _where(self) -> list[str]:
        return []  # the CLI is a socket in astrundir: no need to enter the host's network

    def output(self) -> str:
        return tail(self.process.log)


@dataclass(frozen=True)
class AsteriskPair:
    """The PBX's and OML's Asterisk, each on its own address. ``test_address`` is the test process' own
    end."""

    backend: str
    pbx: Asterisk
    oml: Asterisk
    test_address: str
    network: Lan | None = None
    """Where both are on hosts of a network of this machine."""

    def logs(self) -> str:
        return f"{self.pbx.logs()}\n{self.oml.logs()}"


def module_directory() -> str | None:
    """Where the modules are, chan_sip among them; None where there is no such Asterisk. Debian moved them
    once."""
    for driver in glob("/usr/lib/asterisk/modules/chan_sip.so") + glob("/usr/lib/*/asterisk/modules/chan_sip.so"):
        return str(Path(driver).parent)
    return None


def missing_asterisk() -> str | None:
    """Why no Asterisk with chan_sip can run natively here, or None."""
    if find_program("asterisk") is None or module_directory() is None:
        return "no Asterisk with chan_sip is installed"
    return None


def prepare(home: Path, write: ConfigWriter, address: str, ami_port: int = AMI_PORT) -> Path:
    """``home``/etc, empty before, filled by ``write``; with an asterisk.conf of ours where ``write`` made
    none.

    All directories that asterisk.conf names exist afterwards."""
    etc_dir = home / "etc"
    etc_dir.mkdir(parents=True)
    write(etc_dir, address, ami_port)
    conf = etc_dir / "asterisk.conf"
    if not conf.exists():
        modules = module_directory() or "/usr/lib/asterisk/modules"
        conf.write_text(ASTERISK_CONF.format(etc=etc_dir, run=home / "run", modules=modules))
    for directory in NativeAsterisk("", "", ("", 0), etc_dir).directories.values():
        if home in directory.parents:
            directory.mkdir(parents=True, exist_ok=True)
    return etc_dir


def _program(modules: Path) -> str:
    """That of these modules, where they are in a prefix of its own."""
    own = modules.parents[2] / "sbin" / "asterisk"
    return str(own) if own.exists() else "asterisk"


@contextmanager
def native_asterisk(
    name: str, etc_dir: Path, address: str, ami_port: int = AMI_PORT, host: Host | None = None
) -> Iterator[NativeAsterisk]:
    """Run Asterisk on the prepared configuration until the block ends; it has fully booted when the block
    begins. With ``host`` it runs there, else on this machine's own network. Raises ServerFailed with its
    log."""
    asterisk = NativeAsterisk(name, address, (address, ami_port), etc_dir)
    with server_directory(name) as directory:
        serve = ["sh", str(SERVE), "asterisk", str(directory), str(asterisk.conf)]
        command = host.command(serve) if host else serve
        asterisk.program = _program(asterisk.directories["astmoddir"])
        environment = {"PBXLINK_TIED": "yes", "PBXLINK_ASTERISK": asterisk.program}
        asterisk.start = lambda: ServerProcess(name, command, directory / "output.log", environment)
        asterisk.process = asterisk.start()
        try:
            asterisk.process.wait_ready(asterisk.booted, BOOT_TIMEOUT)
            NativeAsterisk.running.append(asterisk)
            yield asterisk
        finally:
            if asterisk in NativeAsterisk.running:
                NativeAsterisk.running.remove(asterisk)
            asterisk.process.stop()


@contextmanager
def native_pair(write_pbx: ConfigWriter, write_oml: ConfigWriter) -> Iterator[AsteriskPair]:
    """Both Asterisks on a private network of two hosts."""
    with ExitStack() as stack:
        network = stack.enter_context(TwoHosts())
        homes = stack.enter_context(server_directory("pair"))
        pbx_etc = prepare(homes / "pbx", write_pbx, network.pbx.address)
        oml_etc = prepare(homes / "oml", write_oml, network.oml.address)
        pbx = stack.enter_context(native_asterisk("pbx", pbx_etc, network.pbx.address, host=network.pbx))
        oml = stack.enter_context(native_asterisk("oml", oml_etc, network.oml.address, host=network.oml))
        yield AsteriskPair("native", pbx, oml, network.test_address, network)


@contextmanager
def nat_pair(
    inside: str, write_pbx: ConfigWriter, write_oml: Callable[[str], ConfigWriter], forwarded: Sequence[str] = ()
) -> Iterator[AsteriskPair]:
    """Both Asterisks, one of them (`pbx` or `oml`) behind a router that translates and forwards those UDP ports; its
    address is the router's, which `write_oml` is given."""
    with ExitStack() as stack:
        network = stack.enter_context(BehindNat(inside, AMI_PORT, forwarded))
        homes = stack.enter_context(server_directory("nat"))
        found: dict[str, NativeAsterisk] = {}
        for name, write in (("pbx", write_pbx), ("oml", write_oml(network.outside_address))):
            host = network.hosts[name]
            etc = prepare(homes / name, write, host.address)
            found[name] = stack.enter_context(native_asterisk(name, etc, host.address, host=host))
        found[inside].address, found[inside].ami_host = network.outside_address, network.manager_address
        yield AsteriskPair("native", found["pbx"], found["oml"], network.test_address, network)


def wait_for(answer: Callable[[], str], expected: str, timeout: float = 20) -> str:
    """The first ``answer()`` that contains ``expected``; the last one where none does within ``timeout``
    seconds."""
    last = ""

    def matches() -> bool:
        nonlocal last
        with contextlib.suppress(ServerFailed):
            last = answer()
        return expected in last

    wait_until(matches, timeout, pause=0.3)
    return last
