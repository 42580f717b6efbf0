# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A file's attributes: read from the system, and given to a file."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import typing as t

from ._acl import ATTRIBUTES
from ._archive_failures import readable
from ._capabilities import lacking, lacks
from ._entries import NO_XATTRS, Attributes

#: Belong to the host, not to the file.
_OF_THE_HOST = ("security.selinux", "security.ima", "security.evm")

#: What is told, not fatal: this user may not, or this file system has no such thing.
TOLERATED: t.Final = frozenset(
    {
        errno.EPERM,
        errno.EACCES,
        errno.EOPNOTSUPP,
        errno.ENOSYS,
        errno.EINVAL,
        errno.E2BIG,
        errno.ERANGE,
    }
)
_NONE = (errno.EOPNOTSUPP, errno.ENODATA, errno.ENOSYS, errno.EPERM, errno.EACCES)

_CAPABILITIES = "security.capability"
_DEFAULT_ACL = "system.posix_acl_default"


def way_to(folder: int, name: str) -> str:
    """A path for those calls that take no descriptor of a folder."""
    return f"/proc/self/fd/{folder}/{name}"


def read_xattrs(file: int | str) -> t.Mapping[str, bytes]:
    """Of an open file, or of a path itself even if it is a symlink. Raises ``OSError``."""
    follow = isinstance(file, int)
    try:
        names = os.listxattr(file, follow_symlinks=follow)
    except OSError as error:
        if error.errno in _NONE:
            return NO_XATTRS
        raise
    if not names:
        return NO_XATTRS
    found = {}
    for name in sorted(names):
        if name in _OF_THE_HOST:
            continue
        try:
            found[name] = os.getxattr(file, name, follow_symlinks=follow)
        except OSError as error:
            # gone meanwhile, or for others' eyes
            if error.errno not in _NONE:
                raise
    return found


def _umask() -> int:
    """This process's; to ask for it otherwise is to change it."""
    with open("/proc/self/status", "rb") as lines:
        for line in lines:
            if line.startswith(b"Umask:"):
                return int(line.split()[1], 8)
    return 0o777


def attributes_of(
    status: os.stat_result, xattrs: t.Mapping[str, bytes] | None = None
) -> Attributes:
    """Of what ``status`` was read from."""
    return Attributes(
        stat.S_IMODE(status.st_mode),
        status.st_uid,
        status.st_gid,
        status.st_mtime_ns,
        NO_XATTRS if xattrs is None else xattrs,
    )


class Giver:
    """Gives attributes to files; ``report(path, what, detail)`` hears of what could not be given.

    That is nothing that root could give if it had all its capabilities: then all methods raise ``LocalWriteError``.
    """

    def __init__(self, report: t.Callable[[str, str, str], None]) -> None:
        self._report = report
        self._uid = os.geteuid()
        self._gid = os.getegid()
        self._groups = {self._gid, *os.getgroups()}
        self._lacking = lacking()
        self._made_mode = 0o777 & ~_umask()

    def owns_all_in(self, folder: int, status: os.stat_result) -> bool:
        """Whether files that are made in the open folder belong to this user and group, and inherit no ACL."""
        # where another would own them, by a mount's or a server's choice, that is the folder's owner, too
        if (status.st_uid, status.st_gid) != (self._uid, self._gid):
            return False
        try:
            os.getxattr(folder, _DEFAULT_ACL)
        except OSError as error:
            return error.errno in (errno.ENODATA, errno.EOPNOTSUPP)
        return False

    def give_new(self, path: str, file: int, attributes: Attributes) -> None:
        """To an open file that was made with this mode in a folder of which ``owns_all_in`` is true; see ``give``.

        What it has already is not given again: of many small files that is most of the work.
        """
        mode, uid, gid, mtime, xattrs = attributes
        owned = True
        if (uid, gid) != (self._uid, self._gid):
            owned = self._own(path, uid, gid, lambda u, g: os.fchown(file, u, g))
        mode = self._mode(path, mode, gid) if owned else mode & 0o1777
        if mode & self._made_mode != mode:
            os.fchmod(file, mode)
        self._give_rest(path, file, xattrs, mtime)

    def give(self, path: str, file: int, attributes: Attributes) -> None:
        """To an open file or folder. Owner, mode, extended attributes and times: in this order none undoes another.

        Raises ``OSError`` for what is neither a lack of permission nor of the file system.
        """
        mode, uid, gid, mtime, xattrs = attributes
        owned = True
        if self._uid == 0 or (uid, gid) != (self._uid, self._gid):
            owned = self._own(path, uid, gid, lambda u, g: os.fchown(file, u, g))
        os.fchmod(file, self._mode(path, mode, gid) if owned else mode & 0o1777)
        for name in read_xattrs(file):
            # inherited from the folder it was made in
            if name in ATTRIBUTES and name not in xattrs:
                with self._tolerant(path, name):
                    os.removexattr(file, name)
        self._give_rest(path, file, xattrs, mtime)

    def _give_rest(
        self, path: str, file: int, xattrs: t.Mapping[str, bytes], mtime: int
    ) -> None:
        for name, value in xattrs.items():
            with self._tolerant(path, name):
                os.setxattr(file, name, value)
        os.utime(file, ns=(mtime, mtime))

    def give_by_name(
        self, path: str, folder: int, name: str, attributes: Attributes
    ) -> None:
        """To a symlink, a fifo or a device, which is not opened."""
        mode, uid, gid, mtime, xattrs = attributes
        status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if (uid, gid) != (status.st_uid, status.st_gid):
            self._own(
                path,
                uid,
                gid,
                lambda u, g: os.chown(name, u, g, dir_fd=folder, follow_symlinks=False),
            )
        if not stat.S_ISLNK(status.st_mode):
            os.chmod(name, mode, dir_fd=folder)
        way = way_to(folder, name)
        for key, value in xattrs.items():
            with self._tolerant(path, key):
                os.setxattr(way, key, value, follow_symlinks=False)
        os.utime(name, ns=(mtime, mtime), dir_fd=folder, follow_symlinks=False)

    def _mode(self, path: str, mode: int, gid: int) -> int:
        """As it is; the kernel leaves out a bit of it without an error, where this one is missing."""
        if (
            mode & stat.S_ISGID
            and "FSETID" in self._lacking
            and gid not in self._groups
        ):
            raise lacks(
                f"Could not give {readable(path)} its set-group-ID bit", "FSETID"
            )
        return mode

    def _own(
        self, path: str, uid: int, gid: int, change: t.Callable[[int, int], None]
    ) -> bool:
        """An ordinary user may give a file to a group of their own, at least."""
        try:
            change(uid, gid)
        except OSError as error:
            if error.errno not in TOLERATED:
                raise
            if error.errno == errno.EPERM and "CHOWN" in self._lacking:
                what = f"Could not give {readable(path)} its owner {uid}:{gid}"
                raise lacks(what, "CHOWN") from None
            self._report(path, "owner not restored", f"{uid}:{gid}")
            if self._uid != 0:
                try:
                    change(-1, gid)
                except OSError as again:
                    if again.errno not in TOLERATED:
                        raise
            return False
        return True

    @contextlib.contextmanager
    def _tolerant(self, path: str, name: str) -> t.Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in TOLERATED:
                raise
            if name == _CAPABILITIES and "SETFCAP" in self._lacking:
                what = f"Could not give {readable(path)} its capabilities"
                raise lacks(what, "SETFCAP") from None
            self._report(path, "extended attribute not restored", name)
