# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Entries of an archive as files in a folder."""

from __future__ import annotations

import contextlib
import functools
import os
import stat
import typing as t

from .._errors import LocalWriteError
from .._patterns import Patterns
from ._archive_failures import (
    ArchiveError,
    Problems,
    readable,
    said,
    write_error,
    writing,
)
from ._attributes import TOLERATED, Giver
from ._entries import Attributes, Counts, Entry
from ._folders import Folders
from ._helper import Helper
from ._tar_reader import TarReader
from ._walk import RESERVED

_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_INCOMING = f"{RESERVED}-file"

#: Files up to this size, bytes, are made by two threads; so many at a time, or of so many bytes together.
_SMALL: t.Final = 512 * 1024
_TOGETHER: t.Final = 16


class _Small(t.NamedTuple):
    entry: Entry
    name: str
    data: bytes | memoryview


class Extractor:
    """Puts entries below the open folder ``root``.

    Without ``in_place`` the folder is empty and nobody else's: an entry whose name is taken is refused. With it,
    files are written aside and renamed over what is there. ``include``: entries of these names alone, and the
    folders they are in. ``is_file``: the archive must be of one file, called ``name`` afterwards.
    """

    def __init__(
        self,
        root: int,
        problems: Problems,
        *,
        include: t.Sequence[str] = (),
        in_place: bool = False,
        is_file: bool = False,
    ) -> None:
        self._root = root
        self._problems = problems
        self._in_place = in_place
        self._is_file = is_file
        self._include = Patterns("include", include) if include else None
        self._giver = Giver(problems.add)
        self._helper = Helper()
        self._folders = Folders(
            root, self._giver, self._helper, keep_times=not in_place
        )
        #: All in the current folder.
        self._small: list[_Small] = []
        self._small_size = 0
        self._wanted: set[str] = set()
        self._known: dict[str, Attributes] = {}
        self.counts = Counts()
        self.name = ""
        #: What the archive says of the tree itself.
        self.root_attributes: Attributes | None = None
        #: Folders that are made for what is in them alone.
        self.on_the_way: set[str] = set()

    def __enter__(self) -> t.Self:
        self._helper.__enter__()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._helper.__exit__()
        self._folders.__exit__()

    def extract(self, reader: TarReader) -> None:
        """All of it. Raises ``ArchiveError``, ``LocalWriteError``, and what the archive's source raises."""
        for entry in reader:
            if self._is_file:
                self._see_only(entry)
            if not entry.path:
                self._see_root(entry)
            elif self._is_included(entry):
                try:
                    self._put(entry, reader)
                except OSError as error:
                    raise self._failure(entry, error) from None
        if self._is_file and not self.name:
            raise ArchiveError("it is empty")
        with writing("."):
            self._share_small()
            self._folders.finish()
            self._helper.wait()

    def _see_only(self, entry: Entry) -> None:
        if self.name or entry.kind != "file" or "/" in entry.path:
            raise ArchiveError("it is not of one file")
        self.name = entry.path

    def _see_root(self, entry: Entry) -> None:
        if entry.kind != "directory":
            raise ArchiveError("the tree itself is no folder in it")
        self.counts.add("directory")
        if self._include is None:
            self.root_attributes = entry.attributes
            self._folders.set_root(entry.attributes)

    def _is_included(self, entry: Entry) -> bool:
        if self._include is None:
            return True
        path = entry.path
        if entry.kind != "directory":
            return path in self._include
        # of the folders on the way to what follows, as long as it is on the way
        for other in list(self._known):
            if not path.startswith(other + "/"):
                del self._known[other]
        self._known[path] = entry.attributes
        return f"{path}/" in self._include

    def _put(self, entry: Entry, reader: TarReader) -> None:
        parent, _slash, name = entry.path.rpartition("/")
        if self._include is not None:
            self._note_way(entry)
        if parent != self._folders.path:
            self._share_small()
        folder = self._folders.enter(parent, self._known)
        if entry.kind == "file":
            self._put_file(entry, name, folder, reader)
        elif entry.kind == "directory":
            self._share_small()
            self._folders.make(entry.path, entry.attributes)
        elif not self._put_special(entry, name, folder):
            return
        self.counts.add(entry.kind, entry.size)

    def _put_file(
        self, entry: Entry, name: str, folder: int, reader: TarReader
    ) -> None:
        if self._in_place:
            incoming = self._incoming(folder)
            self._make(entry, incoming, folder, reader.contents(), is_plain=False)
            self._take_place(name, folder)
        elif entry.size > _SMALL or entry.extents is not None:
            is_plain = self._folders.is_plain
            self._make(entry, name, folder, reader.contents(), is_plain=is_plain)
        else:
            self._small.append(_Small(entry, name, reader.whole()))
            self._small_size += entry.size
            if len(self._small) == _TOGETHER or self._small_size >= _SMALL:
                self._share_small()

    def _share_small(self) -> None:
        """Before another folder becomes the current one, too."""
        if self._small:
            is_plain = self._folders.is_plain
            make = functools.partial(self._make_small, self._small, is_plain)
            self._small = []
            self._small_size = 0
            self._helper.share(make, self._folders.current)

    def _make_small(
        self, files: t.Sequence[_Small], is_plain: bool, folder: int
    ) -> None:
        for entry, name, data in files:
            try:
                self._make(entry, name, folder, ((0, data),), is_plain=is_plain)
            except OSError as error:
                raise self._failure(entry, error) from None

    def _make(
        self,
        entry: Entry,
        name: str,
        folder: int,
        contents: t.Iterable[tuple[int, bytes | memoryview]],
        *,
        is_plain: bool,
    ) -> None:
        # aside nobody else sees it, so that it may be itself from the beginning
        mode = entry.attributes.mode & 0o777 if is_plain else 0o600
        descriptor = os.open(name, _NEW_FILE, mode, dir_fd=folder)
        try:
            _fill(descriptor, contents, entry.size)
            give = self._giver.give_new if is_plain else self._giver.give
            give(entry.path, descriptor, entry.attributes)
        finally:
            os.close(descriptor)

    def _note_way(self, entry: Entry) -> None:
        if entry.kind == "directory":
            self._wanted.add(entry.path)
        parent = entry.path.rpartition("/")[0]
        while parent and parent not in self._wanted and parent not in self.on_the_way:
            self.on_the_way.add(parent)
            parent = parent.rpartition("/")[0]

    def _incoming(self, folder: int) -> str:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(_INCOMING, dir_fd=folder)
        return _INCOMING

    def _take_place(self, name: str, folder: int) -> None:
        if self._in_place:
            os.rename(_INCOMING, name, src_dir_fd=folder, dst_dir_fd=folder)
            # a rename of one name of a file to another one of it does nothing
            with contextlib.suppress(FileNotFoundError):
                os.unlink(_INCOMING, dir_fd=folder)

    def _put_special(self, entry: Entry, name: str, folder: int) -> bool:
        """Whether it could be."""
        made = self._incoming(folder) if self._in_place else name
        attributes = entry.attributes
        if entry.kind == "hardlink":
            self._link(entry, made, folder)
        elif entry.kind == "symlink":
            os.symlink(entry.link, made, dir_fd=folder)
        elif entry.kind == "fifo":
            os.mkfifo(made, 0o600, dir_fd=folder)
        else:
            is_block = entry.kind == "block_device"
            kind = stat.S_IFBLK if is_block else stat.S_IFCHR
            try:
                device = os.makedev(*entry.device)
                os.mknod(made, 0o600 | kind, device, dir_fd=folder)
            except OSError as error:
                if error.errno not in TOLERATED:
                    raise
                self._problems.add(entry.path, "device not restored", said(error))
                return False
        if entry.kind != "hardlink":
            self._giver.give_by_name(entry.path, folder, made, attributes)
        self._take_place(name, folder)
        return True

    def _link(self, entry: Entry, name: str, folder: int) -> None:
        """To what is there already, reached without passing a symlink."""
        self._share_small()
        self._helper.wait()
        parent, _slash, first = entry.link.rpartition("/")
        with Folders(self._root) as way:
            source = way.find(parent)
            try:
                if source is None or not first:
                    raise FileNotFoundError
                status = os.stat(first, dir_fd=source, follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    raise FileNotFoundError
                os.link(
                    first,
                    name,
                    src_dir_fd=source,
                    dst_dir_fd=folder,
                    follow_symlinks=False,
                )
            except FileNotFoundError:
                raise self._no_link(entry) from None

    def _no_link(self, entry: Entry) -> Exception:
        names = f"{readable(entry.path)} is another name of {readable(entry.link)}"
        if self._include is not None and entry.link not in self._include:
            return LocalWriteError(
                f"{names}, which is not included.", hint="Include both."
            )
        return ArchiveError(f"{names}, which is not in it before")

    def _failure(self, entry: Entry, error: OSError) -> Exception:
        if isinstance(error, NotADirectoryError):
            if not self._in_place:
                return ArchiveError(
                    f"{readable(entry.path)} is below something that is no folder"
                )
            return LocalWriteError(
                f"Could not restore {readable(entry.path)}: a part of its path is no folder in the target.",
                hint="Move that away, or replace the whole tree with mode replace.",
            )
        if isinstance(error, FileExistsError) and not self._in_place:
            return ArchiveError(f"{readable(entry.path)} is there twice")
        return write_error(entry.path, error)


def _fill(
    descriptor: int,
    contents: t.Iterable[tuple[int, bytes | memoryview]],
    size: int,
) -> None:
    end = 0
    for offset, piece in contents:
        end = offset + len(piece)
        while piece:
            written = os.pwrite(descriptor, piece, offset)
            piece = piece[written:]
            offset += written
    if end != size:
        os.truncate(descriptor, size)
