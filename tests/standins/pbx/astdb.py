"""AstDB as data: the keys of an extension, and writing them to a database file of an Asterisk that is not running."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path

AstDb = Mapping[str, str]


def extension_keys(number: str, name: str, dial: str) -> dict[str, str]:
    """The 25 keys that the GUI leaves for one new extension, as '/FAMILY/key' -> value (recorded, rows_c0)."""
    user = {
        "answermode": "disabled", "cfringtimer": "0", "cidname": name, "cidnum": number, "concurrency_limit": "0",
        "device": number, "language": "", "noanswer": "", "outboundcid": "", "password": "",
        "queues/qnostate": "usestate", "recording": "", "recording/in/external": "dontcare",
        "recording/in/internal": "dontcare", "recording/ondemand": "disabled",
        "recording/out/external": "dontcare", "recording/out/internal": "dontcare", "recording/priority": "10",
        "ringtimer": "0", "voicemail": "novm",
    }  # fmt: skip
    device = {"default_user": number, "dial": dial, "type": "fixed", "user": number}
    keys = {f"/AMPUSER/{number}/{key}": value for key, value in user.items()}
    keys.update({f"/DEVICE/{number}/{key}": value for key, value in device.items()})
    return {**keys, f"/CW/{number}": "ENABLED"}


def split_key(path: str) -> tuple[str, str]:
    """'/AMPUSER/201/recording/in/internal' -> ('AMPUSER/201/recording/in', 'internal')."""
    family, _, key = path.lstrip("/").rpartition("/")
    return family, key


def write_astdb_file(path: Path, entries: AstDb) -> None:
    """Writes keys straight into astdb.sqlite3. Only while its Asterisk is stopped: thousands of keys in one go."""
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE IF NOT EXISTS astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key))")
        database.executemany("INSERT OR REPLACE INTO astdb(key, value) VALUES(?, ?)", entries.items())
    database.close()
