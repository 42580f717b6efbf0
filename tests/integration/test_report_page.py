# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of a sync in a browser: light and dark, wide and narrow, by keyboard, without a script."""

from __future__ import annotations

import typing as t

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from ansible_collections.longshore.storage.plugins.module_utils._sync._report_page import (
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
from tests.unit.module_utils.sync.report_helpers import HOSTILE, sample_recorder


@pytest.fixture(scope="module")
def site() -> t.Iterator[Site]:
    with Site(render(sample_recorder(), str)) as served:
        yield served


@pytest.fixture()
def browser(driver: webdriver.Chrome, site: Site) -> t.Iterator[Browser]:
    with Browser(driver, site) as made:
        yield made


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(browser: Browser, scheme: Scheme) -> None:
    browser.open(scheme=scheme)
    ground = browser.colour("body", "background-color")
    assert (luminance(ground) > 0.5) is (scheme == "light")
    for selector in ("body", "caption", ".faint", "p.good", "li.warn", "dt", "summary"):
        assert contrast(browser.colour(selector, "color"), ground) >= 4.5, selector
    head = browser.colour("thead th", "background-color")
    assert contrast(browser.colour("thead th", "color"), head) >= 4.5
    first = {"light": "rgb(10, 95, 168)", "dark": "rgb(108, 182, 245)"}[scheme]
    assert browser.style("path.curve.c0", "stroke") == first
    assert browser.style("rect.fill.c0", "fill") == first
    box = browser.find("svg[role=img]")[0].size
    assert box["width"] > 300 and box["height"] > 100


def test_all_can_be_reached_by_keyboard(browser: Browser) -> None:
    browser.open()
    reached = []
    for _unused in range(6):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        focused = browser.driver.switch_to.active_element
        assert focused.value_of_css_property("outline-style") == "solid"
        reached.append(focused.get_attribute("aria-labelledby") or focused.tag_name)
    folds = ["summary"] * 3
    assert reached == [*folds, "types-title", "biggest-title", "phases-title"]
    # a fold is opened by a key, and closed again
    for open_now in (True, False):
        browser.find("summary")[0].send_keys(Keys.ENTER)
        assert (
            browser.find("details")[0].get_attribute("open") is not None
        ) is open_now
    assert browser.find("details")[2].get_attribute("open") is not None


def test_what_names_say_is_shown_as_it_is(browser: Browser) -> None:
    browser.open(scripts=False)
    assert not browser.find("img, iframe, object, embed, script")
    assert HOSTILE in browser.find(".places")[0].text
    emulate(browser.driver, "setScriptExecutionDisabled", value=False)


def test_a_narrow_window_scrolls_tables_alone(browser: Browser) -> None:
    browser.open()
    emulate(
        browser.driver,
        "setDeviceMetricsOverride",
        **{"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": False},
    )
    page = "document.documentElement"
    script = f"return {page}.scrollWidth <= {page}.clientWidth"
    assert browser.driver.execute_script(script)
    table = "const one = document.querySelector('.scroll'); return one.scrollWidth > one.clientWidth"
    assert browser.driver.execute_script(table)
    emulate(browser.driver, "clearDeviceMetricsOverride")
