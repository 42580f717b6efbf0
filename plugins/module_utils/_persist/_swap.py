# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Puts the staged tree in the place of what is there; a swap that was cut off is finished by the next run.

An ordinary folder is exchanged with its successor in one step. Where the file system cannot do that, in two, and in
between there is nothing at that path until ``recover``. A folder that has to stay what it is, since it is mounted here or
elsewhere, is exchanged child by child.
"""

from __future__ import annotations

import contextlib
import os

from .._errors import LocalWriteError, SourceError
from ._archive_failures import RestoreBusyError, readable, writing
from ._refusals import refuse_mounts_below, refuse_parts_mounted
from ._renames import exchange, exists, move
from ._staging import NEW, OLD, STATE, Staging, places_of, refuse_busy
from ._swap_children import finish_children, swap_children


def swap(staging: Staging, target: str) -> None:
    """The staged tree has to be on the disk.

    Raises ``LocalWriteError``, and ``PlanRefusedError`` for what is mounted; the old tree is there then.
    """
    if os.path.lexists(target):
        refuse_mounts_below(target)
        if refuse_parts_mounted(target) or staging.place.inside:
            swap_children(staging, target)
            return
    name = os.path.basename(target)
    with writing(target):
        if not exists(name, staging.parent):
            move(NEW, staging.folder, staging.parent, name)
        elif not exchange(staging.folder, NEW, staging.parent, name):
            _swap_in_two_steps(staging, name)
        os.fsync(staging.parent)


def recover(target: str) -> str:
    """After a restore that was killed: the old or the new tree is there, whole, and nothing else is left.

    What was done: "finished" a swap, "removed" what was staged, or nothing (""). Raises ``LocalWriteError``, also
    while another process restores there.
    """
    target = os.path.abspath(target)
    done = ""
    for place in places_of(target):
        if not os.path.lexists(os.path.join(place.parent, place.name)):
            continue
        with Staging(place, is_there=True) as staging:
            with writing(target):
                state = staging.read_state()
            done = done or ("removed" if state is None else "finished")
            if state is not None and "target" in state:
                with writing(target):
                    _finish_two_steps(staging, os.path.basename(target))
            elif state is not None:
                finish_children(staging, target, state)
    return done


def needs_recovery(target: str) -> bool:
    """Whether a swap there was cut off, so that what is there is neither the old tree nor the new one."""
    return any(
        os.path.lexists(os.path.join(place.parent, place.name, STATE))
        for place in places_of(os.path.abspath(target))
    )


def refuse_half_restored(path: str) -> None:
    """Raises ``SourceError`` where ``needs_recovery``, and ``RestoreBusyError`` where that is only for the moment."""
    if needs_recovery(path):
        try:
            refuse_busy(os.path.abspath(path))
        except RestoreBusyError:
            raise
        except LocalWriteError:
            pass  # of another user
        raise SourceError(
            f"A restore into {readable(path)} was cut off, and what is there is not whole.",
            hint="Restore again, which finishes it first.",
        )


def _swap_in_two_steps(staging: Staging, name: str) -> None:
    """Raises ``OSError``; where even that is possible, what was there is there again."""
    staging.write_state({"target": name})
    try:
        _finish_two_steps(staging, name)
    except OSError:
        with contextlib.suppress(OSError):
            if not exists(name, staging.parent):
                move(OLD, staging.folder, staging.parent, name)
                staging.forget_state()
        raise


def _finish_two_steps(staging: Staging, name: str) -> None:
    if not exists(OLD, staging.folder) and exists(name, staging.parent):
        move(name, staging.parent, staging.folder, OLD)
    if not exists(name, staging.parent):
        move(NEW, staging.folder, staging.parent, name)
    os.fsync(staging.parent)
    staging.forget_state()
