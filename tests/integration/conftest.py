# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Places for the tests, and surroundings that know nothing of the user's own."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

import pytest

from tests.integration.command import Ansible
from tests.integration.places import Places

if t.TYPE_CHECKING:
    from selenium import webdriver


@pytest.fixture(autouse=True)
def _clean_surroundings(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No credentials in the environment, a home with nothing in it, no metadata service."""
    for name in [n for n in os.environ if n.startswith(("AWS_", "AZURE_", "GOOGLE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture()
def places(request: pytest.FixtureRequest, tmp_path: Path) -> t.Iterator[Places]:
    """``places("seaweedfs")``: a container of that kind, of the test's own."""
    made = Places(tmp_path, request.getfixturevalue)
    yield made
    made.discard()


@pytest.fixture(scope="module")
def driver() -> t.Iterator[webdriver.Chrome]:
    from tests.integration.browser import chromium

    with chromium() as started:
        yield started


@pytest.fixture()
def ansible(tmp_path: Path) -> t.Iterator[Ansible]:
    yield Ansible(tmp_path / "ansible")
