# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The layout ``single``: one object for a path, as micro-s3-persistence writes and reads it.

Its key is the path without the leading slash, its body a tar, and two entries of its metadata are all that a reader
goes by: ``iscompressed`` (by gzip) and ``isdirectory``, each ``true`` or ``false``. The tar of a directory has names relative
to it, ``.`` first; that of a file has the one entry of the file's name.
"""

from __future__ import annotations

import itertools
import os.path
import typing as t

from .._bandwidth import Bandwidth
from .._drivers._base import Attributes, Store
from .._errors import AccessDeniedError, ConfigurationError, ObjectMissingError
from ._codecs import Compression, compress, decompress
from ._proof import Sent, is_stored
from ._snapshot_failures import SnapshotMissingError

#: The content types are all that is told apart by ``iscompressed``, too.
_PLAIN: t.Final = "application/x-tar"
_COMPRESSED: t.Final = "application/x-gtar"

#: An entry of the metadata that is ours; its first readers ignore it.
_FINGERPRINT: t.Final = "fingerprint"
_GZIP_MAGIC: t.Final = b"\x1f\x8b"


class SingleObject(t.NamedTuple):
    """What is stored: its size in bytes, and what its metadata says.

    ``is_directory`` and ``is_compressed`` are None where there is no metadata (a folder keeps none): the tar's
    first entry tells, and its first bytes.
    """

    key: str
    size: int
    is_directory: bool | None
    is_compressed: bool | None
    fingerprint: str | None


class SavedSingle(t.NamedTuple):
    """Whether something was sent, the object's size in bytes, and whether the store was seen to have it."""

    changed: bool
    size: int
    verified: bool


def single_key(store: Store, path: str) -> str:
    """The key for an absolute path. Raises ``ConfigurationError`` for one that can have none."""
    normal = os.path.normpath(path).lstrip("/")
    if not path.startswith("/") or not normal:
        raise ConfigurationError(
            f"{path!r} cannot be saved in the layout single.",
            hint="Its object is called after the path: that is an absolute one, and not / itself.",
        )
    return store.endpoint.prefix + normal


def find_single(store: Store, path: str) -> SingleObject | None:
    """What is stored of a path."""
    key = single_key(store, path)
    try:
        details = store.stat(key)
    except ObjectMissingError:
        return None
    metadata = details.attributes.metadata
    return SingleObject(
        key,
        details.info.size,
        _flag(metadata.get("isdirectory")),
        _flag(metadata.get("iscompressed")),
        metadata.get(_FINGERPRINT),
    )


def save_single(
    store: Store,
    path: str,
    *,
    is_directory: bool,
    fingerprint: str,
    stream: t.Iterable[bytes],
    compression: Compression,
    bandwidth: Bandwidth,
    size: int | None = None,
) -> SavedSingle:
    """Write the object, unless it has this fingerprint; ``stream`` is not touched then.

    ``size``: about how many bytes the stream has, by which the store divides a large object.

    What was stored before is replaced when the new one is complete, and not earlier. What the stream raises
    passes through. Raises ``ConfigurationError`` for a compression that its readers do not know, ``StoreError``.
    """
    if compression.name == "zstd":
        raise ConfigurationError(
            "The layout single is compressed with gzip or not at all.",
            hint="Set compression to gzip, or use the layout snapshots.",
        )
    key = single_key(store, path)
    try:
        there = find_single(store, path)
    except AccessDeniedError:
        there = None
    if there is not None and there.fingerprint == fingerprint:
        return SavedSingle(False, there.size, True)
    is_compressed = compression.name == "gzip"
    metadata = {
        "iscompressed": str(is_compressed).lower(),
        "isdirectory": str(is_directory).lower(),
        _FINGERPRINT: fingerprint,
    }
    attributes = Attributes(
        content_type=_COMPRESSED if is_compressed else _PLAIN, metadata=metadata
    )
    sent = Sent(store)
    body = sent.pass_on(_slowly(compress(stream, compression), bandwidth))
    info = store.write(key, body, attributes, size=size)
    return SavedSingle(True, sent.size, is_stored(store, info, sent, bandwidth))


def open_single(
    store: Store, path: str, bandwidth: Bandwidth
) -> tuple[SingleObject, t.Iterator[bytes]]:
    """What is stored of a path, and its tar stream.

    Of an object without metadata the first bytes tell whether it is compressed. A compressed stream is verified by
    its checksum, a plain one by nothing: that is all the layout has. Raises ``SnapshotMissingError``,
    ``DamagedSnapshotError``.
    """
    key = single_key(store, path)
    found = find_single(store, path)
    if found is None:
        raise SnapshotMissingError(
            f"There is no object {key!r} in {store.endpoint.place}.",
            hint="Save the path first, or check prefix and path.",
        )
    stored = _slowly(store.read(key).chunks, bandwidth)
    is_compressed = found.is_compressed
    if is_compressed is None:
        head = next(stored, b"")
        is_compressed = head.startswith(_GZIP_MAGIC)
        stored = itertools.chain((head,) if head else (), stored)
    name = "gzip" if is_compressed else "none"
    return found, decompress(stored, name, f"object {key!r} in {store.endpoint.place}")


def remove_single(store: Store, path: str) -> dict[str, str]:
    """Delete the object. Returns what could not be deleted: the key, with what the store said."""
    return store.delete([single_key(store, path)])


def _flag(text: str | None) -> bool | None:
    return None if text is None else text == "true"


def _slowly(pieces: t.Iterable[bytes], bandwidth: Bandwidth) -> t.Iterator[bytes]:
    for piece in pieces:
        bandwidth.take(len(piece))
        yield piece
