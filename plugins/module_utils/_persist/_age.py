# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Encryption for recipients in the format of age, by the library pyrage.

The library works on files and returns when all is done. So it runs in a thread of its own, and what it
writes is handed over in pieces.
"""

from __future__ import annotations

import queue
import threading
import typing as t

from .._encryption._pieces import Pieces
from .._errors import ConfigurationError, MissingLibraryError
from ._snapshot_failures import DamagedSnapshotError, KeyMissingError

#: Pieces that wait to be taken, and the least that one has, in bytes.
_WAITING: t.Final = 4
_PIECE: t.Final = 256 * 1024


def age_encrypt(
    stream: t.Iterable[bytes], recipients: t.Sequence[str]
) -> t.Iterator[bytes]:
    """One age file of the stream, for all the recipients.

    They are public keys: ``age1…``, or SSH's as they stand in an ``authorized_keys``. What the stream
    raises passes through. Raises ``ConfigurationError`` and ``MissingLibraryError``.
    """
    pyrage = _library()
    parsed = [_recipient(pyrage, text) for text in recipients]
    return _Pump(
        stream, lambda reader, writer: pyrage.encrypt_io(reader, writer, parsed)
    ).pieces()


def check_recipients(recipients: t.Sequence[str]) -> None:
    """Raises ``ConfigurationError`` and ``MissingLibraryError``."""
    pyrage = _library()
    for text in recipients:
        _recipient(pyrage, text)


def check_identities(identities: t.Sequence[str]) -> None:
    """Raises ``ConfigurationError`` and ``MissingLibraryError``."""
    pyrage = _library()
    for text in identities:
        _identity(pyrage, text)


def age_decrypt(
    stream: t.Iterable[bytes], identities: t.Sequence[str], label: str
) -> t.Iterator[bytes]:
    """The plaintext of an age file, each piece of it verified.

    ``identities`` are secret keys: ``AGE-SECRET-KEY-1…``, or the text of an SSH key's file. Raises
    ``ConfigurationError``, ``KeyMissingError`` when none of them opens it, and ``DamagedSnapshotError``.
    """
    pyrage = _library()
    parsed = [_identity(pyrage, text) for text in identities]

    def decrypt(reader: object, writer: object) -> None:
        try:
            pyrage.decrypt_io(reader, writer, parsed)
        except (pyrage.DecryptError, OSError) as error:
            if "No matching keys" in str(error):
                raise KeyMissingError(
                    f"None of the age identities opens {label}.",
                    hint="Give the secret key that belongs to one of its recipients.",
                ) from None
            raise DamagedSnapshotError(label, f"is damaged ({error})") from None

    return _Pump(stream, decrypt).pieces()


class _Abandoned(Exception):
    """Nobody takes what is written any more."""


class _End(t.NamedTuple):
    error: BaseException | None


class _Pump:
    """Runs ``work(reader, writer)`` in a thread: it reads from a stream, and what it writes comes out."""

    def __init__(
        self, stream: t.Iterable[bytes], work: t.Callable[[object, object], None]
    ) -> None:
        self._source = Pieces(stream)
        self._work = work
        self._queue: queue.Queue[bytes | _End] = queue.Queue(_WAITING)
        self._abandoned = threading.Event()
        self._held = bytearray()
        self._error: BaseException | None = None

    def pieces(self) -> t.Iterator[bytes]:
        thread = threading.Thread(target=self._run, name="longshore-age")
        thread.start()
        ended = False
        try:
            while not isinstance(item := self._queue.get(), _End):
                yield item
            ended = True
            if item.error is not None:
                raise item.error
        finally:
            self._abandoned.set()
            while not ended:
                ended = isinstance(self._queue.get(), _End)
            thread.join()

    def read(self, size: int = -1) -> bytes:
        """For the library. It words errors anew, so the one that counts is kept."""
        try:
            return bytes(self._source.read(size))
        except BaseException as error:
            self._error = error
            raise

    def write(self, data: bytes) -> int:
        """For the library."""
        self._held += data
        if len(self._held) >= _PIECE:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """For the library."""
        if self._abandoned.is_set():
            raise _Abandoned
        if self._held:
            self._queue.put(bytes(self._held))
            self._held.clear()

    def _run(self) -> None:
        error: BaseException | None = None
        try:
            self._work(self, self)
            self.flush()
        # raised again by the thread that takes the pieces
        except BaseException as caught:  # noqa: BLE001
            error = self._error or caught
        self._queue.put(_End(error))


def _library() -> t.Any:
    try:
        import pyrage
    except ImportError:
        raise MissingLibraryError(["pyrage"], "to encrypt with age") from None
    return pyrage


def _recipient(pyrage: t.Any, text: str) -> t.Any:
    text = text.strip()
    try:
        if text.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(text)
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError as error:
        raise ConfigurationError(
            f"{text[:80]!r} is not a recipient that age knows: {error}.",
            hint="A recipient is the public key that age-keygen prints (age1…), or an SSH public key.",
        ) from None


def _identity(pyrage: t.Any, text: str) -> t.Any:
    """Its text is in no message."""
    try:
        if text.lstrip().startswith("-----BEGIN"):
            return pyrage.ssh.Identity.from_buffer(text.encode())
        return pyrage.x25519.Identity.from_str(text.strip())
    except pyrage.IdentityError:
        raise ConfigurationError(
            "One of the age identities is not one.",
            hint="An identity is the line AGE-SECRET-KEY-1… that age-keygen wrote, or the text of an SSH "
            "private key without a passphrase.",
        ) from None
