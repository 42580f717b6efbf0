# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What uploads in parts leave on this host while they run, so that a killed one can be taken up.

An unfinished upload is invisible in its container, and is paid for. For each there is a small file
here, locked while its writer lives: one that is not locked is a dead writer's. It holds what it takes
to go on with the upload, or to remove its parts; no credentials.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import io
import json
import os
import secrets
import threading
import typing as t
from dataclasses import asdict, dataclass

from ._locked_file import create_locked

_VERSION: t.Final = 1


@dataclass(frozen=True, slots=True)
class Shape:
    """What two uploads have in common if one can go on with the other's parts.

    ``size`` and ``part`` are bytes, ``headers`` a digest of what is kept beside the object.
    """

    size: int
    part: int
    headers: str


class KeptUpload:
    """The file of one upload; it is locked as long as this lives, or until it is forgotten."""

    def __init__(
        self, path: str, file: io.FileIO, key: str, upload: str, shape: Shape | None
    ) -> None:
        self.key = key
        self.upload = upload
        self.shape = shape
        self._path = path
        self._file = file

    def forget(self) -> None:
        """The server has no such unfinished upload any more."""
        with contextlib.suppress(OSError):
            os.unlink(self._path)
        self.let_go()

    def let_go(self) -> None:
        """Leave it for a later run."""
        self._file.close()


class KeptUploads:
    """The uploads that runs on this host began in one container, in files of a folder.

    What dead writers left there when this is made is taken over, and can be had once, by ``take``
    or ``rest``. Files that cannot be written or read are done without.
    """

    def __init__(self, folder: str, place: str) -> None:
        """``place`` tells the container from all others, of other servers too."""
        self._folder = os.path.join(folder, "uploads")
        self._prefix = hashlib.sha256(place.encode()).hexdigest()[:32] + "."
        self._lock = threading.Lock()
        self._left: dict[str, list[KeptUpload]] = {}
        for kept in self._abandoned():
            self._left.setdefault(kept.key, []).append(kept)

    def take(self, key: str) -> list[KeptUpload]:
        """What dead writers of this object left."""
        with self._lock:
            return self._left.pop(key, [])

    def rest(self) -> list[KeptUpload]:
        """What nobody took."""
        with self._lock:
            rest = [kept for left in self._left.values() for kept in left]
            self._left.clear()
        return rest

    def close(self) -> None:
        """Leave what nobody took for a later run."""
        for kept in self.rest():
            kept.let_go()

    def note(self, key: str, upload: str, shape: Shape | None) -> KeptUpload | None:
        """Keep an upload that has just begun; ``shape`` None: no other can go on with it."""
        path = os.path.join(self._folder, self._prefix + secrets.token_hex(8))
        what = {
            "version": _VERSION,
            "key": key,
            "upload": upload,
            "shape": asdict(shape) if shape is not None else None,
        }
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            file = create_locked(path, 0o600)
        except OSError:
            return None
        try:
            file.write(json.dumps(what).encode())
        except OSError:
            os.unlink(path)
            file.close()
            return None
        return KeptUpload(path, file, key, upload, shape)

    def _abandoned(self) -> t.Iterator[KeptUpload]:
        try:
            names = sorted(os.listdir(self._folder))
        except OSError:
            return
        for name in names:
            if name.startswith(self._prefix):
                kept = _take_over(os.path.join(self._folder, name))
                if kept is not None:
                    yield kept


def _take_over(path: str) -> KeptUpload | None:
    """The upload of a dead writer; None for one whose writer lives. A damaged file is removed."""
    try:
        file = io.FileIO(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW))
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        data = file.readall() if os.fstat(file.fileno()).st_nlink else None
    except OSError:
        data = None
    if data is None:
        file.close()
        return None
    try:
        what = json.loads(data)
        if what["version"] != _VERSION:
            raise ValueError
        shape = Shape(**what["shape"]) if what["shape"] is not None else None
        return KeptUpload(path, file, str(what["key"]), str(what["upload"]), shape)
    except (ValueError, KeyError, TypeError):
        with contextlib.suppress(OSError):
            os.unlink(path)
        file.close()
        return None
