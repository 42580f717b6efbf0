# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Small things whole in memory, such as records: envelopes of one chunk whose size tells little."""

from __future__ import annotations

import typing as t

from .._errors import ConfigurationError
from ._algorithms import Algorithm
from ._envelope import Opener, Sealer, valid_chunk_size
from ._failures import DamagedError
from ._layout import HEADER_SIZE, MAX_CHUNK_SIZE, MIN_CHUNK_SIZE, Layout
from ._secret import SharedSecret

#: A message is padded to a multiple of so many bytes.
PADDED_TO: t.Final = 1024
_MARK: t.Final = b"\x80"


def seal_message(
    secret: SharedSecret, context: str, message: bytes, algorithm: Algorithm
) -> bytes:
    """An envelope of the message, padded as in ISO/IEC 7816-4: 0x80, then as many zeros as it takes.

    Raises ``ConfigurationError`` for what does not fit into a chunk of 16 MiB.
    """
    size = -(-(len(message) + 1) // PADDED_TO) * PADDED_TO
    padded = (message + _MARK).ljust(size, b"\0")
    sealer = Sealer(secret, context, algorithm, chunk_size=_chunk_size(size, algorithm))
    nonce = sealer.random(algorithm.nonce_size)
    return sealer.seal(0, padded, nonce, last=True)


def open_message(
    secret: SharedSecret, context: str, sealed: bytes, *, label: str
) -> bytes:
    """The message. Raises what ``Opener`` raises."""
    opener = Opener(secret, context, sealed[:HEADER_SIZE], label=label)
    padded = opener.open(0, sealed[HEADER_SIZE:], last=True)
    message, mark, zeros = padded.rpartition(_MARK)
    if not mark or zeros.strip(b"\0"):
        raise DamagedError(label, "is not padded as a record is")
    return message


def _chunk_size(plain_size: int, algorithm: Algorithm) -> int:
    size = MIN_CHUNK_SIZE
    while valid_chunk_size(size):
        if Layout(algorithm, size).capacity(0) >= plain_size:
            return size
        size *= 2
    raise ConfigurationError(
        f"A record of {plain_size} bytes is too large: it must fit into {MAX_CHUNK_SIZE} bytes, encrypted."
    )
