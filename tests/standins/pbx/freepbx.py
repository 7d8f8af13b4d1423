"""A stand-in FreePBX 13 to 17: its tables, the rows of a fresh install, its configuration files and its fwconsole.

The values are recorded ones. Of `freepbx_settings` there are only those that the project or the generator reads.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, NullPool, create_engine

from tests.standins.pbx.config import PbxParams, write_amportal
from tests.standins.pbx.rig import StandinPbx
from tests.standins.pbx.rows import insert_rows

RELEASES = (13, 14, 15, 16, 17)
SIP_PORT, PJSIP_PORT = 5160, 5060
TRANSPORT = "0.0.0.0-udp"
PORTS: dict[str, Any] = {"sip_port": SIP_PORT, "pjsip_port": PJSIP_PORT, "transport": TRANSPORT,
                         "sip_tls_port": 5161, "pjsip_tls_port": 5061}  # fmt: skip
"""In which of `PbxParams` a FreePBX differs from an Issabel."""
REFERENCE = Path(__file__).resolve().parents[3] / "sql" / "freepbx_reference.sql"
_HERE = Path(__file__).resolve().parent
_CORE = {13: "13.0.132", 14: "14.0.29", 15: "15.0.22.38", 16: "16.0.68.30", 17: "17.0.18.4"}
_FRAMEWORK = {13: "13.0.197.7", 14: "14.0.13.4", 15: "15.0.16.40", 16: "15.0.16.40", 17: "15.0.16.40"}
"""16 and 17 were recorded as their core over the framework of 15."""
_MODULES = ("sipsettings", "voicemail", "featurecodeadmin", "music", "callrecording", "findmefollow", "ringgroups",
            "queues", "ivr", "conferences", "customappsreg", "miscapps", "soundlang")  # fmt: skip
_SETTINGS = {
    "ASTMANAGERHOST": "localhost", "ASTSIPDRIVER": "both", "CFRINGTIMERDEFAULT": "0", "CONCURRENCYLIMITDEFAULT": "3",
    "ENABLECW": "1", "FOLLOWME_AUTO_CREATE": "0", "FOLLOWME_DISABLED": "1", "FOLLOWME_PRERING": "7",
    "FOLLOWME_RG_STRATEGY": "ringallv2-prim", "FOLLOWME_TIME": "20", "XTNCONFLICTABORT": "0",
}  # fmt: skip
_BINDS = (("udpport-0.0.0.0", "5060", None), ("binds", '{"udp":{"0.0.0.0":"on"}}', "json-arr"))


def statements(release: int) -> list[str]:
    """What makes the tables of a release: those of 15, then what the release has otherwise."""
    text = REFERENCE.read_text(encoding="utf-8")
    parts = text.split("\n-- As ")
    own = [part.partition("\n")[2] for part in parts[1:] if part.startswith(f"{min(release, 16)} has it")]
    lines = [line for part in (parts[0], *own) for line in part.splitlines() if not line.startswith("--")]
    found = [part.strip() for part in "\n".join(lines).split(";\n")]
    return [part.rstrip(";") for part in found if part.startswith(("CREATE", "ALTER", "DROP"))]


def table_names(release: int) -> list[str]:
    """The tables of a release."""
    words = [statement.split("`", 2) for statement in statements(release)]
    made = [name for start, name, _ in words if start.startswith("CREATE")]
    gone = {name for start, name, _ in words if start.startswith("DROP")}
    return [name for name in made if name not in gone]


def load_freepbx(
    engine: Engine, release: int, storage_engine: str | None = None, without: Collection[str] = ()
) -> None:
    """Creates the tables of a release and fills them as a fresh install does; `without` are modules left out."""
    with engine.begin() as connection:
        if storage_engine:
            connection.exec_driver_sql(f"SET default_storage_engine={storage_engine}")
        for statement in statements(release):
            connection.exec_driver_sql(statement)
        for table in (table for module, tables in _TABLES_OF.items() if module in without for table in tables):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        for table, rows in _rows(release, without).items():
            insert_rows(connection, table, rows)


_TABLES_OF = {"queues": ("queues_config", "queues_details"), "findmefollow": ("findmefollow",),
              "callrecording": ("callrecording_module",)}  # fmt: skip


def _rows(release: int, without: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    names = [name for name in _MODULES if name not in without]
    versions = {"framework": _FRAMEWORK[release], "core": _CORE[release], **dict.fromkeys(names, f"{release}.0.1")}
    binds = [{"key": key, "val": value, "type": kind, "id": "noid"} for key, value, kind in _BINDS]
    is_old = release == min(RELEASES)
    return {
        "admin": [
            {"variable": "need_reload", "value": "false"},
            {"variable": "version", "value": _FRAMEWORK[release]},
        ],
        "modules": [{"modulename": name, "version": version, "enabled": 1} for name, version in versions.items()],
        "freepbx_settings": [{"keyword": keyword, "value": value} for keyword, value in _SETTINGS.items()],
        "kvstore" if is_old else "kvstore_Sipsettings": [
            {**({"module": "Sipsettings"} if is_old else {}), **row} for row in binds
        ],
        "sipsettings": [{"keyword": "bindport", "data": str(SIP_PORT), "seq": 1, "type": 0}],
    }


def write_configuration(folder: Path, params: PbxParams, database: URL, etc_dir: Path) -> Path:
    """amportal.conf as from 15 on, without the database, and freepbx.conf; returns the path of the first."""
    amportal = folder / "amportal.conf"
    settings = {
        "AMPMGRUSER": params.ami_user, "AMPMGRPASS": params.ami_secret, "ASTMANAGERHOST": params.ami_host,
        "ASTMANAGERPORT": str(params.ami_port), "AMPBIN": str(folder / "bin"), "ASTETCDIR": str(etc_dir),
    }  # fmt: skip
    write_amportal(amportal, settings)
    php = {
        "AMPDBUSER": database.username, "AMPDBPASS": str(database.password), "AMPDBHOST": database.host,
        "AMPDBPORT": str(database.port or 3306), "AMPDBNAME": database.database, "AMPDBENGINE": "mysql",
    }  # fmt: skip
    lines = [f"$amp_conf['{key}'] = '{value}';" for key, value in php.items()]
    conf = folder / "freepbx.conf"
    conf.write_text("\n".join(["<?php", *lines, "?>", ""]), encoding="utf-8")
    conf.chmod(0o600)
    return amportal


def install_fwconsole(bin_dir: Path, amportal: Path, python: str = sys.executable) -> Path:
    """Puts a launcher `fwconsole` into `bin_dir` (AMPBIN) that runs the generator with `python`."""
    bin_dir.mkdir(parents=True, exist_ok=True)
    launcher = bin_dir / "fwconsole"
    script = _HERE / "generator" / "fwconsole"
    lines = [
        "#!/bin/sh",
        f': "${{AMPORTAL_CONF:={amportal}}}"',
        "export AMPORTAL_CONF",
        f'exec {shlex.quote(python)} {shlex.quote(str(script))} "$@"',
    ]
    launcher.write_text("\n".join(lines) + "\n", encoding="utf-8")
    launcher.chmod(0o755)
    return launcher


def install_freepbx(
    folder: Path, etc_dir: Path, database: URL, params: PbxParams, release: int = 15, without: Collection[str] = ()
) -> StandinPbx:
    """A fresh FreePBX in an empty database; Asterisk is not touched. `folder` gets its configuration and its bin."""
    engine = create_engine(database, poolclass=NullPool)
    load_freepbx(engine, release, without=without)
    amportal = write_configuration(folder, params, database, etc_dir)
    return StandinPbx(engine, database, params, amportal, install_fwconsole(folder / "bin", amportal))
