# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is to be at a place on this host, and whether it is there already."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import stat
import typing as t

from .._errors import ConfigurationError, LocalWriteError

_READ_SIZE: t.Final = 1024 * 1024
_OTHERS_WRITE: t.Final = 0o022
#: What a file does not take the place of, whoever asks for it.
_OTHER_KINDS: t.Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
}


class Target(t.NamedTuple):
    """What is to be at a place. ``digest``: SHA-256, hex; ``owner``, ``group``: names, or None for whoever does it."""

    path: str
    size: int
    digest: str
    mode: int
    owner: str | None
    group: str | None


def target_path(dest: str, name: str) -> str:
    """The file that is meant by a destination: ``name`` in it, if it is a folder."""
    path = os.path.abspath(os.path.expanduser(dest))
    return os.path.join(path, name) if os.path.isdir(path) else path


def require_replaceable(path: str) -> None:
    """Raises ``LocalWriteError`` for what is neither missing nor a file nor a link.

    A link is replaced as a file is, whatever it leads to.
    """
    try:
        kind = _OTHER_KINDS.get(stat.S_IFMT(os.lstat(path).st_mode))
    except OSError:
        # it is missing, or opening its folder says what is wrong
        return
    if kind is not None:
        raise LocalWriteError(
            f"Could not write {path!r}: it is {kind}.", hint="Name another file."
        )


class Kept(t.NamedTuple):
    """A file that is there already; whether its owner or mode were (or would be) corrected."""

    changed: bool


def keep(target: Target, *, check: bool = False) -> Kept | None:
    """Leave a file where it is that holds the contents, and see to its owner and mode.

    None if there is no such file, or one behind a link, or one that somebody else could change at any
    time. ``check``: correct nothing. Raises ``ConfigurationError`` for an owner that is not known here, and
    ``LocalWriteError``, for what is no file, too.
    """
    require_replaceable(target.path)
    try:
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(target.path, flags)
    except OSError:
        return None
    # all by one descriptor: what has the name may be another file at any moment
    with open(descriptor, "rb", buffering=0) as file, explained(target.path):
        if not _is_trusted(os.fstat(descriptor), target) or not _holds(file, target):
            return None
        changed = not _has_owner_and_mode(os.fstat(descriptor), target)
        if changed and not check:
            give(descriptor, target)
        return Kept(changed)


def _is_trusted(status: os.stat_result, target: Target) -> bool:
    """Whether nobody but this user, root, or the owner that it is to have can have put it there."""
    if not stat.S_ISREG(status.st_mode) or status.st_size != target.size:
        return False
    if status.st_uid in (0, os.geteuid(), known_ids(target)[0]):
        return True
    folder = os.stat(os.path.dirname(target.path))
    return folder.st_uid in (0, os.geteuid()) and not folder.st_mode & _OTHERS_WRITE


def _holds(file: io.FileIO, target: Target) -> bool:
    sha256 = hashlib.sha256()
    while data := file.read(_READ_SIZE):
        sha256.update(data)
    return sha256.hexdigest() == target.digest


def _has_owner_and_mode(status: os.stat_result, target: Target) -> bool:
    uid, gid = known_ids(target)
    return (
        stat.S_IMODE(status.st_mode) == target.mode
        and uid in (-1, status.st_uid)
        and gid in (-1, status.st_gid)
    )


def give(descriptor: int, target: Target) -> None:
    """Owner first: a change of it takes permissions away."""
    uid, gid = known_ids(target)
    if (uid, gid) != (-1, -1):
        os.fchown(descriptor, uid, gid)
    os.fchmod(descriptor, target.mode)


def known_ids(target: Target) -> tuple[int, int]:
    """User and group as numbers, -1 for none. Raises ``ConfigurationError`` for one that is not known here."""
    import grp
    import pwd

    uid = gid = -1
    try:
        if target.owner is not None:
            uid = pwd.getpwnam(target.owner).pw_uid
        if target.group is not None:
            gid = grp.getgrnam(target.group).gr_gid
    except KeyError:
        kind, name = ("user", target.owner) if uid == -1 else ("group", target.group)
        if target.owner is None:
            kind, name = "group", target.group
        raise ConfigurationError(
            f"{target.path!r} is to belong to the {kind} {name!r}, which is not on this host.",
            hint=f"Make that {kind} here, or publish without it.",
        ) from None
    return uid, gid


@contextlib.contextmanager
def explained(path: str) -> t.Iterator[None]:
    """Turns the system's errors into ours."""
    try:
        yield
    except OSError as error:
        hint = ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            hint = "Make room and run again."
        elif error.errno in (errno.EPERM, errno.EACCES):
            hint = "Give this user the folder; owners can be set by root alone."
        raise LocalWriteError(
            f"Could not write {path!r}: {error.strerror}.", hint=hint
        ) from None
