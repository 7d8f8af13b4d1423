"""The OML host's side of the stream: takes Asterisk's files from Redis and makes Asterisk read them.

`python -m tests.standins.oml.consumer --redis HOST:PORT --etc DIR --ami HOST:PORT --ami-user USER`; the AMI secret is
taken from the environment's AMI_PASSWORD. Ends by SIGTERM, SIGINT or after --seconds.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from tests.standins.oml.standin_support.ami import AmiError, AmiSession

STREAM = "asterisk_conf_updater"
FAMILIES = ("TRUNK", "OUTR", "INR", "AGENT")
#: A file that is not named here gets no reload, oml_sip_*.conf for one.
RELOADS = {
    "oml_pjsip_agents.conf": "module reload res_pjsip.so",
    "oml_pjsip_trunks.conf": "module reload res_pjsip.so",
    "oml_extensions_outr.conf": "dialplan reload",
}
Hashes = dict[str, dict[str, str]]

logger = logging.getLogger("oml-consumer")


class Consumer:
    """Applies what is new since the last time. `connect` opens an AMI session and may raise AmiError."""

    def __init__(self, store: redis.Redis, etc_dir: Path, connect: Callable[[], AmiSession]) -> None:
        self._store = store
        self._etc = etc_dir
        self._connect = connect
        self._last_id = "0-0"
        self._reloads: set[str] = set()
        self._in_astdb: Hashes | None = None

    def step(self, wait: float = 0.5) -> list[str]:
        """Wait up to `wait` seconds for entries, write their files, bring Asterisk up to date.

        Returns the names of the files written. Raises redis.RedisError. With AMI down, what Asterisk missed is made
        up for in a later step.
        """
        written = self._write(self._new_entries(wait))
        self._reloads |= {RELOADS[name] for name in written if name in RELOADS}
        try:
            self._update_asterisk()
        except AmiError as error:
            logger.warning("Asterisk not updated: %s", error)
        return written

    def _new_entries(self, wait: float) -> list[dict[str, str]]:
        answer: Any = self._store.xread({STREAM: self._last_id}, block=max(1, int(wait * 1000)))
        found = dict(answer or {}).get(STREAM, [])
        entries = found[0] if found and found[0] and isinstance(found[0][0], (list, tuple)) else found
        if not entries:
            return []
        self._last_id = entries[-1][0]
        return [json.loads(fields["value"]) for _, fields in entries]

    def _write(self, entries: list[dict[str, str]]) -> list[str]:
        """One apostrophe anywhere and the whole batch is dropped without a word: so does the real one (facts.md)."""
        if any("'" in entry["content"] for entry in entries):
            return []
        for entry in entries:
            name = Path(entry["archivo"]).name
            fresh = self._etc / f".{name}.new"
            fresh.write_text(entry["content"], encoding="utf-8")
            os.replace(fresh, self._etc / name)
        return [entry["archivo"] for entry in entries]

    def _update_asterisk(self) -> None:
        hashes = self._hashes()
        if not self._reloads and hashes == self._in_astdb:
            return
        with self._connect() as ami:
            self._copy_to_astdb(ami, hashes)
            for line in sorted(self._reloads, reverse=True):  # endpoints before the dialplan that dials them
                ami.command(line)
        self._reloads = set()

    def _hashes(self) -> Hashes:
        names = [name for family in FAMILIES for name in self._store.scan_iter(f"OML:{family}:*")]
        store: Any = self._store  # typed for answers as bytes, too
        return {name: store.hgetall(name) for name in sorted(names)}

    def _copy_to_astdb(self, ami: AmiSession, hashes: Hashes) -> None:
        known = self._in_astdb
        if known is None:
            ami.database_delete_tree("OML")
            known = {}
        for name in known.keys() - hashes.keys():
            ami.database_delete_tree(_family(name))
        for name, values in hashes.items():
            if known.get(name) != values:
                ami.database_delete_tree(_family(name))
                for key, value in values.items():
                    ami.database_put(_family(name), key, value)
        self._in_astdb = hashes


def _family(hash_name: str) -> str:
    return hash_name.replace(":", "/", 2)


def run(consumer: Consumer, seconds: float, stopped: Callable[[], bool]) -> None:
    """Step until `stopped()` or for `seconds`; with Redis down, try again each second."""
    end = time.monotonic() + seconds
    while not stopped() and time.monotonic() < end:
        try:
            for name in consumer.step():
                print(f"wrote {name}", flush=True)
        except redis.RedisError as error:
            logger.warning("Redis: %s", error)
            time.sleep(1)


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s %(message)s")
    host, port = _address(options.redis)
    store = redis.Redis(host=host, port=port, decode_responses=True)
    ami_host, ami_port = _address(options.ami)
    secret = os.environ.get("AMI_PASSWORD", "")

    def connect() -> AmiSession:
        return AmiSession(ami_host, ami_port, options.ami_user, secret)

    signals: list[int] = []
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda number, _frame: signals.append(number))
    print("ready", flush=True)
    run(Consumer(store, Path(options.etc), connect), options.seconds, lambda: bool(signals))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="consumer", description=__doc__.splitlines()[0])
    parser.add_argument("--redis", required=True, metavar="HOST:PORT")
    parser.add_argument("--etc", required=True, metavar="DIR")
    parser.add_argument("--ami", required=True, metavar="HOST:PORT")
    parser.add_argument("--ami-user", default="omnileadsami", metavar="USER")
    parser.add_argument("--seconds", type=float, default=3600.0, help="end after this long (default 3600)")
    return parser


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)


if __name__ == "__main__":
    sys.exit(main())
