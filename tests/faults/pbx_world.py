"""A PBX for sweeps: a database on a MariaDB of its own, an AMI endpoint with its AstDB, generated files."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, NullPool, create_engine, make_url, text

from issabel_module import cli
from issabel_module.storage.own_table import TABLE
from tests.demo.manager import text_of
from tests.faults.child import Child
from tests.faults.effects import Watch
from tests.faults.endpoint import Control, Endpoint, serving, trunks_of
from tests.faults.watch_ami import watch_ami
from tests.faults.watch_journal import watch_journal
from tests.faults.watch_mysql import watch_mysql
from tests.faults.watch_reload import watch_reload
from tests.faults.world import NEW_SECRET, SECRET, Depth, Scenario, State, be_impatient
from tests.stack.native import mariadb, server_directory
from tests.standins.pbx.astdb import extension_keys
from tests.standins.pbx.config import PbxParams, amportal_settings, install_module_admin, write_amportal
from tests.standins.pbx.fresh import load_fresh
from tests.standins.pbx.generator import reload as generator
from tests.standins.pbx.generator.settings import read_amportal, settings_from
from tests.standins.pbx.rig import custom_device, plain_user
from tests.standins.pbx.rows import insert_rows
from tests.standins.pbx.schema import load_schema

OWN_TABLE = TABLE.name
DATABASE = "asterisk"
_CHARSETS = {"innodb": "utf8mb4", "myisam": "utf8"}
"""MyISAM's keys are too short for that of `trunks` in four bytes a character."""
LINK = """[link]
name = {link}
topology = lan
[pbx]
address = 127.0.0.1
technology = {technology}
trunk = {link}
[omnileads]
address = {address}
sip_port = 5160
[credentials]
secret = {secret}
[extensions]
[[{number}]]
number = {number}
send = 098098
name = {name}
{more}
[pbx_routes]
[[{route}]]
patterns = {patterns}
"""
_BOXES = "[general]\n[default]\n098098 => 4321,Ventas,,\n600 => 99,Somebody,,\n"
_MORE = "[[098099]]\nnumber = 098099\nsend = 098099\nname = OML camp2"


class PbxWorld:
    """See `World`. `storage` is innodb or myisam."""

    polls = False

    def __init__(self, folder: Path, database: URL, control: Control, storage: str) -> None:
        self.name = f"pbx {storage}"
        self.folder = folder
        self._database = database
        self._control = control
        self._cached: dict[tuple[str, int], Any] = {}
        engine = create_engine(database, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._connection = engine.connect()
        self._etc, self._link = folder / "etc", folder / "link.conf"
        self._settings = settings_from(read_amportal(folder / "amportal.conf"))
        watch_reload(Watch())
        depth = Depth.WHOLE if storage == "innodb" else Depth.RECOVERED
        self.scenarios: Sequence[Scenario] = (
            Scenario("apply", self._among_others, ("apply", "--yes"), depth),
            Scenario("change", self._to_be_changed, ("apply", "--yes", "--force")),
            Scenario("remove", self._to_be_removed, ("remove", "--yes"), depth),
        )

    def write_link(self, **values: str) -> None:
        """The link file, of the first values or of others."""
        found = {
            "technology": "sip", "secret": SECRET, "name": "OML camp1", "patterns": "1XXX.", "more": "",
            "link": "omnileads", "address": "127.9.9.9", "number": "098098", "route": "oml-agents", **values,
        }  # fmt: skip
        self._link.write_text(LINK.format(**found), encoding="utf-8")
        self._link.chmod(0o600)

    def _among_others(self) -> None:
        """A fresh PBX with a trunk, an extension and a route of somebody else, in force."""
        self.write_link()
        _others(self._connection)
        self._control.put({"astdb": extension_keys("600", "Somebody", "SIP/600"), "loaded": {}})
        self._reload()

    def _to_be_changed(self) -> None:
        """The link in force, and a link file that differs in all that it holds."""
        self._in_force()
        self.write_link(secret=NEW_SECRET, name="OML new", patterns="1XXX., 2XXX", more=_MORE)

    def _to_be_removed(self) -> None:
        """The link in force, and what its users set since: a call forward, dial options, a place in the order, ring
        groups, a voicemail box with a message."""
        self._in_force()
        state = self._control.get()
        state["astdb"].update({"/CF/098098": "600", "/TRUNK/2/dialopts": "tr", "/CALLTRACE/098098": "600"})
        self._control.put(state)
        self._connection.exec_driver_sql("UPDATE outbound_route_sequence SET seq = seq + 7 WHERE route_id > 1")
        self._connection.exec_driver_sql("UPDATE users SET voicemail = 'default' WHERE extension = '098098'")
        group = {"strategy": "ringall", "grptime": 20, "description": "by hand"}
        listed = ({"grpnum": "700", "grplist": "098098"}, {"grpnum": "701", "grplist": "600-098098-5551234#"})
        insert_rows(self._connection, "ringgroups", [{**group, **each} for each in listed])
        (self._etc / "voicemail.conf").write_text(_BOXES, encoding="utf-8")
        self._put_message(True)
        self._reload()

    def _in_force(self) -> None:
        """The link in force, and one to another OML beside it."""
        self._among_others()
        other = {"link": "north", "address": "127.9.9.8", "number": "077", "route": "to-north", "patterns": "7XXX."}
        self.write_link(**other, secret=f"{SECRET}north")
        self._apply()
        self.write_link()
        self._apply()

    def _apply(self) -> None:
        ran = Child(Watch(), self, ("apply", "--yes")).ended()
        assert ran.code == 0, ran

    def _reload(self) -> None:
        with redirect_stdout(io.StringIO()):
            assert generator.reload(self._settings, self._connection)

    def run(self, command: Sequence[str]) -> tuple[int, str]:
        """See `World`."""
        said = io.StringIO()
        own = ["--link", "link.conf", "--state-dir", "state", "--amportal-conf", "amportal.conf"]
        paths = [each if each.startswith("--") else str(self.folder / each) for each in own]
        return cli.main([*command, *paths, "--lang", "en"], said, said), said.getvalue()

    def watch(self, watch: Watch) -> None:
        """See `World`."""
        for around in (watch_journal, watch_ami, watch_mysql, watch_reload):
            around(watch)

    def be_impatient(self) -> None:
        """See `World`."""
        be_impatient()

    def close(self) -> None:
        """Ends the world's own connection."""
        self._connection.close()

    def state(self) -> State:
        """See `World`. `owned` is our own table's content, whether the table is there or not."""
        asterisk = self._control.get()
        tables = self._tables()
        owned = tables.pop(OWN_TABLE, [])
        files = {path.name: path.read_text(encoding="utf-8") for path in self._etc.glob("*.conf")}
        link = self._link.read_text(encoding="utf-8") if self._link.exists() else ""
        return {**tables, "owned": owned, **asterisk, "files": files, "link": link, "message": self._message.exists()}

    @property
    def _message(self) -> Path:
        """A voicemail message, whatever is in it."""
        return self.folder / "spool" / "voicemail" / "default" / "098098" / "INBOX" / "msg0000.txt"

    def _put_message(self, is_there: bool) -> None:
        shutil.rmtree(self.folder / "spool", ignore_errors=True)
        if is_there:
            self._message.parent.mkdir(parents=True)
            self._message.touch()

    def _tables(self) -> dict[str, Any]:
        names = [name for (name,) in self._connection.exec_driver_sql("SHOW TABLES")]
        sums = self._connection.exec_driver_sql(f"CHECKSUM TABLE {', '.join(f'`{name}`' for name in names)}").all()
        return {table.partition(".")[2]: self._rows(table.partition(".")[2], number) for table, number in sums}

    def _rows(self, table: str, checksum: int) -> Any:
        """The table's rows; those of a checksum that was seen are not read again."""
        known = (table, checksum)
        if known not in self._cached:
            found = self._connection.exec_driver_sql(f"SELECT * FROM `{table}`")
            self._cached[known] = sorted((dict(row) for row in found.mappings()), key=repr)
        return self._cached[known]

    def put(self, state: State) -> None:
        """See `World`. Numbers are given from the same one again, or no two runs would make the same rows."""
        shutil.rmtree(self.folder / "state", ignore_errors=True)
        now = self._tables()
        wanted = {name: rows for name, rows in state.items() if name in now and name != OWN_TABLE}
        for name, rows in wanted.items():
            if now[name] != rows:
                self._fill(name, rows)
        self._connection.exec_driver_sql("ALTER TABLE outbound_routes AUTO_INCREMENT = 1")
        self._put_own(now, state["owned"])
        self._control.put({key: state[key] for key in ("astdb", "loaded", "extensions")})
        self._link.write_text(state["link"], encoding="utf-8")
        for name, content in state["files"].items():
            (self._etc / name).write_text(content, encoding="utf-8")
        self._put_message(state["message"])

    def _put_own(self, now: dict[str, Any], owned: Any) -> None:
        if not owned:
            self._connection.exec_driver_sql(f"DROP TABLE IF EXISTS {OWN_TABLE}")
        elif now.get(OWN_TABLE) != owned:
            TABLE.create(self._connection, checkfirst=True)
            self._fill(OWN_TABLE, owned)

    def _fill(self, table: str, rows: Sequence[dict[str, Any]]) -> None:
        self._connection.exec_driver_sql(f"DELETE FROM `{table}`")
        insert_rows(self._connection, table, rows)


def _others(connection: Connection) -> None:
    """Things of somebody else, as the GUI writes them."""
    trunk = {"trunkid": 2, "name": "pstn", "tech": "sip", "outcid": "", "keepcid": "off", "maxchans": "",
             "failscript": "", "dialoutprefix": "", "channelid": "pstn", "usercontext": "", "provider": "",
             "disabled": "off", "continue": "off"}  # fmt: skip
    lines = (("account", "pstn"), ("host", "127.8.8.8"), ("type", "peer"), ("port", "5060"))
    insert_rows(connection, "trunks", [trunk])
    insert_rows(connection, "sip", [
        {"id": "tr-peer-2", "keyword": keyword, "data": data, "flags": flag}
        for flag, (keyword, data) in enumerate(lines, start=2)
    ])  # fmt: skip
    insert_rows(connection, "devices", [custom_device("600", "Somebody", "SIP/600")])
    insert_rows(connection, "users", [plain_user("600", "Somebody")])


@contextmanager
def pbx_world(storage: str) -> Iterator[PbxWorld]:
    """The world on servers that end with the block."""
    with ExitStack() as stack:
        folder = stack.enter_context(server_directory("faults"))
        (folder / "etc").mkdir()
        path = folder / "etc" / "sip_additional.conf"
        dialplan = folder / "etc" / "extensions_additional.conf"
        endpoint = Endpoint(lambda: trunks_of(path), dialplan=lambda: text_of(dialplan))
        control = stack.enter_context(serving(endpoint))
        url = make_url(stack.enter_context(mariadb(storage))).set(database=DATABASE)
        _make_database(url, storage)
        address = control.address
        params = PbxParams(run_root=str(folder), ami_port=address.port, ami_secret=address.secret)
        write_amportal(folder / "amportal.conf", amportal_settings(params, url, folder / "bin", folder / "etc"))
        install_module_admin(folder / "bin", folder / "amportal.conf")
        world = PbxWorld(folder, url, control, storage)
        stack.callback(world.close)
        yield world


def _make_database(url: URL, storage: str) -> None:
    server = create_engine(url.set(database=""), poolclass=NullPool)
    with server.begin() as connection:
        connection.execute(text(f"CREATE DATABASE {DATABASE} CHARACTER SET {_CHARSETS[storage]}"))
    engine = create_engine(url, poolclass=NullPool)
    load_schema(engine, storage)
    load_fresh(engine)
