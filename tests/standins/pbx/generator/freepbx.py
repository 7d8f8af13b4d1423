"""FreePBX's reload: its exit codes tell what happened, unlike Issabel's (recorded on 13, 14 and 15)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from .ami import Ami, AmiError
from .extensions import hint_of
from .freepbx_pjsip import pjsip_files
from .reload import HEADER, check_conflicts, device_dials, forget, notify, write_files
from .settings import Settings, amportal_path, read_freepbx, settings_from
from .tables import Tables, read_tables

FAILED, NOT_WRITABLE, BROKEN_OFF = 1, 2, 255


class ReloadError(Exception):
    """What the reload says, and with what it ends."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.code = code


def main(arguments: Sequence[str]) -> int:
    words = list(arguments)
    if words[:1] != ["reload"] or not set(words[1:]) <= {"--json"}:
        print("This stand-in knows one command: fwconsole reload [--json]")
        return FAILED
    # Without a shell, as in a timer or a service, it speaks JSON without being asked to.
    said = _Said("--json" in words, bool("--json" in words or not os.environ.get("SHELL")))
    try:
        configured = settings_from(read_freepbx(amportal_path()))
    except OSError as error:
        print(f"PHP Fatal error: failed to open required file: {error}")
        return BROKEN_OFF
    return _reload(configured, said)


class _Said:
    def __init__(self, was_asked: bool, as_json: bool) -> None:
        self.was_asked, self.as_json = was_asked, as_json

    def message(self, words: str) -> None:
        print(json.dumps({"message": words}) if self.as_json else words)

    def failed(self, error: ReloadError) -> int:
        print(json.dumps({"error": str(error), "trace": ""}) if self.as_json else str(error))
        return BROKEN_OFF if self.was_asked and error.code == FAILED else error.code


def _reload(configured: Settings, said: _Said) -> int:
    engine = create_engine(configured.database)
    said.message("Reload Started")
    try:
        with engine.begin() as connection:
            reload(configured, connection)
    except SQLAlchemyError as error:
        return said.failed(ReloadError(str(error.args[0])))
    except ReloadError as error:
        with engine.begin() as connection:
            notify(connection, "freepbx", "RCONFFAIL", "reload failed", str(error))
        return said.failed(error)
    finally:
        engine.dispose()
    said.message("Reload Complete")
    return 0


def reload(configured: Settings, connection: Connection) -> None:
    """Writes the files and Asterisk's hints, reloads Asterisk, clears need_reload. Raises ReloadError: it stays."""
    try:
        with Ami(configured.ami_host, configured.ami_port, configured.ami_user, configured.ami_secret) as ami:
            tables = read_tables(connection)
            if check_conflicts(connection, tables):
                raise ReloadError("Extension numbers in conflict")
            dials = device_dials(ami, tables)
            _write_hints(ami, tables)
            _write(configured.etc_dir, _with_follow_me_of(ami, tables), dials)
            ami.command("core reload")
    except AmiError as error:
        raise ReloadError(f"Unable to connect to Asterisk Manager: {error}") from error
    forget(connection, "freepbx", "RCONFFAIL")
    connection.execute(text("UPDATE admin SET value = 'false' WHERE variable = 'need_reload'"))


def _write_hints(ami: Ami, tables: Tables) -> None:
    """AMPUSER/<x>/hint of every extension, empty without a device; nothing else in AstDB is written."""
    numbers = [row["extension"] for row in tables["users"]]
    known = ami.db_get_many([(f"AMPUSER/{number}", "device") for number in numbers])
    entries = []
    rows = {row["id"]: row["hint_override"] or row["dial"] for row in tables["devices"]}
    for number, devices in zip(numbers, known):
        dial = "&".join(rows[each] for each in (devices or "").split("&") if each in rows)
        entries.append((f"AMPUSER/{number}", "hint", hint_of(dial, number) if dial else ""))
    ami.db_put_many(entries)


def _with_follow_me_of(ami: Ami, tables: Tables) -> Tables:
    """The tables with those follow-me's only that AstDB says are on."""
    rows = tables["findmefollow"]
    states = ami.db_get_many([(f"AMPUSER/{row['grpnum']}/followme", "ddial") for row in rows])
    return {**tables, "findmefollow": [row for row, state in zip(rows, states) if state == "DIRECT"]}


def _write(etc_dir: Path, tables: Tables, dials: dict[str, str]) -> None:
    files = pjsip_files(tables)
    try:
        for name, content in files.items():
            (etc_dir / name).write_text(HEADER + content, encoding="utf-8")
        write_files(etc_dir, tables, dials, "".join(f"#include {name}\n" for name in files))
    except PermissionError as error:
        raise ReloadError(f"{error.filename} is not writable", NOT_WRITABLE) from error
