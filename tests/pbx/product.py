"""The product's command run against a stand-in PBX, and the PBX as a whole before and after.

The fixtures that make one are in product_fixtures.py.
"""

from __future__ import annotations

import ast
import copy
import io
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest
from configobj import ConfigObj
from sqlalchemy import URL, NullPool, create_engine, make_url, text

from issabel_module import cli
from issabel_module.host import database_url
from issabel_module.storage.database import Database
from pbxlink.link import link_file
from pbxlink.link.model import Link
from tests.stack.asterisk import missing_asterisk
from tests.standins.pbx.config import amportal_settings, install_module_admin, write_amportal
from tests.standins.pbx.freepbx import install_freepbx
from tests.standins.pbx.fresh import load_fresh
from tests.standins.pbx.generator import freepbx as freepbx_generator
from tests.standins.pbx.generator import reload as generator
from tests.standins.pbx.generator.settings import read_amportal, read_freepbx, settings_from
from tests.standins.pbx.rig import StandinPbx, standin_pbx
from tests.standins.pbx.rows import read_rows
from tests.standins.pbx.schema import load_schema

ROOT = Path(__file__).resolve().parents[2]
OWN_TABLE = "issabel_omnileads"
SECRET = "Zq8vTn3LkW5xRb7YpD2mHc6J"
OML_PORT = "5160"
OML_ADDRESS = f"127.{SystemRandom().randint(10, 250)}.{SystemRandom().randint(1, 250)}.2"
"""Nobody is there, nor on any port of it: other tests of the machine use the low loopback addresses."""
Sections = dict[str, dict[str, Any]]
Snapshot = dict[str, Any]


def guide(pbx_address: str = "127.0.0.1", **changes: Mapping[str, Any]) -> Sections:
    """The guide's example as a link file; `changes` are keys by section."""
    sections: Sections = {
        "link": {"name": "omnileads", "topology": "lan"},
        "pbx": {"address": pbx_address},
        "omnileads": {"address": OML_ADDRESS, "sip_port": OML_PORT},
        "credentials": {"secret": SECRET},
        "extensions": {"098098": {"number": "098098", "send": "098098", "name": "OML camp1"}},
        "pbx_routes": {"oml-agents": {"patterns": "1XXX."}},
    }
    for section, keys in changes.items():
        sections.setdefault(section, {}).update(keys)
    return copy.deepcopy(sections)


@dataclass(frozen=True)
class Result:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one document of --json."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def codes(self) -> list[str]:
        """The findings' codes in a document."""
        return [finding["code"] for finding in self.document["findings"]]

    def message(self, code: str) -> str:
        """The message of the first finding of that code."""
        return next(str(each["message"]) for each in self.document["findings"] if each["code"] == code)

    @property
    def actions(self) -> list[tuple[str, str, str]]:
        """The changes of a document as (action, kind, key)."""
        return [(each["action"], each["kind"], each["key"]) for each in self.document["changes"]]


class Bench:
    """One PBX, and the product with a link file, a journal and a counter of reloads of its own."""

    def __init__(self, pbx: StandinPbx, folder: Path) -> None:
        self.pbx = pbx
        self.folder = folder
        self.link = folder / "link.conf"
        self.state = folder / "state"
        self._runs = folder / "reloads"
        self.launcher()
        self.write_link()

    def write_link(self, sections: Sections | None = None, **changes: Mapping[str, Any]) -> Path:
        """Writes the link file: `sections`, or the guide's with `changes`."""
        config = ConfigObj(interpolation=False, encoding=None, list_values=True)
        config.merge(sections if sections is not None else self.guide(**changes))
        self.link.write_text("\n".join(config.write()) + "\n", encoding="utf-8")
        self.link.chmod(0o600)
        return self.link

    def guide(self, **changes: Mapping[str, Any]) -> Sections:
        """The guide's example with this PBX's address and chan_sip port."""
        sections = guide(self.pbx.params.address, **changes)
        if self.pbx.params.chan_sip and sections["pbx"].get("technology") != "pjsip":
            sections["extensions"] = {"dial": "direct", **sections["extensions"]}  # the guide's form
        port = "pjsip_port" if sections["pbx"].get("technology") == "pjsip" else "sip_port"
        sections["pbx"].setdefault("sip_port", str(getattr(self.pbx.params, port)))
        return sections

    def read_link(self) -> Link:
        return link_file.read(self.link)

    def launcher(self, before: str = "", after: str = "") -> None:
        """The PBX's reload, counting its runs, with shell lines before and after the real work."""
        real = self.pbx.module_admin.with_name(f"{self.pbx.module_admin.name}.real")
        if not real.exists():
            self.pbx.module_admin.rename(real)
        lines = ["#!/bin/sh", f"echo run >> '{self._runs}'", before, f"'{real}' \"$@\"", "code=$?", after, "exit $code"]
        self.pbx.module_admin.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.pbx.module_admin.chmod(0o755)

    @property
    def reloads(self) -> int:
        """How often module_admin ran."""
        return len(self._runs.read_text().splitlines()) if self._runs.exists() else 0

    def arguments(self, command: str, *options: str, lang: str = "en") -> list[str]:
        """The command line after the program's name; `--yes` only where the command takes it."""
        common = ["--link", str(self.link), "--state-dir", str(self.state), "--lang", lang]
        own = [] if "--amportal-conf" in options else ["--amportal-conf", str(self.pbx.amportal)]
        takes_yes = any(option.flag == "--yes" and option.is_of(command) for option in cli.OPTIONS)
        return [command, *common, *own, *(each for each in options if each != "--yes" or takes_yes)]

    def run(self, command: str, *options: str, lang: str = "en") -> Result:
        """Runs a command in this process."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = cli.main(self.arguments(command, *options, lang=lang), out, err)
        return Result(code, out.getvalue(), err.getvalue())

    def json(self, command: str, *options: str, lang: str = "en") -> Result:
        """Runs a command with --json."""
        return self.run(command, "--json", *options, lang=lang)

    def done(self, command: str, *options: str) -> Result:
        """Runs a command that must end well."""
        result = self.json(command, *options)
        assert result.code == 0, f"{command}: {result.out}{result.err}"
        return result

    def child(self, command: str, *options: str, lang: str = "en", **popen: Any) -> subprocess.Popen[str]:
        """Starts a command as a process of its own."""
        line = [sys.executable, "-m", "issabel_module.cli", *self.arguments(command, *options, lang=lang)]
        return subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=ROOT, **popen
        )

    def sql(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """One statement on the PBX's database, committed; the rows that it gives."""
        with self.pbx.engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return [dict(row) for row in result.mappings()] if result.returns_rows else []

    def astdb(self) -> dict[str, str]:
        """Every key of the AstDB."""
        with self.pbx.ami() as ami:
            lines = (value for key, value in ami.action("Command", Command="database show") if key == "Output")
            pairs = (line.partition(": ") for line in lines if line.startswith("/"))
            return {key.strip(): value.rstrip() for key, _, value in pairs}

    def snapshot(self) -> Snapshot:
        """The whole PBX: rows of every table but our own, AstDB, and the generated files."""
        with self.pbx.engine.connect() as connection:
            names = [name for (name,) in connection.execute(text("SHOW TABLES")) if name != OWN_TABLE]
            tables = {name: sorted(map(_frozen, read_rows(connection, name))) for name in names}
        written = [*self.etc_dir.glob("*_additional.conf"), *self.etc_dir.glob("pjsip.*.conf")]
        files = {path.name: path.read_text() for path in written}
        return {**tables, "AstDB": self.astdb(), "files": files}

    @property
    def etc_dir(self) -> Path:
        """Where the generator writes."""
        return Path(read_amportal(self.pbx.amportal)["ASTETCDIR"])

    def stamps(self) -> dict[str, int]:
        """When each generated file was written."""
        return {path.name: path.stat().st_mtime_ns for path in self.etc_dir.glob("*_additional.conf")}

    def amportal(self, **changes: str) -> Path:
        """A copy of amportal.conf that differs."""
        path = self.folder / "changed-amportal.conf"
        write_amportal(path, {**read_amportal(self.pbx.amportal), **changes})
        return path

    def settle(self) -> None:
        """Brings Asterisk in step with the database, as "Apply Config" does; quicker than a process of its own."""
        if self.pbx.module_admin.name == "fwconsole":
            with self.pbx.engine.begin() as connection:
                freepbx_generator.reload(settings_from(read_freepbx(self.pbx.amportal)), connection)
            return
        configured = settings_from(read_amportal(self.pbx.amportal))
        with self.pbx.engine.begin() as connection:
            assert generator.reload(configured, connection)


def database_of(bench: Bench) -> Database:
    """The PBX's database as the product has it."""
    return Database(database_url.of_text(bench.pbx.database.render_as_string(hide_password=False)))


def _frozen(row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((column, repr(cell)) for column, cell in row.items())


def gained(before: Snapshot, after: Snapshot) -> dict[str, list[dict[str, str | None]]]:
    """The rows that came, by table, and the AstDB keys that came as rows; cells as text. Nothing may have gone."""
    changed = {name: parts for name, parts in difference(before, after).items() if name != "files"}
    assert {name: gone for name, (gone, _) in changed.items() if gone} == {}
    came = {name: [_thawed(row) for row in rows] for name, (_, rows) in changed.items() if name != "AstDB"}
    keys = changed.get("AstDB", ([], []))[1]
    return {**came, "AstDB": [{"key": key, "value": value} for key, value in keys]}


def _thawed(row: tuple[tuple[str, str], ...]) -> dict[str, str | None]:
    cells = {column: ast.literal_eval(cell) for column, cell in row}
    return {column: None if cell is None else str(cell) for column, cell in cells.items()}


def difference(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    """What differs, table by table: (only before, only after); empty where nothing does."""
    return {
        name: (_without(before.get(name), after.get(name)), _without(after.get(name), before.get(name)))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }


def _without(these: Any, those: Any) -> list[Any]:
    items = list(these.items()) if isinstance(these, dict) else list(these or ())
    others = list(those.items()) if isinstance(those, dict) else list(those or ())
    return [item for item in items if item not in others]


@contextmanager
def running_asterisk(folder: Path, **changes: Any) -> Iterator[StandinPbx]:
    """An Asterisk on a loopback address of its own, its drivers on the ports of a fresh Issabel unless told others."""
    missing = missing_asterisk()
    if missing:
        pytest.skip(missing)
    address = f"127.{SystemRandom().randint(10, 250)}.{SystemRandom().randint(1, 250)}.3"
    database = URL.create("sqlite", database=str(folder / "unused.db"))
    with standin_pbx(database, address, **{"sip_port": 5060, "pjsip_port": 5066, **changes}) as pbx:
        yield pbx


def fresh_bench(asterisk: StandinPbx, database: str, folder: Path, storage: str = "InnoDB") -> Bench:
    """A fresh PBX in the empty database, its Asterisk brought in step with it."""
    url = make_url(database)
    engine = create_engine(url, poolclass=NullPool)
    if storage == "MyISAM":
        with engine.begin() as connection:  # the key of `trunks` is too long for MyISAM in a four-byte character set
            connection.exec_driver_sql(f"ALTER DATABASE {url.database} CHARACTER SET utf8 COLLATE utf8_general_ci")
    load_schema(engine, storage)
    load_fresh(engine)
    own = folder / "pbx"  # not beside the link files, which are all read
    own.mkdir()
    amportal, etc_dir = own / "amportal.conf", Path(read_amportal(asterisk.amportal)["ASTETCDIR"])
    write_amportal(amportal, amportal_settings(asterisk.params, url, folder / "bin", etc_dir))
    launcher = install_module_admin(folder / "bin", amportal)
    return _settled(Bench(StandinPbx(engine, url, asterisk.params, amportal, launcher), folder))


def freepbx_bench(
    asterisk: StandinPbx, database: str, folder: Path, release: int = 15, without: Collection[str] = ()
) -> Bench:
    """A fresh FreePBX in the empty database, `without` some of its modules, its Asterisk brought in step with it."""
    etc_dir = Path(read_amportal(asterisk.amportal)["ASTETCDIR"])
    pbx = install_freepbx(folder, etc_dir, make_url(database), asterisk.params, release, without)
    return _settled(Bench(pbx, folder))


def _settled(bench: Bench) -> Bench:
    families = {key.split("/")[1] for key in bench.astdb()}
    with bench.pbx.ami() as ami:
        ami.actions([("DBDelTree", {"Family": family}) for family in sorted(families)] or [("Ping", {})])
    bench.settle()
    return bench


@contextmanager
def sip_answers(address: str = OML_ADDRESS) -> Iterator[int]:
    """A UDP port where every request gets a SIP answer, as from an OML that is there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 0))
        ended = threading.Event()
        thread = threading.Thread(target=_answer, args=(server, ended))
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            ended.set()
            thread.join()


def _answer(server: socket.socket, ended: threading.Event) -> None:
    server.settimeout(0.1)
    while not ended.is_set():
        try:
            _, sender = server.recvfrom(4096)
        except socket.timeout:
            continue
        server.sendto(b"SIP/2.0 404 Not Found\r\nContent-Length: 0\r\n\r\n", sender)
