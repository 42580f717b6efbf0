# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The fields of tar headers and pax records, read strictly: what is not well formed is refused.

Every function raises ``ArchiveError``.
"""

from __future__ import annotations

import functools
import os
import re
import typing as t

from . import _acl
from ._archive_failures import ArchiveError, readable
from ._entries import PATH_LIMIT
from ._tar_writer import XATTR
from ._walk import RESERVED

NAME_LIMIT: t.Final = 255

_ID_LIMIT = 0xFFFFFFFE
_SIZE_LIMIT = 2**63 - 1
_SECONDS_LIMIT = 2**55
_DEVICE_LIMIT = 2**31
_NANO = 1_000_000_000
_DECIMAL = re.compile(rb"\d{1,20}")
_TIME = re.compile(rb"(-?)(\d{1,20})(?:\.(\d*))?")
#: Parts of a name that are none, or mean something else.
_ODD = re.compile(rb"(?:^|/)\.{0,2}(?:/|\Z)")
_LONG = re.compile(rb"[^/]{256}")
_ACLS = {text: name for name, text in _acl.ATTRIBUTES.items()}


@functools.lru_cache(1024)
def number(field: bytes) -> int:
    """Octal digits, or GNU's binary form. Most entries have the owner, the mode and the size of another."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big", signed=False) & (
            (1 << (8 * len(field) - 1)) - 1
        )
        if field[0] & 0x40:
            value -= 1 << (8 * len(field) - 1)
        return value
    digits = field.strip(b" \0")
    if not digits:
        return 0
    try:
        value = int(digits, 8)
    except ValueError:
        value = -1
    if value < 0:
        raise ArchiveError("a header has a number that is none")
    return value


def decimal(value: bytes) -> int:
    """Of a pax record or a map."""
    if _DECIMAL.fullmatch(value) is None:
        raise ArchiveError("a header has a number that is none")
    return int(value)


def nanoseconds(value: bytes) -> int:
    """A pax record's time."""
    found = _TIME.fullmatch(value)
    if found is None:
        raise ArchiveError("a header has a time that is none")
    rest = (found[3] or b"")[:9].ljust(9, b"0")
    time = int(found[2]) * _NANO + int(rest)
    return -time if found[1] else time


def checked_id(value: int) -> int:
    """Of a user or a group."""
    if not 0 <= value <= _ID_LIMIT:
        raise ArchiveError(f"there is no user or group of the number {value}")
    return value


def checked_size(value: int) -> int:
    """Of contents."""
    if not 0 <= value <= _SIZE_LIMIT:
        raise ArchiveError(f"no file has {value} bytes")
    return value


def checked_time(value: int) -> int:
    """Nanoseconds that a system can be given."""
    if abs(value) >= _SECONDS_LIMIT * _NANO:
        raise ArchiveError("a file's time is out of all ranges")
    return value


def checked_device(value: int) -> int:
    """One of a device's two numbers."""
    if not 0 <= value < _DEVICE_LIMIT:
        raise ArchiveError(f"no device has the number {value}")
    return value


def text_until_nul(field: bytes) -> bytes:
    """A header's field of text."""
    end = field.find(b"\0")
    return field if end < 0 else field[:end]


def path_of(name: bytes) -> str:
    """The path below the tree; "" is the tree itself."""
    if name[:1] == b"/":
        raise ArchiveError(f"the name {_shown(name)} is absolute")
    if b"\0" in name:
        raise ArchiveError("a name has a NUL character")
    if len(name) > PATH_LIMIT:
        raise ArchiveError(f"a name of {len(name):,} bytes is too long")
    name = name.removeprefix(b"./").removesuffix(b"/")
    if _ODD.search(name) is not None:
        parts = [part for part in name.split(b"/") if part and part != b"."]
        if b".." in parts:
            raise ArchiveError(f"the name {_shown(name)} leads out of the tree")
        name = b"/".join(parts)
    if len(name) > NAME_LIMIT and _LONG.search(name) is not None:
        raise ArchiveError(f"{_shown(name)} has a part of more than {NAME_LIMIT} bytes")
    path = os.fsdecode(name)
    if RESERVED in path and any(p.startswith(RESERVED) for p in path.split("/")):
        raise ArchiveError(f"the name {_shown(name)} is reserved")
    return path


def link_of(target: bytes) -> str:
    """Where a symlink points: anywhere."""
    if not target or b"\0" in target:
        raise ArchiveError("a symbolic link has no target, or a NUL character in it")
    return os.fsdecode(target)


def records_of(data: bytes) -> dict[bytes, bytes]:
    """A pax header's records."""
    records = {}
    position = 0
    while position < len(data):
        space = data.find(b" ", position, position + 20)
        length = decimal(data[position:space]) if space > 0 else 0
        end = position + length
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if end > len(data) or not equals or not key or data[end - 1 : end] != b"\n":
            raise ArchiveError("an extended header is not well formed")
        records[key] = value
        position = end
    return records


def xattrs_of(records: dict[bytes, bytes]) -> dict[str, bytes]:
    """Extended attributes and ACLs among pax records."""
    found = {}
    for key, value in records.items():
        if key.startswith(XATTR):
            name = key.removeprefix(XATTR)
            if not 0 < len(name) <= NAME_LIMIT or b"\0" in name:
                raise ArchiveError("an extended attribute has no name")
            found[os.fsdecode(name)] = value
        elif key in _ACLS and value:
            try:
                found[_ACLS[key]] = _acl.value_of(value)
            except ValueError as error:
                raise ArchiveError(f"an ACL cannot be read: {error}") from None
    return found


def _shown(name: bytes) -> str:
    return readable(os.fsdecode(name[:NAME_LIMIT]))
