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
from ._private_files import check_private, make_private, read_private, replace_file

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

    ``configured``: the key that was configured, and before it those in whose place it came with the
    knowledge of who configures: what was remembered with them counts. ``folder`` is made if it is missing;
    None: nothing is remembered. ``place`` tells the feed from all others. May be used by several
    processes at once.
    """

    def __init__(
        self,
        configured: t.Sequence[PublicKey],
        folder: str | None,
        place: str,
        channel: str,
    ) -> None:
        self._configured = tuple(configured)
        self._channel = channel
        self.path: str | None = None
        if folder is not None:
            subject = hashlib.sha256(place.encode()).hexdigest()[:32]
            self.path = os.path.join(folder, f"{subject}.feed")

    @property
    def keys(self) -> tuple[PublicKey, ...]:
        """The keys to trust: the configured one, and those before it down to the one that was last believed.

        Where the configured one was handed over to another since, that one. Raises ``SourceError``.
        """
        remembered = self.remembered()
        if remembered is None:
            return self._configured
        try:
            key = PublicKey.decode(remembered.key)
        except SecretError:
            raise self._damaged() from None
        if key not in self._configured:
            return (key,)
        return self._configured[self._configured.index(key) :]

    def remembered(self) -> Remembered | None:
        """None at first, and when another key was configured since. Raises ``SourceError``."""
        if self.path is None:
            return None
        try:
            check_private(os.path.dirname(self.path))
            data = read_private(self.path)
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
        known = {key.encode() for key in self._configured}
        return remembered if remembered.pinned in known else None

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
            pinned = self._configured[-1].encode()
            now = Remembered(pinned, key.encode(), sequence, digest.lower())
            if now != self.remembered():
                replace_file(self.path, {"version": _VERSION, **asdict(now)})

    @contextlib.contextmanager
    def _locked(self, path: str) -> t.Iterator[None]:
        make_private(os.path.dirname(path))
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
