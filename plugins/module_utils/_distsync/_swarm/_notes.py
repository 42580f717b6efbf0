# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a host that was restarted needs in order to go on giving: a small file beside each object."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import time
import typing as t

_VERSION: t.Final = 1
_SUFFIX: t.Final = ".seed"
#: What was begun so long ago (seconds), and is not complete, is litter.
_BEGUN_FOR: t.Final = 7 * 86400


class Kept(t.NamedTuple):
    """An object: its id, its bytes, the hashes of its pieces, and when it was complete."""

    artifact: str
    size: int
    hashes: bytes
    completed: float | None = None


def remember(folder: str, name: str, one: Kept, completed: float) -> None:
    """That the file of that name is complete. Where it cannot be written, nothing is given after a restart."""
    document = {
        "version": _VERSION,
        "artifact": one.artifact,
        "size": one.size,
        "hashes": base64.b64encode(one.hashes).decode(),
        "completed": completed,
    }
    path = os.path.join(folder, name + _SUFFIX)
    with contextlib.suppress(OSError):
        with open(f"{path}.new", "w", encoding="ascii") as file:
            json.dump(document, file)
        os.replace(f"{path}.new", path)


def forget(folder: str, name: str) -> None:
    """Remove an object's file, and what is known of it."""
    for suffix in (_SUFFIX, ""):
        with contextlib.suppress(OSError):
            os.unlink(os.path.join(folder, name + suffix))


def kept(folder: str, seed_time: float) -> list[Kept]:
    """What may still be given. All else is removed but what was begun lately."""
    now = time.time()
    found = []
    names = os.listdir(folder)
    for name in names:
        if name.endswith(_SUFFIX):
            one = _read(os.path.join(folder, name))
            if one is not None and 0 <= now - (one.completed or 0) < seed_time:
                found.append(one)
            else:
                forget(folder, name.removesuffix(_SUFFIX))
        elif name + _SUFFIX not in names:
            with contextlib.suppress(OSError):
                path = os.path.join(folder, name)
                if now - os.stat(path).st_mtime > _BEGUN_FOR:
                    os.unlink(path)
    return found


def _read(path: str) -> Kept | None:
    try:
        with open(path, encoding="ascii") as file:
            document = json.load(file)
        if document["version"] != _VERSION:
            return None
        return Kept(
            str(document["artifact"]),
            int(document["size"]),
            base64.b64decode(document["hashes"], validate=True),
            float(document["completed"]),
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None
