# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How files are put into a folder, each whole or not at all.

A file is written under a temporary name beside its final one and renamed when it is whole. The
temporary file is locked while its writer lives, so that a later run can tell what a killed one
left behind.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import typing as t

from .._errors import (
    ConditionFailedError,
    KeyRefusedError,
    LocalWriteError,
    TruncatedError,
    UnreachableError,
)
from ._base import Body, Condition, IfAbsent, ObjectInfo
from ._local_listing import Listing, etag_of, info_of
from ._local_paths import INCOMING, parent_directory
from ._local_resumable import (
    RESUMABLE,
    Resumable,
    open_resumable,
    resumable_name,
)
from ._locked_file import create_locked, remove_unlocked, write_all


class Writer:
    """Of the folder ``root``, which errors call ``place``. What ``listing`` has met of killed writers is removed."""

    def __init__(self, root: str, place: str, listing: Listing) -> None:
        self._root = root
        self._place = place
        self._listing = listing
        self._unfinished: list[str] = []

    def write(
        self,
        key: str,
        parents: t.Sequence[str],
        name: str,
        body: Body,
        condition: Condition | None,
        *,
        durable: bool,
    ) -> ObjectInfo:
        """See ``Store.write``; ``parents`` and ``name`` are the key's. ``durable``: it is on the disk then."""
        self._sweep()
        with contextlib.ExitStack() as stack:
            with self._explained(key):
                parent = stack.enter_context(
                    parent_directory(self._root, parents, create=True)
                )
            incoming = f"{INCOMING}{secrets.token_hex(8)}"
            with self._explained(key):
                file = create_locked(incoming, 0o666, parent)
            try:
                with file:
                    for chunk in (body,) if isinstance(body, bytes) else body:
                        with self._explained(key):
                            write_all(file, chunk)
                    with self._explained(key):
                        if durable:
                            os.fsync(file.fileno())
                        self._put_in_place(parent, incoming, name, key, condition)
                        if durable:
                            os.fsync(parent)
                    return info_of(key, file)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(incoming, dir_fd=parent)
                raise

    def write_resumably(
        self,
        key: str,
        parents: t.Sequence[str],
        name: str,
        identity: str,
        size: int,
        step: int,
        fill: t.Callable[[Resumable], None],
    ) -> ObjectInfo | None:
        """See ``LocalStore.write_resumably``; ``identity`` is of key, contents and step."""
        self._sweep()
        with contextlib.ExitStack() as stack:
            with self._explained(key):
                parent = stack.enter_context(
                    parent_directory(self._root, parents, create=True)
                )
                incoming = resumable_name(identity)
                resumable = open_resumable(incoming, parent, size, step)
            if resumable is None:
                return None
            stack.enter_context(resumable.file)
            try:
                with self._explained(key):
                    fill(resumable)
                    resumable.finish()
                    self._rename(parent, incoming, name)
                return info_of(key, resumable.file)
            except (UnreachableError, TruncatedError):
                raise  # and the file stays
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(incoming, dir_fd=parent)
                raise

    @contextlib.contextmanager
    def _explained(self, key: str) -> t.Iterator[None]:
        """Turns the system's errors into ones that name the file."""
        try:
            yield
        except OSError as exc:
            what = {
                errno.ENOTDIR: f"{exc.filename!r} is a file",
                errno.ENOTEMPTY: "a folder of that name is there, and not empty",
            }.get(exc.errno or 0)
            if what is not None:
                raise KeyRefusedError(
                    f"write object {key!r}", self._place, what
                ) from None
            hint = ""
            if exc.errno in (errno.ENOSPC, errno.EDQUOT):
                hint = "Free space there and run again; finished files are kept."
            path = os.path.join(self._root, key)
            raise LocalWriteError(
                f"Could not write {path!r}: {exc.strerror}.", hint=hint
            ) from None

    def _put_in_place(
        self,
        parent: int,
        incoming: str,
        name: str,
        key: str,
        condition: Condition | None,
    ) -> None:
        if condition is None:
            self._rename(parent, incoming, name)
            return
        # one lock for the folder makes check and rename one step among all writers of this driver
        lock = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                existing = etag_of(os.stat(name, dir_fd=parent, follow_symlinks=False))
            except FileNotFoundError:
                existing = None
            wanted = None if isinstance(condition, IfAbsent) else condition.etag
            if existing != wanted:
                raise ConditionFailedError(
                    f"write object {key!r}",
                    self._place,
                    "it is not as the condition asks",
                )
            self._rename(parent, incoming, name)
        finally:
            os.close(lock)

    @staticmethod
    def _rename(parent: int, incoming: str, name: str) -> None:
        try:
            os.rename(incoming, name, src_dir_fd=parent, dst_dir_fd=parent)
        except IsADirectoryError:
            os.rmdir(name, dir_fd=parent)  # only an empty folder gives way
            os.rename(incoming, name, src_dir_fd=parent, dst_dir_fd=parent)

    def _sweep(self) -> None:
        """Remove what writers that are gone left behind, of what the last listing met.

        What can be gone on with is left until all is written.
        """
        while self._listing.leftovers:
            with contextlib.suppress(IndexError):  # another thread has it
                path = self._listing.leftovers.pop()
                if os.path.basename(path).startswith(RESUMABLE):
                    self._unfinished.append(path)
                else:
                    remove_unlocked(path)

    def discard_unfinished(self) -> None:
        """Remove what could be gone on with, and was not."""
        for path in self._unfinished:
            remove_unlocked(path)
