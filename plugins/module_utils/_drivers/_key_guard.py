# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether a server keeps keys of a doubtful shape as they are written.

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
    KeyRefusedError,
    ObjectMissingError,
    StoreError,
    UnreachableError,
)
from ._base import ObjectInfo
from ._s3_keys import FRAGILE, is_fragile

#: Where a key begins to be doubtful: a fragile character, or one of the shapes.
_DOUBT = re.compile(rf"{FRAGILE.pattern}|\\|^/|(?<=/)/|/$|(?:^|(?<=/))\.\.?(?=/|$)")
_PAGE: t.Final = 1000


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
    """Refuses the keys that a server cannot hold, or would take for others.

    ``fault`` says why no server of the kind can hold a key. Before the first write of a doubtful
    shape, an object of a name of its own, under ``prefix``, is written, looked for in a listing and
    removed: a folded key would otherwise replace another object. The other callables are the
    store's own, without this guard; ``place`` is what errors call it. A server that is ``trusted``
    keeps all shapes.
    """

    def __init__(
        self,
        place: str,
        prefix: str,
        fault: t.Callable[[str], str | None],
        write: t.Callable[[str, bytes], object],
        list_objects: t.Callable[[str], t.Iterator[ObjectInfo]],
        delete: t.Callable[[t.Sequence[str]], object],
        *,
        trusted: bool = False,
    ) -> None:
        self._place = place
        self._prefix = prefix
        self._fault = fault
        self._write = write
        self._list = list_objects
        self._delete = delete
        self._trusted = trusted
        self._kept: dict[Shape, bool] = {}
        self._lock = threading.Lock()

    def check_key(self, key: str) -> None:
        """Raises ``KeyRefusedError`` for a key that no server of the kind can hold. Sends nothing."""
        fault = self._fault(key)
        if fault is not None:
            raise self.refused(key, fault)

    def check_shape(self, key: str, size: int) -> None:
        """To be called before a write. Raises ``KeyRefusedError`` for a shape that is not kept."""
        if self._trusted:
            return
        for shape in shapes(key, size):
            with self._lock:
                if shape not in self._kept:
                    self._kept[shape] = self._try_out(shape)
            if not self._kept[shape]:
                raise self.refused(
                    key, f"this server does not keep a key with {shape.value} as it is"
                )

    def check_kept(self, info: ObjectInfo) -> None:
        """To be called after a write. Raises ``KeyRefusedError`` where the listing lacks the object."""
        if self._trusted or not (is_fragile(info.key) or shapes(info.key, info.size)):
            return
        if not self.is_there(info.key, info.size):
            raise self.refused(
                info.key, "the server took it, and does not list it as it was written"
            )

    def require_exact(self, key: str, operation: str) -> None:
        """To be called before a read. Raises ``ObjectMissingError`` for a key that would be another's."""
        if not self.is_exact(key):
            raise ObjectMissingError(operation, self._place, "there is no such object")

    def is_exact(self, key: str) -> bool:
        """False for a key that cannot be there, or that the server would take for another's."""
        if self._fault(key) is not None:
            return False
        return self._trusted or not self._needs_look(key) or self.is_there(key)

    def refused(self, key: str, detail: str) -> KeyRefusedError:
        """The error for a key that cannot be written."""
        return KeyRefusedError(f"write object {key!r}", self._place, detail)

    def _needs_look(self, key: str) -> bool:
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
