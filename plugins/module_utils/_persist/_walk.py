# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Walks a tree of any depth without passing a symlink, with one open folder at a time."""

from __future__ import annotations

import os
import stat
import typing as t

from .._errors import SourceError
from .._patterns import Patterns
from ._archive_failures import read_error, readable, said
from ._entries import PATH_LIMIT

#: Names that begin so are of restores on their way, and in no snapshot.
RESERVED: t.Final = ".longshore-restore"

LOST_AND_FOUND: t.Final = "lost+found"
_CACHE_TAG = "CACHEDIR.TAG"
_CACHE_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"

FOLDER: t.Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE: t.Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class TreeOptions(t.NamedTuple):
    """What of a tree is meant.

    ``exclude``: gitignore lines, on paths below the tree; nothing below an excluded folder is looked at.
    ``exclude_caches``: of a folder with a valid ``CACHEDIR.TAG``, that file alone. ``one_file_system``: what is
    mounted below is an empty folder.
    """

    exclude: tuple[str, ...] = ()
    exclude_caches: bool = False
    one_file_system: bool = False


class Found(t.NamedTuple):
    """``name`` in the open ``folder``, which is open until the next one is asked for; ``path`` below the tree."""

    path: str
    name: str
    folder: int
    status: os.stat_result


class _Level(t.NamedTuple):
    prefix: str
    names: list[str]
    identity: tuple[int, int]


#: Hears the path, "vanished" or "unreadable", and what the system said.
Report: t.TypeAlias = t.Callable[[str, str, str], None]


def walk(
    path: str, options: TreeOptions, report: Report
) -> t.Generator[Found, None, None]:
    """The tree or file itself (path ""), then everything below: folders before what they hold, names in order.

    Raises ``SourceError`` if there is nothing there, or a symlink; ``ConfigurationError`` for a pattern.
    """
    path = os.path.abspath(path)
    parent, name = os.path.split(path)
    try:
        folder = os.open(parent, FOLDER & ~os.O_NOFOLLOW)
        try:
            status = os.stat(name or ".", dir_fd=folder, follow_symlinks=False)
            if not stat.S_ISDIR(status.st_mode):
                yield Found("", _checked(path, name, status), folder, status)
                return
            root = os.open(name or ".", FOLDER, dir_fd=folder)
        finally:
            os.close(folder)
        yield from _Walk(root, options, report, is_mount_point(path))
    except OSError as error:
        raise read_error(path, error) from None


def _checked(path: str, name: str, status: os.stat_result) -> str:
    if stat.S_ISREG(status.st_mode):
        return name
    kind = "symbolic link" if stat.S_ISLNK(status.st_mode) else "device, fifo or socket"
    raise SourceError(
        f"{readable(path)} is a {kind}, neither a folder nor a file.",
        hint="Name what it points to." if stat.S_ISLNK(status.st_mode) else "",
    )


class _Walk:
    """Closes ``root`` when it ends, or is given up."""

    def __init__(
        self, root: int, options: TreeOptions, report: Report, is_mount_point: bool
    ) -> None:
        self._current = root
        self._report = report
        self._options = options
        self._is_mount_point = is_mount_point
        self._device = os.fstat(root).st_dev
        self._excluded = (
            Patterns("exclude", options.exclude) if options.exclude else None
        )

    def __iter__(self) -> t.Iterator[Found]:
        try:
            status = os.fstat(self._current)
            yield Found("", ".", self._current, status)
            levels = [self._level("", status)]
            while levels:
                level = levels[-1]
                if not level.names:
                    levels.pop()
                    if levels:
                        self._go_up(levels[-1])
                    continue
                found = self._look(level.prefix, level.names.pop())
                if found is not None:
                    yield found
                    if stat.S_ISDIR(found.status.st_mode):
                        self._go_down(found, levels)
        finally:
            os.close(self._current)

    def _look(self, prefix: str, name: str) -> Found | None:
        path = prefix + name
        try:
            status = os.stat(name, dir_fd=self._current, follow_symlinks=False)
        except FileNotFoundError as error:
            self._report(path, "vanished", said(error))
            return None
        except OSError as error:
            self._report(path, "unreadable", said(error))
            return None
        if self._excluded is not None:
            is_folder = stat.S_ISDIR(status.st_mode)
            if (f"{path}/" if is_folder else path) in self._excluded:
                return None
        if len(path) > PATH_LIMIT // 4 and len(os.fsencode(path)) > PATH_LIMIT:
            raise SourceError(
                f"A path of {len(path):,} characters is longer than what can be saved: "
                f"{readable(path[:60])}…",
                hint="Leave it out with exclude.",
            )
        return Found(path, name, self._current, status)

    def _go_down(self, found: Found, levels: list[_Level]) -> None:
        status = found.status
        if self._options.one_file_system and status.st_dev != self._device:
            return
        try:
            child = os.open(found.name, FOLDER, dir_fd=self._current)
        except OSError as error:
            is_gone = isinstance(error, (FileNotFoundError, NotADirectoryError))
            what = "vanished" if is_gone else "unreadable"
            self._report(found.path, what, said(error))
            return
        os.close(self._current)
        self._current = child
        levels.append(self._level(found.path + "/", os.fstat(child)))

    def _level(self, prefix: str, status: os.stat_result) -> _Level:
        names = os.listdir(self._current)
        if self._options.exclude_caches and self._is_cache(names):
            names = [_CACHE_TAG]
        names = [name for name in names if not name.startswith(RESERVED)]
        if not prefix and self._is_mount_point and LOST_AND_FOUND in names:
            names.remove(LOST_AND_FOUND)
        names.sort(reverse=True)
        return _Level(prefix, names, (status.st_dev, status.st_ino))

    def _is_cache(self, names: t.Sequence[str]) -> bool:
        if _CACHE_TAG not in names:
            return False
        try:
            file = os.open(_CACHE_TAG, FILE, dir_fd=self._current)
        except OSError:
            return False
        with open(file, "rb", buffering=0) as tag:
            return (
                stat.S_ISREG(os.fstat(file).st_mode)
                and tag.read(len(_CACHE_SIGNATURE)) == _CACHE_SIGNATURE
            )

    def _go_up(self, level: _Level) -> None:
        above = os.open("..", FOLDER, dir_fd=self._current)
        os.close(self._current)
        self._current = above
        status = os.fstat(above)
        if (status.st_dev, status.st_ino) != level.identity:
            raise SourceError(
                f"The folder {readable(level.prefix or '.')} was moved while it was read.",
                hint="Run again.",
            )


def mount_of(descriptor: int) -> str:
    """What is the same for all files of one mount, bind mounts told apart."""
    with open(f"/proc/self/fdinfo/{descriptor}") as lines:
        return next(line for line in lines if line.startswith("mnt_id"))


def _mount_of_path(path: str) -> str:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        return mount_of(descriptor)
    finally:
        os.close(descriptor)


def is_mount_point(path: str) -> bool:
    """Whether something is mounted exactly there. Raises ``OSError``."""
    return _mount_of_path(path) != _mount_of_path(os.path.dirname(path))
