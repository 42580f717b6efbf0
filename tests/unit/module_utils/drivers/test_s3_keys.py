# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which keys are doubtful, and the finding out on a server of dictionaries."""

from __future__ import annotations

import posixpath
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3_keys import (
    KeyGuard,
    Shape,
    is_fragile,
    key_fault,
    shapes,
)


class Folder:
    """A server that keeps keys through ``fold``, also those it is asked for in a listing."""

    def __init__(self, fold: t.Callable[[str], str]) -> None:
        self.fold = fold
        self.objects: dict[str, bytes] = {"web/a/b": b"somebody's"}

    def write(self, key: str, data: bytes) -> None:
        self.objects[self.fold(key)] = data

    def list(self, prefix: str) -> t.Iterator[ObjectInfo]:
        folded = self.fold(prefix) if prefix else ""
        for key in sorted(self.objects):
            if key.startswith(folded):
                # Like SeaweedFS: it shows the beginning as it was asked for.
                shown = prefix + key[len(folded) :]
                yield ObjectInfo(shown, len(self.objects[key]))

    def delete(self, keys: t.Sequence[str]) -> None:
        for key in keys:
            self.objects.pop(self.fold(key), None)


def _guard(server: Folder) -> KeyGuard:
    return KeyGuard("web/", server.write, server.list, server.delete)


@pytest.mark.parametrize(
    ("key", "size", "expected"),
    (
        ("a/b.c/...d/..e/f.", 1, []),
        ("a//b", 1, [Shape.EMPTY_PART]),
        ("/a", 1, [Shape.LEADING_SLASH]),
        ("a/", 0, [Shape.TRAILING_SLASH]),
        ("a/", 1, [Shape.FILLED_FOLDER]),
        ("a/./b", 1, [Shape.DOTS]),
        ("..", 1, [Shape.DOTS]),
        ("a\\b", 1, [Shape.BACKSLASH]),
    ),
)
def test_shapes(key: str, size: int, expected: list[Shape]) -> None:
    assert shapes(key, size) == expected


@pytest.mark.parametrize(
    "key", ("web/a//b", "/x", "web/d/", "web/a/./b", "web/x/../a/b")
)
def test_a_folding_server_is_found_out_and_nothing_is_touched(key: str) -> None:
    server = Folder(lambda key: posixpath.normpath(key).lstrip("/"))
    guard = _guard(server)
    assert guard.refused_shape(key, 5) is not None
    assert guard.needs_look(key)
    assert server.objects == {"web/a/b": b"somebody's"}


@pytest.mark.parametrize("key", ("web/a//b", "/x", "web/d/", "web/a/./b", "web/a\\b"))
def test_an_exact_server_is_trusted_after_one_trial(key: str) -> None:
    server = Folder(lambda key: key)
    guard = _guard(server)
    assert guard.refused_shape(key, 5) is None
    assert not guard.needs_look(key) or key.endswith("/")
    assert server.objects == {"web/a/b": b"somebody's"}


def test_a_folded_key_is_not_taken_for_another() -> None:
    guard = _guard(Folder(lambda key: key.replace("//", "/")))
    assert not guard.is_there("web/a//b")
    assert guard.is_there("web/a/b")
    assert guard.is_there("web/a/b", len(b"somebody's"))
    assert not guard.is_there("web/a/b", 1)


def test_key_fault() -> None:
    assert key_fault("é" * 512) is None
    for key in ("", "é" * 512 + "x", "\udcff"):
        assert key_fault(key)


def test_is_fragile() -> None:
    assert not is_fragile("größe & <b> +%25 \N{GRINNING FACE}")
    for character in "\0\n\r\t\x1b\x7f\x85\u2028\uffff":
        assert is_fragile(f"a{character}b")
