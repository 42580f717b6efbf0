# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which keys an S3 server can hold exactly as they are written.

S3 itself takes any UTF-8 of 1 to 1,024 bytes. Servers that keep objects in a file system do not:
they take ``a//b`` for ``a/b``, or forget the content of ``a/``, and report success.
"""

from __future__ import annotations

import enum
import re
import threading
import typing as t
import uuid

from .._errors import (
    AccessDeniedError,
    ContainerMissingError,
    StoreError,
    UnreachableError,
)
from ._base import ObjectInfo

#: Characters that XML 1.0 cannot carry or may change on the way, and that servers may change too.
_FRAGILE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
#: Where a key begins to be doubtful: a fragile character, or one of the shapes.
_DOUBT = re.compile(rf"{_FRAGILE.pattern}|\\|^/|(?<=/)/|/$|(?:^|(?<=/))\.\.?(?=/|$)")
_MAX_BYTES: t.Final = 1024
_PAGE: t.Final = 1000


def key_fault(key: str) -> str | None:
    """Why no S3 server can hold this key; None when one can."""
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        return "the key is not valid Unicode, and S3 keys are UTF-8"
    if not 1 <= length <= _MAX_BYTES:
        return f"the key has {length:,} bytes of UTF-8, and S3 keys have 1 to {_MAX_BYTES:,}"
    return None


def is_fragile(key: str) -> bool:
    """Whether the key has characters that do not pass through XML, or through some servers."""
    return _FRAGILE.search(key) is not None


def _plain_start(key: str) -> str:
    """The key up to where a server might begin to read it differently.

    A server that folds keys folds the prefix of a listing too, and then shows keys that begin
    as they were asked for instead of as they are.
    """
    doubt = _DOUBT.search(key)
    return key[: doubt.start()] if doubt else key


class Shape(enum.Enum):
    """What in a key makes some servers hold it as a different one."""

    EMPTY_PART = "an empty part (//)"
    LEADING_SLASH = "a leading /"
    TRAILING_SLASH = "a trailing /"
    FILLED_FOLDER = "a trailing / and content"
    DOTS = "a part . or .."
    BACKSLASH = "a backslash"


def shapes(key: str, size: int) -> t.Sequence[Shape]:
    """The shapes of a key of an object of ``size`` bytes."""
    found = []
    if "//" in key:
        found.append(Shape.EMPTY_PART)
    if key.startswith("/"):
        found.append(Shape.LEADING_SLASH)
    if key.endswith("/"):
        found.append(Shape.FILLED_FOLDER if size else Shape.TRAILING_SLASH)
    if "." in key and not {".", ".."}.isdisjoint(key.split("/")):
        found.append(Shape.DOTS)
    if "\\" in key:
        found.append(Shape.BACKSLASH)
    return found


def _example(shape: Shape, base: str) -> str:
    return {
        Shape.EMPTY_PART: f"{base}//x",
        Shape.LEADING_SLASH: f"/{base.lstrip('/')}",
        Shape.TRAILING_SLASH: f"{base}/",
        Shape.FILLED_FOLDER: f"{base}/",
        Shape.DOTS: f"{base}/./x/../y",
        Shape.BACKSLASH: f"{base}\\x",
    }[shape]


class KeyGuard:
    """Finds out whether a server keeps keys of a doubtful shape as they are written.

    Before the first write of a shape, an object of a name of its own, under ``prefix``, is
    written, looked for in a listing and removed: a folded key would otherwise replace another
    object. The three callables are the store's own, without this guard.
    """

    def __init__(
        self,
        prefix: str,
        write: t.Callable[[str, bytes], object],
        list_objects: t.Callable[[str], t.Iterator[ObjectInfo]],
        delete: t.Callable[[t.Sequence[str]], object],
    ) -> None:
        self._prefix = prefix
        self._write = write
        self._list = list_objects
        self._delete = delete
        self._kept: dict[Shape, bool] = {}
        self._lock = threading.Lock()

    def refused_shape(self, key: str, size: int) -> Shape | None:
        """The first shape of the key that the server does not keep."""
        for shape in shapes(key, size):
            with self._lock:
                if shape not in self._kept:
                    self._kept[shape] = self._try_out(shape)
            if not self._kept[shape]:
                return shape
        return None

    def needs_look(self, key: str) -> bool:
        """Whether the server might take the key for another one's."""
        return not all(self._kept.get(shape, False) for shape in shapes(key, 1))

    def is_there(self, key: str, size: int | None = None) -> bool:
        """Whether the listing has exactly this key (and size)."""
        wanted = key.encode()
        for number, found in enumerate(self._list(_plain_start(key))):
            if found.key == key:
                return size in (None, found.size)
            # Listings are in order, but for some servers within a folder.
            if number >= _PAGE and found.key.encode() > wanted:
                break
        return False

    def _try_out(self, shape: Shape) -> bool:
        base = f"{self._prefix}.longshore/probe-{uuid.uuid4().hex}"
        key = _example(shape, base)
        data = b"" if shape is Shape.TRAILING_SLASH else b"probe"
        try:
            self._write(key, data)
        except (AccessDeniedError, ContainerMissingError, UnreachableError):
            raise
        except StoreError:
            return False
        found = [
            info
            for start in (base, f"/{base.lstrip('/')}")
            for info in self._list(start)
        ]
        self._delete(sorted({info.key for info in found}))
        return {(info.key, info.size) for info in found} == {(key, len(data))}
