"""A headless Chromium that reaches nothing but loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.gui.site import Site
from tests.stack.process import find_program

_ARGUMENTS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1400,2000",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync", "--lang=en", "--ignore-certificate-errors",
)  # fmt: skip
_WAIT, _PAUSE = 60, 0.1
_UNFOLD = "for (let e = arguments[0]; e; e = e.parentElement) if (e.open === false) e.open = true"


def missing_browser() -> str | None:
    """Why no browser can be driven here, or None."""
    missing = [name for name in ("chromium", "chromedriver") if not find_program(name)]
    return f"not here: {', '.join(missing)} (Debian: chromium, chromium-driver)" if missing else None


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """A browser with no history, closed afterwards."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(find_program("chromium"))
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(str(find_program("chromedriver"))))
    driver.set_page_load_timeout(_WAIT)
    try:
        yield driver
    finally:
        driver.quit()


def copied(driver: webdriver.Chrome, name: str, clipboard: bool = True) -> str:
    """Copies by the button of that id, with the keyboard alone; what the page says of it. Without `clipboard` as in a
    page of plain http, for which the browser has none."""
    if not clipboard:
        driver.execute_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    button = driver.find_element(By.ID, name)
    button.send_keys(Keys.ENTER)
    told = button.find_element(By.XPATH, "following-sibling::*[@role='status']")
    WebDriverWait(driver, _WAIT, _PAUSE).until(lambda _: told.text)
    return told.text


class Page:
    """The page in a browser, by what a person does with it."""

    def __init__(self, driver: webdriver.Chrome, site: Site) -> None:
        self.driver = driver
        self._site = site

    def open(self, language: str = "en_US") -> Page:
        """Loads the page as a new visitor."""
        self.driver.get(self._site.url)
        self.driver.delete_all_cookies()
        self.driver.add_cookie({"name": "lang", "value": language})
        self.driver.get(self._site.url)
        return self

    def fill(self, **fields: str) -> None:
        """Types into text fields."""
        for name, value in fields.items():
            element = self._element(name)
            self.driver.execute_script(_UNFOLD, element)
            element.clear()
            element.send_keys(value)

    def paste(self, name: str) -> None:
        """Pastes what was copied into a field."""
        element = self._element(name)
        self.driver.execute_script(_UNFOLD, element)
        element.clear()
        element.send_keys(Keys.CONTROL, "v")

    def choose(self, **fields: str) -> None:
        """Chooses in lists."""
        for name, value in fields.items():
            element = self._element(name)
            self.driver.execute_script(_UNFOLD, element)
            Select(element).select_by_value(value)

    def tick(self, name: str) -> None:
        """Ticks the box of that name."""
        box = self.driver.find_element(By.NAME, name)
        self.driver.execute_script(_UNFOLD, box)
        box.click()

    def press(self, action: str) -> None:
        """Presses a button and waits for the page that answers."""
        before = self.driver.find_element(By.ID, "omnileads")
        button = self._element(action)
        self.driver.execute_script(_UNFOLD, button)
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        WebDriverWait(self.driver, _WAIT, _PAUSE).until(lambda _: _is_gone(before))
        WebDriverWait(self.driver, _WAIT, _PAUSE).until(lambda driver: driver.find_elements(By.ID, "omnileads"))

    def is_wider_than(self, width: int) -> bool:
        """Whether a screen of so many pixels would have to be scrolled sideways, with all that is folded open, or a
        label be broken into letters."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        try:
            for folded in self.driver.find_elements(By.CSS_SELECTOR, "#omnileads details"):
                self.driver.execute_script("arguments[0].open = true", folded)
            labels = self.driver.find_elements(By.CSS_SELECTOR, "#omnileads td:first-child label")
            narrow = any(each.size["height"] > 120 for each in labels)
            return narrow or bool(
                self.driver.execute_script("return document.documentElement.scrollWidth > innerWidth")
            )
        finally:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def has(self, action: str) -> bool:
        """Whether there is such a button or field."""
        return bool(self.driver.find_elements(By.ID, f"omnileads-{action}"))

    def value(self, name: str) -> str:
        """What a field holds."""
        return str(self._element(name).get_attribute("value"))

    @property
    def text(self) -> str:
        """All that a person reads on the page."""
        return self.driver.find_element(By.TAG_NAME, "body").text

    @property
    def notice(self) -> str:
        """What the page says of the last action."""
        return " ".join(each.text for each in self.driver.find_elements(By.ID, "omnileads-notice"))

    @property
    def findings(self) -> list[tuple[str, str]]:
        """Severity and code of every finding shown."""
        found = self.driver.find_elements(By.CLASS_NAME, "omnileads-finding")
        return [(str(each.get_attribute("data-severity")), str(each.get_attribute("data-code"))) for each in found]

    @property
    def plan(self) -> list[tuple[str, str]]:
        """Action and line of every change of the plan shown."""
        changes = self.driver.find_elements(By.CSS_SELECTOR, "#omnileads-changes > details")
        lines = [each.find_element(By.TAG_NAME, "summary").text for each in changes]
        return [(str(each.get_attribute("data-action")), line) for each, line in zip(changes, lines)]

    def cells(self) -> list[list[str]]:
        """The plan's rows, which are folded: where, before, after."""
        rows = self.driver.find_elements(By.CSS_SELECTOR, "#omnileads-changes tbody tr")
        read = "return Array.from(arguments[0].cells, cell => cell.textContent)"
        return [self.driver.execute_script(read, row) for row in rows[:60]]

    @property
    def problems(self) -> list[str]:
        """What PHP complained about."""
        return [each.text for each in self.driver.find_elements(By.CLASS_NAME, "php-problem")]

    def _element(self, name: str) -> WebElement:
        return self.driver.find_element(By.ID, f"omnileads-{name}")


def _is_gone(element: WebElement) -> bool:
    """Whether the page of the element was left; while a page is being left the driver has more than one word for it."""
    try:
        element.is_enabled()
    except WebDriverException:
        return True
    return False
