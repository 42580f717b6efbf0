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
from ansible_collections.longshore.storage.plugins.module_utils._drivers._key_guard import (
    KeyGuard,
    Shape,
    shapes,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3_keys import (
    key_fault,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    KeyRefusedError,
    ObjectMissingError,
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
    return KeyGuard(
        "the box", "web/", key_fault, server.write, server.list, server.delete
    )


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
    with pytest.raises(KeyRefusedError, match="does not keep"):
        guard.check_shape(key, 5)
    assert server.objects == {"web/a/b": b"somebody's"}


@pytest.mark.parametrize("key", ("web/a//b", "/x", "web/d/", "web/a/./b", "web/a\\b"))
def test_an_exact_server_is_trusted_after_one_trial(key: str) -> None:
    server = Folder(lambda key: key)
    guard = _guard(server)
    guard.check_shape(key, 5)
    assert server.objects == {"web/a/b": b"somebody's"}
    # It is not asked for what is there.
    server.objects.clear()
    assert guard.is_exact(key) or key.endswith("/")


def test_a_folded_key_is_not_taken_for_another() -> None:
    guard = _guard(Folder(lambda key: key.replace("//", "/")))
    assert not guard.is_there("web/a//b")
    assert not guard.is_exact("web/a//b")
    assert guard.is_there("web/a/b")
    assert guard.is_there("web/a/b", len(b"somebody's"))
    assert not guard.is_there("web/a/b", 1)


def test_what_was_written_has_to_be_listed() -> None:
    server = Folder(lambda key: key)
    guard = _guard(server)
    server.write("web/a\tb", b"x")
    guard.check_kept(ObjectInfo("web/a\tb", 1))
    # A plain key is not looked for.
    guard.check_kept(ObjectInfo("web/c", 1))
    with pytest.raises(KeyRefusedError, match="does not list it"):
        guard.check_kept(ObjectInfo("web/a\tb", 2))


def test_a_key_that_cannot_be_is_missing() -> None:
    guard = _guard(Folder(lambda key: key))
    guard.check_key("web/a")
    with pytest.raises(KeyRefusedError):
        guard.check_key("")
    with pytest.raises(ObjectMissingError):
        guard.require_exact("", "read it")


def test_a_trusted_server_is_asked_nothing() -> None:
    def never(*_given: object) -> t.Never:
        raise AssertionError

    guard = KeyGuard("it", "", key_fault, never, never, never, trusted=True)
    guard.check_shape("a//b", 1)
    guard.check_kept(ObjectInfo("a//b", 1))
    assert guard.is_exact("a//b")
    assert not guard.is_exact("")
