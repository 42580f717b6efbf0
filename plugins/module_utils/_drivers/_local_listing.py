# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The files below a folder as objects, and what there is that cannot be one."""

from __future__ import annotations

import errno
import io
import os
import stat
import typing as t

from .._errors import SourceError
from ._base import ObjectInfo
from ._local_paths import INCOMING

#: Device and inode of the linked folders above, outermost first.
_Ancestors = tuple[tuple[int, int], ...]
#: Folders still to be listed: key with its trailing slash ("" for the root), and what is above.
_Pending = list[tuple[str, _Ancestors]]


def etag_of(status: os.stat_result) -> str:
    """Changes with every write of the file, a rename over it included."""
    # of all ways to write it the one that takes half the time: there are many files
    return "%x-%x-%x-%x-%x" % (  # noqa: UP031
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def info_of(key: str, file: io.FileIO) -> ObjectInfo:
    """The open file as an object of that key."""
    status = os.fstat(file.fileno())
    return ObjectInfo(key, status.st_size, etag_of(status))


class Listing:
    """Lists the files below ``root``; ``follow_links``: those that links lead to as well.

    What it meets that is no object is noted until ``forget``: in ``skipped`` (key -> why), in
    ``unreadable`` files that this user may not read, and in ``leftovers`` the paths of what was being written.
    """

    def __init__(self, root: str, *, follow_links: bool) -> None:
        self._root = root
        self._follow_links = follow_links
        self.skipped: dict[str, str] = {}
        self.unreadable: list[str] = []
        self.leftovers: list[str] = []

    def forget(self) -> None:
        self.skipped.clear()
        self.unreadable.clear()
        self.leftovers.clear()

    def files_of(self, folder: str) -> t.Sequence[ObjectInfo]:
        """The objects of one folder (``""`` or with its trailing slash), without those of folders in it."""
        try:
            entries = os.scandir(os.path.join(self._root, folder))
        except (FileNotFoundError, NotADirectoryError):
            return []
        with entries:
            found = [
                self._entry(folder + entry.name, entry, (), [])
                for entry in entries
                if not entry.is_dir(follow_symlinks=False)
            ]
        return [info for info in found if info is not None]

    def below(self, prefix: str) -> t.Iterator[ObjectInfo]:
        start = prefix[: prefix.rfind("/") + 1]
        pending: _Pending = [(start, ())]
        while pending:
            folder, ancestors = pending.pop()
            try:
                entries = os.scandir(os.path.join(self._root, folder))
            except (FileNotFoundError, NotADirectoryError):
                continue  # no such prefix, or it vanished since its parent was read
            except OSError as exc:
                raise SourceError(
                    f"Could not list the folder {os.path.join(self._root, folder)!r}: {exc.strerror}."
                ) from None
            with entries:
                for entry in entries:
                    key = folder + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        if key.startswith(prefix) or prefix.startswith(key + "/"):
                            pending.append((key + "/", ancestors))
                    elif key.startswith(prefix):
                        info = self._entry(key, entry, ancestors, pending)
                        if info is not None:
                            yield info

    def _entry(
        self,
        key: str,
        entry: os.DirEntry[str],
        ancestors: _Ancestors,
        pending: _Pending,
    ) -> ObjectInfo | None:
        """The object that an entry of a folder is; what it is otherwise is noted."""
        if entry.name.startswith(INCOMING):
            self.leftovers.append(entry.path)
            return None
        linked = entry.is_symlink()
        if linked and not self._follow_links:
            self.skipped[key] = "is a symbolic link"
            return None
        try:
            status = entry.stat()
        except OSError as exc:
            if linked:
                loop = exc.errno == errno.ELOOP
                self.skipped[key] = (
                    f"is a {'looping' if loop else 'broken'} symbolic link"
                )
            elif exc.errno != errno.ENOENT:
                # with ENOENT it vanished since its folder was read
                raise SourceError(
                    f"Could not look at {entry.path!r}: {exc.strerror}."
                ) from None
            return None
        if stat.S_ISREG(status.st_mode):
            self._check_name(key)
            # a file that everybody may read is not asked about
            if status.st_mode & 0o444 != 0o444 and not os.access(entry.path, os.R_OK):
                self.unreadable.append(key)
            return ObjectInfo(key, status.st_size, etag_of(status))
        if stat.S_ISDIR(status.st_mode):
            self._linked_folder(key, entry, status, ancestors, pending)
        else:
            self.skipped[key] = f"is a {_kind(status.st_mode)}"
        return None

    def _linked_folder(
        self,
        key: str,
        entry: os.DirEntry[str],
        status: os.stat_result,
        ancestors: _Ancestors,
        pending: _Pending,
    ) -> None:
        identity = (status.st_dev, status.st_ino)
        target = os.path.realpath(entry.path)
        here = os.path.realpath(os.path.dirname(entry.path))
        if identity in ancestors or os.path.commonpath((here, target)) == target:
            self.skipped[key] = "is a symbolic link to a folder that contains it"
            return
        pending.append((key + "/", (*ancestors, identity)))

    def _check_name(self, key: str) -> None:
        try:
            key.encode()
        except UnicodeEncodeError:
            raise SourceError(
                f"The file name {os.fsencode(key)!r} in {self._root!r} is not valid UTF-8, "
                "so it cannot be an object's key.",
                hint="Rename it.",
            ) from None


def _kind(mode: int) -> str:
    if stat.S_ISSOCK(mode):
        return "socket"
    if stat.S_ISFIFO(mode):
        return "named pipe"
    return "device"
