# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A folder of its own on the file system of what is restored, where everything is made before it is put in place.

It is beside the target, or, where that is a mount point or the folder above may not be written, or it is wished for, in it;
its name begins with ``RESERVED``. In there: ``new``, what comes; ``old``, what went; ``state``, present while a swap that is
not one step is under way. Whoever works in it holds a lock on it, which ends with the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import typing as t

from .._errors import LocalWriteError
from ._archive_failures import RestoreBusyError, readable, write_error, writing
from ._removal import remove
from ._renames import exists
from ._walk import FOLDER, RESERVED, is_mount_point, mount_of

NEW: t.Final = "new"
OLD: t.Final = "old"
STATE: t.Final = "state"

#: Whether a staging folder is beside the target, in it, or whether there is none.
StagingPlace: t.TypeAlias = t.Literal["beside", "inside", "none"]

_ACLS = ("system.posix_acl_access", "system.posix_acl_default")


class Place(t.NamedTuple):
    """Where a staging folder is. ``inside``: in the target itself."""

    parent: str
    name: str
    inside: bool


def places_of(target: str) -> tuple[Place, Place]:
    """Beside it and inside."""
    parent, name = os.path.split(target)
    short = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    return (
        Place(parent, f"{RESERVED}-{short}", False),
        Place(target, RESERVED, True),
    )


class Staging:
    """Made and locked, or taken over; ``folder`` and ``parent`` are open.

    Use it as a context, which removes it, unless a swap is under way that only ``recover`` can finish. Raises
    ``LocalWriteError``, for the lock of another process ``RestoreBusyError``.
    """

    def __init__(self, place: Place, *, is_there: bool = False) -> None:
        self.place = place
        self.path = os.path.join(place.parent, place.name)
        #: What the folder above is given once this one is removed; None: nothing.
        self.time_of_parent: int | None = None
        with contextlib.ExitStack() as stack, writing(self.path):
            self.parent = os.open(place.parent, FOLDER)
            stack.callback(os.close, self.parent)
            if not is_there:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(place.name, 0o700, dir_fd=self.parent)
            self.folder = os.open(place.name, FOLDER, dir_fd=self.parent)
            stack.callback(os.close, self.folder)
            self._check_owner()
            self._lock()
            stack.pop_all()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        with contextlib.suppress(OSError):
            # with a state, what is in here is not anywhere else
            if not exists(STATE, self.folder):
                self.remove()
            if self.time_of_parent is not None:
                os.utime(self.parent, ns=(self.time_of_parent, self.time_of_parent))
        self.close()

    def close(self) -> None:
        """Let go of it, and leave what is there."""
        os.close(self.folder)
        os.close(self.parent)

    def empty(self) -> None:
        """Remove what a killed run has left, and make ``new``."""
        with writing(self.path):
            self.clear()
            # nothing in here is to inherit anything
            for name in _ACLS:
                with contextlib.suppress(OSError):
                    os.removexattr(self.folder, name)
            os.fchmod(self.folder, 0o700)
            os.mkdir(NEW, 0o700, dir_fd=self.folder)

    def clear(self) -> None:
        """Remove what is in it. Raises ``OSError``."""
        for name in os.listdir(self.folder):
            remove(name, self.folder)

    def remove(self) -> None:
        """What is in it, and then itself. Raises ``OSError``."""
        self.clear()
        os.rmdir(self.place.name, dir_fd=self.parent)

    def sync(self) -> None:
        """Bring to the disk what was written on this file system."""
        with writing(self.path):
            sync_file_system(self.folder)

    def write_state(self, document: dict[str, t.Any]) -> None:
        """In one step, and on the disk when this returns. Raises ``OSError``."""
        incoming = f"{STATE}-new"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(incoming, flags, 0o600, dir_fd=self.folder)
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(descriptor)
        os.rename(incoming, STATE, src_dir_fd=self.folder, dst_dir_fd=self.folder)
        os.fsync(self.folder)

    def read_state(self) -> dict[str, t.Any] | None:
        """None: no swap is under way. Raises ``OSError``."""
        try:
            descriptor = os.open(
                STATE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=self.folder
            )
        except FileNotFoundError:
            return None
        with open(descriptor, encoding="utf-8") as file:
            return t.cast("dict[str, t.Any]", json.load(file))

    def forget_state(self) -> None:
        """The swap is done, on the disk too. Raises ``OSError``."""
        os.unlink(STATE, dir_fd=self.folder)
        os.fsync(self.folder)

    def _check_owner(self) -> None:
        if os.fstat(self.folder).st_uid != os.geteuid():
            raise LocalWriteError(
                f"{readable(self.path)} belongs to another user.",
                hint="It is for restores on their way; remove it if there is none.",
            )

    def _lock(self) -> None:
        try:
            fcntl.flock(self.folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._busy() from None
        # the one that had the lock may have removed it
        here = os.fstat(self.folder)
        with contextlib.suppress(FileNotFoundError):
            there = os.stat(self.place.name, dir_fd=self.parent, follow_symlinks=False)
            if os.path.samestat(here, there):
                return
        raise self._busy()

    def _busy(self) -> RestoreBusyError:
        return RestoreBusyError(
            f"Another process restores there: it holds {readable(self.path)}.",
            hint="Let that one end.",
        )


def make_staging(target: str, *, inside: bool = False) -> Staging:
    """An empty one, for a folder that is there or not; what it is in is made. Raises ``LocalWriteError``."""
    with writing(target):
        place = _place_for(target, inside=inside)
        os.makedirs(place.parent, exist_ok=True)
        mtime = os.stat(place.parent).st_mtime_ns
    staging = Staging(place)
    if place.inside:
        staging.time_of_parent = mtime
    try:
        if os.path.lexists(target) and mount_of(staging.folder) != _mount_at(target):
            raise write_error(
                staging.path, OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            )
        staging.empty()
    except BaseException:
        staging.__exit__()
        raise
    return staging


def _place_for(target: str, *, inside: bool) -> Place:
    beside, within = places_of(target)
    if not os.path.lexists(target):
        return beside
    if inside or is_mount_point(target) or not os.access(beside.parent, os.W_OK):
        return within
    return beside


def refuse_busy(target: str) -> None:
    """Raises ``RestoreBusyError`` while another process restores there, and ``LocalWriteError``."""
    for place in places_of(target):
        if os.path.lexists(os.path.join(place.parent, place.name)):
            Staging(place, is_there=True).close()


def sync_file_system(descriptor: int) -> None:
    """``syncfs``, or all there is."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if call is None:
        os.sync()
    elif call(descriptor) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _mount_at(path: str) -> str:
    descriptor = os.open(path, FOLDER)
    try:
        return mount_of(descriptor)
    finally:
        os.close(descriptor)
