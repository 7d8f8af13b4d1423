"""Fixtures for tests of the app `oml_plugin` on an OML of two files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.demo.manager import DemoAsterisk, running
from tests.oml.plugin import PluginOml, plugin_oml
from tests.standins.oml.testing import Standin


@pytest.fixture(scope="session")
def plugin_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file with the app's table."""
    folder = tmp_path_factory.mktemp("plugin-template")
    Standin.without_servers(folder).with_plugin().manage("migrate", "-v0")
    return folder / "oml.sqlite"


@pytest.fixture(scope="session")
def answering_pbx() -> Iterator[tuple[str, int]]:
    """Something that answers SIP at the PBX's address."""
    answering = DemoAsterisk(dict, sip_port=0)
    with running(answering, "127.0.0.1", "127.0.0.3"):
        yield "127.0.0.3", answering.sip_port


@pytest.fixture
def oml(tmp_path: Path, plugin_template: Path, answering_pbx: tuple[str, int]) -> Iterator[PluginOml]:
    """An OML with nothing in it, and a link file that its commands are given."""
    shutil.copy(plugin_template, tmp_path / "oml.sqlite")
    with plugin_oml(tmp_path, answering_pbx) as found:
        yield found
