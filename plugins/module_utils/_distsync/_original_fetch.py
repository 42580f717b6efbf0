# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Fetches what the original distsync, or we as it does, have published."""

from __future__ import annotations

import hashlib
import json
import os
import typing as t

from .._bandwidth import Bandwidth
from .._drivers._base import ObjectInfo, Store
from .._encryption._names import check_file_name
from .._encryption._secret import SharedSecret
from .._errors import LocalWriteError
from .._workers import Workers
from ._original import OriginalObjects, refused
from ._placing import place_stream
from ._private_files import make_private, read_private, replace_file
from ._release import LATEST, Release
from ._results import Fetched, Progress, Seen, no_progress
from ._targets import Target, keep, target_path

#: What the original gives its files.
MODE: t.Final = 0o600


class OriginalFetcher:
    """Fetches from a store of the format distsync01; see ``Fetching``.

    ``folder``: where it is remembered what was fetched, so that it need not be fetched again (made if it
    is missing; None: nothing is).
    """

    def __init__(
        self,
        store: Store,
        secret: SharedSecret,
        workers: Workers,
        *,
        folder: str | None = None,
        bandwidth: Bandwidth | None = None,
    ) -> None:
        self._place = store.endpoint.full_place
        self._folder = folder
        self._objects = OriginalObjects(
            store, secret, workers, bandwidth or Bandwidth(None)
        )

    def look(self) -> Seen:
        """Every file, by name. Objects that are not of this store are left out."""
        return self._objects.look()

    def poll(self, etag: str | None) -> Seen | None:
        """None while nobody has uploaded since, or at all; one small request then."""
        touched = self._objects.touched()
        if touched is None or touched == etag:
            return None
        return self.look()

    def release(self, name: str, version: str = LATEST) -> Release:
        raise refused(f"{name!r} has no record to show")

    def put(
        self,
        release: Release,
        dest: str,
        *,
        check: bool = False,
        progress: Progress = no_progress,
        older: str | None = None,
        warnings: tuple[str, ...] = (),
    ) -> Fetched:
        raise refused(f"{release.name!r} has no record to put in its place")

    def fetch(
        self,
        name: str,
        version: str,
        dest: str,
        *,
        check: bool = False,
        progress: Progress = no_progress,
        older: str | None = None,
    ) -> Fetched:
        """Have the file at ``dest``, a file or a folder to put it in; nothing is taken from an older one.

        What is there already is known by what was remembered; otherwise it is fetched and compared.
        Raises ``NameRefusedError``, ``RequestRefusedError``, ``ReleaseMissingError``, ``DistributionError`` for a
        name that two objects have, what the file is refused for, and ``LocalWriteError``.
        """
        check_file_name(name)
        if version != LATEST:
            raise refused(f"{name!r} has no version {version!r} to fetch")
        info = self._objects.find(name)
        path = target_path(dest, name)
        note = self._note(path)
        known = _read_note(note, info)
        if known is not None:
            size, digest = known
            kept = keep(Target(path, size, digest, MODE, None, None), check=check)
            if kept is not None:
                return Fetched(name, None, digest, size, path, kept.changed, 0)
        if check:
            return Fetched(name, None, None, None, path, True, 0)
        placed = place_stream(path, self._objects.opened(info), MODE, progress)
        if note is not None and info.etag is not None:
            _write_note(note, info, placed.size, placed.digest)
        size, digest = placed.size, placed.digest
        return Fetched(name, None, digest, size, path, placed.changed, size)

    def _note(self, path: str) -> str | None:
        if self._folder is None:
            return None
        subject = f"{self._place}\n{path}"
        name = hashlib.sha256(subject.encode()).hexdigest()[:32]
        return os.path.join(self._folder, f"{name}.fetched")


def _read_note(note: str | None, info: ObjectInfo) -> tuple[int, str] | None:
    """Size and digest of what was fetched from this object as it is now."""
    if note is None or info.etag is None:
        return None
    try:
        said = json.loads(read_private(note))
        if (said["key"], said["etag"]) == (info.key, info.etag):
            return int(said["size"]), str(said["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # it saves a download, no more
    return None


def _write_note(note: str, info: ObjectInfo, size: int, digest: str) -> None:
    said = {"key": info.key, "etag": info.etag, "size": size, "digest": digest}
    try:
        make_private(os.path.dirname(note))
        replace_file(note, said)
    except OSError as error:
        raise LocalWriteError(f"Could not write {note!r}: {error.strerror}.") from None
