# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Puts the staged tree in the place of what is there; a swap that was cut off is finished by the next run.

An ordinary folder is exchanged with its successor in one step. Where the file system cannot do that, in two, and in
between there is nothing at that path until ``recover``. A mount point stays where it is, and what is in it is moved,
one name after the other: all of the old out, then all of the new in, then the folder's own attributes. ``state`` says
which way it goes, so that each moment has one continuation.
"""

from __future__ import annotations

import base64
import json
import os
import typing as t

from .._errors import LocalWriteError, SourceError
from ._archive_failures import readable, write_error, writing
from ._attributes import Giver, attributes_of, read_xattrs
from ._entries import Attributes
from ._renames import exchange, exists, move
from ._staging import NEW, OLD, STATE, Staging, places_of, refuse_mounts_below
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


def swap(staging: Staging, target: str) -> None:
    """The staged tree has to be on the disk. Raises ``LocalWriteError``; the old tree is there then."""
    if os.path.lexists(target):
        refuse_mounts_below(target)
    if staging.place.inside:
        _swap_children(staging)
        return
    name = os.path.basename(target)
    with writing(target):
        if not exists(name, staging.parent):
            move(NEW, staging.folder, staging.parent, name)
        elif not exchange(staging.folder, NEW, staging.parent, name):
            _write_state(staging, {"target": name})
            _finish_two_steps(staging, name)
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
            state = _read_state(staging)
            done = done or ("removed" if state is None else "finished")
            if state is not None and "target" in state:
                with writing(target):
                    _finish_two_steps(staging, os.path.basename(target))
            elif state is not None:
                _finish(staging, _state_of(state))
    return done


def needs_recovery(target: str) -> bool:
    """Whether a swap there was cut off, so that what is there is neither the old tree nor the new one."""
    return any(
        os.path.lexists(os.path.join(place.parent, place.name, STATE))
        for place in places_of(os.path.abspath(target))
    )


def refuse_half_restored(path: str) -> None:
    """Raises ``SourceError`` where ``needs_recovery``."""
    if needs_recovery(path):
        raise SourceError(
            f"A restore into {readable(path)} was cut off, and what is there is not whole.",
            hint="Restore again, which finishes it first.",
        )


def _finish_two_steps(staging: Staging, name: str) -> None:
    if not exists(OLD, staging.folder) and exists(name, staging.parent):
        move(name, staging.parent, staging.folder, OLD)
    if not exists(name, staging.parent):
        move(NEW, staging.folder, staging.parent, name)
    os.fsync(staging.parent)
    os.unlink(STATE, dir_fd=staging.folder)


def _swap_children(staging: Staging) -> None:
    """The target is the folder that the staging folder is in."""
    with writing(staging.place.parent):
        os.mkdir(OLD, 0o700, dir_fd=staging.folder)
        attributes = {
            OLD: _attributes_at(".", staging.parent),
            NEW: _attributes_at(NEW, staging.folder),
        }
        if staging.time_of_parent is not None:
            # what it was before the staging folder was made in it
            time = staging.time_of_parent
            attributes[OLD] = attributes[OLD]._replace(mtime=time)
        os.chmod(NEW, 0o700, dir_fd=staging.folder)
    _finish(staging, _State(OLD, NEW, "out", attributes))


def _finish(staging: Staging, state: _State) -> None:
    """Raises ``LocalWriteError``, having undone it."""
    reached = [state]
    try:
        _go_on(staging, state, reached)
    except OSError as error:
        try:
            _go_on(staging, reached[-1].reversed(), reached)
        except OSError as again:
            staging.keep()
            raise LocalWriteError(
                f"Could neither finish nor undo a restore in {readable(staging.place.parent)}: {again.strerror}.",
                hint=f"Nothing is lost: what is not there is in {readable(staging.path)}. See to the cause, and run again.",
            ) from None
        raise write_error(staging.place.parent, error) from None


def _go_on(staging: Staging, state: _State, reached: list[_State]) -> None:
    _write_state(staging, _document_of(state))
    reached.append(state)
    if state.phase == "out":
        _move_all(staging, staging.parent, state.take)
        staging.sync()
        state = state._replace(phase="in")
        _write_state(staging, _document_of(state))
        reached.append(state)
    _move_all(staging, state.give, staging.parent)
    attributes = state.attributes[state.give]
    Giver(_unheard).give(".", staging.parent, attributes)
    staging.time_of_parent = attributes.mtime
    staging.sync()
    os.unlink(STATE, dir_fd=staging.folder)


def _move_all(staging: Staging, source: int | str, destination: int | str) -> None:
    """Between the target, an open folder, and a folder of the staging one."""
    kept = {staging.place.name}
    if is_mount_point(staging.place.parent):
        kept.add(LOST_AND_FOUND)
    name = source if isinstance(source, str) else destination
    descriptor = os.open(str(name), FOLDER, dir_fd=staging.folder)
    try:
        from_ = descriptor if isinstance(source, str) else source
        to = descriptor if isinstance(destination, str) else destination
        for child in os.listdir(from_):
            if child not in kept:
                move(child, from_, to)
    finally:
        os.close(descriptor)


def _attributes_at(name: str, folder: int) -> Attributes:
    descriptor = os.open(name, FOLDER, dir_fd=folder)
    try:
        return attributes_of(os.fstat(descriptor), read_xattrs(descriptor))
    finally:
        os.close(descriptor)


def _unheard(path: str, what: str, detail: str) -> None:
    """What could not be given to the staged root has been told already."""


def _write_state(staging: Staging, document: dict[str, t.Any]) -> None:
    """In one step, and on the disk when this returns."""
    incoming = f"{STATE}-new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(incoming, flags, 0o600, dir_fd=staging.folder)
    with open(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(descriptor)
    os.rename(incoming, STATE, src_dir_fd=staging.folder, dst_dir_fd=staging.folder)
    os.fsync(staging.folder)


def _read_state(staging: Staging) -> dict[str, t.Any] | None:
    try:
        descriptor = os.open(
            STATE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=staging.folder
        )
    except FileNotFoundError:
        return None
    with open(descriptor, encoding="utf-8") as file:
        return t.cast("dict[str, t.Any]", json.load(file))


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
