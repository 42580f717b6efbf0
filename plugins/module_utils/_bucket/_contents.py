# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How many objects a bucket holds, and how many bytes, in all and by prefix."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._drivers._base import ObjectInfo


@dataclass(slots=True)
class Size:
    """A number of objects, and the bytes in all of them."""

    objects: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        """Count one object of ``size`` bytes."""
        self.objects += 1
        self.bytes += size


@dataclass(slots=True)
class Measured:
    """All of it, and prefix -> what is below it. A prefix ends with ``/``, or is empty."""

    total: Size = field(default_factory=Size)
    prefixes: dict[str, Size] = field(default_factory=dict)


def measure(
    objects: t.Iterable[ObjectInfo], depth: int = 0, below: str = ""
) -> Measured:
    """Count what a listing yields, once, as it comes. ``below``: what all its keys begin with.

    Each object belongs to one prefix: the first ``depth`` folders of its key after ``below``, or
    as many as it has. With a depth of 0 there are no prefixes. What is held is one ``Size`` for
    each prefix.
    """
    found = Measured()
    for info in objects:
        found.total.add(info.size)
        if depth:
            # the last part is the object's own name, or what is too deep
            *folders, _unused = info.key.removeprefix(below).split("/", depth)
            prefix = "".join(f"{folder}/" for folder in folders)
            found.prefixes.setdefault(prefix, Size()).add(info.size)
    return found
