"""pytest fixtures: the servers that tests run on. To be loaded from conftest.py (pytest_plugins), not by -p:
only then do the fixtures here override those of pytest-docker.

PBXLINK_TEST_BACKEND   native (default), docker or both: where `servers` and the Asterisk pairs run
PBXLINK_TEST_CACHE     where the container base image is kept (default: the user's cache directory)

The docker backend is pytest-docker's, with its fixtures overridden here: compose file, compose command,
address."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis
import sqlalchemy
from pytest_docker.plugin import Services

from tests.stack import containers, native, network
from tests.stack.asterisk import AsteriskPair, ConfigWriter, missing_asterisk, native_pair
from tests.stack.engine import Engine, EngineUnavailable, compose_command, open_engine
from tests.stack.image import stack_image
from tests.stack.native import Servers, server_directory

#: ``open_pair(write_pbx, write_oml)`` is a context manager that yields the running pair.
OpenPair = Callable[[ConfigWriter, ConfigWriter], AbstractContextManager[AsteriskPair]]
CONTAINER_TIMEOUT = 90.0


def chosen_backends() -> list[str]:
    """What PBXLINK_TEST_BACKEND asks for."""
    chosen = os.environ.get("PBXLINK_TEST_BACKEND") or "native"
    known = {"native": ["native"], "docker": ["docker"], "both": ["native", "docker"]}
    if chosen not in known:
        raise pytest.UsageError(f"PBXLINK_TEST_BACKEND={chosen}: known are {', '.join(known)}")
    return known[chosen]


@pytest.fixture(scope="session", params=chosen_backends())
def backend(request: pytest.FixtureRequest) -> str:
    """Where the servers of a test run; tests that use it run once for each backend."""
    return str(request.param)


# --- the container engine


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[Engine]:
    """The machine's container engine, or a private one; in os.environ for pytest-docker's compose. Skips
    without."""
    with ExitStack() as stack:
        try:
            engine = stack.enter_context(open_engine())
        except EngineUnavailable as error:
            pytest.skip(str(error))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in engine.environment.items():
            patch.setenv(name, value)
        yield engine


@pytest.fixture(scope="session")
def docker_image(docker_engine: Engine) -> str:
    """The tag of the containers' image. Skips where it cannot be made."""
    try:
        return stack_image(docker_engine)
    except EngineUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def docker_homes() -> Iterator[Path]:
    """The directory under which the compose file's Asterisks have their files."""
    with server_directory("homes") as homes:
        yield homes


@pytest.fixture(scope="session")
def docker_password(docker_engine: Engine, docker_image: str, docker_homes: Path) -> Iterator[str]:
    """The password of ``lab`` in the containers; sets every variable of the compose file."""
    password = secrets.token_hex(8)
    variables = {
        "PBXLINK_IMAGE": docker_image,
        "PBXLINK_PASSWORD": password,
        "PBXLINK_PUBLISH": docker_engine.address,
        "PBXLINK_NETWORK": docker_engine.network,
        "PBXLINK_HOMES": str(docker_homes),
        "PBXLINK_USER": containers.user(),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield password


@pytest.fixture(scope="session")
def docker_ip(docker_engine: Engine) -> str:
    return docker_engine.address


@pytest.fixture(scope="session")
def docker_compose_file() -> str:
    return str(containers.COMPOSE_FILE)


@pytest.fixture(scope="session")
def docker_compose_project_name() -> str:
    return f"pbxlink{os.getpid()}"


@pytest.fixture(scope="session")
def docker_compose_command(docker_engine: Engine) -> str:
    try:
        return compose_command()
    except EngineUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def docker_setup(docker_password: str) -> list[str]:
    """The data servers; the Asterisks come up with each pair's configuration."""
    return ["up -d mariadb postgres redis"]


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    return ["down -v -t 10"]


# --- data servers


@pytest.fixture(scope="session")
def servers(backend: str, request: pytest.FixtureRequest) -> Iterator[Servers]:
    """MariaDB, PostgreSQL and Redis, private to this test run."""
    if backend == "docker":
        yield request.getfixturevalue("docker_servers")
        return
    missing = native.missing_servers()
    if missing:
        pytest.skip(missing)
    with native.all_servers() as running:
        yield running


@pytest.fixture(scope="session")
def docker_servers(docker_ip: str, docker_password: str, docker_services: Services) -> Servers:
    """The compose file's data servers, answering."""
    port = docker_services.port_for
    found = Servers(
        "docker",
        native.mariadb_url(docker_ip, port("mariadb", 3306), docker_password),
        native.postgres_url(docker_ip, port("postgres", 5432), docker_password),
        f"redis://{docker_ip}:{port('redis', 6379)}/0",
    )
    docker_services.wait_until_responsive(lambda: native.answering(found), timeout=CONTAINER_TIMEOUT, pause=0.3)
    return found


@pytest.fixture
def pbx_database(servers: Servers) -> Iterator[str]:
    """The SQLAlchemy URL of a new, empty MariaDB database with the PBX's charset and collation; on a server that was
    given, with that one's own."""
    name = f"pbx_{secrets.token_hex(4)}"
    options = "" if native.GIVEN in os.environ else "CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
    _mariadb(servers.mariadb_url, f"CREATE DATABASE {name} {options}")
    yield sqlalchemy.make_url(servers.mariadb_url).set(database=name).render_as_string(hide_password=False)
    # A connection that a failed test left open must not hold up the run.
    _mariadb(servers.mariadb_url, "SET lock_wait_timeout = 10", f"DROP DATABASE {name}")


@pytest.fixture
def oml_database(servers: Servers) -> Iterator[str]:
    """The URL (postgresql://user:password@host:port/name) of a new, empty PostgreSQL database."""
    with temporary_postgres(servers) as url:
        yield url


@contextmanager
def temporary_postgres(servers: Servers) -> Iterator[str]:
    """The URL of a new, empty PostgreSQL database, which is dropped when the block ends."""
    name = f"oml_{secrets.token_hex(4)}"
    run_postgres(servers.postgres_url, f"CREATE DATABASE {name}")
    yield sqlalchemy.make_url(servers.postgres_url).set(database=name).render_as_string(hide_password=False)
    run_postgres(servers.postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def redis_db(servers: Servers) -> Iterator[str]:
    """The URL of an empty Redis database 0, the one that OML uses."""
    with redis.Redis.from_url(servers.redis_url) as client:
        client.flushall()
        yield servers.redis_url
        client.flushall()


def _mariadb(url: str, *statements: str) -> None:
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(sqlalchemy.text(statement))


def run_postgres(url: str, statement: str) -> None:
    """One statement outside of a transaction, as CREATE DATABASE needs it."""
    connection = psycopg2.connect(url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


# --- Asterisk


@pytest.fixture(scope="session")
def open_asterisk_pair(backend: str, request: pytest.FixtureRequest) -> OpenPair:
    """Opens a pair of Asterisks, each on its own address: for fixtures of any scope. One pair at a time."""
    if backend == "docker":
        return _compose_opener(request)
    missing = missing_asterisk() or network.unavailable()
    if missing:
        pytest.skip(missing)
    return native_pair


def _compose_opener(request: pytest.FixtureRequest) -> OpenPair:
    engine, homes = request.getfixturevalue("docker_engine"), request.getfixturevalue("docker_homes")
    services: Any = request.getfixturevalue("docker_services")
    compose = services._docker_compose.execute  # pytest-docker offers no public way to a compose subcommand
    return lambda write_pbx, write_oml: containers.compose_pair(engine, compose, homes, write_pbx, write_oml)


@pytest.fixture
def asterisk_pair(
    open_asterisk_pair: OpenPair,
) -> Iterator[Callable[[ConfigWriter, ConfigWriter], AsteriskPair]]:
    """``asterisk_pair(write_pbx, write_oml)``: both running until the test ends."""
    with ExitStack() as stack:
        yield lambda write_pbx, write_oml: stack.enter_context(open_asterisk_pair(write_pbx, write_oml))


@pytest.fixture(scope="session")
def open_same_host_pair(docker_engine: Engine, docker_image: str) -> OpenPair:
    """Opens a pair in the topology `docker`: the PBX on the host, OML in a container with published ports."""

    @contextmanager
    def open_pair(write_pbx: ConfigWriter, write_oml: ConfigWriter) -> Iterator[AsteriskPair]:
        with containers.same_host_pair(docker_engine, docker_image, write_pbx, write_oml) as pair:
            yield pair

    return open_pair
