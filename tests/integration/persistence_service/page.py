# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's page, as those have it who see it, use the keyboard alone, or hear it."""

from __future__ import annotations

import typing as t

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from tests.integration.persistence_service.service import PATIENCE, Service


class Page:
    """What somebody sees and does there."""

    def __init__(self, driver: webdriver.Chrome, service: Service) -> None:
        self.driver = driver
        self.token = service.token or ""
        self.url = f"http://127.0.0.1:{service.port}/ui"
        #: What a browser writes down, though it is no fault: that a token is needed, or is a wrong one.
        self.expected = ["/v1/service - Failed to load resource"]

    def open(self) -> None:
        self.driver.get(self.url)
        self.until(lambda: self.shown("#login") or self.shown("#app"))

    def log_in(self, token: str | None = None) -> None:
        self.find("#token").send_keys(token or self.token, Keys.ENTER)

    def enter(self, token: str | None = None) -> None:
        """As one who has the token, and with everything loaded."""
        self.open()
        self.driver.execute_script(
            "sessionStorage.setItem('longshore-token', arguments[0])",
            token or self.token,
        )
        self.open()
        self.until(lambda: self.text("#snapshots-said").endswith("."))

    def until(self, ready: t.Callable[[], t.Any]) -> None:
        WebDriverWait(self.driver, PATIENCE, 0.05).until(lambda _unused: ready())

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def shown(self, selector: str) -> bool:
        return self.find(selector).is_displayed()

    def text(self, selector: str) -> str:
        return self.find(selector).text

    def rows(self, table: str) -> list[str]:
        # at once: rows come and go
        script = "return Array.from(document.querySelectorAll(arguments[0]), (row) => row.innerText)"
        return t.cast(
            "list[str]", self.driver.execute_script(script, f"{table} tbody tr")
        )

    def click(self, name: str, at: int = 0) -> None:
        """A button, by its name for those who do not see it."""
        found = self.driver.find_elements(By.CSS_SELECTOR, f'[aria-label^="{name}"]')
        found[at].click()

    def choose(self, row: int) -> None:
        self.driver.find_elements(By.CSS_SELECTOR, "#volumes input")[row].click()
        self.until(lambda: self.text("#snapshots-said").endswith("."))

    @property
    def focused(self) -> WebElement:
        return self.driver.switch_to.active_element

    def name_of_focused(self) -> str:
        one = self.focused
        return one.get_attribute("aria-label") or one.text

    def tab_to(self, name: str) -> None:
        """By the keyboard alone; where the focus is can be seen at every step."""
        for _unused in range(40):
            self.focused.send_keys(Keys.TAB)
            outline = self.focused.value_of_css_property("outline-style")
            assert outline == "solid", self.focused.get_attribute("outerHTML")
            if self.name_of_focused().startswith(name):
                return
        raise AssertionError(f"no {name}")

    def wait_for_news(self, begin: str) -> str:
        self.until(lambda: self.text("#news").startswith(begin))
        return self.text("#news")

    def save(self, volume: int = 0) -> str:
        """What is heard of it; its snapshot is there then."""
        known = len(self.rows("#snapshots"))
        self.click("Save ", volume)
        return self.wait_for_snapshot(known)

    def wait_for_snapshot(self, known: int) -> str:
        said = self.wait_for_news("save of ")
        self.until(lambda: len(self.rows("#snapshots")) == known + 1)
        return said

    def wait_for_differences(self) -> str:
        button = self.find("[name=confirm]")
        self.until(button.is_enabled)
        return self.text("#restore-differences")

    def nodes(self) -> list[tuple[str, str]]:
        """Role and name of all that those have who do not see it."""
        tree = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})
        return [
            (one["role"]["value"], one.get("name", {}).get("value", ""))
            for one in tree["nodes"]
            if not one["ignored"]
        ]
