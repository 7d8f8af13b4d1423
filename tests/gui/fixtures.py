"""Fixtures of the GUI's tests: the page served before a fresh PBX, and one browser for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from tests.gui.browser import Page, chromium, missing_browser
from tests.gui.site import Site, missing_php, serve
from tests.pbx.product import Bench


@pytest.fixture
def site(bench: Bench, tmp_path: Path) -> Iterator[Site]:
    """The page before a fresh PBX that has no link file yet."""
    missing = missing_php()
    if missing:
        pytest.skip(missing)
    bench.link.unlink()
    _apart(bench)
    folder = tmp_path / "site"
    folder.mkdir()
    with serve(folder, bench) as site:
        yield site


def _apart(bench: Bench) -> None:
    """The link files in a folder of their own, as they are on a PBX: the page lists what is there."""
    bench.link = bench.folder / "links" / "link.conf"
    bench.link.parent.mkdir()


@pytest.fixture
def freepbx_site(bench: Bench, tmp_path: Path) -> Iterator[Site]:
    """The page as FreePBX's module has it, before a fresh PBX with a link file."""
    missing = missing_php()
    if missing:
        pytest.skip(missing)
    bench.link.unlink()
    _apart(bench)
    bench.write_link()
    folder = tmp_path / "site"
    folder.mkdir()
    with serve(folder, bench, "freepbx") as site:
        yield site


@pytest.fixture(scope="session")
def browser() -> Iterator[Chrome]:
    """One headless browser."""
    missing = missing_browser()
    if missing:
        pytest.skip(missing)
    with chromium() as driver:
        yield driver


@pytest.fixture
def page(browser: Chrome, site: Site) -> Page:
    """The page, opened by a new visitor."""
    return Page(browser, site).open()
