"""MariaDB, PostgreSQL and Redis from the distribution's packages, each private to its ``with`` block.

Every server has a directory and a free port of its own on the loopback; nothing of the system's own instances
is read or touched."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from glob import glob
from pathlib import Path

import psycopg2
import redis
import sqlalchemy

from tests.stack.process import ServerProcess, find_program, free_port

SERVE = Path(__file__).with_name("serve")
#: What the connector must be told for any MariaDB: its own default collation is unknown to older servers.
MARIADB_URL_OPTIONS = "use_pure=True&charset=utf8mb4&collation=utf8mb4_general_ci"
START_TIMEOUT = 60.0
#: The variable with the URL of a server that runs already, of another release or maker, to be used instead. Its user
#: may create databases and users.
GIVEN = "PBXLINK_TEST_MARIADB"


@dataclass(frozen=True)
class Servers:
    """Where the three data servers answer. The URLs carry the password of ``lab``, who may create
    databases."""

    backend: str
    mariadb_url: str
    postgres_url: str
    redis_url: str


def mariadb_url(address: str, port: int, password: str, database: str = "") -> str:
    return f"mysql+mysqlconnector://lab:{password}@{address}:{port}/{database}?{MARIADB_URL_OPTIONS}"


def postgres_url(address: str, port: int, password: str, database: str = "postgres") -> str:
    return f"postgresql://lab:{password}@{address}:{port}/{database}"


def mariadb_answers(url: str) -> bool:
    """Whether a query goes through as ``lab``."""
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with contextlib.suppress(sqlalchemy.exc.SQLAlchemyError), engine.connect() as connection:
        return bool(connection.scalar(sqlalchemy.text("SELECT 1")) == 1)
    return False


def postgres_answers(url: str) -> bool:
    """Whether a query goes through as ``lab``."""
    try:
        psycopg2.connect(url, connect_timeout=3).close()
    except psycopg2.OperationalError:
        return False
    return True


def redis_answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=3) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def missing_servers() -> str | None:
    """Why the data servers cannot run natively here, or None."""
    wanted = {
        "mariadbd": "mariadb-server",
        "mariadb-install-db": "mariadb-server",
        "redis-server": "redis-server",
    }
    packages = {package for program, package in wanted.items() if find_program(program) is None}
    if not glob("/usr/lib/postgresql/*/bin/initdb"):
        packages.add("postgresql")
    return f"packages not installed: {', '.join(sorted(packages))}" if packages else None


@contextmanager
def server_directory(name: str, within: str | None = None) -> Iterator[Path]:
    """A short path (sockets allow 107 bytes) that a server under another user can enter; removed
    afterwards."""
    directory = Path(tempfile.mkdtemp(prefix=f"pbxlink-{name}-", dir=within))
    directory.chmod(0o755)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _served(name: str, port: int, stop: signal.Signals, **settings: str) -> Iterator[ServerProcess]:
    with server_directory(name) as directory:
        command = ["sh", str(SERVE), name, str(directory / "server"), "127.0.0.1", str(port)]
        process = ServerProcess(name, command, directory / "output.log", {"PBXLINK_TIED": "yes", **settings})
        try:
            yield process
        finally:
            process.stop(stop)


@contextmanager
def mariadb(default_storage_engine: str = "InnoDB", *options: str) -> Iterator[str]:
    """A MariaDB with options beside its own; yields the URL of ``lab`` without a database.

    Without options it may be one that is given, see ``GIVEN``."""
    if GIVEN in os.environ and not options:
        yield os.environ[GIVEN]
        return
    port, password = free_port(), secrets.token_hex(8)
    url = mariadb_url("127.0.0.1", port, password)
    settings = {
        "PBXLINK_STACK_PASSWORD": password, "PBXLINK_STORAGE_ENGINE": default_storage_engine,
        "PBXLINK_MARIADB_MORE": " ".join(options),
    }  # fmt: skip
    with _served("mariadb", port, signal.SIGTERM, **settings) as process:
        process.wait_ready(lambda: mariadb_answers(url), START_TIMEOUT)
        yield url


@contextmanager
def socket_only_mariadb() -> Iterator[tuple[str, str]]:
    """A MariaDB with skip-networking; yields its socket and the password of ``lab``."""
    port, password = free_port(), secrets.token_hex(8)
    settings = {"PBXLINK_STACK_PASSWORD": password, "PBXLINK_MARIADB_MORE": "--skip-networking=1"}
    with _served("mariadb", port, signal.SIGTERM, **settings) as process:
        path = process.log.parent / "server" / "sock"
        url = f"mysql+mysqlconnector://lab:{password}@/?unix_socket={path}&{MARIADB_URL_OPTIONS}"
        process.wait_ready(lambda: path.is_socket() and mariadb_answers(url), START_TIMEOUT)
        yield str(path), password


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL; yields the URL of the superuser ``lab``. SIGINT is its fast shutdown: clients do not
    delay it."""
    port, password = free_port(), secrets.token_hex(8)
    url = postgres_url("127.0.0.1", port, password)
    with _served("postgres", port, signal.SIGINT, PBXLINK_STACK_PASSWORD=password) as process:
        process.wait_ready(lambda: postgres_answers(url), START_TIMEOUT)
        yield url


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis without a password, as OMniLeads runs it; yields its URL, database 0."""
    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    with _served("redis", port, signal.SIGTERM) as process:
        process.wait_ready(lambda: redis_answers(url), START_TIMEOUT)
        yield url


@contextmanager
def all_servers(default_storage_engine: str = "InnoDB") -> Iterator[Servers]:
    """The three data servers together."""
    with ExitStack() as stack:
        yield Servers(
            "native",
            stack.enter_context(mariadb(default_storage_engine)),
            stack.enter_context(postgres()),
            stack.enter_context(redis_server()),
        )


def answering(servers: Servers) -> bool:
    """Whether all three answer a client."""
    return (
        mariadb_answers(servers.mariadb_url)
        and postgres_answers(servers.postgres_url)
        and redis_answers(servers.redis_url)
    )
