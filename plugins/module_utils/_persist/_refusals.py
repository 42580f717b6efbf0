# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is refused as a restore's target, seen before anything is fetched: by a run and by check mode alike."""

from __future__ import annotations

import os
import typing as t

from .._errors import LocalWriteError, PlanRefusedError
from ._archive_failures import readable, writing
from ._mounts import mounted, point_below
from ._staging import StagingPlace, refuse_busy
from ._walk import is_mount_point


def refuse_target(
    target: str,
    *,
    mode: t.Literal["merge", "replace"],
    staging: StagingPlace,
    is_file: bool | None,
) -> None:
    """``is_file``: whether a file is to be restored there; None: nobody knows yet.

    Raises ``PlanRefusedError``; ``LocalWriteError`` where this user may not write, or another process restores.
    """
    target = os.path.abspath(target)
    refuse_link(target)
    is_folder = os.path.isdir(target)
    if is_folder and is_file:
        raise PlanRefusedError(
            f"{readable(target)} is a folder, and the snapshot is of a file.",
            hint=f"Name the file: {os.path.join(target, '…')}",
        )
    if os.path.lexists(target) and not is_folder and is_file is False:
        raise PlanRefusedError(
            f"{readable(target)} is no folder, and the snapshot is of one.",
            hint="Name another path, or move that away.",
        )
    if is_folder and (mode == "replace" or staging != "none"):
        refuse_mounts_below(target)
    _refuse_unwritable(target, staging, is_folder=is_folder)
    refuse_busy(target)


def refuse_link(target: str) -> None:
    """What is meant by it, a user has to say."""
    if os.path.islink(target):
        raise PlanRefusedError(
            f"{readable(target)} is a symbolic link.", hint="Name what it points to."
        )


def refuse_mounts_below(target: str) -> None:
    """They would be moved with what they are in, and what they hold is nothing of the snapshot."""
    point = point_below(target)
    if point is not None:
        raise PlanRefusedError(
            f"Something is mounted at {readable(point)}, below what is to be restored.",
            hint="Unmount it, restore the parts one by one, or restore with staging none and mode merge.",
        )


def refuse_parts_mounted(target: str) -> bool:
    """Whether the target itself is mounted elsewhere; in a folder, what is in it can be exchanged then.

    Raises ``PlanRefusedError`` for a file that is, and for a part of a folder: who has it would keep the old one.
    """
    with writing(target):
        found = mounted(target)
    if found.below is None and (os.path.isdir(target) or not found.itself):
        return found.itself
    part = target if found.below is None else os.path.join(target, found.below)
    raise PlanRefusedError(
        f"{readable(part)} is mounted as such by a container or service, which would never see the new one.",
        hint="Have it stopped meanwhile, with containers or pre. In a folder that stays, mode merge sees to the rest.",
    )


def _refuse_unwritable(target: str, staging: StagingPlace, *, is_folder: bool) -> None:
    above = os.path.dirname(target)
    while not os.path.lexists(above):
        above = os.path.dirname(above)
    if not os.path.isdir(above):
        raise PlanRefusedError(
            f"{readable(above)} is no folder, and {readable(target)} is to be in it.",
            hint="Name another path, or move that away.",
        )
    places = [above]
    if is_folder:
        with writing(target):
            only_inside = staging != "beside" or is_mount_point(target)
        places = [target] if only_inside else [above, target]
    if not any(os.access(place, os.W_OK | os.X_OK) for place in places):
        raise LocalWriteError(
            f"Could not restore {readable(target)}: nothing may be written in {readable(places[0])}.",
            hint="Run it as a user who may write there; a file system may also be mounted read-only.",
        )
