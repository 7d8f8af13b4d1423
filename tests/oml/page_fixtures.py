"""Fixtures of the page's tests: an OML of two files with a user of each role, served."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.oml.desk import Desk
from tests.oml.pageserver import seed, serving
from tests.oml.plugin import plugin_oml
from tests.standins.oml.testing import Standin

_FILES = ("oml.sqlite", "redis.json")


@pytest.fixture(scope="session")
def page_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated OML with people in it."""
    folder = tmp_path_factory.mktemp("page-template")
    standin = Standin.without_servers(folder).with_plugin()
    standin.manage("migrate", "-v0")
    seed(standin)
    return folder


@pytest.fixture
def desk(
    request: pytest.FixtureRequest, tmp_path: Path, page_template: Path, answering_pbx: tuple[str, int]
) -> Iterator[Desk]:
    """Served, with nothing of a link in it; where the test gives waits (`Standin.hurry`), no longer than those."""
    with _served(tmp_path, page_template, answering_pbx, getattr(request, "param", {})) as found:
        yield found


@pytest.fixture(scope="module")
def page_desk(
    tmp_path_factory: pytest.TempPathFactory, page_template: Path, answering_pbx: tuple[str, int]
) -> Iterator[Desk]:
    """One for all tests of a module that leave nothing behind."""
    with _served(tmp_path_factory.mktemp("page-desk"), page_template, answering_pbx) as found:
        yield found


@contextmanager
def _served(
    folder: Path, template: Path, pbx: tuple[str, int], waits: Mapping[str, float] | None = None
) -> Iterator[Desk]:
    for name in _FILES:
        shutil.copy(template / name, folder / name)
    with plugin_oml(folder, pbx) as oml:
        oml.standin.hurry(**(waits or {}))
        with serving(oml.standin, folder) as site:
            yield Desk(oml, site, site.visitor("admin"))
