# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a host remembers of a channel, so that nobody can show it an older one.

A small file for each channel, written whole or not at all: the key that was configured, the one that
it was handed over to, and number and digest of the last feed that was accepted. Nothing of it is
secret. Another configured key begins anew: that is how one gets over a stolen key with which
feeds of very high numbers were made.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import typing as t
from dataclasses import asdict, dataclass

from .._encryption._failures import SecretError
from .._encryption._signing import PublicKey
from .._errors import LocalWriteError, SourceError
from ._failures import RolledBackError

_VERSION: t.Final = 1


@dataclass(frozen=True, slots=True)
class Remembered:
    """Keys as text. ``digest``: SHA-256 of the feed's bytes as stored, hex."""

    pinned: str
    key: str
    sequence: int
    digest: str


class Trust:
    """Which key's feed is to be believed in one channel, and from which number on.

    ``folder`` is made if it is missing; None: nothing is remembered. ``place`` tells the bucket from all
    others. May be used by several processes at once.
    """

    def __init__(
        self, pinned: PublicKey, folder: str | None, place: str, channel: str
    ) -> None:
        self._pinned = pinned
        self._channel = channel
        self.path: str | None = None
        if folder is not None:
            subject = hashlib.sha256(f"{place}\n{channel}".encode()).hexdigest()[:32]
            self.path = os.path.join(folder, f"{subject}.feed")

    @property
    def key(self) -> PublicKey:
        """The key to trust: the configured one, or its last successor. Raises ``SourceError``."""
        remembered = self.remembered()
        if remembered is None:
            return self._pinned
        try:
            return PublicKey.decode(remembered.key)
        except SecretError:
            raise self._damaged() from None

    def remembered(self) -> Remembered | None:
        """None at first, and when another key was configured since. Raises ``SourceError``."""
        if self.path is None:
            return None
        try:
            with open(self.path, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SourceError(
                f"Could not read {self.path!r}: {error.strerror}."
            ) from None
        try:
            document = json.loads(data)
            if document.pop("version") != _VERSION:
                raise ValueError
            remembered = Remembered(**document)
            if not isinstance(remembered.sequence, int):
                raise ValueError
        except (ValueError, TypeError, KeyError, AttributeError):
            raise self._damaged() from None
        return remembered if remembered.pinned == self._pinned.encode() else None

    def check(self, sequence: int, digest: str) -> None:
        """Raises ``RolledBackError`` for a feed that is older than the last one, or another of its number."""
        last = self.remembered()
        if last is None or sequence > last.sequence:
            return
        feed = f"The feed of channel {self._channel!r}"
        hint = (
            "Nothing of it is used. Somebody who can write the bucket put an old feed back, or restored "
            "the bucket from a copy: publish again until the number is above, and find out who."
        )
        if sequence < last.sequence:
            raise RolledBackError(
                f"{feed} has the number {sequence}, and number {last.sequence} was here already.",
                hint=hint,
            )
        if digest != last.digest:
            raise RolledBackError(
                f"{feed} is another one than before, with the same number {sequence}.",
                hint=hint,
            )

    def accept(self, key: PublicKey, sequence: int, digest: str) -> None:
        """Remember it from now on. Raises as ``check``, and ``LocalWriteError``."""
        if self.path is None:
            return
        with self._explained(self.path), self._locked(self.path):
            self.check(sequence, digest)
            now = Remembered(
                self._pinned.encode(), key.encode(), sequence, digest.lower()
            )
            if now != self.remembered():
                replace_file(self.path, {"version": _VERSION, **asdict(now)})

    @contextlib.contextmanager
    def _locked(self, path: str) -> t.Iterator[None]:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(f"{path}.lock", flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _explained(self, path: str) -> t.Iterator[None]:
        try:
            yield
        except OSError as error:
            raise LocalWriteError(
                f"Could not remember the feed in {path!r}: {error.strerror}.",
                hint="Without that an old feed could be put in its place unseen: make room, or give this user the folder.",
            ) from None

    def _damaged(self) -> SourceError:
        return SourceError(
            f"{self.path!r} is damaged, so it is not known which feed was the last one here.",
            hint="Remove it, if the bucket's feed is to be believed whatever its number.",
        )


def replace_file(path: str, document: t.Mapping[str, object]) -> None:
    """Write the file whole or not at all, and to the disk."""
    incoming = f"{path}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    with open(os.open(incoming, flags, 0o600), "wb") as file:
        file.write(json.dumps(document).encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(incoming, path)
    _sync_folder(os.path.dirname(path))


def _sync_folder(folder: str) -> None:
    """Bring the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
