"""A whole stand-in PBX for tests: its database, its running Asterisk, amportal.conf and module_admin."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, NullPool, create_engine, make_url, text

from tests.stack.asterisk import native_asterisk
from tests.stack.process import free_port, wait_until
from tests.standins.pbx.astdb import extension_keys, split_key
from tests.standins.pbx.config import (
    PbxParams,
    amportal_settings,
    install_module_admin,
    make_run_folders,
    write_amportal,
    write_config,
)
from tests.standins.pbx.fresh import load_fresh
from tests.standins.pbx.generator.ami import Ami
from tests.standins.pbx.rows import insert_recorded, insert_rows
from tests.standins.pbx.schema import load_schema

RELOAD_SECONDS = 60


@dataclass(frozen=True)
class StandinPbx:
    """`database` is the URL of its own database (or SQLite file), `module_admin` the launcher in AMPBIN.

    Asterisk is reached through its manager only, so it may run on this machine, on a host of a test network or in a
    container that sees the same folders.
    """

    engine: Engine
    database: URL
    params: PbxParams
    amportal: Path
    module_admin: Path

    def ami(self) -> Ami:
        """A new manager session, to be closed by the caller (`with`)."""
        return Ami(self.params.ami_host, self.params.ami_port, self.params.ami_user, self.params.ami_secret)

    def cli(self, command: str) -> str:
        with self.ami() as ami:
            return ami.command(command)

    def reload(self, **environment: str) -> subprocess.CompletedProcess[str]:
        """module_admin reload, as the product runs it."""
        command, variables = [str(self.module_admin), "reload"], {**os.environ, **environment}
        return subprocess.run(command, capture_output=True, text=True, timeout=RELOAD_SECONDS, env=variables)

    def need_reload(self) -> str:
        with self.engine.connect() as connection:
            query = text("SELECT value FROM admin WHERE variable = 'need_reload'")
            return str(connection.execute(query).scalar_one())

    def ask_for_reload(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE admin SET value = 'true' WHERE variable = 'need_reload'"))

    def insert(self, table: str, *rows: Mapping[str, Any]) -> None:
        with self.engine.begin() as connection:
            insert_rows(connection, table, rows)

    def replace(self, table: str, row: Mapping[str, Any]) -> None:
        """Puts the row there, once, whether it is there or not."""
        with self.engine.begin() as connection:
            insert_recorded(connection, {table: {"rows_removed": [dict(row)], "rows_added": [dict(row)]}})

    def apply_recorded(self, diff: Mapping[str, Any]) -> None:
        """Writes one recorded GUI action: diff['mysql'], then diff['astdb']['added']."""
        with self.engine.begin() as connection:
            insert_recorded(connection, diff["mysql"])
        self.put_astdb(diff["astdb"]["added"])

    def put_astdb(self, entries: Mapping[str, str]) -> None:
        with self.ami() as ami:
            ami.db_put_many((*split_key(path), value) for path, value in entries.items())

    def add_custom_extension(self, number: str, name: str, dial: str, astdb: bool = True) -> None:
        """What the GUI writes for a custom device, without its AstDB keys when `astdb` is False."""
        self.insert("devices", custom_device(number, name, dial))
        self.insert("users", plain_user(number, name))
        if astdb:
            self.put_astdb(extension_keys(number, name, dial))

    def seen(self, key: str) -> dict[str, str | None]:
        """What test-phone (key: the extension) or pstn-sim (key: pstn) saw of its last caller."""
        names = ("num", "name", "dialed", "count")
        with self.ami() as ami:
            return dict(zip(names, ami.db_get_many([(f"TESTSEEN/{key}", name) for name in names])))

    def originate(
        self, number: str, caller: str = '"Ext 201" <201>', context: str = "from-internal", **variables: str
    ) -> dict[str, str]:
        """Calls `number` in the context as `caller`; once answered a 700 Hz tone goes to the far end for 1 s.

        Returns the answer: Response Success when the call was answered, Error when it was not. `variables` are set
        on the calling channel; two underscores before the name hand one on to the channels that it calls.
        """
        fields = {
            "Channel": f"Local/{number}@{context}", "Context": "test-tone", "Exten": "700", "Priority": "1",
            "CallerID": caller, "Timeout": "15000", "Variable": _variables({"__TEST_SECONDS": "1", **variables}),
        }  # fmt: skip
        with self.ami() as ami:
            return dict(ami.action("Originate", **fields))

    def log(self) -> str:
        """Asterisk's full log so far."""
        return (Path(self.params.run_root) / "log" / "full").read_text(encoding="utf-8", errors="replace")

    def idle(self, timeout: float = 20) -> bool:
        """Waits until no call is left."""
        with self.ami() as ami:
            return wait_until(lambda: "0 active channels" in ami.command("core show channels count"), timeout)


def custom_device(number: str, name: str, dial: str) -> dict[str, Any]:
    """Row of table devices that the GUI writes for a custom device (recorded, rows_c0)."""
    return {"id": number, "tech": "custom", "dial": dial, "devicetype": "fixed", "user": number,
            "description": name, "emergency_cid": ""}  # fmt: skip


def plain_user(number: str, name: str) -> dict[str, Any]:
    """Row of table users that the GUI writes with everything at its default (recorded, rows_c0)."""
    empty = ("password", "noanswer", "recording", "outboundcid", "sipname", "noanswer_cid", "busy_cid",
             "chanunavail_cid", "noanswer_dest", "busy_dest", "chanunavail_dest")  # fmt: skip
    row: dict[str, Any] = dict.fromkeys(empty, "")
    return {"extension": number, "name": name, "voicemail": "novm", "ringtimer": 0, "mohclass": None, **row}


def install_pbx(folder: Path, etc_dir: Path, database: URL, params: PbxParams) -> StandinPbx:
    """Fills the empty `database` as on a fresh PBX, writes amportal.conf and bin/module_admin into `folder`.

    `etc_dir` is where the generator writes; its Asterisk, described by `params`, is started by the caller.
    """
    engine = create_engine(database, poolclass=NullPool)
    load_schema(engine)
    load_fresh(engine)
    amportal = folder / "amportal.conf"
    write_amportal(amportal, amportal_settings(params, database, folder / "bin", etc_dir))
    return StandinPbx(engine, database, params, amportal, install_module_admin(folder / "bin", amportal))


@contextmanager
def standin_pbx(database: URL, address: str = "127.0.0.1", **changes: Any) -> Iterator[StandinPbx]:
    """A fresh PBX on a loopback address with its Asterisk running; nothing has been reloaded yet.

    `changes` are fields of PbxParams. Its files are in a folder of their own that goes with the block.
    """
    folder = Path(tempfile.mkdtemp(prefix="standin-pbx-"))
    params = _loopback_params(folder, address, changes)
    try:
        pbx = install_pbx(folder, folder / "etc", database, params)
        write_config(folder / "etc", params)
        make_run_folders(folder / "run")
        with native_asterisk("pbx", folder / "etc", address, params.ami_port):
            yield pbx
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def temporary_database(server_url: str, charset: str = "utf8mb4") -> Iterator[URL]:
    """An empty database on a MariaDB server; dropped afterwards."""
    name = f"asterisk_{secrets.token_hex(4)}"
    server = create_engine(server_url, poolclass=NullPool)
    with server.begin() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} CHARACTER SET {charset}")
    try:
        yield make_url(server_url).set(database=name)
    finally:
        with server.begin() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name}")
        server.dispose()


def _loopback_params(folder: Path, address: str, changes: Mapping[str, Any]) -> PbxParams:
    rtp = free_port(address)
    ports = {"sip_port": free_port(address), "pjsip_port": free_port(address), "ami_port": free_port(address)}
    fields = {"run_root": str(folder / "run"), "address": address, "ami_host": address, "rtp_start": rtp,
              "rtp_end": rtp + 60, **ports}  # fmt: skip
    return PbxParams(**{**fields, **changes})


def _variables(variables: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in variables.items())
