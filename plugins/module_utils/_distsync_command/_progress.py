# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How far something has come: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import contextlib
import typing as t

from .._quantities import size_text

#: Told how many bytes have just gone by.
Meter = t.Callable[[int], None]
Say = t.Callable[[str], None]

#: What is smaller (bytes) is done before anybody wonders.
_WORTH_LINES: t.Final = 64 * 1024 * 1024


@contextlib.contextmanager
def drawn(label: str, total: int, say: Say) -> t.Iterator[Meter]:
    """One line that is drawn anew, with rate and time left. Lines, where the library is missing."""
    try:
        from rich import progress
        from rich.console import Console
    except ImportError:
        with lines(label, total, say) as meter:
            yield meter
        return
    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.DownloadColumn(binary_units=True),
        progress.TransferSpeedColumn(),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task(label, total=total)

        def advance(size: int) -> None:
            shown.advance(task, size)

        yield advance


@contextlib.contextmanager
def lines(label: str, total: int, say: Say) -> t.Iterator[Meter]:
    """A line when it begins, and for something large one for each tenth."""
    say(f"{label} ({size_text(total)})")
    done = tenths = 0

    def advance(size: int) -> None:
        nonlocal done, tenths
        done += size
        reached = min(done * 10 // total, 9) if total >= _WORTH_LINES else 0
        if reached > tenths:
            tenths = reached
            say(f"{label}: {reached}0 % of {size_text(total)}")

    yield advance
