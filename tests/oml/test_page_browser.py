"""The page in Chromium on real servers: from a link code to a trunk whose call was authenticated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from pbxlink.link import link_code, link_file
from tests.gui.browser import chromium, missing_browser
from tests.oml.live import LiveOml, live_oml
from tests.oml.pagebrowser import OmlPage
from tests.oml.pageserver import Site, seed, serving
from tests.oml.plugin import SECRET

ALL_KEYS = [("create", "trunk/issabel"), ("create", "route/all")]


@dataclass
class Place:
    live: LiveOml
    site: Site
    page: OmlPage

    def code(self, **values: Any) -> str:
        return link_code.encode(link_file.parse(self.live.link_text(**values)))


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    missing = missing_browser()
    if missing:
        pytest.skip(missing)
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LiveOml, Site]]:
    with live_oml(tmp_path_factory.mktemp("page-live")) as live:
        seed(live.standin)
        with serving(live.standin, live.folder) as site:
            yield live, site


@pytest.fixture
def place(browser: Chrome, served: tuple[LiveOml, Site]) -> Iterator[Place]:
    """With nothing of the link on it, before and after."""
    live, site = served
    yield Place(live, site, OmlPage(browser, site.url).login("admin"))
    live.standin.manage("pbx_link", "remove", "--yes", "--saved", "test", check=False)


def test_from_a_link_code_to_a_trunk_that_authenticates(place: Place) -> None:
    page = place.page
    page.open("/")
    page.language("es")
    page.menu("Enlace con la PBX")
    shown = page.driver.find_elements(By.CSS_SELECTOR, "#pbx-link input:not([type=hidden]), #pbx-link button")
    assert [each.get_attribute("id") for each in shown] == ["pbx-link-invite"]
    page.keep("es-0-none")
    page.press("new")
    page.fill(code=place.code())
    page.press("save-code")
    assert (page.page, page.changes) == ("plan", ALL_KEYS)
    assert "Lo que va a cambiar" in page.text
    page.keep("es-1-plan")
    assert "Unable to find" in place.live.shown("pjsip show endpoint issabel")
    page.press("apply")
    page.keep("es-2-under-way")
    assert page.wait_for_job() == "done"
    assert page.changes == ALL_KEYS
    assert (page.text.count("(se creó)"), page.text.count("(se crea)")) == (2, 0), page.text
    page.keep("es-3-applied")
    assert "issabel-oauth/omnileads" in place.live.shown("pjsip show endpoint issabel")
    page.press("verify")
    page.wait_for_job()
    page.press("back")
    states = {each.get_attribute("data-direction"): each.get_attribute("data-state")
              for each in page.driver.find_elements(By.CSS_SELECTOR, "#pbx-link-verified span")}  # fmt: skip
    assert states == {"oml->pbx": "authenticated", "pbx->oml": "not_tried"}
    assert page.page == "overview"
    assert page.driver.find_element(By.CSS_SELECTOR, "[data-reach]").get_attribute("data-reach") == "reachable"
    assert SECRET not in page.driver.page_source
    page.keep("es-4-overview")


def test_the_transports_are_asterisks_own_and_what_is_filled_in_is_applied(place: Place) -> None:
    page, transports = place.page, place.live.params.transports
    page.open("/pbx_link/new/")
    page.language("en")
    assert page.choices("transport") == [f"{name} ({transports[name]})" for name in sorted(transports)][::-1]
    page.keep("en-1-form")
    port = str(transports["trunk-transport"])
    page.fill(name="test", pbx_address="127.0.0.1", pbx_port=port, oml_address="localhost")
    page.fill(oml_routes="all = XXXXXXX, 9|1XXX")
    page.press("save-fields")
    assert (page.page, page.changes) == ("plan", ALL_KEYS)
    assert "What will change" in page.text
    page.keep("en-2-plan")
    page.press("apply")
    assert page.wait_for_job() == "done"
    assert "Done, and proved on Asterisk." in page.text
    page.press("back")
    page.keep("en-3-overview")
    page.press("show-code")
    shown = link_code.decode(str(page.driver.find_element(By.ID, "pbx-link-code").get_attribute("value")))
    assert shown.omnileads.sip_port == transports["trunk-transport"]
    secret = page.driver.find_element(By.CLASS_NAME, "pbx-link-secret").text
    assert (secret, len(secret)) == (shown.credentials.secret, 32)
    page.press("back")
    assert secret not in page.driver.page_source
    page.press("remove")
    page.keep("en-4-remove")
    page.press("remove")
    assert page.wait_for_job() == "done"
    assert "Unable to find" in place.live.shown("pjsip show endpoint issabel")
    page.press("back")
    assert page.page == "links"


def test_values_that_are_wrong_are_told_at_their_fields_in_portuguese(place: Place) -> None:
    page = place.page
    page.open("/pbx_link/new/")
    page.language("pt-br")
    hostile = "<script>window.hacked=1</script>"
    page.fill(name="test", pbx_address=hostile, oml_address="localhost", oml_routes=f"{hostile} = XXXX")
    page.press("save-fields")
    assert page.page == "edit"
    assert "Há valores que não servem; nada foi salvo." in page.text
    assert hostile in page.text  # read as text, so not run
    assert page.driver.execute_script("return window.hacked") is None
    field = page.driver.find_element(By.ID, "id_pbx_link_pbx_address")
    assert field.find_element(By.XPATH, "..").find_elements(By.CLASS_NAME, "pbx-link-field-error")
    page.keep("pt-1-wrong")
    page.menu("Enlace com o PBX")
    assert page.page == "links"
    page.keep("pt-2-none")


def test_an_agent_is_refused(place: Place) -> None:
    page = place.page.login("anaagent")
    page.open("/pbx_link/")
    assert not page.driver.find_elements(By.ID, "pbx-link")
    assert "403" in page.text
    page.keep("agent-403")
