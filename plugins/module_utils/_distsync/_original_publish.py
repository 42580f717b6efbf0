# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Publishes as the original distsync does: one file after the other, then daemons are let know."""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._bandwidth import Bandwidth
from .._drivers._base import Attributes, ObjectInfo, Store
from .._encryption._distsync01 import seal_distsync01
from .._encryption._distsync01_names import TOUCHED, encrypt_name, is_encrypted
from .._encryption._failures import EncryptionError, NameRefusedError
from .._encryption._names import check_file_name
from .._encryption._secret import SharedSecret
from .._encryption._signing import SigningKey
from .._errors import AccessDeniedError, StoreError
from .._hashes import Hashes
from .._workers import Workers
from ._local_file import LocalFile
from ._original import OriginalObjects, refused, sealed_size
from ._results import (
    Outcome,
    Progress,
    Pruned,
    Publication,
    Published,
    Seen,
    no_progress,
)

_CONTENT: t.Final = Attributes("application/distsync-encrypted")
_TOUCH: t.Final = Attributes("text/plain")


class OriginalPublisher:
    """Publishes in a store of the format distsync01; see ``Publishing``.

    With ``encrypt_names`` new objects have encrypted names; others are read and replaced as they are.
    """

    def __init__(
        self,
        store: Store,
        secret: SharedSecret,
        workers: Workers,
        *,
        encrypt_names: bool = True,
        bandwidth: Bandwidth | None = None,
    ) -> None:
        self._store = store
        self._secret = secret
        self._encrypt_names = encrypt_names
        self._objects = OriginalObjects(
            store, secret, workers, bandwidth or Bandwidth(None)
        )

    def look(self) -> Seen:
        """Every file, by name. Objects that are not of this store are left out."""
        return self._objects.look()

    def publish(
        self,
        publications: t.Sequence[Publication],
        *,
        force: bool = False,
        check: bool = False,
        progress: Progress = no_progress,
    ) -> Outcome:
        """Put files into the store. With ``force`` those too that are there already.

        Raises ``NameRefusedError`` and ``RequestRefusedError`` before anything is sent, ``SourceError``, and
        what the store raises.
        """
        outcome = Outcome(False, 0)
        with contextlib.ExitStack() as stack:
            files = {}
            for one in publications:
                _check(one)
                file = LocalFile(os.path.abspath(one.path))
                files[one.artifact] = stack.enter_context(file)
            there = self._objects.by_name()
            for name, file in files.items():
                infos = there.get(name, [])
                if not force and len(infos) == 1 and self._is_same(infos[0], file):
                    made = Published(name, None, file.digest(), file.size, False, False)
                    outcome.releases.append(made)
                    continue
                outcome.changed = True
                if check:
                    digest = file.digest()
                else:
                    digest = self._send(name, file, infos, progress, outcome)
                outcome.releases.append(
                    Published(name, None, digest, file.size, True, True)
                )
        if outcome.changed and not check:
            self._touch()
        return outcome

    def withdraw(
        self, name: str, version: str | None = None, *, check: bool = False
    ) -> Outcome:
        """Delete a file; hosts that have it keep it."""
        check_file_name(name)
        if version is not None:
            raise refused(f"{name!r} has no version {version!r} to withdraw")
        infos = self._objects.by_name().get(name, [])
        if infos and not check:
            failed = self._store.delete([info.key for info in infos])
            for key, reason in failed.items():
                raise StoreError(
                    f"delete object {key!r}", self._store.endpoint.place, reason
                )
            self._touch()
        return Outcome(bool(infos), 0)

    def roll_back(
        self, name: str, version: str | None = None, *, check: bool = False
    ) -> Outcome:
        raise refused(f"{name!r} cannot be rolled back to an older version")

    def renew(self) -> Outcome:
        raise refused("There is no feed to renew")

    def hand_over(self, new: SigningKey) -> Outcome:
        raise refused("There is no signing key to hand over")

    def prune(self, *, check: bool = False, unreadable: bool = False) -> Pruned:
        raise refused("There are no older releases to prune")

    def _send(
        self,
        name: str,
        file: LocalFile,
        infos: t.Sequence[ObjectInfo],
        progress: Progress,
        outcome: Outcome,
    ) -> str:
        """The SHA-256 of what was sent, hex."""
        key = infos[0].key if infos else self._objects.key(self._new_key(name))
        file.rewind()
        source = _Hashed(file)

        def body() -> t.Iterator[bytes]:
            for piece in seal_distsync01(source, self._secret, self._objects.workers):
                self._objects.bandwidth.take(len(piece))
                progress(len(piece))
                yield piece
            file.check()

        self._store.write(key, body(), _CONTENT, size=sealed_size(file.size))
        # The original uploads a name anew under another key: what is older is in the way.
        others = [info.key for info in infos if info.key != key]
        failed = self._store.delete(others) if others else {}
        for other, reason in failed.items():
            outcome.warnings.append(
                f"Could not delete object {other!r}, an older {name!r}: {reason}."
            )
        return source.hashes.digests().sha256

    def _new_key(self, name: str) -> str:
        return encrypt_name(self._secret, name) if self._encrypt_names else name

    def _touch(self) -> None:
        body = SharedSecret.generate().encode().encode()
        self._store.write(self._objects.key(TOUCHED), body, _TOUCH)

    def _is_same(self, info: ObjectInfo, file: LocalFile) -> bool:
        """Whether the object holds the file; not, where it may not be read."""
        if info.size != sealed_size(file.size):
            return False
        hashes = Hashes(md5=False)
        try:
            for data in self._objects.opened(info):
                hashes.update(data)
        except (AccessDeniedError, EncryptionError):
            return False
        return hashes.digests().sha256 == file.digest()


class _Hashed:
    """A file's bytes on their way."""

    def __init__(self, file: LocalFile) -> None:
        self.hashes = Hashes(md5=False)
        self._file = file

    def read(self, size: int, /) -> bytes:
        data = self._file.read(size)
        self.hashes.update(data)
        return data


def _check(one: Publication) -> None:
    name = check_file_name(one.artifact)
    if name == TOUCHED or is_encrypted(name):
        raise NameRefusedError(
            f"The name {name!r} is refused: distsync keeps such for its own use.",
            hint="Choose another name.",
        )
    asked = [
        what
        for what in ("version", "mode", "owner", "group", "expires")
        if getattr(one, what) is not None
    ]
    if asked:
        raise refused(f"{name!r} cannot be published with {asked[0]}")
