# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A listing to ask questions of, in a temporary file: memory does not grow with the number of objects."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import typing as t

from .._bucket._contents import Size
from .._drivers._base import ObjectInfo
from .._errors import LocalWriteError
from .._manifest._format import shard_number

#: Rows in one step.
_BATCH: t.Final = 1000

_SCHEMA: t.Final = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE objects (
        id INTEGER PRIMARY KEY, name BLOB, size INTEGER, etag TEXT, shard INTEGER, folder BLOB, content TEXT
    );
"""
#: ``common``: the sizes that more than one has.
_ONCE_FILLED: t.Final = """
    CREATE INDEX by_shard ON objects (shard);
    CREATE TABLE common (size INTEGER PRIMARY KEY);
    INSERT INTO common SELECT size FROM objects GROUP BY size HAVING COUNT(*) > 1;
"""
#: What has the same content as something else.
_TWICE: t.Final = """
    SELECT content, size, COUNT(*) AS objects, (COUNT(*) - 1) * size AS wasted FROM objects
    WHERE content IS NOT NULL AND size > 0 GROUP BY content, size HAVING objects > 1
"""
#: What may have, by its size, and nobody knows.
_UNTOLD: t.Final = "content IS NULL AND size > 0 AND size IN common"


class Row(t.NamedTuple):
    """One object of the listing, by its number there."""

    id: int
    info: ObjectInfo


class Group(t.NamedTuple):
    """Objects of the same content: how many, the size of each, and the first of their names."""

    objects: int
    size: int
    names: list[str]


class Duplicates(t.NamedTuple):
    """``objects`` are in ``groups``; all but one of each waste their bytes. Of ``unknown`` objects it cannot be told."""

    groups: int
    objects: int
    wasted: int
    unknown: int
    sample: list[Group]


class Survey:
    """The objects of one container, without their prefix in ``name`` and ``ObjectInfo.key``.

    ``shards``: how many a manifest has. To be used as a context, by one thread. Raises ``LocalWriteError`` where
    there is no room for it.
    """

    def __init__(self, shards: int) -> None:
        self._shards = shards
        with _explained():
            self._database = sqlite3.connect("", isolation_level=None)
            self._database.executescript(_SCHEMA)

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._database.close()

    def fill(self, objects: t.Iterable[ObjectInfo]) -> None:
        """Take all of a listing."""
        rows = map(self._row, objects)
        with _explained():
            self._database.execute("BEGIN")
            while batch := list(itertools.islice(rows, _BATCH)):
                self._database.executemany(
                    "INSERT INTO objects (name, size, etag, shard, folder, content) VALUES (?, ?, ?, ?, ?, ?)",
                    batch,
                )
            self._database.execute("COMMIT")
            self._database.executescript(_ONCE_FILLED)

    def _row(self, info: ObjectInfo) -> tuple[object, ...]:
        name = info.key
        folder, slash, _rest = name.partition("/")
        return (
            _encode(name),
            info.size,
            info.etag,
            shard_number(name, self._shards) if self._shards > 1 else 0,
            _encode(folder + slash if slash else ""),
            info.md5,
        )

    def shard(self, number: int) -> list[Row]:
        """The objects whose entries are in that shard of the manifest."""
        with _explained():
            found = self._database.execute(
                "SELECT id, name, size, etag FROM objects WHERE shard = ?", [number]
            )
            return [_read(*row) for row in found]

    def untold(self) -> t.Iterator[list[Row]]:
        """A few at a time, objects that may have the content of others. What is not told meanwhile comes once."""
        last = -1
        while True:
            with _explained():
                found = self._database.execute(
                    f"SELECT id, name, size, etag FROM objects WHERE id > ? AND {_UNTOLD} ORDER BY id LIMIT ?",
                    [last, _BATCH],
                )
                rows = [_read(*row) for row in found]
            if not rows:
                return
            last = rows[-1].id
            yield rows

    def tell(self, contents: t.Mapping[int, str]) -> None:
        """What the contents of some objects are, by their ids, where the listing had no hash of them."""
        with _explained():
            self._database.execute("BEGIN")
            self._database.executemany(
                "UPDATE objects SET content = ? WHERE id = ? AND content IS NULL",
                [(content, number) for number, content in contents.items()],
            )
            self._database.execute("COMMIT")

    def folders(self, most: int) -> tuple[int, list[tuple[str, Size]]]:
        """How many first folders there are, and the largest: the name with its slash, or empty for what is in none."""
        with _explained():
            (count,) = self._database.execute(
                "SELECT COUNT(DISTINCT folder) FROM objects"
            ).fetchone()
            found = self._database.execute(
                "SELECT folder, COUNT(*), SUM(size) FROM objects GROUP BY folder ORDER BY 3 DESC, 1 LIMIT ?",
                [most],
            )
            return count, [
                (_decode(name), Size(objects, size)) for name, objects, size in found
            ]

    def duplicates(self, most: int, names: int) -> Duplicates:
        """What is there more than once, and the groups that waste most, with so many names of each."""
        with _explained():
            ask = self._database.execute
            groups, objects, wasted = ask(
                f"SELECT COUNT(*), TOTAL(objects), TOTAL(wasted) FROM ({_TWICE})"
            ).fetchone()
            (unknown,) = ask(f"SELECT COUNT(*) FROM objects WHERE {_UNTOLD}").fetchone()
            ask("CREATE INDEX IF NOT EXISTS by_content ON objects (content)")
            largest = ask(
                f"{_TWICE} ORDER BY wasted DESC, content LIMIT ?", [most]
            ).fetchall()
            sample = []
            for content, size, count, _wasted in largest:
                found = ask(
                    "SELECT name FROM objects WHERE content = ? AND size = ? ORDER BY name LIMIT ?",
                    [content, size, names],
                )
                sample.append(Group(count, size, [_decode(name) for (name,) in found]))
        return Duplicates(groups, int(objects), int(wasted), unknown, sample)


def _read(number: int, name: bytes, size: int, etag: str | None) -> Row:
    return Row(number, ObjectInfo(_decode(name), size, etag))


def _encode(name: str) -> bytes:
    return name.encode(errors="surrogateescape")


def _decode(name: bytes) -> str:
    return name.decode(errors="surrogateescape")


@contextlib.contextmanager
def _explained() -> t.Iterator[None]:
    try:
        yield
    except sqlite3.Error as exc:
        raise LocalWriteError(
            f"Could not keep the listing in a temporary file: {exc}.",
            hint="Make room where temporary files are kept, or name another folder by the environment variable TMPDIR.",
        ) from None
