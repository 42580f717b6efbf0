# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Values as a page shows them. Whatever others say is text there."""

from __future__ import annotations

import html
import time
import typing as t

NOTHING: t.Final = "\u2013"


def text(said: str) -> str:
    """As HTML; what is no Unicode is escaped so that it can be seen."""
    return html.escape(said.encode(errors="backslashreplace").decode())


def isolated(said: str) -> str:
    """Within a line; it cannot change the direction of what stands beside it, as in a cell of its own."""
    return f"<bdi>{text(said)}</bdi>"


def class_of(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def duration(seconds: int | None) -> str:
    """In its two largest units, such as ``2 min 5 s``; a dash for None."""
    if seconds is None:
        return NOTHING
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    for name, size in units:
        count, seconds = divmod(seconds, size)
        if count or parts:
            parts.append(f"{count:,} {name}" if count else "")
    return " ".join(one for one in parts[:2] if one) or "0 s"


def size(count: float) -> str:
    """Bytes, such as ``4.2 MB``."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 999.5 or unit == "TB":
            break
        count /= 1000
    return (
        f"{count:,.0f} {unit}" if count >= 10 or unit == "B" else f"{count:.1f} {unit}"
    )


def moment(seconds: float) -> str:
    """Since the epoch, in UTC."""
    # far from now a year has five digits, which no calendar here can show
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
    except (ValueError, OverflowError):
        return f"second {seconds:.0f}"
