# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Objects counted as they come: in all, by type, and the biggest of them."""

from __future__ import annotations

import bisect
import typing as t

from .._bucket._contents import Size
from ._content_types import content_type_of


class Named(t.NamedTuple):
    """One object. Sorted, the biggest comes first."""

    minus_size: int
    name: str
    type: str

    @property
    def size(self) -> int:
        return -self.minus_size


class Sizes:
    """What it holds does not grow with the number of objects. Types are those that names tell."""

    def __init__(self, most: int) -> None:
        """``most``: of the biggest objects, so many are kept."""
        self.total = Size()
        self.types: dict[str, Size] = {}
        self.biggest: list[Named] = []
        self._most = most

    def add(self, name: str, size: int, named: str | None = None) -> None:
        """Count one object. ``named``: what tells its type, where it is not its name."""
        kind = content_type_of(name if named is None else named)
        self.total.add(size)
        self.types.setdefault(kind, Size()).add(size)
        one = Named(-size, name, kind)
        if len(self.biggest) < self._most or (self.biggest and one < self.biggest[-1]):
            bisect.insort(self.biggest, one)
            del self.biggest[self._most :]

    @property
    def by_type(self) -> list[tuple[str, Size]]:
        """The types, the one with the most bytes first."""
        return sorted(self.types.items(), key=lambda one: (-one[1].bytes, one[0]))
