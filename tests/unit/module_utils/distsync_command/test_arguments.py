# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line, and what describes it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._arguments import (
    COMMANDS,
    conf_of,
    parser,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._exits import (
    MEANINGS,
    Exit,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._version import (
    VERSION,
)
from tests.servers._process import REPOSITORY
from tests.setup.make_man import page, subparsers


def test_the_version_is_the_collections() -> None:
    galaxy = (REPOSITORY / "galaxy.yml").read_text()
    assert re.search(rf"^version: {re.escape(VERSION)}$", galaxy, re.MULTILINE)


def test_the_man_page_is_what_is_made() -> None:
    """Else: tests/setup/make_man.py docs/man/distsync.1"""
    assert (REPOSITORY / "docs" / "man" / "distsync.1").read_text() == page()


def test_the_guide_has_everything() -> None:
    guide = (REPOSITORY / "docs" / "distsync.md").read_text()
    for name, sub in subparsers(parser()).items():
        assert f"`distsync {name}" in guide
        for action in sub._actions:
            if action.dest != "help":
                assert not action.option_strings or any(
                    f"`{option}" in guide for option in action.option_strings
                )
    for code in MEANINGS:
        assert f"| {int(code)} |" in guide
    assert set(MEANINGS) == set(Exit)


@pytest.mark.parametrize("name", [one.name for one in COMMANDS if one.conf])
def test_default_configurations(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    arguments = {"upload": ["file"], "download": ["name"]}
    options = parser().parse_args([name, *arguments.get(name, [])])
    publishing = name in ("upload", "prune", "status")
    usual = "~/.distsync" if publishing else "~/.distsyncd"
    assert conf_of(options) == usual
    (tmp_path / ".distsync").touch()
    assert conf_of(options) == ("~/.distsync" if name == "list" else usual)
    (tmp_path / ".distsyncd").touch()
    assert conf_of(options) == usual


@pytest.mark.parametrize(
    "written", [["-c", "x"], ["-cx"], ["-conf", "x"], ["-conf=x"], ["--conf=x"]]
)
def test_ways_to_name_a_configuration(written: list[str]) -> None:
    options = parser().parse_args(["upload", *written, "file"])
    assert (conf_of(options), options.files) == ("x", ["file"])
