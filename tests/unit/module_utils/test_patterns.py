# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    MissingLibraryError,
)
from ansible_collections.longshore.storage.plugins.module_utils._patterns import (
    Selection,
)

NAMES = [
    "index.html",
    "app.js",
    "app.js.map",
    "drafts/one.html",
    "blog/drafts/two.html",
    "uploads/a.png",
    "keep.map",
]


def selected(include: str = "", exclude: str = "") -> list[str]:
    selection = Selection(include.split(), exclude.split())
    return [name for name in NAMES if name in selection]


def left(*names: str) -> list[str]:
    return [name for name in NAMES if name not in names]


@pytest.mark.parametrize(
    ("include", "exclude", "names"),
    [
        ("", "", NAMES),
        ("", "*.map", left("app.js.map", "keep.map")),
        ("", "*.map !keep.map", left("app.js.map")),
        ("", "!keep.map *.map", left("app.js.map", "keep.map")),
        ("", "drafts/", left("drafts/one.html", "blog/drafts/two.html")),
        ("", "/drafts/", left("drafts/one.html")),
        ("", "/uploads", left("uploads/a.png")),
        ("", "**/two.*", left("blog/drafts/two.html")),
        ("*.html", "", ["index.html", "drafts/one.html", "blog/drafts/two.html"]),
        ("*.html", "drafts/", ["index.html"]),
        ("/blog/", "", ["blog/drafts/two.html"]),
        ("", "*", []),
    ],
)
def test_selection(include: str, exclude: str, names: list[str]) -> None:
    assert selected(include, exclude) == names


@pytest.mark.parametrize(
    "name", ["", ".longshore/manifest/root", ".longshore/x", 5, None]
)
def test_never_selected(name: object) -> None:
    assert name not in Selection([], [])
    assert name not in Selection(["*", "!nothing"], [])


@pytest.mark.parametrize("name", [".longshore-site", ".longshore", "a/.longshore/x"])
def test_names_that_only_resemble_ours_are_selected(name: str) -> None:
    assert name in Selection([], [])


@pytest.mark.parametrize("option", ["include", "exclude"])
def test_a_pattern_that_cannot_be_parsed_is_named(option: str) -> None:
    patterns = {"include": ["*.html"], "exclude": ["*.map"]}
    patterns[option].append("!")
    with pytest.raises(ConfigurationError) as caught:
        Selection(**patterns)
    assert option in str(caught.value) and "'!'" in str(caught.value)


def test_the_library_is_only_needed_for_patterns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pathspec", None)
    assert "x" in Selection([], [])
    with pytest.raises(MissingLibraryError, match="pip install pathspec"):
        Selection([], ["x"])
