# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A stream that is made in a thread of its own, ahead of who reads it."""

from __future__ import annotations

import contextlib
import queue
import threading
import typing as t

#: Pieces that are made and not read yet.
_PIECES: t.Final = 4


class _End(t.NamedTuple):
    error: BaseException | None


def ahead(stream: t.Iterable[bytes]) -> t.Generator[bytes, None, None]:
    """The stream's pieces. What it raises is raised here, behind the pieces before.

    Once this ends, or is closed, the stream is closed, and its thread is gone.
    """
    made: queue.Queue[bytes | _End] = queue.Queue(_PIECES)
    unwanted = threading.Event()
    thread = threading.Thread(
        target=_make, args=(stream, made, unwanted), name="longshore-ahead", daemon=True
    )
    thread.start()
    end: _End | None = None
    try:
        while end is None:
            piece = made.get()
            if isinstance(piece, _End):
                end = piece
            else:
                yield piece
    finally:
        unwanted.set()
        while end is None:
            # there is room for it to see that
            piece = made.get()
            end = piece if isinstance(piece, _End) else None
        thread.join()
    if end.error is not None:
        raise end.error


def _make(
    stream: t.Iterable[bytes],
    made: queue.Queue[bytes | _End],
    unwanted: threading.Event,
) -> None:
    error: BaseException | None = None
    try:
        with contextlib.closing(_generated(stream)) as pieces:
            for piece in pieces:
                made.put(piece)
                if unwanted.is_set():
                    break
    # raised again by the thread that reads
    except BaseException as raised:  # noqa: BLE001
        error = raised
    made.put(_End(error))


def _generated(stream: t.Iterable[bytes]) -> t.Generator[bytes, None, None]:
    """What can be closed, and closes the stream then, whatever that is."""
    yield from stream
