# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How things are said: sizes, ages, tables, and text that does nothing to a terminal."""

from __future__ import annotations

import typing as t

_AGES: t.Final = ((86400, "d"), (3600, "h"), (60, "min"))


def printable(text: str) -> str:
    """The text with all that is not for printing, such as a terminal's escapes, written as ``\\x1b``."""
    return "".join(
        (
            one
            if one.isprintable() or one == "\n"
            else one.encode("unicode_escape").decode()
        )
        for one in text
    )


def age_text(seconds: int) -> str:
    """``7300`` as ``2 h``."""
    for length, unit in _AGES:
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def table(rows: t.Sequence[t.Sequence[str]]) -> list[str]:
    """Lines with the columns below each other, two spaces between."""
    shown = [[printable(cell).replace("\n", "\\n") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in shown
    ]
