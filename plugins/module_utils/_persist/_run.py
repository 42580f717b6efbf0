# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The operations on a volume: save, restore, verify, remove. Each decides what it does before it does it.

``check`` only says what would be done. ``progress`` hears how many bytes of the tar stream went by since it was last called.
All raise ``LongshoreError``; ``PersistError`` if something had been changed by then.
"""

from __future__ import annotations

import typing as t

from .._errors import LongshoreError
from ._job import Job, Progress
from ._options import PersistOptions, State
from ._outcome import PersistError, PersistOutcome
from ._prune import remove_snapshots
from ._put_back import restore_volume, verify_volume
from ._save import save_volume
from ._stoppable import stoppable
from ._target import Target, find_target, series_of

_OPERATIONS: t.Final[t.Mapping[State, t.Callable[[Job], None]]] = {
    "saved": save_volume,
    "restored": restore_volume,
    "verified": verify_volume,
    "absent": remove_snapshots,
}


def save(
    options: PersistOptions, *, check: bool = False, progress: Progress | None = None
) -> PersistOutcome:
    """Keep a snapshot of what is there now. Where it is unchanged since the latest one, nothing is done."""
    return run("saved", options, check=check, progress=progress)


def restore(
    options: PersistOptions, *, check: bool = False, progress: Progress | None = None
) -> PersistOutcome:
    """Put a snapshot back. Where nothing changed since that was last done, nothing is done."""
    return run("restored", options, check=check, progress=progress)


def verify(
    options: PersistOptions, *, check: bool = False, progress: Progress | None = None
) -> PersistOutcome:
    """Read a snapshot to its end, and compare it with what is there. Nothing is changed.

    Raises ``PersistError`` for differences.
    """
    return run("verified", options, check=check, progress=progress)


def remove(
    options: PersistOptions, *, check: bool = False, progress: Progress | None = None
) -> PersistOutcome:
    """Remove a snapshot, all, or those that the retention does not keep. The volume is not touched."""
    return run("absent", options, check=check, progress=progress)


def run(
    state: State,
    options: PersistOptions,
    *,
    check: bool = False,
    progress: Progress | None = None,
    expect: Progress | None = None,
) -> PersistOutcome:
    """Have it so. ``expect`` hears before of how many bytes, about, ``progress`` will hear altogether."""
    outcome = PersistOutcome(state)
    try:
        with stoppable():
            if state == "absent":
                series = series_of(options)
                target = Target(series.path, series)
            else:
                target = find_target(options, writes=state == "restored")
            outcome.target = target.path
            with Job(
                options,
                target,
                outcome,
                check=check,
                progress=progress,
                expect=expect,
            ) as job:
                _OPERATIONS[state](job)
    except PersistError:
        raise
    except LongshoreError as error:
        if outcome.changed:
            raise PersistError(error, outcome) from error
        raise
    return outcome
