"""Two hosts, brought up anew for each file of call tests: what one leaves behind, no other finds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.calls.linked import RTP, Linked, linked, oml_writer
from tests.stack.asterisk import AsteriskPair, missing_asterisk, nat_pair
from tests.stack.fixtures import OpenPair, temporary_postgres
from tests.stack.native import Servers
from tests.stack.network import unavailable
from tests.standins.oml.config import TRANSPORTS_GUIDE
from tests.standins.pbx.config import pbx_writer
from tests.standins.pbx.freepbx import PORTS, install_freepbx
from tests.standins.pbx.rig import temporary_database


@pytest.fixture(scope="module")
def hosts(servers: Servers, open_asterisk_pair: OpenPair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linked]:
    """The PBX and OML on their own addresses, not linked."""
    with open_asterisk_pair(pbx_writer(), oml_writer()) as pair:
        yield from furnished(pair, servers, tmp_path_factory.mktemp("hosts"))


@pytest.fixture(scope="module")
def same_host(
    servers: Servers, open_same_host_pair: OpenPair, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Linked]:
    """The topology `docker`: OML in a container whose ports are published on the PBX's own address."""
    with open_same_host_pair(pbx_writer(), oml_writer()) as pair:
        yield from furnished(pair, servers, tmp_path_factory.mktemp("same-host"))


@pytest.fixture(scope="module")
def freepbx_hosts(
    backend: str, servers: Servers, open_asterisk_pair: OpenPair, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Linked]:
    """A FreePBX in the PBX's place, with its ports and the name of its transport."""
    if backend != "native":
        pytest.skip("the containers hold one pair at a time; a FreePBX runs natively")
    with open_asterisk_pair(pbx_writer(**PORTS), oml_writer()) as pair:
        yield from furnished(pair, servers, tmp_path_factory.mktemp("freepbx"), install=install_freepbx, **PORTS)


@pytest.fixture(scope="module")
def pbx_behind_nat(backend: str, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linked]:
    """An OML, and a PBX behind a router that forwards nothing; not linked."""
    need_a_router(backend)
    with nat_pair("pbx", pbx_writer(), lambda outside: oml_writer()) as pair:
        yield from furnished(pair, servers, tmp_path_factory.mktemp("pbx-behind-nat"))


@pytest.fixture(scope="module")
def oml_behind_nat(backend: str, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linked]:
    """A PBX, and an OML behind such a router; not linked."""
    need_a_router(backend)
    with nat_pair("oml", pbx_writer(), lambda outside: oml_writer()) as pair:
        yield from furnished(pair, servers, tmp_path_factory.mktemp("oml-behind-nat"))


@pytest.fixture(scope="module")
def oml_forwarded(backend: str, servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linked]:
    """A PBX, and an OML behind a router that forwards its ports, whose address its transport names; not linked."""
    need_a_router(backend)
    ports = (str(TRANSPORTS_GUIDE["trunk-nat-transport"]), ":".join(map(str, RTP)))
    with nat_pair("oml", pbx_writer(), lambda outside: oml_writer(address_outside=outside), ports) as pair:
        yield from furnished(pair, servers, tmp_path_factory.mktemp("oml-forwarded"))


def need_a_router(backend: str) -> None:
    """Skips where none can be made."""
    missing = missing_asterisk() or unavailable()
    if backend != "native" or missing:
        pytest.skip(missing or "a router runs natively")


def furnished(pair: AsteriskPair, servers: Servers, folder: Path, **pbx: Any) -> Iterator[Linked]:
    """Both hosts with a fresh PBX and a fresh OML."""
    with temporary_database(servers.mariadb_url) as pbx_url, temporary_postgres(servers) as oml_url:
        url = pbx_url.render_as_string(hide_password=False)
        with linked(pair, url, oml_url, _empty_redis(servers), folder, **pbx) as hosts:
            yield hosts


def _empty_redis(servers: Servers) -> str:
    with redis.Redis.from_url(servers.redis_url) as client:
        client.flushall()
    return servers.redis_url
