# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Exchanges what is in a folder, which itself stays: somebody else has it mounted, or it is a mount point.

One name after the other: all of the old out, then all of the new in, then the folder's own attributes. ``state`` says
which way it goes, so that each moment has one continuation. What others put there meanwhile under a name that is
in the old or the new tree gives way.
"""

from __future__ import annotations

import base64
import os
import typing as t

from .._errors import LocalWriteError
from ._archive_failures import readable, write_error, writing
from ._attributes import Giver, attributes_of, read_xattrs
from ._entries import Attributes
from ._removal import remove
from ._renames import exists, move
from ._staging import NEW, OLD, Staging
from ._walk import FOLDER, LOST_AND_FOUND, is_mount_point


class _State(t.NamedTuple):
    """``take``: where what is in the target goes. ``give``: where what goes there comes from. ``phase``: what is being moved."""

    take: str
    give: str
    phase: t.Literal["out", "in"]
    attributes: dict[str, Attributes]

    def reversed(self) -> _State:
        """What undoes this."""
        phase: t.Literal["out", "in"] = "in" if self.phase == "out" else "out"
        return _State(self.give, self.take, phase, self.attributes)


def swap_children(staging: Staging, target: str) -> None:
    """The staged tree has to be on the disk. Raises ``LocalWriteError``; the old tree is there then."""
    with _Folder(staging, target) as folder:
        with writing(target):
            state = folder.begin()
        folder.finish(state)


def finish_children(staging: Staging, target: str, document: dict[str, t.Any]) -> None:
    """Go on with what a killed run began. Raises ``LocalWriteError``, having undone it."""
    with _Folder(staging, target) as folder:
        folder.finish(_state_of(document))


class _Folder:
    """A target, open."""

    def __init__(self, staging: Staging, target: str) -> None:
        self._staging = staging
        self._target = target
        #: Not of the tree.
        self._kept = {staging.place.name} if staging.place.inside else set()
        with writing(target):
            if is_mount_point(target):
                self._kept.add(LOST_AND_FOUND)
            # inside, the one that is staged in: what is mounted at its path may be gone by now
            inside = staging.place.inside
            self._folder = os.dup(staging.parent) if inside else os.open(target, FOLDER)

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        os.close(self._folder)

    def begin(self) -> _State:
        """Raises ``OSError``; nothing is moved yet."""
        staging = self._staging
        os.mkdir(OLD, 0o700, dir_fd=staging.folder)
        attributes = {
            OLD: _attributes_at(".", self._folder),
            NEW: _attributes_at(NEW, staging.folder),
        }
        if staging.time_of_parent is not None:
            # what it was before the staging folder was made in it
            time = staging.time_of_parent
            attributes[OLD] = attributes[OLD]._replace(mtime=time)
        os.chmod(NEW, 0o700, dir_fd=staging.folder)
        return _State(OLD, NEW, "out", attributes)

    def finish(self, state: _State) -> None:
        """Raises ``LocalWriteError``, having undone it."""
        reached = [state]
        try:
            self._go_on(state, reached)
        except OSError as error:
            try:
                self._go_on(reached[-1].reversed(), reached)
            except OSError as again:
                raise LocalWriteError(
                    f"Could neither finish nor undo a restore in {readable(self._target)}: {again.strerror}.",
                    hint=f"Nothing is lost: what is not there is in {readable(self._staging.path)}. "
                    "See to the cause, and run again.",
                ) from None
            raise write_error(self._target, error) from None

    def _go_on(self, state: _State, reached: list[_State]) -> None:
        staging = self._staging
        staging.write_state(_document_of(state))
        reached.append(state)
        if state.phase == "out":
            self._move_out(state.take)
            staging.sync()
            state = state._replace(phase="in")
            staging.write_state(_document_of(state))
            reached.append(state)
        self._move_in(state.give)
        attributes = state.attributes[state.give]
        Giver(_unheard).give(".", self._folder, attributes)
        if staging.place.inside:
            staging.time_of_parent = attributes.mtime
        staging.sync()
        staging.forget_state()

    def _move_out(self, name: str) -> None:
        other = os.open(name, FOLDER, dir_fd=self._staging.folder)
        try:
            for child in os.listdir(self._folder):
                if child in self._kept:
                    continue
                if exists(child, other):
                    remove(child, self._folder)
                else:
                    move(child, self._folder, other)
        finally:
            os.close(other)

    def _move_in(self, name: str) -> None:
        other = os.open(name, FOLDER, dir_fd=self._staging.folder)
        try:
            for child in os.listdir(other):
                if child not in self._kept:
                    remove(child, self._folder)
                    move(child, other, self._folder)
        finally:
            os.close(other)


def _attributes_at(name: str, folder: int) -> Attributes:
    descriptor = os.open(name, FOLDER, dir_fd=folder)
    try:
        return attributes_of(os.fstat(descriptor), read_xattrs(descriptor))
    finally:
        os.close(descriptor)


def _unheard(path: str, what: str, detail: str) -> None:
    """What could not be given to the staged root has been told already."""


def _document_of(state: _State) -> dict[str, t.Any]:
    return {
        "take": state.take,
        "give": state.give,
        "phase": state.phase,
        "attributes": {
            name: [
                *attributes[:4],
                {
                    key: base64.b64encode(value).decode()
                    for key, value in attributes.xattrs.items()
                },
            ]
            for name, attributes in state.attributes.items()
        },
    }


def _state_of(document: dict[str, t.Any]) -> _State:
    return _State(
        document["take"],
        document["give"],
        document["phase"],
        {
            name: _attributes_of(*numbers)
            for name, numbers in document["attributes"].items()
        },
    )


def _attributes_of(
    mode: int, uid: int, gid: int, mtime: int, xattrs: dict[str, str]
) -> Attributes:
    values = {key: base64.b64decode(value) for key, value in xattrs.items()}
    return Attributes(mode, uid, gid, mtime, values)
