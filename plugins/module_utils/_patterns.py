# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Which names a sync is about: gitignore-style patterns on paths relative to the prefix."""

from __future__ import annotations

import re
import typing as t

from ._errors import ConfigurationError, MissingLibraryError
from ._manifest._format import RESERVED

if t.TYPE_CHECKING:  # pragma: no cover
    from pathspec import GitIgnoreSpec


class Patterns:
    """Gitignore lines: ``*.map``, ``/drafts/``, ``**/cache/*``, ``!keep.me``; the last match decides.

    ``option`` is what the user calls them. Raises ``ConfigurationError`` for one that cannot be
    parsed.
    """

    def __init__(self, option: str, patterns: t.Sequence[str]) -> None:
        self._matches = _compile(option, patterns).match_file

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._matches(name)


class Selection:
    """Names that are included (all, without ``include``) and not excluded; never our reserved ones.

    An object of exactly the prefix's key has no name, and is never selected either.
    """

    def __init__(self, include: t.Sequence[str], exclude: t.Sequence[str]) -> None:
        self._include = Patterns("include", include) if include else None
        self._exclude = Patterns("exclude", exclude) if exclude else None

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or not name or name.startswith(RESERVED):
            return False
        if self._include is not None and name not in self._include:
            return False
        return self._exclude is None or name not in self._exclude


def _compile(option: str, patterns: t.Sequence[str]) -> GitIgnoreSpec:
    try:
        from pathspec import GitIgnoreSpec
    except ImportError:
        raise MissingLibraryError(["pathspec"], f"for {option}") from None
    for pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except (ValueError, re.error) as exc:
            raise ConfigurationError(
                f"The {option} pattern {pattern!r} cannot be parsed: {exc}.",
                hint="Patterns are written as in a .gitignore file.",
            ) from None
    return GitIgnoreSpec.from_lines(patterns)
