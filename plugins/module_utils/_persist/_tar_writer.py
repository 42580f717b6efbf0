# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Entries as the bytes of a standard tar archive: ustar headers, pax records for what those cannot say.

Extended attributes, ACLs and sparse files are written as GNU tar, star and libarchive do. Names are bytes: where they are
no UTF-8, they are written as they are.
"""

from __future__ import annotations

import functools
import os
import typing as t
import zlib

from . import _acl
from ._entries import TYPES, Attributes, Entry

BLOCK: t.Final = 512

#: Two empty blocks end an archive.
END: t.Final = bytes(2 * BLOCK)

XATTR: t.Final = b"SCHILY.xattr."

_NAME_LIMIT = 100
_ID_LIMIT = 0o7777777
_SIZE_LIMIT = 0o77777777777
_ZEROS = bytes(BLOCK)
_BEGIN = b"%s%07o\0%07o\0%07o\0%011o\0%011o\0        %s%s"
_MAGIC = b"ustar\x0000"
_NANO = 1_000_000_000


def padding(size: int) -> bytes:
    """What fills the last block of so many bytes."""
    return _ZEROS[: -size % BLOCK]


def head(entry: Entry, name: str) -> tuple[bytes, int]:
    """All that comes before an entry's contents, and how many bytes those are, without padding.

    ``name`` is what the entry is called in the archive. Raises ``ValueError`` for an ACL that cannot be read.
    """
    written = os.fsencode(name)
    link = os.fsencode(entry.link)
    attributes = entry.attributes
    size = entry.size if entry.kind == "file" else 0
    sparse = b""
    records: list[bytes] = []
    if entry.extents is not None:
        sparse = _map_of(entry)
        records += [
            record(b"GNU.sparse.major", b"1"),
            record(b"GNU.sparse.minor", b"0"),
            record(b"GNU.sparse.name", written),
            record(b"GNU.sparse.realsize", b"%d" % entry.size),
        ]
        size = len(sparse) + sum(entry.extents[1::2])
    elif len(written) > _NAME_LIMIT:
        records.append(record(b"path", written))
    if len(link) > _NAME_LIMIT:
        records.append(record(b"linkpath", link))
    if size > _SIZE_LIMIT:
        records.append(record(b"size", b"%d" % size))
    records += _records_of(attributes)
    block = _header(written, attributes, size, TYPES[entry.kind], link, entry.device)
    if not records:
        return block + sparse, size - len(sparse)
    data = b"".join(records)
    extended = _extended_header(len(data))
    return b"".join((extended, data, padding(len(data)), block, sparse)), (
        size - len(sparse)
    )


@functools.lru_cache
def _extended_header(size: int) -> bytes:
    """Of pax records of so many bytes; those of most entries are as long as others'."""
    plain = Attributes(0o644, 0, 0, 0)
    return _header(b"././@PaxHeader", plain, size, b"x", b"", (0, 0))


def checksum(block: bytes) -> int:
    """The sum of a block's bytes."""
    # Adler-32 begins with 1 and goes to 65,521, more than half a block's bytes can come to
    half = BLOCK // 2
    first, second = zlib.adler32(block[:half]), zlib.adler32(block[half:])
    return (first & 0xFFFF) + (second & 0xFFFF) - 2


def _records_of(attributes: Attributes) -> list[bytes]:
    _mode, uid, gid, mtime, xattrs = attributes
    records = []
    seconds, nanoseconds = divmod(mtime, _NANO)
    if nanoseconds or not 0 <= seconds <= _SIZE_LIMIT:
        records.append(record(b"mtime", _time(mtime)))
    if uid > _ID_LIMIT:
        records.append(record(b"uid", b"%d" % uid))
    if gid > _ID_LIMIT:
        records.append(record(b"gid", b"%d" % gid))
    for key, value in xattrs.items():
        acl = _acl.ATTRIBUTES.get(key)
        if acl is not None:
            records.append(record(acl, _acl.text_of(value)))
        else:
            records.append(record(XATTR + os.fsencode(key), value))
    return records


def record(key: bytes, value: bytes) -> bytes:
    """One pax record; its length counts its own digits."""
    rest = len(key) + len(value) + 3
    length = rest + len(str(rest))
    length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


def _time(nanoseconds: int) -> bytes:
    sign = b"-" if nanoseconds < 0 else b""
    seconds, rest = divmod(abs(nanoseconds), _NANO)
    return b"%s%d.%09d" % (sign, seconds, rest) if rest else b"%s%d" % (sign, seconds)


def _header(
    name: bytes,
    attributes: Attributes,
    size: int,
    kind: bytes,
    link: bytes,
    device: tuple[int, int],
) -> bytes:
    mode, uid, gid, mtime, _xattrs = attributes
    seconds = mtime // _NANO
    begin = _BEGIN % (
        name[:_NAME_LIMIT].ljust(_NAME_LIMIT, b"\0"),
        mode,
        uid if uid <= _ID_LIMIT else 0,
        gid if gid <= _ID_LIMIT else 0,
        size if size <= _SIZE_LIMIT else 0,
        seconds if 0 <= seconds <= _SIZE_LIMIT else 0,
        kind,
        link[:_NAME_LIMIT].ljust(_NAME_LIMIT, b"\0"),
    )
    # magic, version, no names of users and groups, the device's numbers
    block = b"%s%s%s%07o\0%07o\0" % (begin, _MAGIC, _ZEROS[:64], *device)
    return b"%s%06o\0 %s%s" % (
        block[:148],
        checksum(block),
        block[156:],
        _ZEROS[: BLOCK - len(block)],
    )


def _map_of(entry: Entry) -> bytes:
    """The map of a sparse file, GNU's format 1.0, in whole blocks."""
    extents = entry.extents or ()
    numbers = b"\n".join(b"%d" % number for number in (len(extents) // 2, *extents))
    data = numbers + b"\n"
    return data + padding(len(data))
