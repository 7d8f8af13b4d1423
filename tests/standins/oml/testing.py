"""Private servers and a stand-in OML on them, for the stand-in's own tests. All in one folder, all on 127.0.0.1."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.standins.oml.config import AsteriskHost, OmlParams, write_config
from tests.standins.oml.standin_support.ami import AmiError, AmiSession

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[2]
TRUTH = REPO.parent / "shared" / "truth"


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of 127.0.0.1 that nobody has at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true value of `condition`. Raises TimeoutError naming `what`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise TimeoutError(f"{what} not within {seconds} s")


@contextmanager
def process(command: list[str], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A child that is ended at the end: asked first, killed after five seconds."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait(5)


@contextmanager
def redis_server(folder: Path) -> Iterator[int]:
    """A private redis-server; yields its port."""
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    with process(command, stdout=subprocess.DEVNULL):
        until(lambda: _answers(port), 10, "redis-server")
        yield port


@contextmanager
def postgres_server(folder: Path) -> Iterator[dict[str, str]]:
    """A private PostgreSQL; yields the PG* variables. Root hands it to the user postgres, as it will not run as root."""
    binaries = postgres_binaries()
    if binaries is None:
        raise FileNotFoundError("no PostgreSQL server is installed")
    data, port = folder / "pg", free_port()
    data.mkdir()
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        as_user = {"user": "postgres"}
        shutil.chown(data, "postgres")
        _let_pass(data)
    made = [str(binaries / "initdb"), "-D", str(data), "-U", "omnileads", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(made, check=True, stdout=subprocess.DEVNULL, cwd=data, **as_user)
    command = [str(binaries / "postgres"), "-D", str(data), "-p", str(port), "-F"]
    command += ["-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
    with process(command, cwd=data, stderr=subprocess.DEVNULL, **as_user):
        until(lambda: _answers(port), 20, "PostgreSQL")
        where = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGDATABASE": "postgres", "PGUSER": "omnileads"}
        ready = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
        until(lambda: subprocess.run(ready).returncode == 0, 20, "PostgreSQL")
        yield where


def postgres_binaries() -> Path | None:
    """The newest installed PostgreSQL server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    return found[-1].parent if found else None


@contextmanager
def asterisk_server(folder: Path, params: OmlParams) -> Iterator[AsteriskHost]:
    """A private Asterisk of the OML host, up and answering on AMI."""
    host = write_config(folder / "etc", params)
    output = folder / "asterisk.out"
    with open(output, "wb") as log, process(["asterisk", "-C", str(host.conf), "-f"], stdout=log, stderr=log):
        until(lambda: _fully_booted(params), 40, "Asterisk")
        yield host


def ami(params: OmlParams) -> AmiSession:
    """A session on a stand-in's Asterisk. Raises AmiError."""
    return AmiSession(params.ami_host, params.ami_port, params.ami_user, params.ami_secret)


@contextmanager
def consumer(folder: Path, redis_port: int, params: OmlParams) -> Iterator[subprocess.Popen[bytes]]:
    """The consumer as a process of its own."""
    command = [sys.executable, "-m", "tests.standins.oml.consumer", "--seconds", "300"]
    command += ["--redis", f"127.0.0.1:{redis_port}", "--etc", str(folder / "etc")]
    command += ["--ami", f"{params.ami_host}:{params.ami_port}", "--ami-user", params.ami_user]
    environment = {**os.environ, "AMI_PASSWORD": params.ami_secret}
    with open(folder / "consumer.out", "wb") as log, process(
        command, cwd=REPO, env=environment, stdout=log, stderr=log
    ) as child:
        yield child


class Standin:
    """A stand-in OML by its environment. Everything is done in child processes: one process, one Django."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    @classmethod
    def without_servers(cls, folder: Path) -> Standin:
        """SQLite and Redis as files, no Asterisk."""
        return cls(
            {
                "OML_STANDIN_SQLITE": str(folder / "oml.sqlite"),
                "OML_STANDIN_REDIS_FILE": str(folder / "redis.json"),
                "OML_STANDIN_WITHOUT_ASTERISK": "1",
            }
        )

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a management command."""
        return self._run([sys.executable, str(HERE / "manage.py"), *arguments], check)

    def python(self, code: str) -> Any:
        """Run `code` with Django set up; what it assigns to `answer` comes back, by way of JSON."""
        prologue = "import json, django; django.setup(); answer = None\n"
        epilogue = "\nprint('\\n@' + json.dumps(answer, default=str))\n"
        done = self._run([sys.executable, "-c", prologue + code + epilogue], True)
        found = re.search(r"^@(.*)$", done.stdout, re.MULTILINE)
        assert found is not None, done.stdout
        return json.loads(found[1])

    def _run(self, command: list[str], check: bool) -> subprocess.CompletedProcess[str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "OML_", "DJANGO_", "AMI_"))}
        environment = {
            **inherited,
            "DJANGO_SETTINGS_MODULE": "ominicontacto.settings.production",
            "PYTHONPATH": str(HERE),
            **self.environment,
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
        if check and done.returncode:
            raise AssertionError(f"{command[1:]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _fully_booted(params: OmlParams) -> bool:
    try:
        with ami(params) as session:
            return "fully booted" in session.command("core waitfullybooted")
    except AmiError:
        return False


def _let_pass(folder: Path) -> None:
    """Let other users through the folders above (pytest makes its own for the owner alone)."""
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
