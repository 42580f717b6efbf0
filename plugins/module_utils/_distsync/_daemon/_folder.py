# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""The folder that a daemon keeps: its own alone, and the same one all the time.

In it, ``.distsync/`` holds the lock and a small note for each artifact. So they are where the artifacts are,
whatever happens to the disk under them.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import typing as t
from dataclasses import asdict, dataclass

from ..._errors import ConfigurationError, LocalWriteError, LongshoreError
from .._failures import BusyError
from .._private_files import replace_file

OWN: t.Final = ".distsync"
_LOCK: t.Final = "lock"
_VERSION: t.Final = 1

#: Device, inode, size, and both times of a file, by which it is known again.
Mark = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pending:
    """A release that is being put in its place. ``tries``: how often its hook was begun."""

    version: str | None
    digest: str | None
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """What a daemon remembers of an artifact in a channel.

    ``version`` and ``digest``: what is in place ``since`` then, hook and all; None while there is nothing.
    ``mark``: of its file.
    """

    channel: str
    name: str
    version: str | None = None
    digest: str | None = None
    since: int = 0
    mark: Mark = ()
    pending: Pending | None = None


class Folder:
    """A folder under lock until it is closed."""

    def __init__(self, path: str) -> None:
        """Raises ``ConfigurationError`` for one that cannot be used, ``BusyError`` where another daemon is."""
        self.path = path
        self.own = os.path.join(path, OWN)
        self._lock = self._open()

    def close(self) -> None:
        os.close(self._lock)

    def check(self) -> None:
        """Raises ``LocalWriteError`` while it is not the folder that it was: its mount is gone, or it was replaced."""
        fault = "is gone"
        try:
            there = os.stat(os.path.join(self.own, _LOCK))
            ours = os.fstat(self._lock)
            if (there.st_dev, there.st_ino) == (ours.st_dev, ours.st_ino):
                return
            fault = "is another one than when the daemon began"
            # it was put there again with all that is ours: a disk that is back
            new = self._open()
        except OSError:
            pass
        except LongshoreError as error:
            fault = f"cannot be used: {error.message}"
        else:
            os.close(self._lock)
            self._lock = new
            return
        raise LocalWriteError(
            f"The folder {self.path!r} {fault}.",
            hint="Mount what belongs there. If it is to begin empty, restart the daemon.",
        )

    @property
    def free(self) -> int:
        """Bytes; 0 where that cannot be told."""
        try:
            return shutil.disk_usage(self.path).free
        except OSError:
            return 0

    def _open(self) -> int:
        try:
            if not os.path.isdir(self.path):
                raise NotADirectoryError(errno.ENOTDIR, "there is no folder")
            os.makedirs(self.own, mode=0o700, exist_ok=True)
            return _locked(os.path.join(self.own, _LOCK))
        except BlockingIOError:
            raise BusyError(
                f"Another daemon keeps the folder {self.path!r}.",
                hint="One folder is for one daemon: end the other one, or give this one another OutputDir.",
            ) from None
        except OSError as error:
            raise _unusable(self.path, error) from None

    # -- notes

    def note(self, channel: str, name: str) -> Note:
        """An empty one at first, and where it cannot be read: all is looked at anew then."""
        try:
            with open(self._note_path(channel, name), "rb") as file:
                document = json.loads(file.read())
            if document.pop("format") != _VERSION:
                raise ValueError
            pending = document.pop("pending")
            mark = tuple(int(one) for one in document.pop("mark"))
            known = Pending(**pending) if pending is not None else None
            note = Note(**document, mark=mark, pending=known)
            if (note.channel, note.name) == (channel, name):
                return note
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            pass
        return Note(channel, name)

    def keep(self, note: Note) -> None:
        """Raises ``LocalWriteError``."""
        path = self._note_path(note.channel, note.name)
        try:
            replace_file(path, {"format": _VERSION, **asdict(note)})
        except OSError as error:
            raise LocalWriteError(
                f"Could not write {path!r}: {error.strerror}.",
                hint="Make room, or give this user the folder.",
            ) from None

    def _note_path(self, channel: str, name: str) -> str:
        subject = hashlib.sha256(f"{channel}\n{name}".encode()).hexdigest()[:32]
        return os.path.join(self.own, f"{subject}.json")


def _locked(path: str, access: int = os.O_RDONLY) -> int:
    """A descriptor that is the lock. Raises ``BlockingIOError`` where another process has it."""
    flags = access | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    lock = os.open(path, flags, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        # open for writing it would keep its disk from being made read-only; NFS locks no other way
        if error.errno == errno.EBADF and access == os.O_RDONLY:
            return _locked(path, os.O_RDWR)
        raise
    return lock


def _unusable(path: str, error: OSError) -> ConfigurationError:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return ConfigurationError(
            f"OutputDir {path!r} is not there, or no folder.",
            hint="Make the folder, or mount what it is on.",
        )
    return ConfigurationError(
        f"OutputDir {path!r} cannot be used by the user with id {os.geteuid()}: {error.strerror}.",
        hint="Give that user the folder (chown), or name another one.",
    )


def mark_of(path: str) -> Mark:
    """Empty for what is no file."""
    try:
        found = os.stat(path, follow_symlinks=False)
    except OSError:
        return ()
    times = (found.st_mtime_ns, found.st_ctime_ns)
    return (found.st_dev, found.st_ino, found.st_size, *times)


def digest_of(path: str) -> str | None:
    """The SHA-256 of a file, hex; None for what is none, or cannot be read."""
    try:
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        with open(os.open(path, flags), "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
