"""The plugin's page in a headless Chromium, by what a person does with it; screenshots are kept as artefacts."""

from __future__ import annotations

from pathlib import Path

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.gui.browser import _UNFOLD
from tests.gui.browser import _is_gone as is_gone
from tests.oml.pageserver import PASSWORD

ARTIFACTS = Path(__file__).parents[1] / "artifacts" / "oml-page"
_WAIT, _PAUSE = 60, 0.1
_WIDTHS = (1280, 420)


class OmlPage:
    """OML in a browser."""

    def __init__(self, driver: Chrome, base: str) -> None:
        self.driver = driver
        self._base = base

    def login(self, user: str) -> OmlPage:
        """Logs in as a new visitor."""
        self.driver.get(self._base + "/accounts/login/")
        self.driver.delete_all_cookies()
        self.driver.get(self._base + "/accounts/login/")
        self.driver.find_element(By.NAME, "username").send_keys(user)
        self.driver.find_element(By.NAME, "password").send_keys(PASSWORD)
        self._leave(lambda: self.driver.find_element(By.CSS_SELECTOR, "form button").click())
        return self

    def open(self, path: str) -> None:
        """Goes to an address."""
        self.driver.get(self._base + path)

    def menu(self, label: str) -> None:
        """Opens an item of the menu."""
        self._leave(lambda: self.driver.find_element(By.LINK_TEXT, label).click())

    def language(self, code: str) -> None:
        """Chooses a language, by OML's own selector."""
        chosen = Select(self.driver.find_element(By.NAME, "language"))
        if chosen.first_selected_option.get_attribute("value") != code:
            self._leave(lambda: chosen.select_by_value(code))

    def press(self, name: str) -> None:
        """Follows a link or presses a button of ours and waits for the page that answers."""
        self._settled()
        button = self.driver.find_element(By.ID, f"pbx-link-{name}")
        self.driver.execute_script(_UNFOLD, button)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        self._leave(button.click)

    def fill(self, **fields: str) -> None:
        """Types into fields of the form, which may be hidden in the part that is shown on request."""
        self._settled()
        self.driver.execute_script("for (const each of document.querySelectorAll('details')) each.open = true")
        for name, value in fields.items():
            element = self.driver.find_element(By.ID, f"id_pbx_link_{name}")
            element.clear()
            element.send_keys(value)

    def choices(self, name: str) -> list[str]:
        """What a field offers."""
        self._settled()
        field = self.driver.find_element(By.ID, f"id_pbx_link_{name}")
        self.driver.execute_script(_UNFOLD, field)
        return [each.text for each in Select(field).options]

    def wait_for_job(self) -> str:
        """Waits, without touching anything, until the page shows by itself that the job ended; its state."""
        state = 'return (document.getElementById("pbx-link-job") || {dataset: {}}).dataset.state || "running"'
        WebDriverWait(self.driver, _WAIT, _PAUSE).until(lambda driver: driver.execute_script(state) != "running")
        return str(self.driver.execute_script(state))

    def _settled(self) -> None:
        """Waits until the page does not ask Asterisk or the PBX any more."""
        waits = "return !document.querySelector('#pbx-link-wait, [data-asking]') && document.readyState === 'complete'"
        WebDriverWait(self.driver, _WAIT, _PAUSE).until(lambda driver: driver.execute_script(waits))

    @property
    def page(self) -> str:
        """Which of our pages it is."""
        self._settled()
        return str(self.driver.find_element(By.ID, "pbx-link").get_attribute("data-page"))

    @property
    def text(self) -> str:
        """All that a person reads."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    @property
    def findings(self) -> list[tuple[str, str]]:
        """Severity and code of the findings shown."""
        found = self.driver.find_elements(By.CLASS_NAME, "pbx-link-finding")
        return [(str(each.get_attribute("data-severity")), str(each.get_attribute("data-code"))) for each in found]

    @property
    def changes(self) -> list[tuple[str, str]]:
        """Action and key of the changes shown."""
        found = self.driver.find_elements(By.CSS_SELECTOR, "#pbx-link-changes [data-action]")
        return [(str(each.get_attribute("data-action")), str(each.get_attribute("data-key"))) for each in found]

    def keep(self, name: str) -> None:
        """Keeps what is seen, the whole page, as artefacts: as wide as on a desk, and as on a telephone."""
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        for width in _WIDTHS:
            self._as_large_as(width, 800)
            self._as_large_as(width, int(self.driver.execute_script("return document.documentElement.scrollHeight")))
            assert self.driver.save_screenshot(str(ARTIFACTS / f"{name}-{width}.png"))
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def _as_large_as(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def _leave(self, act: object) -> None:
        before = self.driver.find_element(By.TAG_NAME, "html")
        act()  # type: ignore[operator]
        WebDriverWait(self.driver, _WAIT, _PAUSE).until(lambda _: is_gone(before))
        WebDriverWait(self.driver, _WAIT, _PAUSE).until(
            lambda driver: driver.execute_script("return document.readyState") == "complete"
        )
