# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Names: which may be those of files, and what stands for them where they are not to be seen."""

from __future__ import annotations

import typing as t

from ._failures import NameRefusedError
from ._primitives import HmacSha256
from ._secret import SharedSecret

#: Of one component of a path on Linux, bytes.
MAX_NAME_SIZE: t.Final = 255
_ID_SIZE: t.Final = 20


def keyed_id(secret: SharedSecret, kind: str, *parts: str) -> str:
    """40 hex digits that stand for ``parts``, to all who lack the secret as good as random.

    The first 20 bytes of HMAC-SHA256 with the key for the purpose ``id <kind>`` over the parts, each
    as UTF-8 after its size as 4 bytes, big-endian. The same parts always give the same id, and ids
    of different kinds have nothing in common.
    """
    mac = HmacSha256(secret.derive(f"id {kind}"))
    for part in parts:
        encoded = part.encode()
        mac.update(len(encoded).to_bytes(4, "big"), encoded)
    return mac.digest()[:_ID_SIZE].hex()


def check_file_name(name: str) -> str:
    """The name, if it is one that a file in a folder can have. Raises ``NameRefusedError``."""
    fault = _fault(name)
    if fault is not None:
        raise NameRefusedError(
            f"The name {_shown(name)} is refused: {fault}.",
            hint="Choose a plain file name, such as app-1.2.3.tar.gz.",
        )
    return name


def _fault(name: str) -> str | None:
    if not name:
        return "it is empty"
    if name in (".", ".."):
        return "it stands for a folder"
    if "/" in name:
        return "it holds a slash"
    if any(ord(character) < 0x20 or character == "\x7f" for character in name):
        return "it holds a control character"
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "it is not Unicode text"
    if size > MAX_NAME_SIZE:
        return f"it is {size} bytes long, and file names have {MAX_NAME_SIZE} at most"
    return None


def _shown(name: str) -> str:
    return ascii(name if len(name) <= 80 else f"{name[:77]}...")
