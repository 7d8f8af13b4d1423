"""A FreePBX and an OMniLeads; the one behind a router registers with the other. Calls each way, by both drivers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.calls.both_ways import are_authenticated, omnileads_calls, the_pbx_calls
from tests.calls.conftest import furnished, need_a_router
from tests.calls.linked import Linked, eventually, oml_writer
from tests.calls.registering import registered_from, router
from tests.stack.asterisk import nat_pair
from tests.stack.native import Servers
from tests.standins.pbx.config import pbx_writer
from tests.standins.pbx.freepbx import PORTS, install_freepbx

pytestmark = pytest.mark.failure_points


@pytest.fixture(scope="module", params=["pbx", "oml"])
def hosts(
    request: pytest.FixtureRequest, backend: str, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Linked]:
    """Both, the one of them behind a router that forwards nothing; not linked."""
    need_a_router(backend)
    with nat_pair(request.param, pbx_writer(**PORTS), lambda outside: oml_writer()) as pair:
        folder = tmp_path_factory.mktemp("freepbx-registers")
        yield from furnished(pair, servers, folder, install=install_freepbx, **PORTS)


@pytest.mark.parametrize("technology", ["sip", "pjsip"])
def test_it_registers_and_calls_go_both_ways(hosts: Linked, technology: str) -> None:
    hosts.link(technology, topology="wan", registers="pbx" if router(hosts).inside == "pbx" else "omnileads")
    try:
        assert eventually(lambda: registered_from(hosts) == router(hosts).outside_address, 25)
        the_pbx_calls(hosts)
        omnileads_calls(hosts)
        are_authenticated(hosts)
    finally:
        hosts.unlink()
