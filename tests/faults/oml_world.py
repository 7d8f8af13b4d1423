"""An OML for sweeps: the stand-in's Django in this process, a PostgreSQL and a Redis of its own, an AMI endpoint."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import importlib.metadata
import io
import json
import logging
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg2
import redis
from sqlalchemy import make_url

from pbxlink.asterisk.ami import AmiAddress
from tests.demo.manager import Trunks, sections
from tests.faults.child import Child
from tests.faults.effects import Watch
from tests.faults.endpoint import Endpoint, serving
from tests.faults.watch_ami import watch_ami
from tests.faults.watch_journal import watch_journal
from tests.faults.world import NEW_SECRET, SECRET, Depth, Scenario, State, be_impatient
from tests.stack.native import postgres, redis_server, server_directory
from tests.standins.oml.testing import HERE, NOT_INHERITED, environment_of

STREAM = "asterisk_conf_updater"
TRUNKS_FILE, ROUTES_FILE = "oml_pjsip_trunks.conf", "oml_extensions_outr.conf"
_SIP_PORT = 5160
LINK = """[link]
name = {name}
topology = lan
[pbx]
address = {pbx}
sip_port = 5060
technology = sip
[omnileads]
address = 127.0.0.1
sip_port = {port}
trunk = {trunk}
[credentials]
secret = {secret}
[omnileads_routes]
{routes}
"""
_ROUTES = "[[all]]\npatterns = XXXXXXX, 9|1XXX\n"
_OTHER_ROUTES = "[[all]]\npatterns = 9|XXXX\n[[second]]\npatterns = 8XXX\n"
_OWN_TABLE = "oml_plugin_ownedresource"
_INPUT_TABLE = "oml_plugin_savedlink"
"""The link codes that the page knows: what a run is given, as the link file, and not what it makes."""
_TOUCHED = tuple(f"configuracion_telefonia_app_{name}" for name in (
    "ordentroncal", "patrondediscado", "rutasaliente", "troncalsip")) + (_OWN_TABLE,)  # fmt: skip
"""In the order in which they can be emptied."""


class OmlEndpoint(Endpoint):
    """Shows what the last entries of the stream make of it: a consumer that is never behind."""

    def __init__(self, redis_url: str) -> None:
        super().__init__(dict, sip_port=_SIP_PORT, transport="trunk-transport")
        self._store = redis.Redis.from_url(redis_url, decode_responses=True)
        self.trunks = self._trunks
        self.dialplan = lambda: files_of(self._store).get(ROUTES_FILE, "")

    def _trunks(self) -> Trunks:
        return {name: lines for name, lines in sections(files_of(self._store).get(TRUNKS_FILE, "")).items()
                if "inbound_auth/username" in lines}  # fmt: skip


def files_of(store: redis.Redis) -> dict[str, str]:
    """The files that the stream's last entries make. One that says nothing is as good as none."""
    found: Any = store.xrange(STREAM)  # typed for both kinds of client, and for answers as bytes
    entries = (json.loads(fields["value"]) for _, fields in found)
    files = {entry["archivo"]: entry["content"] for entry in entries}
    return {name: text for name, text in files.items() if "=" in text and ("include" in text or name != ROUTES_FILE)}


def _unordered(files: Mapping[str, str]) -> dict[str, str]:
    """The files with the trunks' stanzas sorted: OML reads trunks in no order, and none matters to Asterisk."""
    stanzas = files.get(TRUNKS_FILE, "").split("\n\n")
    ordered = "\n\n".join(sorted(stanza.strip() for stanza in stanzas)) + "\n"
    return {**files, TRUNKS_FILE: ordered} if TRUNKS_FILE in files else dict(files)


class Shows(Protocol):
    """An Asterisk that the harness looks at."""

    def get(self) -> Mapping[str, Any]:
        """What it shows, once every other session has ended."""
        ...


class OmlWorld:
    """See `World`. One a process: its Django is this process' own."""

    name = "omnileads"
    polls = False

    def __init__(
        self, folder: Path, postgres_url: str, redis_url: str, control: Shows, sip_port: int = _SIP_PORT
    ) -> None:
        self._sip_port = sip_port
        self.folder = folder
        self._link = folder / "link.conf"
        self._control = control
        self._store = redis.Redis.from_url(redis_url, decode_responses=True)
        self._database = psycopg2.connect(postgres_url)
        self._database.autocommit = True
        self._names = [
            str(name) for (name,) in self._asked("SELECT tablename FROM pg_tables WHERE schemaname='public'")
        ]
        apply, remove = ("apply", "--yes"), ("remove", "--yes")
        self.scenarios: Sequence[Scenario] = (
            Scenario("apply", self._among_others, apply, Depth.WHOLE),
            Scenario("first apply", self._alone, apply, Depth.COMMAND),
            Scenario("change", lambda: self._to_be_changed(self._among_others), (*apply, "--force")),
            Scenario("remove", lambda: self._in_force(self._among_others), remove, Depth.WHOLE),
            Scenario("remove the last", lambda: self._in_force(self._alone), remove, Depth.COMMAND),
        )

    def _write_link(self, secret: str = SECRET, routes: str = _ROUTES, **values: str) -> None:
        found = {"name": "omnileads", "trunk": "issabel", "pbx": "127.9.9.9", **values}
        written = LINK.format(secret=secret, routes=routes, port=self._sip_port, **found)
        self._link.write_text(written, encoding="utf-8")
        self._link.chmod(0o600)

    def _alone(self) -> None:
        self._write_link()

    def _among_others(self) -> None:
        """A trunk and a route of somebody else, and another link of ours, in force."""
        from tests.faults.oml_others import make

        make()
        _forget_connections()
        self._in_force(self._other_link)
        self._write_link()

    def _other_link(self) -> None:
        routes = "[[to_north]]\npatterns = 7XXX\n"
        self._write_link(f"{SECRET}-north", routes, name="north", trunk="pbx_north", pbx="127.9.9.8")

    def _in_force(self, before: Any) -> None:
        before()
        ran = Child(Watch(), self, ("apply", "--yes")).ended()
        assert ran.code == 0, ran

    def _to_be_changed(self, before: Any) -> None:
        self._in_force(before)
        self._write_link(NEW_SECRET, _OTHER_ROUTES)

    def run(self, command: Sequence[str]) -> tuple[int, str]:
        """See `World`."""
        from django.core.management import call_command

        said = io.StringIO()
        own = ["--link", str(self._link), "--state-dir", str(self.folder / "state"), "--lang", "en"]
        code = 0
        try:
            call_command("pbx_link", *command, *own, stdout=said, stderr=said)
        except SystemExit as ended:
            code = int(ended.code or 0)
        _forget_connections()
        return code, said.getvalue()

    def watch(self, watch: Watch) -> None:
        """See `World`."""
        from tests.faults.watch_django import watch_django

        for around in (watch_journal, watch_ami, watch_django):
            around(watch)

    def be_impatient(self) -> None:
        """See `World`."""
        be_impatient()

    def state(self) -> State:
        """See `World`."""
        self._control.get()
        tables = {name: self._rows(name) for name in self._names if name != _INPUT_TABLE}
        # Without their ids, and so in no order: a recovery may write them in another than the run that it completes.
        owned = sorted((row[1:] for row in tables.pop(_OWN_TABLE)), key=repr)
        keys = sorted(set(self._store.scan_iter()) - {STREAM})
        hashes = {key: self._store.hgetall(key) for key in keys}
        link = self._link.read_text(encoding="utf-8") if self._link.exists() else ""
        return {**tables, "owned": owned, "hashes": hashes, "files": _unordered(files_of(self._store)), "link": link}

    def _rows(self, table: str) -> list[Any]:
        return sorted(self._asked(f'SELECT * FROM "{table}"'), key=repr)

    def _asked(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._database.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def put(self, state: State) -> None:
        """See `World`. Ids are given from the same one again, or no two runs would make the same rows."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        for name in (*_TOUCHED, _INPUT_TABLE):
            self._asked(f"DELETE FROM {name}")
        for name in reversed(_TOUCHED):
            owned = [(number, *row) for number, row in enumerate(state["owned"], 1)]
            self._fill(name, owned if name == _OWN_TABLE else state[name])
        self._put_store(state["hashes"], state["files"])
        self._link.write_text(state["link"], encoding="utf-8")

    def _fill(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            self._asked(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})", row)
        next_one = f"SELECT COALESCE(max(id), 0) + 1 FROM {table}"
        self._asked(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), ({next_one}), false)")

    def _put_store(self, hashes: Mapping[str, Any], files: Mapping[str, str]) -> None:
        self._store.flushdb()
        for key, fields in hashes.items():
            self._store.hset(key, mapping=fields)
        for name, text in files.items():
            self.publish(name, text)

    def publish(self, name: str, text: str) -> None:
        """Puts a file on the stream."""
        entry = {"archivo": name, "content": text, "type": "CONF_FILE"}
        self._store.xadd(STREAM, {"value": json.dumps(entry)})

    def close(self) -> None:
        """Ends the world's own connections."""
        self._database.close()
        self._store.close()


def _forget_connections() -> None:
    """No child may find a connection of its parent's."""
    from django.db import connections

    connections.close_all()


@contextmanager
def oml_world() -> Iterator[OmlWorld]:
    """The world on servers that end with the block."""
    with ExitStack() as stack:
        folder = stack.enter_context(server_directory("faults"))
        redis_url = stack.enter_context(redis_server())
        control = stack.enter_context(serving(OmlEndpoint(redis_url)))
        postgres_url = stack.enter_context(postgres())
        _log_in_quickly(postgres_url)
        set_up_django(environment_of(postgres_url, redis_url), control.address)
        world = OmlWorld(folder, postgres_url, redis_url, control)
        stack.callback(world.close)
        yield world


def _log_in_quickly(postgres_url: str) -> None:
    """The same password hashed once instead of 4096 times: every run of thousands logs in."""
    password, salt = str(make_url(postgres_url).password), os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 1)
    client, server = (hmac.digest(salted, name, "sha256") for name in (b"Client Key", b"Server Key"))
    stored, *texts = (base64.b64encode(each).decode() for each in (hashlib.sha256(client).digest(), salt, server))
    with psycopg2.connect(postgres_url) as connection, connection.cursor() as cursor:
        cursor.execute(f"ALTER USER CURRENT_USER PASSWORD 'SCRAM-SHA-256$1:{texts[0]}${stored}:{texts[1]}'")
    connection.close()


def _ami(address: AmiAddress) -> dict[str, str]:
    return {"ASTERISK_HOSTNAME": address.host, "AMI_PORT": str(address.port), "AMI_USER": address.user,
            "AMI_PASSWORD": address.secret, "OML_STANDIN_PLUGIN": "1"}  # fmt: skip


def set_up_django(servers: Mapping[str, str], asterisk: AmiAddress) -> None:
    """The stand-in's Django in this process, on these servers."""
    environment = {**servers, **_ami(asterisk)}
    for name in [name for name in os.environ if name.startswith(NOT_INHERITED)]:
        del os.environ[name]
    os.environ.update({**environment, "DJANGO_SETTINGS_MODULE": "ominicontacto.settings.production"})
    sys.path.insert(0, str(HERE))
    import django
    from django.core.management import call_command

    logging.getLogger("configuracion_telefonia_app").setLevel(logging.CRITICAL)
    django.setup()
    # The redis client reads its own version from its package's metadata anew with every connection.
    importlib.metadata.version = functools.cache(importlib.metadata.version)
    call_command("migrate", verbosity=0)
    _forget_connections()
