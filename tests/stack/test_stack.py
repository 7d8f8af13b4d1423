"""The servers themselves: they answer, natively and in containers, and leave nothing behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
import pytest
import redis
import sqlalchemy

from tests.stack import engine as engines
from tests.stack import native, network
from tests.stack.asterisk import AsteriskPair, missing_asterisk, native_asterisk, prepare, wait_for
from tests.stack.fixtures import OpenPair
from tests.stack.native import Servers
from tests.stack.process import ServerFailed, ServerProcess, free_port, wait_until
from tests.stack.sample_config import oml_writer, pbx_writer

PBX_SQL_MODE = "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION"
needs_servers = pytest.mark.skipif(native.missing_servers() is not None, reason=str(native.missing_servers()))
needs_network = pytest.mark.skipif(network.unavailable() is not None, reason=str(network.unavailable()))
needs_asterisk = pytest.mark.skipif(missing_asterisk() is not None, reason=str(missing_asterisk()))


def children() -> set[int]:
    """The processes that this one has started and that still run."""
    listed = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return {int(pid) for pid in listed}


def devices() -> set[str]:
    return {path.name for path in Path("/sys/class/net").iterdir()}


# --- data servers, each backend


def test_mariadb_is_set_up_like_a_pbx(servers: Servers, pbx_database: str) -> None:
    database = sqlalchemy.create_engine(pbx_database, poolclass=sqlalchemy.NullPool)
    settings = "@@sql_mode, @@default_storage_engine, @@collation_database, @@character_set_client"
    with database.begin() as connection:
        row = connection.execute(sqlalchemy.text(f"SELECT {settings}")).one()
        connection.execute(sqlalchemy.text("CREATE TABLE t (name varchar(3))"))
    assert tuple(row) == (PBX_SQL_MODE, "InnoDB", "utf8mb4_general_ci", "utf8mb4")
    with pytest.raises(sqlalchemy.exc.SQLAlchemyError, match="Data too long"), database.begin() as connection:
        connection.execute(sqlalchemy.text("INSERT INTO t VALUES ('long')"))


def test_every_pbx_database_is_new_and_goes_away(servers: Servers, pbx_database: str) -> None:
    listed = _databases(servers)
    assert sqlalchemy.make_url(pbx_database).database in listed
    assert len([name for name in listed if name.startswith("pbx_")]) == 1


def _databases(servers: Servers) -> list[str]:
    with sqlalchemy.create_engine(servers.mariadb_url).connect() as connection:
        return list(connection.scalars(sqlalchemy.text("SHOW DATABASES")))


def test_postgres_has_an_empty_database(oml_database: str) -> None:
    connection = psycopg2.connect(oml_database)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
        assert cursor.fetchone() == (0,)
        cursor.execute("CREATE TABLE t (name text)")
        cursor.execute("SHOW server_encoding")
        assert cursor.fetchone() == ("UTF8",)
    # The connection stays open on purpose: the fixture must be able to drop the database all the same.


@pytest.mark.parametrize("attempt", [1, 2])
def test_redis_is_empty_for_every_test(redis_db: str, attempt: int) -> None:
    with redis.Redis.from_url(redis_db) as client:
        assert client.keys() == []
        client.xadd("stream", {"value": attempt})


# --- native servers


@needs_servers
def test_a_storage_engine_without_transactions_can_be_the_default() -> None:
    query = sqlalchemy.text("SELECT @@default_storage_engine")
    with native.mariadb("MyISAM") as url, sqlalchemy.create_engine(url).connect() as connection:
        assert connection.scalar(query) == "MyISAM"


@needs_servers
def test_native_servers_leave_no_process_and_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = children()
    with native.server_directory("all") as place:
        monkeypatch.setattr(tempfile, "tempdir", str(place))
        with native.all_servers() as servers:
            assert native.answering(servers)
            assert len(children() - before) == len(list(place.iterdir())) == 3
        assert children() == before
        assert not native.answering(servers)
        assert list(place.iterdir()) == []


@needs_servers
def test_a_server_ends_with_the_process_that_started_it() -> None:
    code = (
        "import os, time; from tests.stack import native\n"
        "with native.redis_server() as url: print(url, flush=True); time.sleep(60)"
    )
    with native.server_directory("killed") as left_over:
        environment = {**os.environ, "TMPDIR": str(left_over), "PYTHONPATH": os.pathsep.join(sys.path)}
        starter = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment)
        assert starter.stdout is not None
        url = starter.stdout.readline().strip()
        assert native.redis_answers(url)
        starter.kill()
        starter.communicate(timeout=10)
        assert wait_until(lambda: not native.redis_answers(url), timeout=10)


def test_a_failing_server_shows_its_log(tmp_path: Path) -> None:
    process = ServerProcess("broken", ["sh", "-c", "echo no space left; exit 3"], tmp_path / "log")
    with pytest.raises(ServerFailed, match="(?s)broken ended with exit code 3.*no space left"):
        process.wait_ready(lambda: False, timeout=10)


def test_a_silent_server_is_given_up_and_stopped(tmp_path: Path) -> None:
    process = ServerProcess("silent", ["sh", "-c", "trap '' TERM; echo busy; sleep 60 & wait; wait"], tmp_path / "log")
    with pytest.raises(ServerFailed, match="(?s)did not answer within 0.5 s.*busy"):
        process.wait_ready(lambda: False, timeout=0.5)
    process.stop(timeout=0.5)
    assert not process.running


# --- networks


@needs_network
def test_two_hosts_reach_each_other_and_vanish() -> None:
    names, links = network.namespaces(), devices()
    with network.TwoHosts() as hosts:
        assert len(network.namespaces() - names) == 3
        for host, other in ((hosts.oml, hosts.pbx), (hosts.pbx, hosts.oml)):
            with _greeter(host):
                assert _greets(host.address)
                there = other.command([sys.executable, "-c", GREETED, host.address])
                assert subprocess.run(there, capture_output=True, timeout=10).stdout == b"hello"
    assert network.namespaces() == names
    assert devices() == links


GREET = """
import socket, sys
server = socket.create_server((sys.argv[1], 7000))
while True:
    server.accept()[0].sendall(b"hello")
"""
GREETED = "import socket, sys; print(end=socket.create_connection((sys.argv[1], 7000), 5).recv(5).decode())"


@contextmanager
def _greeter(host: network.Host) -> Iterator[None]:
    listener = subprocess.Popen(host.command([sys.executable, "-c", GREET, host.address]))
    try:
        assert wait_until(lambda: _greets(host.address), timeout=10)
        yield
    finally:
        listener.kill()
        listener.wait(10)


def _greets(address: str) -> bool:
    try:
        with socket.create_connection((address, 7000), timeout=2) as connection:
            return connection.recv(5) == b"hello"
    except OSError:
        return False


@needs_network
def test_two_networks_have_different_addresses() -> None:
    with network.TwoHosts() as first, network.TwoHosts() as second:
        assert first.subnet != second.subnet


@needs_network
def test_networks_of_a_killed_run_are_removed() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait(10)
    stale = f"pbxlink-{gone.pid}-1-oml"
    network._ip("netns", "add", stale)
    network.remove_stale()
    assert stale not in network.namespaces()


# --- Asterisk


@needs_asterisk
def test_asterisk_runs_on_the_loopback_without_a_private_network(tmp_path: Path) -> None:
    ami_port = free_port("127.0.0.2")
    etc_dir = prepare(tmp_path / "pbx", pbx_writer(), "127.0.0.2", ami_port)
    before = children()
    with native_asterisk("pbx", etc_dir, "127.0.0.2", ami_port) as asterisk:
        assert "Asterisk 16" in asterisk.cli("core show version")
        assert _ami_greets(asterisk.ami_host, asterisk.ami_port)
    assert children() == before
    with pytest.raises(ServerFailed):
        asterisk.cli("core show version")


@needs_asterisk
def test_an_asterisk_that_cannot_start_shows_why(tmp_path: Path) -> None:
    etc_dir = prepare(tmp_path / "pbx", lambda etc, address, port: None, "127.0.0.2")
    running = native_asterisk("pbx", etc_dir, "127.0.0.2")
    with pytest.raises(ServerFailed, match="pbx ended with exit code"), running:
        pass


def _ami_greets(address: str, port: int) -> bool:
    with socket.create_connection((address, port), timeout=5) as connection:
        return connection.recv(100).startswith(b"Asterisk Call Manager")


def _see_each_other(pair: AsteriskPair) -> None:
    assert "OK (" in wait_for(lambda: pair.pbx.cli("sip show peers"), "OK ("), pair.logs()
    pair.oml.cli("pjsip qualify issabel")  # of itself Asterisk asks first within a minute, at a random moment
    assert " Avail " in wait_for(lambda: pair.oml.cli("pjsip show contacts"), " Avail "), pair.logs()
    for asterisk in (pair.pbx, pair.oml):
        assert _ami_greets(asterisk.ami_host, asterisk.ami_port)


def test_two_asterisks_ping_each_other(backend: str, asterisk_pair: Callable[..., AsteriskPair]) -> None:
    pair = asterisk_pair(pbx_writer(), oml_writer())
    assert pair.backend == backend
    assert pair.pbx.address.endswith(".3") and pair.oml.address.endswith(".2")
    _see_each_other(pair)


def test_a_pair_can_be_opened_again(open_asterisk_pair: OpenPair) -> None:
    for port in (5160, 5161):
        with open_asterisk_pair(pbx_writer(peer_port=port), oml_writer(port=port)) as pair:
            _see_each_other(pair)
        assert not pair.pbx.booted()


# --- containers


def test_oml_in_a_container_on_the_pbx_own_host(open_same_host_pair: OpenPair) -> None:
    addresses: list[str] = []

    def write_pbx(etc_dir: Path, address: str, ami_port: int) -> None:
        addresses.append(address)
        pbx_writer(peer_octet=0, peer_port=5163)(etc_dir, address, ami_port)

    def write_oml(etc_dir: Path, address: str, ami_port: int) -> None:
        oml_writer(port=5163, pbx_address=addresses[0])(etc_dir, address, ami_port)

    with open_same_host_pair(write_pbx, write_oml) as pair:
        _see_each_other(pair)
        assert pair.pbx.address == addresses[0] != pair.oml.address


@pytest.mark.skipif(engines.missing_engine() is not None, reason=str(engines.missing_engine()))
def test_a_private_engine_leaves_nothing_behind() -> None:
    before, names, links = children(), network.namespaces(), devices()
    rules = _firewall()
    with engines.private_engine() as engine:
        assert engine.docker("ps", "-q") == ""
        assert (children() - before) and (network.namespaces() - names)
    assert children() == before
    assert network.namespaces() == names
    assert devices() == links
    assert _firewall() == rules
    assert not Path(engine.socket).exists()
    assert not _mounts(Path(engine.socket).parent)


def _firewall() -> str:
    done = subprocess.run(["iptables", "-S"], capture_output=True, text=True, timeout=10)
    return done.stdout


def _mounts(directory: Path) -> list[str]:
    time.sleep(0.1)
    return [line for line in Path("/proc/mounts").read_text().splitlines() if str(directory) in line]
