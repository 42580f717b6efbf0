# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A folder on this machine as a container: atomic writes, real digests, no way out of the folder."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import typing as t

from .._endpoint import Endpoint
from .._errors import (
    ChangedMeanwhileError,
    ConfigurationError,
    ContainerMissingError,
    LocalWriteError,
    ObjectMissingError,
    SourceError,
)
from ._base import (
    CHUNK_SIZE,
    NO_ATTRIBUTES,
    Attributes,
    Body,
    Condition,
    Digests,
    Features,
    ObjectDetails,
    ObjectInfo,
    ReadResult,
    Store,
)
from ._local_listing import Listing, info_of
from ._local_paths import fault_of_key, parent_directory, split_key
from ._local_resumable import Resumable
from ._local_write import Writer


class LocalStore(Store):
    """The files below one folder; a key is the path relative to it, with ``/``.

    Listing fills ``skipped`` (key -> why) with what cannot be an object: symbolic links unless
    ``follow_links``, broken links, sockets, pipes and devices; and ``unreadable`` with the files
    that this user may not read. Empty folders are not objects; deleting the last file of a folder
    deletes the folder. Raises ``SourceError`` and ``LocalWriteError`` beside the store's errors.
    """

    features = Features(
        conditional_write=True, attributes=False, digests=True, hierarchical=True
    )

    def __init__(self, endpoint: Endpoint, *, follow_links: bool = False) -> None:
        super().__init__(endpoint)
        self.root = endpoint.container
        self.follow_links = follow_links
        #: Whether what ``write`` has written is on the disk when it returns.
        self.durable = False
        self._listing = Listing(self.root, follow_links=follow_links)
        self.skipped = self._listing.skipped
        self.unreadable = self._listing.unreadable
        self._writer = Writer(self.root, endpoint.place, self._listing)

    def __exit__(self, *exc: object) -> None:
        # after a failure the next run may want what is left
        if exc[0] is None:
            self._writer.discard_unfinished()
        super().__exit__(*exc)

    def fault_of_key(self, key: str) -> str | None:
        return fault_of_key(key)

    # -- container

    def container_exists(self) -> bool:
        if os.path.isdir(self.root):
            return True
        if os.path.lexists(self.root):
            raise ConfigurationError(f"{self.root!r} is not a folder.")
        return False

    def create_container(self) -> bool:
        if self.container_exists():
            return False
        try:
            os.makedirs(self.root, exist_ok=True)
        except OSError as exc:
            raise LocalWriteError(
                f"Could not make the folder {self.root!r}: {exc.strerror}."
            ) from None
        return True

    def _require_container(self, operation: str) -> None:
        if not self.container_exists():
            raise ContainerMissingError(
                operation, self.endpoint.place, "there is no such folder"
            )

    # -- listing

    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        self._require_container("list objects")
        self._listing.forget()
        return self._listing.below(prefix)

    def files_of(self, folder: str) -> t.Sequence[ObjectInfo]:
        """The objects of one folder (``""`` or with its trailing slash), without those of folders in it."""
        return self._listing.files_of(folder)

    def middle_name(self) -> str | None:
        """The name (a key without the prefix) of some file near the middle; None when there is none."""
        folder = os.path.join(self.root, self.endpoint.prefix)
        name = ""
        try:
            while os.path.isdir(os.path.join(folder, name)):
                inside = sorted(os.listdir(os.path.join(folder, name)))
                name = os.path.join(name, inside[len(inside) // 2])
        except (OSError, IndexError):
            return None  # the listing will say what is wrong, if anything is
        return name

    # -- reading

    def stat(self, key: str) -> ObjectDetails:
        with self._open(key, f"look at object {key!r}") as file:
            return ObjectDetails(info_of(key, file), NO_ATTRIBUTES)

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        file = self._open(key, f"read object {key!r}")
        info = info_of(key, file)
        end = max(start, info.size)
        if length is not None:
            end = min(end, start + length)
        return ReadResult(info, NO_ATTRIBUTES, self._chunks(file, info, start, end))

    def _chunks(
        self, file: io.FileIO, info: ObjectInfo, start: int, end: int
    ) -> t.Iterator[bytes]:
        """The range's bytes; raises ``SourceError`` unless the file stayed the same all the while."""
        path = os.path.join(self.root, info.key)
        position = start
        with file:
            while position < end:
                try:
                    chunk = os.pread(
                        file.fileno(), min(CHUNK_SIZE, end - position), position
                    )
                except OSError as exc:
                    raise SourceError(
                        f"Could not read {path!r}: {exc.strerror}."
                    ) from None
                if not chunk:
                    break
                position += len(chunk)
                yield chunk
            if position != end or info_of(info.key, file) != info:
                raise _changed(path)

    def digests(self, info: ObjectInfo) -> Digests:
        md5 = hashlib.md5(usedforsecurity=False)
        sha256 = hashlib.sha256()
        opened = self.read(info.key)
        if opened.info != info:
            raise _changed(os.path.join(self.root, info.key))
        for chunk in opened.chunks:
            md5.update(chunk)
            sha256.update(chunk)
        return Digests(md5.hexdigest(), sha256.hexdigest())

    def _open(self, key: str, operation: str) -> io.FileIO:
        parents, name = split_key(key, operation, self.endpoint.place)
        path = os.path.join(self.root, key)
        # a pipe put there meanwhile must not hold us up
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK
        try:
            if self.follow_links:
                descriptor = os.open(path, flags)
            else:
                with parent_directory(self.root, parents, create=False) as parent:
                    descriptor = os.open(name, flags | os.O_NOFOLLOW, dir_fd=parent)
        except (FileNotFoundError, NotADirectoryError):
            self._require_container(operation)
            raise ObjectMissingError(
                operation, self.endpoint.place, "there is no such file"
            ) from None
        except OSError as exc:
            raise SourceError(f"Could not read {path!r}: {exc.strerror}.") from None
        except LocalWriteError as exc:
            raise SourceError(exc.message, hint=exc.hint) from None
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise ObjectMissingError(operation, self.endpoint.place, "it is not a file")
        return io.FileIO(descriptor)

    # -- writing

    def write(
        self,
        key: str,
        body: Body,
        attributes: Attributes = NO_ATTRIBUTES,
        *,
        size: int | None = None,
        condition: Condition | None = None,
    ) -> ObjectInfo:
        operation = f"write object {key!r}"
        self.refuse_settings(attributes, operation)
        parents, name = split_key(key, operation, self.endpoint.place)
        self._require_container(operation)
        return self._writer.write(
            key, parents, name, body, condition, durable=self.durable
        )

    def write_resumably(
        self,
        key: str,
        identity: str,
        size: int,
        step: int,
        fill: t.Callable[[Resumable], None],
    ) -> ObjectInfo | None:
        """Write an object of ``size`` bytes by ``fill``, which may find what a killed writer of it left.

        ``identity`` is equal for equal contents alone. When ``fill`` cannot reach what it reads from, its
        work is left for a later run. None, and nothing is done, while another process writes the same.
        """
        operation = f"write object {key!r}"
        parents, name = split_key(key, operation, self.endpoint.place)
        self._require_container(operation)
        return self._writer.write_resumably(
            key, parents, name, f"{key}\n{identity}\n{size}\n{step}", size, step, fill
        )

    # -- deleting

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        failures: dict[str, str] = {}
        for key in keys:
            try:
                self._delete(key)
            except OSError as exc:
                failures[key] = exc.strerror or str(exc)
            except LocalWriteError as exc:
                failures[key] = exc.message
        return failures

    def _delete(self, key: str) -> None:
        operation = f"delete object {key!r}"
        if fault_of_key(key) is not None:
            return  # there can be no such file
        parents, name = split_key(key, operation, self.endpoint.place)
        self._require_container(operation)
        try:
            with parent_directory(self.root, parents, create=False) as parent:
                os.unlink(name, dir_fd=parent)
        except (FileNotFoundError, NotADirectoryError):
            return
        self._remove_empty(parents)

    def _remove_empty(self, parents: t.Sequence[str]) -> None:
        for depth in range(len(parents), 0, -1):
            try:
                with parent_directory(
                    self.root, parents[: depth - 1], create=False
                ) as parent:
                    os.rmdir(parents[depth - 1], dir_fd=parent)
            except OSError:
                return  # not empty, or somebody else's now


def _changed(path: str) -> SourceError:
    return ChangedMeanwhileError(
        f"{path!r} changed while it was read.",
        hint="Run again when nothing writes to it.",
    )
