# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The file of a tree's cache: SQLite, read as it is, and replaced by a successor that is whole."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
import typing as t

_FORMAT = 1
_TABLES = f"""
    CREATE TABLE IF NOT EXISTS folder (
        path TEXT PRIMARY KEY, fingerprint BLOB, crc INTEGER, names BLOB, etags BLOB, digests BLOB);
    CREATE TABLE IF NOT EXISTS receipt (
        subject TEXT PRIMARY KEY, tree BLOB, destination TEXT, files INTEGER, objects INTEGER);
    PRAGMA user_version = {_FORMAT};
"""


def open_tree_file(path: str) -> sqlite3.Connection | None:
    """The file for reading; None when there is none that can be read."""
    if not os.path.isfile(path):
        return None
    database = sqlite3.connect(path, isolation_level=None)
    try:
        database.execute("PRAGMA query_only = on")
        ((version,),) = database.execute("PRAGMA user_version")
        if version == _FORMAT:
            return database
    except sqlite3.Error:
        pass  # as if there were none
    database.close()
    return None


class Successor:
    """The file that is to take the place of the one at ``path``: a copy of it that can be changed.

    ``database`` is None where another process is making one: then nothing comes of this. All raise
    ``OSError`` and ``sqlite3.Error``.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._new = f"{path}.new"
        self.database: sqlite3.Connection | None = None

    def __enter__(self) -> t.Self:
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self._lock = os.open(self._new, flags, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.database = self._begin()
        except BlockingIOError:
            pass
        except BaseException:
            self.__exit__()
            raise
        return self

    def _begin(self) -> sqlite3.Connection:
        os.truncate(self._lock, 0)
        previous = open_tree_file(self._path)
        if previous is not None:
            previous.close()
            shutil.copyfile(self._path, self._new)
            with contextlib.suppress(sqlite3.DatabaseError):
                return self._prepared()
            os.truncate(self._lock, 0)  # the old one was damaged
        return self._prepared()

    def _prepared(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._new, isolation_level=None)
        try:
            # nobody reads it before it is whole
            database.execute("PRAGMA journal_mode = off")
            database.execute("PRAGMA synchronous = off")
            database.executescript(_TABLES)
            ((answer,),) = database.execute("PRAGMA quick_check(1)")
        except BaseException:
            database.close()
            raise
        if answer != "ok":
            database.close()
            raise sqlite3.DatabaseError(answer)
        return database

    def take_room(self, size: int) -> None:
        """Make sure that the file can grow by that many bytes."""
        if self.database is not None:
            os.posix_fallocate(self._lock, os.fstat(self._lock).st_size, size)

    def replace(self) -> None:
        """Put it in the place of the old one."""
        if self.database is None:
            return
        ((used,),) = self.database.execute(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        )
        self.database.close()
        self.database = None
        os.truncate(self._lock, used)
        os.rename(self._new, self._path)

    def __exit__(self, *_exc: object) -> None:
        """What was not put in place is removed."""
        if self.database is not None:
            self.database.close()
            self.database = None
            with contextlib.suppress(OSError):
                os.unlink(self._new)
        os.close(self._lock)
