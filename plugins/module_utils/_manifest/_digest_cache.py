# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Remembers the digests of local files, so that an unchanged file is not read again.

A file is known by its etag (device, inode, size, mtime and ctime in nanoseconds). One that was
changed within the clock's grain of being hashed is not remembered: it could change once more
without its etag showing it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import typing as t

from .._drivers._base import Digests, ObjectInfo
from .._errors import LocalWriteError

#: Nanoseconds; the coarsest common file system clock ticks every two seconds.
GRAIN = 2_000_000_000

#: Bytes that one file takes in the cache, at the most.
_ROW = 5 * 16 + 4 + 1 + 96 + 1

_MAGIC = "longshore digests 1\n"


def default_folder() -> str:
    """Where caches are kept: ``$XDG_CACHE_HOME/longshore`` or ``~/.cache/longshore``."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "longshore")


class DigestCache:
    """The digests of one local tree; not to be used from several threads at once.

    ``folder`` None: nothing is kept beyond this object's life. What is not asked for or put in
    is forgotten when it is saved.
    """

    def __init__(self, folder: str | None, root: str) -> None:
        name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:32]
        self._path = os.path.join(folder, f"{name}.digests") if folder else None
        self._known = self._load()
        self._used: dict[str, str] = {}
        self._changed = False

    def get(self, info: ObjectInfo) -> Digests | None:
        """What is remembered of this file as it is now."""
        etag = info.etag or ""
        value = self._used.get(etag) or self._known.pop(etag, None)
        if value is None:
            return None
        self._used[etag] = value
        return Digests(value[:32], value[32:])

    def put(self, info: ObjectInfo, digests: Digests, began: int) -> None:
        """Remember the digests of a file that was read from time ``began`` on (ns since the epoch)."""
        etag = info.etag or ""
        if _last_change(etag) > began - GRAIN:
            return
        self._used[etag] = digests.md5 + digests.sha256
        self._changed = True

    @contextlib.contextmanager
    def saved(self, count: int) -> t.Iterator[None]:
        """Room for ``count`` further files is taken at the start; what is known by the end is kept.

        Raises ``LocalWriteError``, naming the folder, before the body is run. When another process
        is writing the cache of the same tree, that one's is kept.
        """
        unchanged = not self._changed and not self._known
        if self._path is None or (not count and unchanged):
            yield
            return
        with self._naming_the_folder():
            file = self._open_new(self._path, len(self._used) + count)
        try:
            yield
        finally:
            if file is not None:
                with file:
                    self._fill(file, self._path)

    def _open_new(self, path: str, count: int) -> t.TextIO | None:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(f"{path}.new", flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.posix_fallocate(descriptor, 0, len(_MAGIC) + count * _ROW)
        except BlockingIOError:
            os.close(descriptor)
            return None
        except OSError:
            os.unlink(f"{path}.new")
            os.close(descriptor)
            raise
        return os.fdopen(descriptor, "w", encoding="ascii")

    def _fill(self, file: t.TextIO, path: str) -> None:
        try:
            file.write(_MAGIC)
            file.writelines(f"{k} {v}\n" for k, v in self._used.items())
            file.truncate()
            os.rename(f"{path}.new", path)
        except OSError:
            # a cache only saves time: what is lost is read again
            with contextlib.suppress(OSError):
                os.unlink(f"{path}.new")

    @contextlib.contextmanager
    def _naming_the_folder(self) -> t.Iterator[None]:
        try:
            yield
        except OSError as exc:
            folder = os.path.dirname(self._path or "")
            raise LocalWriteError(
                f"Could not keep the digest cache in {folder!r}: {exc.strerror}.",
                hint="Make room there, or choose another folder with cache_path.",
            ) from None

    def _load(self) -> dict[str, str]:
        if self._path is None:
            return {}
        try:
            with open(self._path, encoding="ascii") as file:
                if file.readline() != _MAGIC:
                    return {}
                rows = [line.rstrip("\n").split(" ") for line in file]
                return {etag: value for etag, value in rows if len(value) == 96}
        except (OSError, ValueError):
            return {}  # a cache that cannot be read is an empty one


def _last_change(etag: str) -> int:
    parts = etag.split("-")
    return max(int(part, 16) for part in parts[-2:]) if len(parts) == 5 else 0
