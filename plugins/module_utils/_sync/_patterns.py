# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Which names a sync is about: gitignore-style patterns on paths relative to the prefix."""

from __future__ import annotations

import re
import typing as t

from .._errors import ConfigurationError, MissingLibraryError
from .._manifest._format import RESERVED

if t.TYPE_CHECKING:  # pragma: no cover
    from pathspec import GitIgnoreSpec


class Selection:
    """Names that are included (all, without ``include``) and not excluded; never our reserved ones.

    An object of exactly the prefix's key has no name, and is never selected either.

    Patterns are gitignore lines: ``*.map``, ``/drafts/``, ``**/cache/*``, ``!keep.me``; the last
    one that matches decides. Raises ``ConfigurationError`` for one that cannot be parsed.
    """

    def __init__(self, include: t.Sequence[str], exclude: t.Sequence[str]) -> None:
        self._include = _compile("include", include)
        self._exclude = _compile("exclude", exclude)

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or not name or name.startswith(RESERVED):
            return False
        if self._include is not None and not self._include.match_file(name):
            return False
        return self._exclude is None or not self._exclude.match_file(name)


def _compile(option: str, patterns: t.Sequence[str]) -> GitIgnoreSpec | None:
    if not patterns:
        return None
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
