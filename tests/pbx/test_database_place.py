"""Where the database is: by socket as the vendor's PHP takes `localhost`, by port, and what is said where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from issabel_module.flavours.detect import FLAVOURS
from issabel_module.host import settings
from issabel_module.host.local_host import LocalHost
from issabel_module.storage import settings_table
from issabel_module.storage.database import Database
from pbxlink.messages.errors import InvalidInput, SideUnavailable
from tests.stack import native
from tests.stack.native import Servers

_AMI = "AMPMGRUSER=admin\nAMPMGRPASS=x\n"


@pytest.fixture(scope="module")
def by_socket() -> Iterator[tuple[str, str]]:
    missing = native.missing_servers()
    if missing:
        pytest.skip(missing)
    with native.socket_only_mariadb() as found:
        yield found


def found(tmp_path: Path, content: str, php: str = "") -> settings.Found:
    (tmp_path / "amportal.conf").write_text(content, encoding="utf-8")
    if php:
        (tmp_path / "issabelpbx.conf").write_text("<?php\n" + php, encoding="utf-8")
    return settings.find(LocalHost(), tmp_path / "amportal.conf")


def answers(found: settings.Found) -> bool:
    with closing(Database(found.database)) as database:
        return bool(database.execute(text("SELECT 1")))


def test_a_server_without_any_port(tmp_path: Path, by_socket: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    path, password = by_socket
    mine = f"{_AMI}AMPDBUSER=lab\nAMPDBPASS={password}\nAMPDBNAME=mysql\n"
    assert answers(found(tmp_path, f"{mine}AMPDBHOST=localhost\nAMPDBSOCK={path}\n"))
    assert answers(found(tmp_path, f"{mine}AMPDBHOST=localhost:{path}\n"))
    monkeypatch.setattr(settings, "SOCKETS", ("/no/such.sock", path))
    assert answers(found(tmp_path, f"{mine}AMPDBHOST=localhost\n"))
    assert answers(found(tmp_path, mine))


def test_without_a_socket_it_is_the_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SOCKETS", ("/no/such.sock",))
    url = found(tmp_path, f"{_AMI}AMPDBUSER=a\nAMPDBPASS=b\nAMPDBHOST=localhost\nAMPDBPORT=3307\n").database
    assert (url.host, url.port) == ("127.0.0.1", 3307)
    url = found(tmp_path, f"{_AMI}AMPDBUSER=a\nAMPDBPASS=b\nAMPDBHOST=localhost:3308\n").database
    assert (url.host, url.port) == ("127.0.0.1", 3308)


def test_a_user_who_may_come_by_the_socket_only(tmp_path: Path, servers: Servers) -> None:
    """skip-name-resolve: by TCP the server sees 127.0.0.1 and not localhost."""
    if servers.backend != "native":
        pytest.skip("the server's socket is inside its container")
    engine = create_engine(servers.mariadb_url)
    with engine.begin() as connection:
        path = connection.execute(text("SELECT @@socket")).scalar()
        connection.execute(text("DROP USER IF EXISTS socketuser@localhost"))
        connection.execute(text("CREATE USER socketuser@localhost IDENTIFIED BY 'socket password'"))
    credentials = f"{_AMI}AMPDBUSER=socketuser\nAMPDBPASS=socket\\ password\nAMPDBNAME=information_schema\n"
    assert answers(found(tmp_path, f"{credentials}AMPDBHOST=localhost\nAMPDBSOCK={path}\n"))
    port = make_url(servers.mariadb_url).port
    with pytest.raises(SideUnavailable) as told:
        answers(found(tmp_path, f"{credentials}AMPDBHOST=127.0.0.1\nAMPDBPORT={port}\n"))
    assert told.value.findings[0].code == "database.refused"


def test_a_socket_that_is_gone_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(SideUnavailable) as told:
        answers(found(tmp_path, f"{_AMI}AMPDBUSER=a\nAMPDBPASS=b\nAMPDBSOCK={tmp_path}/gone.sock\n"))
    assert told.value.findings[0].code == "database.unreachable"
    assert f"{tmp_path}/gone.sock" in told.value.findings[0].message("en")


def test_what_amportal_conf_lacks_comes_from_the_php_file(tmp_path: Path) -> None:
    php = "$amp_conf['AMPDBUSER'] = 'php';\n$amp_conf['AMPDBPASS'] = \"it's; #1\";\n"
    php += "$amp_conf['AMPDBHOST'] = '10.1.1.1';\n"
    url = found(tmp_path, _AMI, php).database
    assert (url.username, url.password, url.host) == ("php", "it's; #1", "10.1.1.1")
    url = found(tmp_path, _AMI + "AMPDBUSER=own\nAMPDBHOST=10.2.2.2\n").database
    assert (url.username, url.password, url.host) == ("own", "it's; #1", "10.2.2.2")
    (tmp_path / "amportal.conf").unlink()
    assert settings.find(LocalHost(), tmp_path / "amportal.conf").missing == ["AMPMGRUSER", "AMPMGRPASS"]


def test_a_key_that_no_file_has_is_told_with_every_file_that_was_read(tmp_path: Path) -> None:
    (tmp_path / "amportal.conf").write_text("AMPDBUSER=one\n")
    (tmp_path / "freepbx.conf").write_text("<?php\n$amp_conf['AMPDBNAME'] = 'two';\n")
    with pytest.raises(InvalidInput) as told:
        settings.find(LocalHost(), tmp_path / "amportal.conf")
    (lacking,) = told.value.findings
    assert lacking.values["key"] == "AMPDBPASS"
    assert lacking.values["paths"] == f"{tmp_path / 'amportal.conf'}, {tmp_path / 'freepbx.conf'}"


def test_of_two_php_files_freepbx_conf_is_the_one_that_counts(tmp_path: Path) -> None:
    for name, user in (("issabelpbx.conf", "one"), ("freepbx.conf", "two")):
        lines = f"<?php\n$amp_conf['AMPDBUSER'] = '{user}';\n$amp_conf['AMPDBPASS'] = 'x';\n"
        (tmp_path / name).write_text(lines)
    assert settings.find(LocalHost(), tmp_path / "amportal.conf").values["AMPDBUSER"] == "two"


def test_the_managers_user_comes_from_the_table_where_no_file_has_it(tmp_path: Path, pbx_database: str) -> None:
    engine = create_engine(pbx_database)
    rows = [("AMPMGRUSER", "cxmanager"), ("AMPMGRPASS", "from the table"), ("ASTMANAGERPORT", "5099"), ("OTHER", "x")]
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE issabelpbx_settings (keyword varchar(50), value varchar(255))"))
        for keyword, value in rows:
            connection.execute(text("INSERT INTO issabelpbx_settings VALUES (:k, :v)"), {"k": keyword, "v": value})
    url = make_url(pbx_database)
    own = f"AMPDBUSER={url.username}\nAMPDBPASS={url.password}\nAMPDBHOST={url.host}:{url.port}\n"
    own += f"AMPDBNAME={url.database}\n"
    ami = settings_table.complete(found(tmp_path, own), FLAVOURS).ami
    assert (ami.user, ami.secret, ami.host, ami.port) == ("cxmanager", "from the table", "127.0.0.1", 5099)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM issabelpbx_settings"))
    with pytest.raises(InvalidInput) as told:
        settings_table.complete(found(tmp_path, own), FLAVOURS)
    assert [each.values["key"] for each in told.value.findings] == ["AMPMGRUSER", "AMPMGRPASS"]
    assert {each.code for each in told.value.findings} == {"amportal.no_manager"}
    hint = told.value.findings[0].hint("en")
    assert "--database-url" not in hint and "manager.conf" in hint
