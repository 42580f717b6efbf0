# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A folder of its own on the file system of what is restored, where everything is made before it is put in place.

It is beside the target, or, where that is a mount point or the folder above may not be written, in it; its name begins
with ``RESERVED``. In there: ``new``, what comes; ``old``, what went; ``state``, present while a swap that is not one step is
under way. Whoever works in it holds a lock on it, which ends with the process.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import os
import stat
import typing as t

from .._errors import LocalWriteError, PlanRefusedError
from ._archive_failures import readable, write_error, writing
from ._removal import remove
from ._walk import FOLDER, RESERVED, is_mount_point, mount_of

NEW: t.Final = "new"
OLD: t.Final = "old"
STATE: t.Final = "state"

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
    """Made and locked, or taken over; ``folder`` and ``parent`` are open. Use it as a context, which removes it.

    Raises ``LocalWriteError``, for the lock of another process too.
    """

    def __init__(self, place: Place, *, is_there: bool = False) -> None:
        self.place = place
        self.path = os.path.join(place.parent, place.name)
        #: What the folder above is given once this one is removed; None: nothing.
        self.time_of_parent: int | None = None
        self._keep = False
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
            if not self._keep:
                self.remove()
            if self.time_of_parent is not None:
                os.utime(self.parent, ns=(self.time_of_parent, self.time_of_parent))
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

    def keep(self) -> None:
        """Leave it for ``recover``."""
        self._keep = True

    def remove(self) -> None:
        """What is in it, and then itself. Raises ``OSError``."""
        self.clear()
        os.rmdir(self.place.name, dir_fd=self.parent)

    def sync(self) -> None:
        """Bring to the disk what was written on this file system."""
        with writing(self.path):
            sync_file_system(self.folder)

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
            raise LocalWriteError(
                f"Another process restores there: it holds {readable(self.path)}.",
                hint="Let that one end.",
            ) from None
        # the one that had the lock may have removed it
        here = os.fstat(self.folder)
        there = os.stat(self.place.name, dir_fd=self.parent, follow_symlinks=False)
        if (here.st_dev, here.st_ino) != (there.st_dev, there.st_ino):
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def make_staging(target: str) -> Staging:
    """An empty one, for a target that is there or not. Raises ``LocalWriteError``, ``PlanRefusedError``."""
    beside, inside = places_of(target)
    exists = os.path.lexists(target)
    if exists:
        status = os.stat(target, follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode):
            raise PlanRefusedError(
                f"{readable(target)} is no folder, and a folder is to be restored there.",
                hint="Name another path, or move that away.",
            )
        refuse_mounts_below(target)
    else:
        with writing(beside.parent):
            os.makedirs(beside.parent, exist_ok=True)
    staging = None
    if not exists or not is_mount_point(target):
        try:
            staging = Staging(beside)
        except LocalWriteError:
            if not exists or os.access(beside.parent, os.W_OK):
                raise
    if staging is None:
        mtime = os.stat(target).st_mtime_ns
        staging = Staging(inside)
        staging.time_of_parent = mtime
    try:
        if exists and mount_of(staging.folder) != _mount_at(target):
            raise write_error(
                staging.path, OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            )
        staging.empty()
    except BaseException:
        staging.__exit__()
        raise
    return staging


def refuse_mounts_below(target: str) -> None:
    """They would be moved with what they are in, and what they hold is nothing of the snapshot."""
    begin = os.path.realpath(target).rstrip("/") + "/"
    with open("/proc/self/mountinfo", "rb") as lines:
        for line in lines:
            written = line.split()[4]
            mounted = os.fsdecode(written.decode("unicode_escape").encode("latin-1"))
            if mounted.startswith(begin):
                raise PlanRefusedError(
                    f"Something is mounted at {readable(mounted)}, below what is to be restored.",
                    hint="Unmount it, restore the parts one by one, or restore with staging none and mode merge.",
                )


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
