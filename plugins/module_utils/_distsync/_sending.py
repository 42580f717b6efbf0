# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Seals a file into one object, in constant memory, and goes on where a killed run stopped.

What an upload in parts has at the server counts as far as it is what would be sent. So the same
file must give the same sealed bytes again: the header is kept in a local note, and nonces are not
drawn but computed from all of the file up to there, with a key of their own. Another content gives
other nonces, so none is ever used for two contents.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import fcntl
import hashlib
import io
import json
import os
import typing as t
from dataclasses import asdict, dataclass

from .._bandwidth import Bandwidth
from .._drivers._base import Buffer, Store
from .._encryption._algorithms import Algorithm
from .._encryption._envelope import Header, Sealer
from .._encryption._failures import EncryptionError
from .._encryption._primitives import HmacSha256
from .._encryption._secret import SharedSecret
from .._encryption._streams import seal_stream
from .._errors import LocalWriteError, StoreError
from .._workers import Workers
from ._failures import BusyError
from ._layout import artifact_context, new_id
from ._local_file import LocalFile
from ._private_files import make_private
from ._repository import SEALED
from ._results import Progress
from ._swarm._pieces import PieceHasher

_VERSION: t.Final = 1


@dataclass(frozen=True, slots=True)
class _Begun:
    """What must be the same for an upload to go on: ids of the object and its announcement, and the header."""

    artifact: str
    announcement: str
    header: str


class Sending:
    """The upload of one file, taken up where a killed run left it. Locked against a second run of it.

    ``chunk_size``: of the envelope, in bytes. ``folder`` is where notes are kept (None: nothing can be gone on with); ``subject`` what is published
    and where to. Raises ``BusyError`` while another process publishes the same.
    """

    def __init__(
        self,
        file: LocalFile,
        secret: SharedSecret,
        algorithm: Algorithm,
        chunk_size: int,
        folder: str | None,
        subject: str,
    ) -> None:
        self._file = file
        self._secret = secret
        self._note: _Note | None = None
        begun = None
        if folder is not None:
            identity = [subject, algorithm.name, chunk_size, file.path, *file.identity]
            text = "\n".join(map(str, identity))
            name = hashlib.sha256(text.encode()).hexdigest()[:32]
            self._note = _Note(os.path.join(folder, f"{name}.sending"), file.path)
            begun = self._note.read()
        sealer = self._resumed(begun, algorithm) if begun is not None else None
        self._is_resumed = sealer is not None
        if begun is None or sealer is None:
            begun = _Begun(new_id(), new_id(), "")
            context = artifact_context(begun.artifact)
            sealer = Sealer(secret, context, algorithm, chunk_size=chunk_size)
            header = base64.b64encode(sealer.header.encode()).decode()
            begun = _Begun(begun.artifact, begun.announcement, header)
            if self._note is not None:
                self._note.write(begun)
        self.artifact = begun.artifact
        self.announcement = begun.announcement
        self._header = sealer.header
        self.sealed_size = sealer.layout.sealed_size(file.size)

    def close(self) -> None:
        """Let others publish the same."""
        if self._note is not None:
            self._note.close()

    def forget(self) -> None:
        """It is done, or never will be."""
        if self._note is not None:
            self._note.remove()

    def _resumed(self, begun: _Begun, algorithm: Algorithm) -> Sealer | None:
        """None for a note that is not of this secret or damaged."""
        try:
            header = base64.b64decode(begun.header, validate=True)
            context = artifact_context(begun.artifact)
            return Sealer(self._secret, context, algorithm, resume=header)
        except (EncryptionError, binascii.Error):
            return None

    def send(
        self,
        store: Store,
        key: str,
        workers: Workers,
        bandwidth: Bandwidth,
        progress: Progress,
        hasher: PieceHasher | None = None,
    ) -> str:
        """Store the object; the digest of what was read, hex. What the file or the store raises passes through.

        ``hasher`` is given all of the object.

        Memory: that of ``seal_stream`` and of the store's ``write``.
        """
        self._file.rewind()
        source = _Passing(self._file, bandwidth, progress)
        nonces = _Nonces(self._secret, self._header, source)
        sealer = Sealer(
            self._secret,
            artifact_context(self.artifact),
            self._header.algorithm,
            resume=self._header.encode(),
            random=nonces,
        )

        def body() -> t.Iterator[Buffer]:
            for piece in seal_stream(source, sealer, workers):
                if hasher is not None:
                    hasher.update(piece)
                yield piece
            self._file.check()

        if self._is_resumed and self._is_there(store, key):
            for _unused in body():
                pass
            return source.sha256.hexdigest()
        stored = store.write(key, body(), SEALED, size=self.sealed_size)
        if stored.size != self.sealed_size:
            raise StoreError(
                f"write object {key!r}",
                store.endpoint.place,
                f"{self.sealed_size:,} bytes were sent and {stored.size:,} are stored",
            )
        return source.sha256.hexdigest()

    def _is_there(self, store: Store, key: str) -> bool:
        """Whether all of it was sent, and only the rest was not done; who publishes may not read it."""
        return any(
            info.key == key and info.size == self.sealed_size
            for info in store.list(key)
        )


class _Passing:
    """A file's bytes on their way: hashed, counted, and no faster than they may be."""

    def __init__(
        self,
        file: LocalFile,
        bandwidth: Bandwidth,
        progress: Progress,
    ) -> None:
        self.sha256 = hashlib.sha256()
        self._file = file
        self._bandwidth = bandwidth
        self._progress = progress

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self._bandwidth.take(len(data))
        self.sha256.update(data)
        self._progress(len(data))
        return data


class _Nonces:
    """Nonces for batch after batch, out of all the plaintext up to the one that is to be sealed.

    HMAC-SHA256 with a key for this envelope, over how many calls there were, the SHA-256 of what was read,
    and the number of the block. Equal ones take equal plaintext in an equal place.
    """

    def __init__(self, secret: SharedSecret, header: Header, source: _Passing) -> None:
        self._key = secret.derive("envelope nonces", header.salt)
        self._source = source
        self._calls = 0

    def __call__(self, size: int) -> bytes:
        seen = self._source.sha256.digest() + self._calls.to_bytes(8, "big")
        self._calls += 1
        blocks = (
            HmacSha256(self._key).update(seen, number.to_bytes(4, "big")).digest()
            for number in range(-(-size // 32))
        )
        return b"".join(blocks)[:size]


class _Note:
    """A small local file, locked while its writer lives."""

    def __init__(self, path: str, subject: str) -> None:
        self._path = path
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            make_private(os.path.dirname(path))
            while True:
                self._file = io.FileIO(os.open(path, flags, 0o600), "r+b")
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if os.fstat(self._file.fileno()).st_nlink:
                    return
                self._file.close()  # removed before it was locked
        except BlockingIOError:
            self._file.close()
            raise BusyError(
                f"{subject!r} is being published by another process.",
                hint="Let that one end.",
            ) from None
        except OSError as error:
            raise LocalWriteError(
                f"Could not write {path!r}: {error.strerror}."
            ) from None

    def read(self) -> _Begun | None:
        """None if there is none that can be used."""
        try:
            document = json.loads(self._file.readall() or b"")
            if document.pop("version") != _VERSION:
                return None
            return _Begun(**{name: str(value) for name, value in document.items()})
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self, begun: _Begun) -> None:
        data = json.dumps({"version": _VERSION, **asdict(begun)}).encode()
        try:
            self._file.seek(0)
            self._file.truncate()
            self._file.write(data)
        except OSError as error:
            raise LocalWriteError(
                f"Could not write {self._path!r}: {error.strerror}."
            ) from None

    def remove(self) -> None:
        with contextlib.suppress(OSError):
            os.unlink(self._path)

    def close(self) -> None:
        self._file.close()
