# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Remembers a local tree: the digests of its files, and which destinations agree with it.

A file is known by its name and its etag (device, inode, size, mtime and ctime in nanoseconds). Of one
that was changed within the clock's grain of being looked at, no etag is kept: it could change once
more without its etag showing it.

One SQLite file a tree. ``folder`` has a row for each folder with files: its fingerprint (see
``_local_survey``), names and etags in the order of the names, parted by NUL, for each file 48 bytes,
MD5 and SHA-256, zeros where they are not known, and a CRC-32 of all that. ``receipt`` says of a
subject (a sync's destination and options) that the tree of that sum agreed with the destination
when that was in that state.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sqlite3
import typing as t
import zlib

from .._drivers._base import Digests, ObjectInfo
from .._drivers._local_survey import Survey, fingerprint
from .._errors import LocalWriteError
from ._tree_file import Successor, open_tree_file

#: Nanoseconds; the coarsest common file system clock ticks every two seconds.
GRAIN = 2_000_000_000

#: Bytes that one file takes in the cache, about.
_ROW = 256

_FOLDERS = "SELECT path, fingerprint FROM folder"
_UNKNOWN = bytes(48)
_NO_MD5 = bytes(16)

#: Of each file of a folder, its etag and its digests.
_Rows = dict[str, tuple[str, bytes]]


def default_folder() -> str:
    """Where caches are kept: ``$XDG_CACHE_HOME/longshore`` or ``~/.cache/longshore``."""
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "longshore")


class Receipt(t.NamedTuple):
    """That a destination in the state ``destination`` agreed with the tree.

    ``files`` and ``objects`` are how many there were on either side, of those that counted.
    """

    destination: str
    files: int
    objects: int


class TreeCache:
    """What is remembered of one local tree; not to be used from several threads at once.

    ``folder`` None: nothing is kept beyond this object's life.
    """

    def __init__(self, folder: str | None, root: str) -> None:
        name = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()[:32]
        self._path = os.path.join(folder, f"{name}.tree") if folder else None
        self._database = open_tree_file(self._path) if self._path else None
        self._remembered: dict[str, _Rows] = {}
        self._now: dict[str, _Rows] = {}
        #: Whether ``_now`` has all the folders there are.
        self._complete = False
        self._receipts: dict[str, Receipt] = {}

    # -- digests

    def get(self, info: ObjectInfo) -> Digests | None:
        """What is remembered of this file as it is now."""
        folder, name = _parts(info.key)
        rows = self._now.get(folder)
        if rows is None:
            rows = self._folder(folder)
        etag, digests = rows.get(name, ("", _UNKNOWN))
        if etag != info.etag or digests == _UNKNOWN:
            return None
        md5 = digests[:16].hex() if digests[:16] != _NO_MD5 else None
        return Digests(md5, digests[16:].hex())

    def put(self, info: ObjectInfo, digests: Digests, began: int) -> None:
        """Remember the digests of a file that was read from time ``began`` on (ns since the epoch)."""
        folder, name = _parts(info.key)
        rows = self._now.get(folder)
        if rows is None:
            rows = self._now[folder] = dict(self._folder(folder))
        etag = _lasting(info, began)
        md5 = bytes.fromhex(digests.md5) if digests.md5 is not None else _NO_MD5
        known = md5 + bytes.fromhex(digests.sha256)
        rows[name] = (etag, known if etag else _UNKNOWN)

    # -- the tree

    def see(self, infos: t.Iterable[ObjectInfo], began: int) -> None:
        """These are all the files of the tree, listed from time ``began`` on: others are forgotten."""
        self._complete = True
        self._now.clear()
        folder: str | None = None
        now: _Rows = {}
        known: _Rows = {}
        for info in infos:
            path, name = _parts(info.key)
            if path != folder:
                folder, now = path, self._now.setdefault(path, {})
                known = self._folder(path)
            now[name] = _seen(info, known.get(name), began)

    def see_folder(
        self, path: str, infos: t.Iterable[ObjectInfo], began: int
    ) -> dict[str, ObjectInfo]:
        """These are the files of one folder now; other folders are as they are remembered.

        Returns those (by key) that are not known to be as they are remembered.
        """
        known = self._folder(path)
        rows = self._now[path] = {}
        changed = {}
        for info in infos:
            name = _parts(info.key)[1]
            rows[name] = _seen(info, known.get(name), began)
            if name not in known or known[name][0] != info.etag:
                changed[info.key] = info
        return changed

    def files(self, path: str) -> list[str]:
        """The keys of a folder's files as they are remembered."""
        return [path + name for name in self._folder(path)]

    @property
    def changed(self) -> bool:
        """Whether more or something else is known of the tree than was remembered."""
        return bool(self._gone() or any(self._changed()))

    def survey(self) -> Survey:
        """The tree as it is remembered."""
        return dict(self._ask(_FOLDERS))

    # -- receipts

    def receipt(self, subject: str) -> Receipt | None:
        """What is remembered of the subject, if it is of the tree as that is remembered."""
        found = self._ask(
            "SELECT tree, destination, files, objects FROM receipt WHERE subject = ?",
            subject,
        )
        if not found or found[0][0] != _sum(self.survey()):
            return None
        return Receipt(*found[0][1:])

    def agree(self, subject: str, receipt: Receipt) -> None:
        """Keep what the receipt says of the subject, and of the tree as it is known by the end."""
        self._receipts[subject] = receipt

    # -- the file

    @contextlib.contextmanager
    def saved(self, count: int) -> t.Iterator[None]:
        """Room for ``count`` further files is taken at the start; what is known by the end is kept.

        Raises ``LocalWriteError``, naming the folder, before the body is run. When another process
        is writing the cache of the same tree, that one's is kept.
        """
        if self._path is None:
            yield
            return
        with contextlib.ExitStack() as stack:
            successor = None
            if count:
                with self._naming_the_folder():
                    successor = stack.enter_context(Successor(self._path))
                    successor.take_room(count * _ROW)
            try:
                yield
            finally:
                # a cache only saves time: what is lost is looked at again
                with contextlib.suppress(OSError, sqlite3.Error):
                    if successor is None and (self.changed or self._receipts):
                        successor = stack.enter_context(Successor(self._path))
                    if successor is not None:
                        self._fill(successor)

    def _fill(self, successor: Successor) -> None:
        database = successor.database
        if database is None:
            return
        database.execute("BEGIN")
        folders = self._changed()
        gone = self._gone()
        if dict(database.execute(_FOLDERS)) != self.survey():
            # another process has replaced it, or it was damaged
            if not self._complete:
                return
            database.execute("DELETE FROM folder")
            folders = iter(self._now.items())
        database.executemany("DELETE FROM folder WHERE path = ?", gone)
        database.executemany(
            "INSERT OR REPLACE INTO folder VALUES (?, ?, ?, ?, ?, ?)",
            (_packed(path, rows) for path, rows in folders if rows),
        )
        tree = _sum(dict(database.execute(_FOLDERS)))
        database.execute("DELETE FROM receipt WHERE tree != ?", (tree,))
        database.executemany(
            "INSERT OR REPLACE INTO receipt VALUES (?, ?, ?, ?, ?)",
            ((subject, tree, *said) for subject, said in self._receipts.items()),
        )
        database.execute("COMMIT")
        successor.replace()

    def _changed(self) -> t.Iterator[tuple[str, _Rows]]:
        for path, rows in self._now.items():
            if rows and rows != self._folder(path):
                yield path, rows

    def _gone(self) -> list[tuple[str]]:
        gone = {path for path, rows in self._now.items() if not rows}
        if self._complete:
            gone |= self.survey().keys() - self._now.keys()
        return [(path,) for path in gone]

    @contextlib.contextmanager
    def _naming_the_folder(self) -> t.Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as exc:
            folder = os.path.dirname(self._path or "")
            why = exc.strerror if isinstance(exc, OSError) else str(exc)
            if getattr(exc, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                why = os.strerror(errno.ENOSPC)
            raise LocalWriteError(
                f"Could not keep the cache of the source tree in {folder!r}: {why}.",
                hint="Make room there, or choose another folder with cache_path.",
            ) from None

    def _folder(self, path: str) -> _Rows:
        """What is remembered of a folder's files."""
        rows = self._remembered.get(path)
        if rows is None:
            found = self._ask(
                "SELECT crc, names, etags, digests FROM folder WHERE path = ?", path
            )
            rows = self._remembered[path] = _unpacked(*found[0]) if found else {}
        return rows

    def _ask(self, query: str, *values: object) -> list[tuple[t.Any, ...]]:
        if self._database is None:
            return []
        try:
            return self._database.execute(query, values).fetchall()
        except (sqlite3.Error, ValueError):
            return []  # a cache that cannot be read is an empty one


def _parts(key: str) -> tuple[str, str]:
    """A key's folder (``""`` or with its trailing slash), and its name there."""
    cut = key.rfind("/") + 1
    return key[:cut], key[cut:]


def _seen(
    info: ObjectInfo, known: tuple[str, bytes] | None, began: int
) -> tuple[str, bytes]:
    """The row of a file of which ``known`` is remembered."""
    if known is not None and known[0] == info.etag:
        return known
    return _lasting(info, began), _UNKNOWN


def _lasting(info: ObjectInfo, began: int) -> str:
    """A file's etag, if no change after ``began`` can leave it as it is."""
    etag = info.etag or ""
    parts = etag.split("-")
    last_change = max(int(part, 16) for part in parts[-2:]) if len(parts) == 5 else 0
    return "" if last_change > began - GRAIN else etag


def _packed(path: str, rows: _Rows) -> tuple[object, ...]:
    names = sorted(rows)
    etags = [rows[name][0] for name in names]
    columns = (
        "\0".join(names).encode(),
        "\0".join(etags).encode(),
        b"".join(rows[name][1] for name in names),
    )
    mark = fingerprint(map("\0".join, zip(names, etags, strict=True)))
    return path, mark, zlib.crc32(b"".join(columns)), *columns


def _unpacked(crc: int, names: bytes, etags: bytes, digests: bytes) -> _Rows:
    if zlib.crc32(names + etags + digests) != crc:
        return {}
    return {
        name: (etag, digests[48 * number : 48 * number + 48])
        for number, (name, etag) in enumerate(
            zip(names.decode().split("\0"), etags.decode().split("\0"), strict=True)
        )
    }


def _sum(tree: Survey) -> bytes:
    """One sum of all folders' fingerprints."""
    total = hashlib.sha256()
    for path in sorted(tree):
        total.update(path.encode() + b"\0" + tree[path])
    return total.digest()
