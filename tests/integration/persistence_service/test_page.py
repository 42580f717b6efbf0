# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page at /ui in a browser: log in, save, see it, restore, see the file back."""

from __future__ import annotations

import json
import os
import shutil
import typing as t
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.integration.browser import (
    Scheme,
    console,
    contrast,
    luminance,
    parse_colour,
    prefer,
)
from tests.integration.persistence_service.conftest import Scene, scene_of
from tests.integration.persistence_service.page import Page
from tests.integration.persistence_service.service import PATIENCE, Door
from tests.integration.volumes import tree
from tests.servers.seaweedfs import SeaweedFS

FULL = "full-" + "c3" * 16
SAVE = "save-" + "d4" * 16
HOSTILE = "<img src=x onerror=document.title='owned'>\"'&amp; ?x=1&y=%2F #\u05d0\u05d1"


class Lock(Door):
    """It shuts by itself."""

    _left: int | None = None

    def shut_after(self, sent: int) -> None:
        self._left = sent

    def seen(self, data: bytes, direction: str) -> None:
        if self._left is not None and direction == "up":
            self._left -= len(data)
            if self._left < 0:
                self._left = None
                self.shut()
        super().seen(data, direction)


class Guarded:
    """A service with two volumes, and the way to its store."""

    def __init__(self, scene: Scene, door: Lock) -> None:
        self.volume = scene.volume
        (self.service,) = scene.services
        self.door = door


@pytest.fixture(scope="module")
def guarded(
    seaweedfs: SeaweedFS, tmp_path_factory: pytest.TempPathFactory
) -> t.Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("page")
    with scene_of(seaweedfs, folder) as made, Lock(seaweedfs.port) as door:
        (folder / HOSTILE).mkdir()
        made.start(
            ALLOWED_PATHS=f"{made.volume}:{folder / HOSTILE}",
            S3_ENDPOINT_URL=f"http://127.0.0.1:{door.port}",
            AUTH_TOKEN=FULL,
            SAVE_TOKEN=SAVE,
        ).ready()
        yield Guarded(made, door)


@pytest.fixture()
def page(guarded: Guarded, driver: webdriver.Chrome) -> t.Iterator[Page]:
    shutil.rmtree(guarded.volume)
    guarded.volume.mkdir()
    (guarded.volume / "index.html").write_text("<h1>Tides</h1>")
    prefer(driver, "light")
    made = Page(driver, guarded.service)
    yield made
    guarded.door.open()
    # whatever was done: nothing was refused by the policy, or failed
    said = [one["message"] for one in console(driver)]
    assert [
        one for one in said if not any(known in one for known in made.expected)
    ] == []
    driver.execute_script("sessionStorage.clear()")
    driver.get("about:blank")
    console(driver)


def damage(volume: Path) -> None:
    (volume / "index.html").write_text("<h1>Tidal waves</h1>")
    (volume / "extra").write_text("spring")


def test_log_in_and_out(page: Page) -> None:
    page.open()
    assert page.focused.get_attribute("id") == "token"
    assert page.find("#token").get_attribute("type") == "password"
    for wrong in (FULL[:-1], "p\u00e4ssword \u2713"):
        page.log_in(wrong)
        page.until(lambda: page.text("#login-said") == "The token is a wrong one.")
        assert not page.shown("#app")
        assert page.find("#token").get_attribute("value") == ""
    page.log_in()
    page.until(lambda: len(page.rows("#volumes")) == 2)
    assert page.name_of_focused() == "Persistence"
    page.open()
    page.until(lambda: page.shown("#app"))
    kept = "return [localStorage.length, document.cookie, sessionStorage.length]"
    assert page.driver.execute_script(kept) == [0, "", 1]
    page.find("#leave").click()
    assert page.shown("#login") and not page.rows("#volumes")
    assert page.driver.execute_script(kept) == [0, "", 0]
    page.open()
    assert page.shown("#login")


def test_without_tokens_there_is_no_login(
    driver: webdriver.Chrome, scene: Scene
) -> None:
    page = Page(driver, scene.start().ready())
    page.open()
    page.until(lambda: page.text("#snapshots-said") == "There is no snapshot yet.")
    assert not page.shown("#login") and not page.shown("#leave")
    assert not page.shown("#plot-box") and not page.shown("#older")
    driver.get("about:blank")
    assert console(driver) == []


def test_save_damage_restore(page: Page, guarded: Guarded) -> None:
    page.enter()
    before = tree(guarded.volume)
    assert page.save().startswith(f"save of {guarded.volume}: \u2713")
    (shown,) = page.driver.find_elements(By.CSS_SELECTOR, "#plot svg[role=img]")
    assert shown.size["width"] > 300 and shown.size["height"] > 100
    assert "\u2713" in page.rows("#volumes")[0]

    # somebody looks, and leaves it as it is
    damage(guarded.volume)
    damaged = tree(guarded.volume)
    page.click("Restore")
    assert "'index.html': size" in page.wait_for_differences()
    page.focused.send_keys(Keys.ESCAPE)
    page.until(lambda: not page.shown("#restore"))
    assert tree(guarded.volume) == damaged

    # with merge the rest stays
    page.click("Restore")
    assert "'extra': extraneous" in page.wait_for_differences()
    page.find("[name=confirm]").click()
    assert "\u2713" in page.wait_for_news("restore (merge) of ")
    merged = tree(guarded.volume)
    assert merged.pop("extra") and merged == before

    # with replace it goes; nothing is restored that does not differ
    page.click("Restore")
    page.find("[value=replace]").click()
    page.wait_for_differences()
    page.find("[name=confirm]").click()
    assert "\u2713" in page.wait_for_news("restore (replace) of ")
    assert tree(guarded.volume) == before
    page.click("Restore")
    page.until(lambda: page.text("#restore-said").startswith("There is nothing"))
    assert not page.find("[name=confirm]").is_enabled()
    page.find("#restore-cancel").click()


def test_by_the_keyboard_alone(page: Page, guarded: Guarded) -> None:
    page.open()
    page.log_in()
    page.until(lambda: page.text("#snapshots-said").endswith("."))
    before = tree(guarded.volume)
    known = len(page.rows("#snapshots"))
    page.tab_to("Save ")
    page.focused.send_keys(Keys.ENTER)
    page.wait_for_snapshot(known)
    # what came in meanwhile has taken the focus from nobody
    assert page.name_of_focused().startswith("Save ")
    damage(guarded.volume)
    page.tab_to("Restore")
    opener = page.focused
    opener.send_keys(Keys.SPACE)
    page.wait_for_differences()
    assert page.focused.get_attribute("value") == "merge"
    page.focused.send_keys(Keys.ARROW_DOWN)
    assert page.focused.get_attribute("value") == "replace"
    # the return key in a choice confirms nothing
    page.wait_for_differences()
    page.focused.send_keys(Keys.ENTER)
    assert page.shown("#restore")
    page.tab_to("Restore")
    page.focused.send_keys(Keys.ENTER)
    page.wait_for_news("restore (replace) of ")
    assert tree(guarded.volume) == before
    assert page.focused == opener


def test_progress_and_cancelling(page: Page, guarded: Guarded) -> None:
    page.enter()
    (guarded.volume / "big").write_bytes(os.urandom(3_000_000))
    guarded.door.shut_after(500_000)
    page.click("Save ")
    page.until(lambda: "MB" in page.rows("#jobs")[0])
    assert page.shown("#jobs progress") and "now" in page.rows("#volumes")[0]
    assert guarded.door.knocked.wait(PATIENCE)
    page.click("Cancel: save of ")
    page.until(lambda: "cancelled" in page.text("#news"))
    guarded.door.open()
    page.until(lambda: page.text("#news").startswith("save of "))
    page.until(lambda: "!" in page.rows("#jobs")[0])
    assert not page.driver.find_elements(By.CSS_SELECTOR, "#jobs button")


def test_the_service_is_away_for_a_while(page: Page) -> None:
    page.enter()
    way = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.driver.execute_cdp_cmd("Network.enable", {})

    def be(away: bool, said: str) -> None:
        page.driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions", {"offline": away, **way}
        )
        # as when somebody comes back to the tab: it looks at once
        page.driver.execute_script(
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
        page.until(lambda: page.text("#trouble") == said)
        assert len(page.rows("#volumes")) == 2

    be(True, "The service cannot be reached.")
    be(False, "")
    page.expected.append("ERR_INTERNET_DISCONNECTED")


def test_a_hostile_name(page: Page, guarded: Guarded) -> None:
    page.enter()
    page.choose(1)
    assert HOSTILE in page.save(1)
    for selector in ("#volumes", "#jobs"):
        assert any(HOSTILE in one for one in page.rows(selector))
    page.click("Restore")
    page.until(lambda: page.text("#restore-said").startswith("There is nothing"))
    assert page.text("#restore-path").endswith(HOSTILE)
    assert not page.driver.find_elements(By.CSS_SELECTOR, "img, iframe, object")
    assert page.driver.title == "Persistence"


def test_a_name_that_is_no_text(page: Page, guarded: Guarded) -> None:
    page.enter()
    name = os.fsencode(guarded.volume) + b"/\xff"
    script = """
        const [path, done] = arguments;
        import("/ui/client.js")
          .then(({ask}) => ask("GET", "/v1/snapshots", {query: {path}}))
          .then((found) => done(found.path === path), (error) => done(error.text));
    """
    # half of a pair of surrogates, as the service writes it
    path = json.dumps(os.fsdecode(name))
    assert (
        page.driver.execute_async_script(
            script.replace(
                "[path, done] = arguments", f"path = {path}, done = arguments[0]"
            )
        )
        is True
    )


def test_who_may_only_save(page: Page) -> None:
    page.enter(SAVE)
    assert "not restore" in page.text("#about")
    page.save()
    assert not page.driver.find_elements(By.CSS_SELECTOR, "#snapshots button")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(page: Page, scheme: Scheme) -> None:
    prefer(page.driver, scheme)
    page.enter()
    page.save()
    page.click("Restore")
    page.until(lambda: page.text("#restore-said").startswith("There is nothing"))
    script = "const style = getComputedStyle(document.querySelector(arguments[0])); return [style[arguments[1]], style.backgroundColor]"

    def colours(selector: str, kind: str = "color") -> list[tuple[int, ...]]:
        found = page.driver.execute_script(script, selector, kind)
        return [parse_colour(one) for one in found]

    ground = colours("body")[1]
    assert (luminance(ground) > 0.5) is (scheme == "light")
    for selector in ("body", ".faint", "#snapshots .good", "#restore-said"):
        assert contrast(colours(selector)[0], ground) >= 4.5, selector
    for selector in ("thead th", "#leave", "button.main"):
        assert contrast(*colours(selector)) >= 4.5, selector
    for selector in ("svg .curve.c0", "svg .curve.c1"):
        assert contrast(colours(selector, "stroke")[0], ground) >= 3, selector
    for selector in ("#leave", "#token"):
        assert contrast(colours(selector, "borderTopColor")[0], ground) >= 3


def test_who_does_not_see_it_hears_it(page: Page) -> None:
    page.enter()
    page.save()
    nodes = page.nodes()
    roles = [role for role, _name in nodes]
    for role in ("main", "table", "columnheader", "rowheader", "status", "heading"):
        assert role in roles
    for role, name in nodes:
        if role in ("button", "radio", "region", "textbox", "progressbar", "image"):
            assert name, role
    pictures = [name for role, name in nodes if role == "image"]
    assert any(one.startswith("Size of ") for one in pictures)
    page.click("Restore")
    page.until(lambda: page.text("#restore-said").startswith("There is nothing"))
    names = dict(page.nodes())
    assert names["dialog"].startswith("Restore /")
