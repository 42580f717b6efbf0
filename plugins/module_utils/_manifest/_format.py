# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What a manifest says, and its bytes.

Below ``.longshore/manifest/`` of the destination's prefix lie:

``root``
    JSON: ``version`` (1), ``bits``, ``shards`` (2**bits names, null for an empty shard),
    ``pending`` (the id of a run that may have changed objects since, else null), ``superseded``
    (shards of no use any more, which the next run deletes that changes something).
``shards/<name>``
    zlib over JSON lines ``[name, size, digest, source_etag, stored_size, etag, treatment, retired]``,
    sorted by name, the last ones left out where they are empty;
    the shard's name is the SHA-256 of the lines, so equal content has one name whatever zlib made
    of it.

An entry is in the shard whose number is the first ``bits`` bits of the SHA-256 of its name.
"""

from __future__ import annotations

import hashlib
import json
import typing as t
from dataclasses import dataclass

from .._errors import LongshoreError
from ._objects import is_digest, pack, read_document, unpack

#: Every name of ours in a destination begins so, and no user's file of such a name is published.
RESERVED = ".longshore/"

VERSION = 1

#: The stored size of an entry that says that there is no such object.
ABSENT = -1
ENTRIES_PER_SHARD = 4096
_MAX_BITS = 12
MAX_SHARDS = 1 << _MAX_BITS
_ROW = (str, int, str, str, int, str, str, int)
#: The types of a row's values: the last two may be left out.
_SHAPES = {_ROW[:length] for length in (6, 7, 8)}


class ManifestError(LongshoreError):
    """The manifest is damaged, or from a newer version."""


class Entry(t.NamedTuple):
    """What is known of one published object.

    ``size`` and ``digest`` (SHA-256, hex; empty when never read) are of the source's bytes,
    ``source_etag`` is the remote source's (else empty); ``stored_size`` and ``etag`` are the
    destination's: the entry speaks of the object only while these are still so. ``treatment`` says
    what rules made of it. A ``stored_size`` of ``ABSENT`` means that there is no such object, because it would not
    have been smaller than the plain one. ``retired`` (seconds since the epoch, else 0) is when the
    source was first seen not to have it any more.
    """

    size: int
    digest: str
    source_etag: str
    stored_size: int
    etag: str
    treatment: str = ""
    retired: int = 0


@dataclass(frozen=True, slots=True)
class Root:
    """The one object that is replaced; everything else is content-addressed."""

    shards: tuple[str | None, ...] = (None,)
    pending: str | None = None
    superseded: tuple[str, ...] = ()


def shard_count(entries: int) -> int:
    """How many shards hold that many entries: a power of two."""
    bits = max(0, (max(entries, 1) - 1) // ENTRIES_PER_SHARD).bit_length()
    return 1 << min(bits, _MAX_BITS)


def shard_number(name: str, count: int) -> int:
    """Which of ``count`` shards has the entry of ``name``."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:4], "big") * count >> 32


def split(
    entries: t.Mapping[str, Entry], count: int | None = None
) -> list[dict[str, Entry]]:
    """The entries of each shard, of ``count`` or as many as suit their number."""
    count = count or shard_count(len(entries))
    shards: list[dict[str, Entry]] = [{} for _unused in range(count)]
    for name, entry in entries.items():
        shards[shard_number(name, count)][name] = entry
    return shards


def encode_shard(entries: t.Mapping[str, Entry]) -> tuple[str, bytes]:
    """A shard's name and its bytes."""
    return pack("\n".join(encode_row(n, entries[n]) for n in sorted(entries)).encode())


def encode_row(name: str, entry: Entry) -> str:
    """One line of a shard."""
    row = [name, *entry]
    while not row[-1] and len(row) > 6:
        row.pop()
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"))


def decode_row(line: bytes) -> tuple[str, Entry]:
    """One line of a shard. Raises ``ValueError`` when it is none."""
    return _entry(json.loads(line))


def _entry(row: object) -> tuple[str, Entry]:
    if not isinstance(row, list) or tuple(map(type, row)) not in _SHAPES:
        raise ValueError(f"{row!r} is not an entry")
    return row[0], Entry(*row[1:])


def decode_shard(name: str, data: bytes) -> dict[str, Entry]:
    """The entries of a shard. Raises ``ManifestError`` when it is not what its name says."""
    try:
        lines = unpack(name, data)
    except ValueError as exc:
        raise damaged(f"shard {name} {exc}") from None
    try:
        rows = json.loads(b"[" + lines.replace(b"\n", b",") + b"]")
        return dict(map(_entry, rows))
    except (ValueError, RecursionError):
        raise damaged(f"shard {name} has a line that is not an entry") from None


def encode_root(root: Root) -> bytes:
    """The root's bytes."""
    bits = (len(root.shards) - 1).bit_length()
    document = {
        "version": VERSION,
        "bits": bits,
        "shards": root.shards,
        "pending": root.pending,
        "superseded": root.superseded,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def decode_root(data: bytes) -> Root:
    """The root. Raises ``ManifestError``."""
    try:
        document = read_document(data, VERSION, "manifest", ManifestError)
    except ValueError as exc:
        raise damaged(f"its root {exc}") from None
    shards = document.get("shards")
    pending = document.get("pending")
    superseded = document.get("superseded", [])
    if (
        not isinstance(shards, list)
        or len(shards) not in (1 << bits for bits in range(_MAX_BITS + 1))
        or document.get("bits") != (len(shards) - 1).bit_length()
        or not all(name is None or is_digest(name) for name in shards)
        or not (pending is None or isinstance(pending, str))
        or not (isinstance(superseded, list) and all(map(is_digest, superseded)))
    ):
        raise damaged("its root does not list its shards")
    return Root(tuple(shards), pending, tuple(superseded))


def damaged(what: str) -> ManifestError:
    """The error for a manifest of which ``what`` is true."""
    return ManifestError(
        f"The destination's manifest is damaged: {what}.",
        hint="If it says so again, run once with manifest=rebuild, which makes it anew.",
    )
