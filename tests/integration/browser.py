# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Headless Chromium, and what can be read there."""

from __future__ import annotations

import contextlib
import typing as t

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.answering import AnsweringServer, QuietHandler
from tests.servers._process import find_program

Scheme = t.Literal["light", "dark"]


@contextlib.contextmanager
def chromium(width: int = 1700, height: int = 1200) -> t.Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = find_program("chromium")
    for argument in (
        *("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"),
        f"window-size={width},{height}",
    ):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(find_program("chromedriver"))
    driver = webdriver.Chrome(options, service)
    try:
        yield driver
    finally:
        driver.quit()


def console(driver: t.Any) -> list[t.Any]:
    """What was written there since the last time, errors of the policy among it."""
    return list(driver.get_log("browser"))


def emulate(driver: t.Any, method: str, **parameters: t.Any) -> None:
    driver.execute_cdp_cmd(f"Emulation.{method}", parameters)


def prefer(driver: t.Any, scheme: Scheme) -> None:
    media = {"name": "prefers-color-scheme", "value": scheme}
    emulate(driver, "setEmulatedMedia", features=[media])


def parse_colour(text: str) -> tuple[int, ...]:
    """Of ``rgb(…)`` or ``rgba(…)``: red, green and blue."""
    return tuple(int(one) for one in text[text.index("(") + 1 : -1].split(",")[:3])


def luminance(colour: t.Sequence[int]) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [one / 255 for one in colour]
    linear = [
        p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: t.Sequence[int], other: t.Sequence[int]) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class Site(AnsweringServer):
    """Serves the page under every path, and remembers which were asked for."""

    def __init__(self, page: str) -> None:
        super().__init__(_Handler)
        self.page = page.encode()
        self.asked: list[str] = []
        self.url = f"{self.root}/page.html"


class _Handler(QuietHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.answer(200, {"Content-Type": "text/html; charset=utf-8"}, self.server.page)


class Browser:
    """Headless Chromium with the page open.

    As a context: whatever is done there, nothing is refused or fails in it, and nothing but the page is loaded.
    """

    def __init__(self, driver: webdriver.Chrome, site: Site) -> None:
        self.driver = driver
        self.site = site

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, error: object, *_exc: object) -> None:
        if error is None:
            assert console(self.driver) == []
            assert self.site.asked == ["/page.html"]

    def open(self, *, scheme: Scheme = "light", scripts: bool = True) -> None:
        self.site.asked.clear()
        console(self.driver)
        emulate(self.driver, "setScriptExecutionDisabled", value=not scripts)
        prefer(self.driver, scheme)
        self.driver.get(self.site.url)

    def find(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def colour(self, selector: str, kind: str) -> tuple[int, ...]:
        return parse_colour(self.find(selector)[0].value_of_css_property(kind))

    def style(self, selector: str, kind: str) -> str:
        """As the document has it; unlike ``colour``, of SVG too."""
        script = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
        return str(self.driver.execute_script(script, selector, kind))
