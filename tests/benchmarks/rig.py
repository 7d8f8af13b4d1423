"""The benchmark's PBX: a real MariaDB and a real Asterisk 16, and a link whose directory has many inbound routes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy

from tests.pbx.product import ROOT, Bench, fresh_bench, running_asterisk, sip_answers
from tests.stack.native import mariadb, server_directory
from tests.standins.pbx.rig import StandinPbx

_FIRST = 2_000_000
_LIMIT_SECONDS = 900
Measures = dict[str, Any]


class Rig:
    """One size's PBX: fresh, and empty of extensions."""

    def __init__(self, bench: Bench, size: int, oml_port: int) -> None:
        self.bench = bench
        self.size = size
        bench.write_link(omnileads={"sip_port": str(oml_port)}, extensions={"from_directory": "yes"})
        self.directory()

    def extensions(self, renamed: int = 0) -> list[tuple[str, str, str]]:
        """Number, name and dial string of each; the first ones with another name."""
        return [
            (str(_FIRST + n), f"OML {'renamed' if n < renamed else 'campaign'} {n}", f"SIP/omnileads/{_FIRST + n}")
            for n in range(self.size)
        ]

    def directory(self, renamed: int = 0) -> None:
        """Writes OML's directory."""
        routes = [{"did": number, "name": name[4:]} for number, name, _ in self.extensions(renamed)]
        document = {"format": 1, "inbound_routes": routes, "agents": []}
        self._directory.write_text(json.dumps(document), encoding="utf-8")

    @property
    def _directory(self) -> Path:
        return self.bench.folder / "directory.json"

    def line(self, command: str, *options: str) -> list[str]:
        """The arguments of a command of the product."""
        if command in ("apply", "plan"):
            options = (*options, "--directory", str(self._directory))
        return list(self.bench.arguments(command, *options))

    def product(self, command: str, *options: str) -> Measures:
        """Runs a command of the product."""
        arguments = self.bench.folder / "arguments.json"
        arguments.write_text(json.dumps(self.line(command, *options)), encoding="utf-8")
        return _measured(["tests.benchmarks.child", str(arguments)], self.bench.folder)

    def floor(self, what: str, extensions: Sequence[tuple[str, str, str]], *options: str) -> Measures:
        """Runs the floor's script."""
        url, params = self.bench.pbx.database, self.bench.pbx.params
        where = {
            "database": {"host": url.host, "port": url.port, "user": url.username, "password": url.password,
                         "database": url.database},
            "ami": {"host": params.ami_host, "port": params.ami_port, "user": params.ami_user,
                    "secret": params.ami_secret},
            "extensions": extensions,
        }  # fmt: skip
        path = self.bench.folder / "where.json"
        path.write_text(json.dumps(where), encoding="utf-8")
        return _measured(["tests.benchmarks.floor", what, str(path), *options], self.bench.folder)


def _measured(module: Sequence[str], folder: Path) -> Measures:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", *module], capture_output=True, text=True, cwd=ROOT, timeout=_LIMIT_SECONDS, check=False,
        env=compiled(),
    )  # fmt: skip
    wall = time.monotonic() - started
    if done.returncode:
        raise RuntimeError(f"{module}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
    return {**json.loads(done.stdout), "wall": wall, "said": done.stderr[-2000:]}


def compiled() -> dict[str, str]:
    """The environment in which Python finds its modules compiled, as the packages have them, wherever it may write."""
    folder = Path(tempfile.gettempdir()) / f"pbxlink-compiled-{os.getuid()}"
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder), "PYTHONPATH": str(ROOT)}


@contextmanager
def rigs(sizes: Sequence[int]) -> Iterator[Iterator[Rig]]:
    """A rig for each size, one after the other, on the same servers."""
    with ExitStack() as stack:
        url = stack.enter_context(mariadb())
        folder = stack.enter_context(server_directory("bulk"))
        asterisk = stack.enter_context(running_asterisk(folder))
        port = stack.enter_context(sip_answers())
        yield (_rig(asterisk, url, folder / str(size), size, port) for size in sizes)


def _rig(asterisk: StandinPbx, url: str, folder: Path, size: int, port: int) -> Rig:
    folder.mkdir()
    server = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with server.connect() as connection:
        options = "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
        connection.execute(sqlalchemy.text(f"CREATE DATABASE bulk_{size} {options}"))
    database = sqlalchemy.make_url(url).set(database=f"bulk_{size}").render_as_string(hide_password=False)
    return Rig(fresh_bench(asterisk, database, folder), size, port)
