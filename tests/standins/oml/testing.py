"""A stand-in OML as tests use it: its Django by child processes, its consumer, its Asterisk by AMI."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.stack.process import ServerProcess, wait_until
from tests.standins.oml import forked
from tests.standins.oml.config import OmlParams
from tests.standins.oml.standin_support.ami import AmiSession

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[2]
#: What another project on this machine may have set and the stand-in would take for its own.
NOT_INHERITED = ("PG", "OML_", "DJANGO_", "AMI_", "REDIS_", "ASTERISK_")

_WAITS = {
    "lock": "pbxlink.engine.locking.WAIT_SECONDS",
    "proof": "oml_plugin.publishing.prove._WAIT_SECONDS",
    "ami": "oml_plugin.side._AMI_SECONDS",
    "reload": "oml_plugin.publishing.synchronise._RELOAD_SECONDS",
    "ring": "pbxlink.asterisk.trial_call._RING_SECONDS",
    "settle": "pbxlink.asterisk.trial_call._SETTLE_SECONDS",
}


class Standin:
    """A stand-in OML by its environment. Everything is done in child processes: one process, one Django."""

    def __init__(self, environment: dict[str, str], python: str = sys.executable) -> None:
        self.environment = environment
        self.python_path = python
        self.may_fork = True
        """Whether a command may be a fork of a process that has Django loaded (`forked`): nobody then sees its command
        line from outside."""

    @classmethod
    def without_servers(cls, folder: Path) -> Standin:
        """SQLite and Redis as files in `folder`, no Asterisk."""
        return cls(
            {
                "OML_STANDIN_SQLITE": str(folder / "oml.sqlite"),
                "OML_STANDIN_REDIS_FILE": str(folder / "redis.json"),
                "OML_STANDIN_WITHOUT_ASTERISK": "1",
            }
        )

    @classmethod
    def on(cls, postgres_url: str, redis_url: str, asterisk: OmlParams | None = None) -> Standin:
        """On servers, by their URLs; `asterisk` is what its configuration was written from, None for no Asterisk."""
        return cls({**environment_of(postgres_url, redis_url), **ami_environment(asterisk)})

    def with_plugin(self) -> Standin:
        """The same one with the product's app `oml_plugin` of this checkout among its add-ons."""
        path = os.pathsep.join([str(HERE), str(REPO)])
        return Standin({**self.environment, "OML_STANDIN_PLUGIN": "1", "PYTHONPATH": path}, self.python_path)

    def hurry(self, **seconds: float) -> None:
        """From now on the product waits so long, by the names of `_WAITS`: for tests in which nothing comes."""
        waits = {_WAITS[name]: value for name, value in seconds.items()}
        self.environment["OML_STANDIN_WAITS"] = json.dumps(waits)

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a management command."""
        return self._run([self.python_path, str(HERE / "manage.py"), *arguments], check)

    def run_command(self, arguments: Sequence[str], typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run a management command with `typed` on its standard input; its exit code is the caller's to judge."""
        return self._run([self.python_path, str(HERE / "manage.py"), *arguments], False, typed)

    def start(self, arguments: Sequence[str]) -> subprocess.Popen[str]:
        """Start a management command and do not wait for it."""
        command = [self.python_path, str(HERE / "manage.py"), *arguments]
        return subprocess.Popen(
            command, env=self._environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def python(self, code: str) -> Any:
        """Run `code` with Django set up; what it assigns to `answer` comes back, by way of JSON."""
        prologue = "import json, django; django.setup(); answer = None\n"
        epilogue = "\nprint('\\n@' + json.dumps(answer, default=str))\n"
        done = self._run([self.python_path, "-c", prologue + code + epilogue], True)
        found = re.search(r"^@(.*)$", done.stdout, re.MULTILINE)
        assert found is not None, done.stdout
        return json.loads(found[1])

    @contextmanager
    def started(self, arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
        """A management command that was only started; killed at the end of the block if it still runs."""
        command = [self.python_path, str(HERE / "manage.py"), *arguments]
        with subprocess.Popen(command, env=self._environment(), stdout=subprocess.DEVNULL) as child:
            try:
                yield child
            finally:
                child.kill()

    def _environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
        own = {"DJANGO_SETTINGS_MODULE": "ominicontacto.settings.production", "PYTHONPATH": str(HERE)}
        return {**inherited, **own, **self.environment}

    def _run(self, command: list[str], check: bool, typed: str = "") -> subprocess.CompletedProcess[str]:
        environment = self._environment()
        if self.may_fork and forked.fits(command[0], environment):
            done = forked.run(command, environment, typed)
        else:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, input=typed)
        if check and done.returncode:
            raise AssertionError(f"{command[1:]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
        return done


def environment_of(postgres_url: str, redis_url: str) -> dict[str, str]:
    """The stand-in's variables for these servers."""
    database, store = urlsplit(postgres_url), urlsplit(redis_url)
    return {
        "PGHOST": database.hostname or "127.0.0.1",
        "PGPORT": str(database.port or 5432),
        "PGDATABASE": database.path.lstrip("/"),
        "PGUSER": unquote(database.username or ""),
        "PGPASSWORD": unquote(database.password or ""),
        "REDIS_HOSTNAME": store.hostname or "127.0.0.1",
        "REDIS_PORT": str(store.port or 6379),
    }


def ami_environment(asterisk: OmlParams | None) -> dict[str, str]:
    """The stand-in's variables for this Asterisk."""
    if asterisk is None:
        return {"OML_STANDIN_WITHOUT_ASTERISK": "1"}
    return {
        "ASTERISK_HOSTNAME": asterisk.ami_host,
        "AMI_PORT": str(asterisk.ami_port),
        "AMI_USER": asterisk.ami_user,
        "AMI_PASSWORD": asterisk.ami_secret,
    }


def ami(params: OmlParams) -> AmiSession:
    """A session on a stand-in's Asterisk. Raises AmiError."""
    return AmiSession(params.ami_host, params.ami_port, params.ami_user, params.ami_secret)


@contextmanager
def consumer(etc_dir: Path, redis_url: str, params: OmlParams, seconds: float = 600) -> Iterator[ServerProcess]:
    """The consumer as a process of its own, taking the stream up from its beginning; its log: `<etc_dir>-consumer.log`.

    It ends by itself after `seconds`."""
    store = urlsplit(redis_url)
    command = [sys.executable, "-m", "tests.standins.oml.consumer", "--seconds", str(seconds)]
    command += ["--redis", f"{store.hostname}:{store.port}", "--etc", str(etc_dir)]
    command += ["--ami", f"{params.ami_host}:{params.ami_port}", "--ami-user", params.ami_user]
    environment = {"AMI_PASSWORD": params.ami_secret, "PYTHONPATH": str(REPO)}
    log = etc_dir.with_name(etc_dir.name + "-consumer.log")
    child = ServerProcess("consumer", command, log, environment)
    try:
        child.wait_ready(lambda: "ready" in log.read_text(encoding="utf-8"), 20)
        yield child
    finally:
        child.stop()


def until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true value of `condition`. Raises TimeoutError naming `what`."""
    last: list[Any] = []

    def true() -> bool:
        last[:] = [condition()]
        return bool(last[0])

    if not wait_until(true, seconds):
        raise TimeoutError(f"{what} not within {seconds:g} s")
    return last[0]
