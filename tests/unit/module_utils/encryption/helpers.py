# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Envelopes and their parts, for the tests."""

from __future__ import annotations

import io
import json
import typing as t
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Buffer,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    ALGORITHMS,
    Algorithm,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._envelope import (
    Opener,
    Sealer,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    EncryptionError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._layout import (
    HEADER_SIZE,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._streams import (
    open_stream,
    seal_stream,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers

VECTORS: t.Any = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
SECRET = SharedSecret(bytes(range(32)))
CHUNK = 4096
CONTEXT = "artifact app/1"
NAMES = [algorithm.name for algorithm in ALGORITHMS]


def sealer(algorithm: Algorithm, **options: t.Any) -> Sealer:
    options.setdefault("chunk_size", CHUNK)
    return Sealer(SECRET, CONTEXT, algorithm, **options)


def sealed(plain: bytes, algorithm: Algorithm, workers: Workers) -> bytes:
    return b"".join(seal_stream(io.BytesIO(plain), sealer(algorithm), workers))


def opener(envelope: bytes) -> Opener:
    return Opener(SECRET, CONTEXT, envelope[:HEADER_SIZE])


def chunks(envelope: bytes) -> list[bytes]:
    """The sealed chunks without the header."""
    offsets = [HEADER_SIZE, *range(CHUNK, len(envelope), CHUNK), len(envelope)]
    return [
        envelope[a:b] for a, b in zip(offsets[:-1], offsets[1:], strict=True) if a < b
    ]


class Outcome(t.NamedTuple):
    """What came out, and the error that it ended with, if it did."""

    plain: bytes
    error: EncryptionError | None


def outcome(pieces: t.Iterable[Buffer]) -> Outcome:
    plain = b""
    try:
        for piece in pieces:
            plain += piece
    except EncryptionError as error:
        return Outcome(plain, error)
    return Outcome(plain, None)


def opened(
    envelope: bytes,
    workers: Workers,
    *,
    secret: SharedSecret = SECRET,
    context: str = CONTEXT,
    piece_size: int = 1000,
) -> Outcome:
    """Opens it as it comes over a network."""
    return outcome(
        open_stream(in_pieces(envelope, piece_size), secret, context, workers)
    )


def in_pieces(data: bytes, size: int) -> t.Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


class Trickle:
    """A source that gives little at a time, as a pipe does."""

    def __init__(self, data: bytes, at_once: int) -> None:
        self._data = io.BytesIO(data)
        self._at_once = at_once
        self.taken = 0

    def read(self, size: int, /) -> bytes:
        data = self._data.read(min(size, self._at_once))
        self.taken += len(data)
        return data
