# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet's page in a browser: light and dark, with and without scripts, by mouse and by keyboard."""

from __future__ import annotations

import typing as t

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from ansible_collections.longshore.storage.plugins.module_utils._distsync._status_page import (
    render,
)
from tests.integration.browser import (
    Browser,
    Scheme,
    Site,
    contrast,
    emulate,
    luminance,
)
from tests.unit.module_utils.distsync.fleet_helpers import HOSTILE, sample_fleet


@pytest.fixture(scope="module")
def site() -> t.Iterator[Site]:
    with Site(render(sample_fleet(), title=HOSTILE)) as served:
        yield served


class FleetBrowser(Browser):
    """Knows the table of hosts."""

    def column(self, name: str) -> list[str]:
        headings = [one.text for one in self.find("#hosts thead th")]
        # the sign of the order is no text of the document
        return t.cast(
            list[str],
            self.driver.execute_script(
                "return Array.from(document.querySelectorAll('#hosts tbody tr'),"
                " (row) => row.cells[arguments[0]].textContent)",
                headings.index(name),
            ),
        )

    def heading(self, name: str) -> WebElement:
        found = self.find("#hosts thead button")
        return next(one for one in found if one.text == name)

    def order_of(self, name: str) -> str | None:
        cell = self.heading(name).find_element(By.XPATH, "..")
        return cell.get_attribute("aria-sort")


@pytest.fixture()
def browser(driver: webdriver.Chrome, site: Site) -> t.Iterator[FleetBrowser]:
    with FleetBrowser(driver, site) as made:
        yield made


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(browser: FleetBrowser, scheme: Scheme) -> None:
    browser.open(scheme=scheme)
    ground = browser.colour("body", "background-color")
    assert (luminance(ground) > 0.5) is (scheme == "light")
    for selector in ("body", ".faint", "td.good", "td.bad", "td.warn", "li.bad"):
        assert contrast(browser.colour(selector, "color"), ground) >= 4.5, selector
    head = browser.colour("#hosts thead th", "background-color")
    assert contrast(browser.colour("#hosts thead th", "color"), head) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_plots_have_the_colours_of_the_scheme(
    browser: FleetBrowser, scheme: Scheme
) -> None:
    browser.open(scheme=scheme)
    first = {"light": "rgb(10, 95, 168)", "dark": "rgb(108, 182, 245)"}[scheme]
    assert browser.style("path.curve.c0", "stroke") == first
    assert browser.style("rect.fill.c0", "fill") == first
    box = browser.find("svg[role=img]")[0].size
    assert box["width"] > 300 and box["height"] > 100


def test_what_hosts_are_called_is_shown_as_it_is(browser: FleetBrowser) -> None:
    browser.open()
    assert browser.driver.title == HOSTILE
    assert HOSTILE in browser.column("Host")
    assert not browser.find("img, iframe, object, embed")


def test_comes_with_the_worst_first(browser: FleetBrowser) -> None:
    browser.open()
    states = browser.column("State")
    assert [one.split(" ", 1)[1] for one in states[:5]] == [
        *("failed", "failed", "rolled back", "behind", "behind"),
    ]
    assert browser.order_of("Host") is None


@pytest.mark.parametrize("name", ["Host", "Late", "Reported", "Version"])
def test_a_click_sorts_and_another_turns_it_round(
    browser: FleetBrowser, name: str
) -> None:
    browser.open()
    before = browser.column(name)
    browser.heading(name).click()
    up = browser.column(name)
    assert browser.order_of(name) == "ascending"
    assert up != before and sorted(up) == sorted(before)
    browser.heading(name).click()
    assert browser.order_of(name) == "descending"
    assert browser.column(name)[0] == up[-1]


def test_numbers_are_sorted_as_numbers(browser: FleetBrowser) -> None:
    browser.open()
    browser.heading("Late").click()
    late = [one for one in browser.column("Late") if one.endswith(" s")]
    seconds = [int(one.split()[0]) for one in late if "min" not in one]
    assert seconds == sorted(seconds) and len(set(seconds)) > 10


def test_only_one_column_is_sorted_at_a_time(browser: FleetBrowser) -> None:
    browser.open()
    browser.heading("Host").click()
    browser.heading("Late").click()
    assert browser.order_of("Host") is None
    assert len(browser.find("#hosts th[aria-sort]")) == 1


def test_sorting_takes_no_mouse(browser: FleetBrowser) -> None:
    browser.open()
    for _unused in range(20):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        focused = browser.driver.switch_to.active_element
        if focused.text == "Host":
            break
    assert focused.text == "Host"
    assert focused.value_of_css_property("outline-style") == "solid"
    focused.send_keys(Keys.ENTER)
    assert browser.order_of("Host") == "ascending"
    focused.send_keys(Keys.SPACE)
    assert browser.order_of("Host") == "descending"


def test_without_scripts_the_table_is_there(browser: FleetBrowser) -> None:
    browser.open(scripts=False)
    assert not browser.find("button")
    assert len(browser.find("#hosts tbody tr")) == 120
    emulate(browser.driver, "setScriptExecutionDisabled", value=False)
