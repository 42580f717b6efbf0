# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""POSIX access control lists: the system's bytes and the text that tar archives hold."""

from __future__ import annotations

import struct
import typing as t

#: The extended attributes that hold them, and the pax records of the same.
ATTRIBUTES: t.Final = {
    "system.posix_acl_access": b"SCHILY.acl.access",
    "system.posix_acl_default": b"SCHILY.acl.default",
}

_VERSION = 2
_ENTRY = struct.Struct("<HHI")
_NOBODY = 0xFFFFFFFF
_KINDS = {
    0x01: ("user", False),
    0x02: ("user", True),
    0x04: ("group", False),
    0x08: ("group", True),
    0x10: ("mask", False),
    0x20: ("other", False),
}
_TAGS = {kind: tag for tag, kind in _KINDS.items()}


def text_of(data: bytes) -> bytes:
    """``user::rw-,user:1000:r--,…`` of the attribute's value. Raises ``ValueError``."""
    if len(data) < 4 or data[:4] != struct.pack("<I", _VERSION):
        raise ValueError("not an access control list")
    entries = []
    try:
        for tag, permissions, who in _ENTRY.iter_unpack(data[4:]):
            kind, is_named = _KINDS[tag]
            rights = "".join(
                letter if permissions & bit else "-"
                for letter, bit in zip("rwx", (4, 2, 1), strict=True)
            )
            entries.append(f"{kind}:{who if is_named else ''}:{rights}")
    except (KeyError, struct.error):
        raise ValueError("not an access control list") from None
    return ",".join(entries).encode()


def value_of(text: bytes) -> bytes:
    """The attribute's value of such a text; names of users and groups are looked up. Raises ``ValueError``."""
    entries = []
    for line in text.decode("ascii").replace("\n", ",").split(","):
        written = line.split("#")[0].strip()
        if not written:
            continue
        kind, who, rights, *_further = written.split(":")
        kind = {"u": "user", "g": "group", "m": "mask", "o": "other"}.get(kind, kind)
        tag = _TAGS[kind, bool(who)] if (kind, bool(who)) in _TAGS else 0
        if not tag or len(rights) != 3 or set(rights) - set("rwxX-"):
            raise ValueError("not an access control list")
        permissions = sum(
            bit for bit, letter in zip((4, 2, 1), rights, strict=True) if letter != "-"
        )
        number = _number(kind, who) if who else _NOBODY
        entries.append((tag, number, permissions))
    # the kernel accepts them in this order alone
    return struct.pack("<I", _VERSION) + b"".join(
        _ENTRY.pack(tag, permissions, number)
        for tag, number, permissions in sorted(entries)
    )


def _number(kind: str, who: str) -> int:
    if who.isdecimal():
        number = int(who)
        if number < _NOBODY:
            return number
        raise ValueError("no such number")
    import grp
    import pwd

    try:
        if kind == "user":
            return pwd.getpwnam(who).pw_uid
        return grp.getgrnam(who).gr_gid
    except KeyError:
        raise ValueError(f"no {kind} {who}") from None
