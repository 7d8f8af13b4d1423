"""Fixtures for the tests of activation: `omlhost`, a seeded stand-in OML with the plugin installed and not active."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.oml import oml_python
from tests.oml.omlhost import OmlHost, new_host
from tests.stack.fixtures import run_postgres, temporary_postgres
from tests.stack.native import Servers


@pytest.fixture(scope="session")
def any_version() -> str:
    """A version that this machine has, for what is the same on all."""
    return oml_python.usual()


@pytest.fixture
def oml_version(request: pytest.FixtureRequest) -> str:
    """The version of OML's Python: the usual one, unless the test asks for others (`on_every_python`)."""
    version = str(getattr(request, "param", oml_python.usual()))
    oml_python.base(version)
    return version


@pytest.fixture(scope="session")
def wheels(any_version: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of wheels that is carried to OML's host."""
    return oml_python.build_wheels(oml_python.base(any_version), tmp_path_factory.mktemp("wheels"))


@pytest.fixture(scope="session")
def seeded(servers: Servers, any_version: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database as OML leaves it after its first start, with an administrator, an agent and a DID: to be copied."""
    with temporary_postgres(servers) as url:
        host = new_host(tmp_path_factory.mktemp("seed"), any_version, url)
        host.manage("migrate", "-v0")
        host.manage("standin_seed", "--agent", "Ana Agent", "--did", "098098=fromissabel")
        yield url


@pytest.fixture
def make_host(servers: Servers, seeded: str, oml_version: str, tmp_path: Path) -> Iterator[Callable[[], OmlHost]]:
    """Makes the test's host, without the plugin."""
    name = f"oml_{secrets.token_hex(4)}"
    run_postgres(servers.postgres_url, f"CREATE DATABASE {name} TEMPLATE {seeded.rsplit('/', 1)[1]}")
    yield lambda: new_host(tmp_path / "host", oml_version, f"{seeded.rsplit('/', 1)[0]}/{name}")
    run_postgres(servers.postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def omlhost(make_host: Callable[[], OmlHost], wheels: Path) -> OmlHost:
    """The host with the plugin installed by pip, offline, and not active; OML was started once."""
    host = make_host()
    oml_python.install(host.python, wheels)
    host.manage("collectstatic_js_reverse")
    return host
