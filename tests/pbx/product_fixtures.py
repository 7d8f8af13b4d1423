"""Fixtures (named in `pytest_plugins` by the test modules): a fresh PBX with the product pointed at it.

Asterisk and database server are the session's; database, AstDB and generated files are the test's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.pbx.product import Bench, freepbx_bench, fresh_bench, running_asterisk
from tests.standins.pbx.freepbx import PJSIP_PORT, SIP_PORT, TRANSPORT
from tests.standins.pbx.rig import StandinPbx


@pytest.fixture(scope="session")
def shared_asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinPbx]:
    """The one Asterisk that most tests use, with both channel drivers."""
    with running_asterisk(tmp_path_factory.mktemp("asterisk")) as pbx:
        yield pbx


@pytest.fixture(scope="session")
def pjsip_asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinPbx]:
    """One without chan_sip."""
    with running_asterisk(tmp_path_factory.mktemp("pjsip"), chan_sip=False) as pbx:
        yield pbx


@pytest.fixture(scope="session")
def freepbx_asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandinPbx]:
    """One with both channel drivers on FreePBX's ports."""
    ports: dict[str, Any] = {"sip_port": SIP_PORT, "pjsip_port": PJSIP_PORT, "transport": TRANSPORT}
    with running_asterisk(tmp_path_factory.mktemp("freepbx"), **ports) as pbx:
        yield pbx


@pytest.fixture
def bench(shared_asterisk: StandinPbx, pbx_database: str, tmp_path: Path) -> Bench:
    """A fresh PBX on InnoDB."""
    return fresh_bench(shared_asterisk, pbx_database, tmp_path)


@pytest.fixture
def pjsip_bench(pjsip_asterisk: StandinPbx, pbx_database: str, tmp_path: Path) -> Bench:
    """A fresh PBX without chan_sip."""
    return fresh_bench(pjsip_asterisk, pbx_database, tmp_path)


@pytest.fixture
def myisam_bench(shared_asterisk: StandinPbx, pbx_database: str, tmp_path: Path) -> Bench:
    """A fresh PBX on MyISAM, where a rollback keeps the rows."""
    return fresh_bench(shared_asterisk, pbx_database, tmp_path, "MyISAM")


@pytest.fixture(params=["InnoDB", "MyISAM"])
def any_bench(request: pytest.FixtureRequest, shared_asterisk: StandinPbx, pbx_database: str, tmp_path: Path) -> Bench:
    """A fresh PBX on each storage engine."""
    return fresh_bench(shared_asterisk, pbx_database, tmp_path, request.param)


@pytest.fixture
def freepbx(freepbx_asterisk: StandinPbx, pbx_database: str, tmp_path: Path) -> Bench:
    """A fresh FreePBX 15."""
    return freepbx_bench(freepbx_asterisk, pbx_database, tmp_path)
