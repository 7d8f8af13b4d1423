"""The floor: what the protocols alone cost. Nothing is planned, checked, journaled, proved or remembered.

Written for speed and run as a process of its own: multi-row statements in one transaction, then AMI actions without an
ActionID on one connection, kept in flight while answers are only counted. It writes what the product writes.

    python -m tests.benchmarks.floor put|read|change|drop where.json [first]

`first` is the floor as it was when the targets were set: it reads each answer as it comes, and keeps fewer actions in
flight. All else is the same.

`where.json`: database (host, port, user, password, database), ami (host, port, user, secret), extensions
([number, name, dial]).
"""

from __future__ import annotations

import json
import resource
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import mysql.connector

_CHUNK = 1000
_FEW = 64
_DEVICES = "INSERT INTO devices (id, tech, dial, devicetype, user, description, emergency_cid) VALUES (%s, 'custom', %s, 'fixed', %s, %s, '')"  # noqa: E501
_USERS = "INSERT INTO users (extension, password, name, voicemail, ringtimer, noanswer, recording, outboundcid, sipname, mohclass, noanswer_cid, busy_cid, chanunavail_cid, noanswer_dest, busy_dest, chanunavail_dest) VALUES (%s, '', %s, 'novm', '0', '', '', '', '', NULL, '', '', '', '', '', '')"  # noqa: E501
_AMPUSER = {
    "answermode": "disabled", "cfringtimer": "0", "cidname": "{1}", "cidnum": "{0}", "concurrency_limit": "0",
    "device": "{0}", "language": "", "noanswer": "", "outboundcid": "", "password": "", "queues/qnostate": "usestate",
    "recording": "", "recording/in/external": "dontcare", "recording/in/internal": "dontcare",
    "recording/ondemand": "disabled", "recording/out/external": "dontcare", "recording/out/internal": "dontcare",
    "recording/priority": "10", "ringtimer": "0", "voicemail": "novm",
}  # fmt: skip
_DEVICE = {"dial": "{2}", "type": "fixed", "user": "{0}", "default_user": "{0}"}
_KEYS = [
    *(("AMPUSER", "{0}/" + key, value) for key, value in _AMPUSER.items()),
    ("CW", "{0}", "ENABLED"),
    *(("DEVICE", "{0}/" + key, value) for key, value in _DEVICE.items()),
]
_PUTS = "".join(f"Action: DBPut\r\nFamily: {f}\r\nKey: {k}\r\nVal: {v}\r\n\r\n" for f, k, v in _KEYS)
_DELS = "".join(f"Action: DBDel\r\nFamily: {f}\r\nKey: {k}\r\n\r\n" for f, k, _ in _KEYS)
Extension = tuple[str, str, str]


class Pace(NamedTuple):
    """How many actions may be in flight, and the seconds waited before their answers are read."""

    window: int
    moment: float


NOW = Pace(4096, 0.001)
"""Asterisk sends each answer by itself, and reading each takes longer than making it."""
FIRST = Pace(512, 0.0)


class Ami:
    """One connection that counts."""

    def __init__(self, pace: Pace, host: str, port: int, user: str, secret: str) -> None:
        self._pace = pace
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.recv(200)
        self.count([f"Action: Login\r\nUsername: {user}\r\nSecret: {secret}\r\nEvents: off\r\n\r\n"], 1, b"accepted")

    def count(self, packets: Iterable[str], each: int, wanted: bytes) -> None:
        """Sends packets of `each` actions; every answer must have `wanted`."""
        source, waiting, rest, is_open = iter(packets), 0, b"", True
        while waiting or is_open:
            while is_open and waiting < self._pace.window:
                packet = next(source, None)
                if packet is None:
                    is_open = False
                    break
                self._socket.sendall(packet.encode())
                waiting += each
            if waiting > _FEW:
                time.sleep(self._pace.moment)
            *answers, rest = (rest + self._socket.recv(1 << 18)).split(b"\r\n\r\n") if waiting else [rest]
            assert all(wanted in answer for answer in answers), answers
            waiting -= len(answers)

    def query(self, statement: str) -> str:
        """The one value that a query of the AstDB gives."""
        self._socket.sendall(f'Action: Command\r\nCommand: database query "{statement}"\r\n\r\n'.encode())
        answer = bytearray()
        while not answer.endswith(b"\r\n\r\n"):
            answer += self._socket.recv(1 << 18)
        return answer.split(b"\r\nOutput: ")[1].partition(b": ")[2].strip().decode()


def _chunks(items: list[Any]) -> Iterator[list[Any]]:
    return (items[start : start + _CHUNK] for start in range(0, len(items), _CHUNK))


def put(connection: Any, ami: Ami, extensions: list[Extension]) -> None:
    """Inserts every row, then puts every key."""
    cursor = connection.cursor()
    for part in _chunks(extensions):
        cursor.executemany(_DEVICES, [(number, dial, number, name) for number, name, dial in part])
        cursor.executemany(_USERS, [(number, name) for number, name, _ in part])
    connection.commit()
    ami.count((_PUTS.format(*each) for each in extensions), len(_KEYS), b"Updated database successfully")


def change(connection: Any, ami: Ami, extensions: list[Extension]) -> None:
    """Gives each another name: two rows and a key."""
    cursor = connection.cursor()
    cursor.executemany("UPDATE devices SET description = %s WHERE id = %s", [(name, n) for n, name, _ in extensions])
    cursor.executemany("UPDATE users SET name = %s WHERE extension = %s", [(name, n) for n, name, _ in extensions])
    connection.commit()
    put_one = "Action: DBPut\r\nFamily: AMPUSER\r\nKey: {0}/cidname\r\nVal: {1}\r\n\r\n"
    ami.count((put_one.format(*each) for each in extensions), 1, b"Updated database successfully")


def drop(connection: Any, ami: Ami, extensions: list[Extension]) -> None:
    """Deletes every row and every key."""
    cursor = connection.cursor()
    for part in _chunks([number for number, _, _ in extensions]):
        blanks = ", ".join(["%s"] * len(part))
        cursor.execute(f"DELETE FROM devices WHERE id IN ({blanks})", part)
        cursor.execute(f"DELETE FROM users WHERE extension IN ({blanks})", part)
    connection.commit()
    ami.count((_DELS.format(*each) for each in extensions), len(_KEYS), b"Key deleted successfully")


def read(connection: Any, ami: Ami, extensions: list[Extension]) -> None:
    """Reads every row and every key, and does nothing with them but tell one from the other."""
    cursor = connection.cursor()
    wanted = {number for number, _, _ in extensions}
    for table in ("devices", "users"):
        cursor.execute(f"SELECT * FROM {table}")
        assert wanted <= {row[0] for row in cursor.fetchall()}
    keys = 0
    for family in ("AMPUSER", "CW", "DEVICE"):
        line = ami.query(
            "SELECT group_concat(hex(key) || '00' || hex(value), '00') AS v FROM astdb"
            f" WHERE key >= '/{family}/' AND key < '/{family}0'"
        )
        cells = bytes.fromhex(line).decode().split("\0")
        keys += len(dict(zip(cells[::2], cells[1::2])))
    assert keys >= len(_KEYS) * len(extensions)


def main() -> None:
    """Does one of them and prints what it took, from the start of the process."""
    where = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    connection = mysql.connector.connect(
        **where["database"], use_pure=True, charset="utf8mb4", collation="utf8mb4_general_ci"
    )
    ami = Ami(FIRST if "first" in sys.argv[3:] else NOW, **where["ami"])
    started = time.monotonic()
    {"put": put, "change": change, "drop": drop, "read": read}[sys.argv[1]](
        connection, ami, [tuple(each) for each in where["extensions"]]
    )
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"work": time.monotonic() - started, "cpu": used.ru_utime + used.ru_stime,
                      "memory": used.ru_maxrss / 1024}))  # fmt: skip


if __name__ == "__main__":
    main()
