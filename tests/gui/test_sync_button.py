"""The page's button that follows OMniLeads' directory: a real OML over https, a real PBX."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pbxlink.link import link_code, link_file
from tests.gui.browser import Page
from tests.gui.site import Site
from tests.pbx.product import Bench
from tests.sync.certificates import self_signed
from tests.sync.omlweb import OmlWeb, oml_web

pytest_plugins = ["tests.pbx.product_fixtures", "tests.gui.fixtures"]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OmlWeb]:
    with oml_web(tmp_path_factory.mktemp("omlweb"), self_signed(tmp_path_factory.mktemp("tls"), "oml")) as found:
        yield found


def test_the_button_is_there_for_a_link_that_asks_omnileads(page: Page, site: Site, bench: Bench, web: OmlWeb) -> None:
    bench.write_link()
    page.open()
    assert not page.has("sync")
    link_file.write(bench.link, link_code.decode(web.code(bench.link)))
    page.open()
    page.press("plan")
    assert ("error", "sync.never") in page.findings, "its hint is what the button does"
    page.press("sync")
    assert "10" in page.notice, page.text  # trunk, route, the link's own extension, six agents and the other DID
    assert bench.json("plan").actions == []
    page.press("plan")
    assert (page.plan, page.has("apply")) == ([], False)
    assert bench.read_link().directory.token not in page.driver.page_source
    assert ["sync", "--json", "--lang", "en", "--link", str(bench.link)] in site.calls()
    assert page.problems == []
