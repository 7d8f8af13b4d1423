"""The pictures of the READMEs, each in English and Spanish: the PBX's page, OMniLeads' page, and a terminal.

What they show is real output of the product; PBX and OMniLeads around it are the tests' stand-ins. Run by `make`.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from pbxlink.link import link_code, link_file
from tests.gui.browser import Page
from tests.oml.live import live_oml
from tests.oml.pagebrowser import OmlPage
from tests.oml.pageserver import seed, serving
from tests.pbx.product import OML_ADDRESS, OML_PORT, Bench

pytest_plugins = ["tests.stack.fixtures", "tests.pbx.product_fixtures", "tests.gui.fixtures"]

FOLDER = Path(__file__).parent
LANGUAGES = {"en": "en_US", "es": "es_ES"}
LARGEST = 150_000
_STYLE = "margin:16px;font:14px/1.45 monospace;color:#e6e6e6"
TERMINAL = f"<body style='margin:0;background:#1e1e1e'><pre style='{_STYLE}'>{{}}</pre></body>"
MARK = "if (!document.getElementById('picture-end'))" \
       " document.body.insertAdjacentHTML('beforeend', '<div id=\"picture-end\"></div>')"  # fmt: skip


def picture(driver: Chrome, name: str, width: int, height: int = 0) -> None:
    """Takes the page as wide as that, and no higher."""
    for tall in (600, 0):
        whole = tall or int(driver.execute_script("return document.getElementById('picture-end').offsetTop"))
        size = {"width": width, "height": min(whole, height or whole), "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        driver.execute_script(MARK + "; document.documentElement.style.overflow = 'hidden'")
    path = FOLDER / f"{name}.png"
    assert driver.save_screenshot(str(path))
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert path.stat().st_size < LARGEST


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_the_pbx(page: Page, bench: Bench, language: str) -> None:
    page.open(LANGUAGES[language])
    page.fill(
        pbx_address=bench.pbx.params.address, oml_address=OML_ADDRESS, oml_port=OML_PORT,
        extensions="8001 = 098098 = Ventas\n8002 = 098099 = Soporte", oml_routes="pbx = 2XX, 9|XXXXXXX",
    )  # fmt: skip
    page.press("configure")
    picture(page.driver, f"pbx-{language}", 1040)


@pytest.fixture(scope="module")
def omnileads(tmp_path_factory: pytest.TempPathFactory, browser: Chrome) -> Iterator[OmlPage]:
    """OMniLeads' page of a link that is applied and proved."""
    with live_oml(tmp_path_factory.mktemp("pictures")) as live:
        seed(live.standin)
        with serving(live.standin, live.folder) as site:
            page = OmlPage(browser, site.url).login("admin")
            page.open("/pbx_link/new/")
            page.fill(code=link_code.encode(link_file.parse(live.link_text())))
            for button in ("save-code", "apply", "verify"):
                page.press(button)
                if button != "save-code":
                    page.wait_for_job()
            page.press("back")
            yield page


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_omnileads(omnileads: OmlPage, language: str) -> None:
    omnileads.language(language)
    assert omnileads.page == "overview"
    picture(omnileads.driver, f"omnileads-{language}", 1180, 620)


@pytest.mark.parametrize("language", LANGUAGES)
def test_terminal(bench: Bench, browser: Chrome, language: str) -> None:
    bench.write_link(extensions={
        "8001": {"number": "8001", "send": "098098", "name": "Ventas"},
        "8002": {"number": "8002", "send": "098099", "name": "Soporte"},
    })  # fmt: skip
    shown = ""
    for command in (["plan"], ["apply", "--yes"], ["status"]):
        done = bench.run(*command, lang=language)
        shown += f"pbx# issabel-omnileads {' '.join(command)}\n{done.out}\n"
    browser.get("data:text/html;charset=utf-8," + TERMINAL.format(html.escape(shown)).replace("#", "%23"))
    picture(browser, f"terminal-{language}", 980)
