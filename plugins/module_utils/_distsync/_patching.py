# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where files are cut by their contents, and a new version put together from the one before.

The keyed cuts of a file are its release's index. Who has an older file cuts that in the same way, and
fetches only those chunks of the new one that it has not.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
import typing as t

from .._chunks._assembly import assemble
from .._chunks._cutter import KEY_SIZE, Cutter
from .._chunks._delta import plan_delta
from .._chunks._failures import AssemblyError, IndexFormatError
from .._chunks._index import Index
from .._drivers._base import Buffer
from .._encryption._secret import SharedSecret
from .._workers import Workers
from ._content import Content
from ._local_file import LocalFile
from ._release import Release
from ._results import Progress

#: Of envelopes that are read in ranges (bytes): what is fetched of one begins and ends with a chunk.
SEALED_CHUNK: t.Final = 64 * 1024

#: Larger ones (bytes) are left out: a record is held in memory several times. That of 1 GiB is as large.
LARGEST_INDEX: t.Final = 2 * 1024 * 1024

#: Ranges that are fetched at once.
_AT_ONCE: t.Final = 4


def cutter_of(secret: SharedSecret) -> Cutter:
    """Cuts as everybody does who has the secret. Raises ``MissingLibraryError``."""
    return Cutter(secret.derive("chunk boundaries", length=KEY_SIZE))


def encoded_index(file: LocalFile, cutter: Cutter) -> bytes:
    """The index of a release's contents, which are read once more; empty where it would be too large."""
    file.rewind()
    encoded = Index.of(file, cutter).encode()
    file.check()
    return encoded if len(encoded) <= LARGEST_INDEX else b""


def patch(
    release: Release,
    content: Content,
    older: str,
    cutter: Cutter,
    out: t.BinaryIO,
    progress: Progress,
) -> int | None:
    """Make a release's contents in an empty file, out of an older file and ranges.

    Returns how many bytes were fetched; None where that is not possible, or would save nothing. What the
    older file holds is verified chunk by chunk, so nothing bad comes of its being any file. Raises what
    ``content`` raises, and ``OSError`` where ``out`` cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            new = Index.decode(release.index)
            file = stack.enter_context(_opened(older))
            have = Index.of(file, cutter)
        except (IndexFormatError, OSError):
            return None
        if (new.size, new.digest.hex()) != (release.size, release.digest):
            return None
        plan = plan_delta(new, have, content.layout)
        if plan.whole:
            return None
        reader = _CountedReader(content, progress)
        workers = stack.enter_context(Workers(_AT_ONCE))
        try:
            made = assemble(plan, file, reader.range, out, workers)
        except AssemblyError:
            progress(-reader.count)
            return None
        progress(release.size - reader.count)
        return made.fetched


def _opened(path: str) -> t.BinaryIO:
    """A regular file, not behind a link. Raises ``OSError``."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    file = open(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(f"{path!r} is no file")
    return file


class _CountedReader:
    """Ranges of a content, counted on their way, from any thread."""

    def __init__(self, content: Content, progress: Progress) -> None:
        self.count = 0
        self._content = content
        self._progress = progress
        self._lock = threading.Lock()

    def range(self, offset: int, length: int) -> t.Iterator[Buffer]:
        for piece in self._content.range(offset, length):
            with self._lock:
                self.count += len(piece)
                self._progress(len(piece))
            yield piece
