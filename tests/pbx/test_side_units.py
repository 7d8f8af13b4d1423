"""Parts of the PBX side by themselves: amportal.conf, AstDB, ports, and putting back from any half-written state."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from issabel_module.asterisk import sip_drivers
from issabel_module.flavours.issabel import Issabel
from issabel_module.host import settings
from issabel_module.host.local_host import LocalHost
from issabel_module.kinds.extension import Extension
from issabel_module.storage.astdb import AstDb
from issabel_module.storage.database import Database
from issabel_module.storage.tables import PRIMARY_KEYS
from issabel_module.storage.voicemail_boxes import VoicemailBoxes
from issabel_module.storage.write_and_restore import Store
from pbxlink.asterisk.ami import Ami
from pbxlink.engine.plan import Action, Change, Image, Key, RowChange, row_change
from pbxlink.link.model import CustomExtension, Technology
from pbxlink.messages.errors import InvalidInput
from tests.pbx.product import Bench, database_of, difference

EXTENSION = Extension(Issabel().extension_form())

pytest_plugins = ["tests.pbx.product_fixtures"]
WHOLE = """# the vendor's comment
; another
AMPDBHOST=db.example
AMPDBNAME = asterisk
AMPDBUSER=asteriskuser
AMPDBPASS=a=b c#d
AMPMGRUSER=admin
AMPMGRPASS=elastix456
AMPBIN=/var/lib/asterisk/bin

NOTHING
"""


def read(tmp_path: Path, content: str, url: str = "") -> settings.Settings:
    path = tmp_path / "amportal.conf"
    path.write_text(content, encoding="utf-8")
    return settings.find(LocalHost(), path, url).settings()


def test_amportal_conf_as_vendors_write_it(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    assert (found.database.username, found.database.password) == ("asteriskuser", "a=b c#d")
    assert (found.database.host, found.database.port, found.database.database) == ("db.example", 3306, "asterisk")
    assert (found.ami.host, found.ami.port, found.ami.user) == ("127.0.0.1", 5038, "admin")
    assert found.bin_folder == Path("/var/lib/asterisk/bin")
    for shown in (repr(found), str(found.describe())):
        assert "elastix456" not in shown and "a=b" not in shown


@pytest.mark.parametrize(("lines", "host", "port"), [("AMPDBHOST=db.example:3307", "db.example", 3307),
    ("AMPDBHOST=10.0.0.1\nAMPDBPORT=3308", "10.0.0.1", 3308), ("AMPDBPORT=", "db.example", 3306)])  # fmt: skip
def test_where_the_database_is(tmp_path: Path, lines: str, host: str, port: int) -> None:
    found = read(tmp_path, WHOLE + lines + "\n").database
    assert (found.host, found.port) == (host, port)


@pytest.mark.parametrize("line", ["ASTMANAGERPORT=abc", "AMPDBPORT=3306x", "AMPDBHOST=localhost:x",
                                  "ASTMANAGERPORT=70000"])  # fmt: skip
def test_a_port_that_is_none_is_told(tmp_path: Path, line: str) -> None:
    with pytest.raises(InvalidInput) as told:
        read(tmp_path, WHOLE + line + "\n")
    assert line.split("=")[0] in str(told.value.findings[0].message("en"))


def test_an_empty_port_is_the_usual_one(tmp_path: Path) -> None:
    assert read(tmp_path, WHOLE + "ASTMANAGERPORT=\n").ami.port == 5038


def test_every_missing_key_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as told:
        read(tmp_path, "AMPDBUSER=x\n")
    assert [each.values["key"] for each in told.value.findings] == ["AMPDBPASS"]
    with pytest.raises(InvalidInput) as told:
        read(tmp_path, "", "sqlite:///x.db")
    assert [each.values["key"] for each in told.value.findings] == ["AMPMGRUSER", "AMPMGRPASS"]


def test_a_file_with_bytes_that_are_no_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "amportal.conf"
    path.write_bytes(WHOLE.encode() + b"AMPEXTRA=\xff\xfe\n")
    assert settings.find(LocalHost(), path).settings().ami.user == "admin"


@pytest.fixture
def ami(bench: Bench) -> Iterator[Ami]:
    with Ami(settings.find(LocalHost(), bench.pbx.amportal).settings().ami) as ami:
        yield ami


def test_each_driver_says_where_it_listens(ami: Ami) -> None:
    assert sip_drivers.sip_port(ami, Technology.SIP) == 5060
    assert sip_drivers.sip_port(ami, Technology.PJSIP) == 5066


def test_a_driver_that_is_not_there_listens_nowhere(pjsip_bench: Bench) -> None:
    with Ami(settings.find(LocalHost(), pjsip_bench.pbx.amportal).settings().ami) as ami:
        assert sip_drivers.usable_technology(ami) is Technology.PJSIP
        assert sip_drivers.sip_port(ami, Technology.SIP) is None
        assert sip_drivers.trunk_state(ami, Technology.SIP, "omnileads") is None


VALUES = {"/AMPUSER/1/cidname": "Ana: la de : ventas", "/AMPUSER/1/empty": "", "/AMPUSER/1/deep/er/key": "x",
          "/AMPUSER/12/cidname": "not 1", "/AMPUSER/1/long": "y" * 200, "/AMPUSER/1/slash": "/a/b: c",
          "/CW/1": "ENABLED"}  # fmt: skip


@pytest.mark.parametrize("others", [0, 30])
def test_astdb_is_read_as_it_was_put(bench: Bench, ami: Ami, others: int) -> None:
    bench.pbx.put_astdb(VALUES)
    names = ["1", *(str(9000 + number) for number in range(others))]
    astdb = AstDb(ami)
    mine = {key: value for key, value in VALUES.items() if key.split("/")[2] == "1"}
    assert {row["key"]: row["value"] for row in astdb.rows(["AMPUSER", "CW"], names)} == mine
    assert {row["key"]: row["value"] for row in astdb.values([*mine, "/CW/none"])} == mine


def test_a_key_that_is_already_gone_is_no_error_to_delete(ami: Ami) -> None:
    AstDb(ami).write(RowChange(deletes=({"key": "/CW/4711", "value": "ENABLED"},)))


def _images(generator: random.Random) -> tuple[Image, Image]:
    """An extension as the GUI made it, and as the link wants it; either may lack a part."""
    made = EXTENSION.image(CustomExtension("4455", "098098", "Before"), "SIP/old/1")
    wanted = EXTENSION.image(CustomExtension("4455", "098098", "After"), "SIP/omnileads/098098")
    return {table: rows for table, rows in made.items() if generator.random() < 0.8}, wanted


def _partly(change: RowChange, generator: random.Random) -> RowChange:
    """Some of it: what a kill in the middle leaves where the engine has no transactions."""
    pick = [tuple(each for each in part if generator.random() < 0.5) for part in (change.inserts, change.deletes)]
    return RowChange(pick[0], tuple(each for each in change.updates if generator.random() < 0.5), pick[1])


def _parts(before: Image | None, after: Image | None) -> dict[str, RowChange]:
    empty: Image = {}
    return {
        table: row_change((before or empty).get(table, ()), (after or empty).get(table, ()), keys)
        for table, keys in PRIMARY_KEYS.items()
    }


def _half_write(bench: Bench, ami: Ami, change: Change, generator: random.Random) -> None:
    database, astdb = database_of(bench), AstDb(ami)
    for table, part in _parts(change.before, change.after).items():
        some = _partly(part, generator)
        if table.startswith("astdb"):
            astdb.write(some)
        elif some != RowChange():
            database.write({table: some}, PRIMARY_KEYS)


def store_of(bench: Bench, database: Database, ami: Ami) -> Store:
    boxes = VoicemailBoxes(LocalHost(), bench.etc_dir, bench.folder / "spool")
    return Store(database, AstDb(ami), boxes)


@pytest.mark.parametrize("seed", range(12))
def test_restore_puts_back_from_any_half_written_state(any_bench: Bench, seed: int) -> None:
    bench, generator = any_bench, random.Random(seed)
    made, wanted = _images(generator)
    actions = ((Action.CREATE, None, wanted), (Action.UPDATE, made, wanted), (Action.DELETE, made, None))
    action, before, after = actions[seed % 3]
    change = Change(action, Key("extension", "4455"), before, after)
    with Ami(settings.find(LocalHost(), bench.pbx.amportal).settings().ami) as ami:
        store = store_of(bench, database_of(bench), ami)
        if before is not None:
            store.write([Change(Action.CREATE, change.key, None, before)])
        earlier = bench.snapshot()
        _half_write(bench, ami, change, generator)
        for _ in range(2):
            store.restore([change])
            assert difference(earlier, bench.snapshot()) == {}
        store.write([change])
        store.restore([change])
        assert difference(earlier, bench.snapshot()) == {}


def test_restore_goes_on_where_the_database_ended_the_connections(bench: Bench, ami: Ami) -> None:
    """A server that was restarted while the reload ran, or that ends idle connections: what was written is put back."""
    change = Change(Action.CREATE, Key("extension", "4455"), None, _images(random.Random(0))[1])
    earlier = bench.snapshot()
    database = database_of(bench)
    store = store_of(bench, database, ami)
    store.write([change])
    name = bench.pbx.database.database
    listed = "SELECT id FROM information_schema.processlist WHERE db = :name AND id <> CONNECTION_ID()"
    kept = [row["id"] for row in bench.sql(listed, name=name)]
    assert kept, "the connection that it wrote over is still open"
    for each in kept:
        bench.sql(f"KILL {each}")
    store.restore([change])
    assert difference(earlier, bench.snapshot()) == {}
