# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""In which order names are published, and what may be deleted: what a user says, checked."""

from __future__ import annotations

import re
import typing as t

from .._errors import ConfigurationError, PlanRefusedError
from .._patterns import Patterns


class Order:
    """Groups of patterns, published one after the other; what no group matches comes first.

    Without groups, pages (``*.html``, ``*.htm``) come after everything else. Raises
    ``ConfigurationError``.
    """

    def __init__(self, groups: t.Sequence[object] | None) -> None:
        self._groups: list[Patterns] | None = None
        if groups is not None:
            self._groups = [
                Patterns(f"order[{number}]", _patterns_of(number, group))
                for number, group in enumerate(groups)
            ]

    @property
    def phases(self) -> int:
        """How many phases there are."""
        return 2 if self._groups is None else len(self._groups) + 1

    def phase_of(self, name: str) -> int:
        """The phase, from 0 on, in which a name is published."""
        if self._groups is None:
            return 1 if is_page(name) else 0
        for number, group in enumerate(self._groups, 1):
            if name in group:
                return number
        return 0

    def idle(self, names: t.Collection[str]) -> list[int]:
        """The groups that the user wrote and that match none of the names."""
        used = {self.phase_of(name) for name in names} if self._groups else set()
        return [n for n in range(len(self._groups or ())) if n + 1 not in used]


def is_page(name: str) -> bool:
    """Pages are published after what they refer to."""
    return name.lower().endswith((".html", ".htm"))


class DeleteLimit:
    """At most so many deletions, as a number or as a share of what the destination holds.

    ``written`` is such as ``25`` or ``"10%"``; None: no limit. Raises ``ConfigurationError``.
    """

    def __init__(self, written: str | int | None) -> None:
        self._written = str(written).strip() if written is not None else None
        if self._written is not None and not re.fullmatch(
            r"\d+|\d{1,3}(\.\d+)?\s*%", self._written
        ):
            raise ConfigurationError(
                f"max_delete must be a number such as 25, or a share such as 10%, not {written!r}."
            )

    def check(self, deletions: int, objects: int, place: str) -> None:
        """Raise ``PlanRefusedError`` when that many deletions of that many objects are too many."""
        if self._written is None:
            return
        if self._written.endswith("%"):
            allowed = int(objects * float(self._written.rstrip(" %")) / 100)
        else:
            allowed = int(self._written)
        if deletions > allowed:
            share = 100 * deletions / objects
            raise PlanRefusedError(
                f"{deletions} of the {objects} object(s) of {place} would be deleted ({share:.1f}%), "
                f"and max_delete={self._written} allows {allowed}.",
                hint="Nothing was changed. If that is meant, raise max_delete for this run.",
            )


def _patterns_of(number: int, group: object) -> list[str]:
    patterns = [group] if isinstance(group, str) else group
    if (
        not isinstance(patterns, list)
        or not patterns
        or not all(isinstance(pattern, str) for pattern in patterns)
    ):
        raise ConfigurationError(
            f"order[{number}] must be a pattern, or a list of patterns, not {group!r}."
        )
    return patterns
