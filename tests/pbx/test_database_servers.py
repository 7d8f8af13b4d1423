"""The whole life of a link on servers with the versions, character sets and limits of those that PBXs have.

The releases themselves are not to be had as packages: MariaDB says that it is one of them, in its greeting and in
`VERSION()`, and has that one's defaults, so that driver and command take its path. MariaDB still knows statements that
those do not, so what was sent is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import create_engine, make_url, text

from issabel_module.host import database_url
from issabel_module.storage.database import Database
from issabel_module.storage.ownership import Ownership
from pbxlink.engine.plan import Action, Change, Key
from tests.pbx.product import Bench, difference, freepbx_bench, fresh_bench
from tests.stack import certificates, native
from tests.standins.pbx.rig import StandinPbx

pytest_plugins = ["tests.pbx.product_fixtures"]


@dataclass(frozen=True)
class Server:
    """A release as its maker delivers it: version, character set, collation, sql_mode, storage engine; and a product to
    try on it."""

    version: str
    charset: str
    collation: str
    sql_mode: str
    storage: str
    product: str
    more: tuple[str, ...] = ()

    @property
    def options(self) -> tuple[str, ...]:
        """What MariaDB is started with."""
        return (
            f"--version={self.version}",
            f"--character-set-server={self.charset}",
            f"--collation-server={self.collation}",
            f"--sql-mode={self.sql_mode}",
            f"--default-storage-engine={self.storage}",
            "--general-log=1",
            "--log-output=TABLE",
            *self.more,
        )


_SMALL_PACKETS = "--max-allowed-packet=1M"
"""What MariaDB 5.5 takes."""
_SHORT_KEYS = ("--innodb-default-row-format=compact", _SMALL_PACKETS)
"""A key of at most 767 bytes, as before MySQL 5.7 and MariaDB 10.2."""
_MODE_57 = (
    "ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION"
)
SERVERS = {
    "EL7": Server("5.5.68-MariaDB", "latin1", "latin1_swedish_ci", "", "InnoDB", "issabel", _SHORT_KEYS),
    "EL7 MyISAM": Server("5.5.68-MariaDB", "utf8", "utf8_general_ci", "", "MyISAM", "freepbx"),
    "MySQL 5.6": Server("5.6.51", "utf8", "utf8_unicode_ci", "NO_ENGINE_SUBSTITUTION", "MyISAM", "issabel"),
    "MySQL 5.7": Server("5.7.19", "utf8mb4", "utf8mb4_unicode_ci", _MODE_57, "InnoDB", "freepbx"),
}


@pytest.fixture(params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Iterator[tuple[Server, str]]:
    """One of them, with the URL of an empty database."""
    missing = native.missing_servers()
    if missing:
        pytest.skip(missing)
    found = SERVERS[request.param]
    with native.mariadb(found.storage, *found.options) as url:
        with create_engine(url, poolclass=sqlalchemy.NullPool).begin() as connection:
            connection.execute(text("CREATE DATABASE pbx"))
        yield found, make_url(url).set(database="pbx").render_as_string(hide_password=False)


def life(bench: Bench) -> None:
    """Every command that reads or writes the database; nothing is left at the end."""
    agents = ["1006:1:Ana Gómez", "1007:2:Luis"]
    bench.write_link(agents={"list": agents})
    before = bench.snapshot()
    assert bench.json("plan").code == 2
    bench.done("apply", "--yes")
    applied = bench.snapshot()
    assert bench.json("plan").actions == []
    assert bench.done("status").document["owned"]
    assert bench.sql("SELECT name FROM users WHERE extension = '10061'") == [{"name": "OML Ana Gómez"}]
    bench.sql("UPDATE users SET name = 'by hand' WHERE extension = '10061'")
    assert "drift.changed" in bench.json("status").codes
    bench.done("apply", "--yes")
    assert difference(applied, bench.snapshot()) == {}
    bench.write_link(agents={"list": [*agents, "1008:3"]}, pbx_routes={"oml-agents": {"patterns": ["12XX.", "13XX."]}})
    mark = bench.folder / "failed"
    bench.launcher(before=f"[ -e '{mark}' ] || {{ : > '{mark}'; exit 1; }}")
    failed = bench.json("apply", "--yes", "--force")
    assert failed.code == 1 and "apply.restored" in failed.codes, failed.out
    assert difference(applied, bench.snapshot()) == {}
    bench.done("apply", "--yes", "--force")
    bench.done("recover")
    bench.done("remove", "--yes")
    assert difference(before, bench.snapshot()) == {}


def sent_to(url: str) -> list[str]:
    """The statements in the server's log."""
    engine = create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        return [str(each) for (each,) in connection.execute(text("SELECT argument FROM mysql.general_log"))]


_NEWER = re.compile(
    r"\bAS new\b|\bRETURNING\b|\bWITH\s+(RECURSIVE\s+)?\w+\s+AS\b|\bOVER\s*\(|\bJSON_\w+\(|\bSKIP LOCKED\b"
    r"|\bNOWAIT\b|\bLATERAL\b|\bINTERSECT\b|\bEXCEPT\b|_0900_|uca1400|@@(\w+\.)?transaction_|\bCREATE OR REPLACE\b",
    re.I,
)
"""What MySQL and MariaDB learnt after 5.5, of all that a program like this could send."""


def test_the_whole_life_of_a_link(server: tuple[Server, str], request: pytest.FixtureRequest, tmp_path: Path) -> None:
    found, database = server
    if found.product == "freepbx":
        life(freepbx_bench(request.getfixturevalue("freepbx_asterisk"), database, tmp_path))
    else:
        life(fresh_bench(request.getfixturevalue("shared_asterisk"), database, tmp_path, found.storage))
    sent = sent_to(database)
    assert any("issabel_omnileads" in each for each in sent)
    assert [each for each in sent if _NEWER.search(each)] == []


def test_what_is_kept_of_many_unlike_extensions_fits_into_the_smallest_packet() -> None:
    """Of extensions of no common form each row of our own table holds an image of its own."""
    missing = native.missing_servers()
    if missing:
        pytest.skip(missing)
    keys = [Key("extension", str(number)) for number in range(20000, 20300)]
    images = {key: {"users": ({"extension": key.name, "name": f"ñandú {key.name} " * 500},)} for key in keys}
    with native.mariadb("InnoDB", _SMALL_PACKETS) as url:
        with create_engine(url, poolclass=sqlalchemy.NullPool).begin() as connection:
            connection.execute(text("CREATE DATABASE pbx CHARACTER SET utf8mb4"))
        database = Database(database_url.of_text(make_url(url).set(database="pbx").render_as_string(False)))
        with closing(database):
            ownership = Ownership(database, "omnileads")
            changes = [Change(Action.CREATE, key, None, images[key]) for key in keys]
            ownership.record(changes, lambda key, image: image, {})
            assert ownership.owned({}).images == images


def test_a_server_that_lets_in_by_tls_only(shared_asterisk: StandinPbx, tmp_path: Path) -> None:
    missing = native.missing_servers()
    if missing:
        pytest.skip(missing)
    with native.server_directory("keys") as keys:
        certificates.authority(keys)
        for path in (keys, *keys.iterdir()):
            path.chmod(0o755)  # the server is another user
        options = (f"--ssl-cert={keys / 'authority.pem'}", f"--ssl-key={keys / 'authority.key'}")
        with native.mariadb("InnoDB", *options, "--require-secure-transport=ON") as url:
            with create_engine(url, poolclass=sqlalchemy.NullPool).begin() as connection:
                connection.execute(text("CREATE DATABASE pbx"))
                assert connection.execute(text("SHOW STATUS LIKE 'Ssl_cipher'")).one()[1]
            life(fresh_bench(shared_asterisk, make_url(url).set(database="pbx").render_as_string(False), tmp_path))
