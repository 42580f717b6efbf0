# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Stores of the original distsync (``Format = "distsync01"``): one encrypted file for each name, and no releases.

An upload replaces the file of its name and then touches ``.distsync``, which daemons watch. There are
no versions, signatures or modes; who has the secret and can write is believed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import typing as t
from dataclasses import dataclass, field

from .._drivers._base import Attributes, ObjectInfo, Store
from .._encryption._algorithms import TAG_SIZE
from .._encryption._distsync01 import (
    CHUNK_SIZE,
    HEADER,
    open_distsync01,
    seal_distsync01,
)
from .._encryption._distsync01_names import (
    TOUCHED,
    encrypt_name,
    is_encrypted,
    read_name,
)
from .._encryption._failures import EncryptionError, NameRefusedError
from .._encryption._names import check_file_name
from .._encryption._secret import SharedSecret
from .._errors import AccessDeniedError, LocalWriteError, ObjectMissingError, StoreError
from .._fields import did_you_mean
from .._sync._bandwidth import Bandwidth
from .._workers import Workers
from ._failures import DistributionError, ReleaseMissingError
from ._placing import Target, holds_content, place_stream, target_path
from ._publish import Publication
from ._sending import LocalFile, Progress
from ._trust import replace_file

#: What the original gives its files.
MODE: t.Final = 0o600

_CONTENT: t.Final = Attributes("application/distsync-encrypted")
_TOUCH: t.Final = Attributes("text/plain")
_BLOCK: t.Final = 16


class OriginalFile(t.NamedTuple):
    """A file in the store. ``sealed_size`` is the object's, in bytes."""

    name: str
    sealed_size: int


@dataclass(slots=True)
class OriginalOutcome:
    """The names of files that are other than before."""

    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class OriginalFetched(t.NamedTuple):
    """``digest``: SHA-256, hex; None in check mode, where it is not known."""

    path: str
    changed: bool
    digest: str | None


class OriginalStore:
    """Publishes and fetches as the original does. ``folder``: where it is remembered what was fetched.

    With ``encrypt_names`` new objects have encrypted names; others are read and replaced as they are.
    """

    def __init__(
        self,
        store: Store,
        secret: SharedSecret,
        workers: Workers,
        *,
        encrypt_names: bool = True,
        folder: str | None = None,
        bandwidth: Bandwidth | None = None,
    ) -> None:
        self._store = store
        self._secret = secret
        self._workers = workers
        self._encrypt_names = encrypt_names
        self._folder = folder
        self._bandwidth = bandwidth or Bandwidth(None)
        self._prefix = store.endpoint.prefix

    def touched(self) -> str | None:
        """What changes with every upload; None before the first. One small request."""
        try:
            return self._store.stat(self._prefix + TOUCHED).info.etag
        except ObjectMissingError:
            return None

    def listing(self) -> list[OriginalFile]:
        """Every file, by name. Objects that are not of this store are left out."""
        return [
            OriginalFile(name, info.size)
            for name, infos in sorted(self._objects().items())
            for info in infos
        ]

    # -- publishing

    def publish(
        self,
        publications: t.Sequence[Publication],
        *,
        check: bool = False,
        progress: Progress = lambda size: None,
    ) -> OriginalOutcome:
        """Put files into the store, one after the other, then let daemons know.

        Raises ``NameRefusedError`` before anything is sent, ``DistributionError`` for what this format has
        not, ``SourceError``, and what the store raises.
        """
        outcome = OriginalOutcome()
        with contextlib.ExitStack() as stack:
            files = {}
            for one in publications:
                _check(one)
                file = LocalFile(os.path.abspath(one.path))
                files[one.artifact] = stack.enter_context(file)
            there = self._objects()
            for name, file in files.items():
                infos = there.get(name, [])
                if len(infos) == 1 and self._is_same(infos[0], file):
                    outcome.unchanged.append(name)
                    continue
                outcome.changed.append(name)
                if not check:
                    self._send(name, file, infos, progress, outcome)
        if outcome.changed and not check:
            self._touch()
        return outcome

    def withdraw(self, name: str, *, check: bool = False) -> OriginalOutcome:
        """Delete a file; hosts that have it keep it."""
        check_file_name(name)
        infos = self._objects().get(name, [])
        if not infos:
            return OriginalOutcome(unchanged=[name])
        if not check:
            failed = self._store.delete([info.key for info in infos])
            for key, reason in failed.items():
                raise StoreError(
                    f"delete object {key!r}", self._store.endpoint.place, reason
                )
            self._touch()
        return OriginalOutcome(changed=[name])

    def _send(
        self,
        name: str,
        file: LocalFile,
        infos: t.Sequence[ObjectInfo],
        progress: Progress,
        outcome: OriginalOutcome,
    ) -> None:
        key = self._prefix + self._new_key(name)
        if infos:
            key = infos[0].key
        file.rewind()

        def body() -> t.Iterator[bytes]:
            for piece in seal_distsync01(file, self._secret, self._workers):
                self._bandwidth.take(len(piece))
                progress(len(piece))
                yield piece
            file.check()

        self._store.write(key, body(), _CONTENT, size=_sealed_size(file.size))
        # The original uploads a name anew under another key: what is older is in the way.
        others = [info.key for info in infos if info.key != key]
        failed = self._store.delete(others) if others else {}
        for other, reason in failed.items():
            outcome.warnings.append(
                f"Could not delete object {other!r}, an older {name!r}: {reason}."
            )

    def _new_key(self, name: str) -> str:
        return encrypt_name(self._secret, name) if self._encrypt_names else name

    def _touch(self) -> None:
        body = SharedSecret.generate().encode().encode()
        self._store.write(self._prefix + TOUCHED, body, _TOUCH)

    def _is_same(self, info: ObjectInfo, file: LocalFile) -> bool:
        """Whether the object holds the file; not, where it may not be read."""
        if info.size != _sealed_size(file.size):
            return False
        sha256 = hashlib.sha256()
        try:
            for data in self._opened(info):
                sha256.update(data)
        except (AccessDeniedError, EncryptionError):
            return False
        return sha256.hexdigest() == file.digest()

    # -- fetching

    def fetch(
        self,
        name: str,
        dest: str,
        *,
        mode: int = MODE,
        check: bool = False,
        progress: Progress = lambda size: None,
    ) -> OriginalFetched:
        """Have the file at ``dest``, a file or a folder to put it in.

        What is there already is known by what was remembered; otherwise it is fetched and compared.
        Raises ``NameRefusedError``, ``ReleaseMissingError``, ``DistributionError`` for a name that two
        objects have, what the file is refused for, and ``LocalWriteError``.
        """
        check_file_name(name)
        info = self._find(name)
        path = target_path(dest, name)
        note = self._note(path)
        known = _read_note(note, info)
        if known is not None:
            size, digest = known
            if holds_content(Target(path, size, digest, mode, None, None)):
                return OriginalFetched(path, False, digest)
        if check:
            return OriginalFetched(path, True, None)
        placed = place_stream(path, self._opened(info), mode, progress)
        if note is not None and info.etag is not None:
            _write_note(note, info, placed.size, placed.digest)
        return OriginalFetched(path, placed.changed, placed.digest)

    def _opened(self, info: ObjectInfo) -> t.Iterator[bytes]:
        label = f"object {info.key!r}"
        chunks = self._paced(self._store.read(info.key).chunks)
        return open_distsync01(chunks, self._secret, self._workers, label=label)

    def _paced(self, chunks: t.Iterable[bytes]) -> t.Iterator[bytes]:
        for chunk in chunks:
            self._bandwidth.take(len(chunk))
            yield chunk

    def _find(self, name: str) -> ObjectInfo:
        there = self._objects()
        infos = there.get(name, [])
        if not infos:
            close = did_you_mean(name, there)
            raise ReleaseMissingError(
                f"There is no file {name!r} in {self._store.endpoint.full_place}.",
                hint=close or "Publish it there first, or check the SharedSecret.",
            )
        if len(infos) > 1:
            raise DistributionError(
                f"{len(infos)} objects in {self._store.endpoint.full_place} are called {name!r}, and it is not known which is newest.",
                hint="The original left them. Publish it once more from here, which takes the older ones away.",
            )
        return infos[0]

    def _objects(self) -> dict[str, list[ObjectInfo]]:
        """By the names of their files; keys that are no names, or of another secret, are somebody else's."""
        found: dict[str, list[ObjectInfo]] = {}
        for info in self._store.list(self._prefix):
            key = info.key[len(self._prefix) :]
            try:
                name = read_name(self._secret, key)
            except (EncryptionError, NameRefusedError):
                continue
            found.setdefault(name, []).append(info)
        return found

    def _note(self, path: str) -> str | None:
        if self._folder is None:
            return None
        subject = f"{self._store.endpoint.full_place}\n{path}"
        name = hashlib.sha256(subject.encode()).hexdigest()[:32]
        return os.path.join(self._folder, f"{name}.fetched")


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
        raise DistributionError(
            f"{name!r} cannot be published with {asked[0]}: the format distsync01 has none.",
            hint='Leave it out, or set Format = "longshore".',
        )


def _sealed_size(size: int) -> int:
    """Of the file of so many bytes, as it is written here."""
    full, rest = divmod(size, CHUNK_SIZE)
    sealed = [CHUNK_SIZE] * full + ([rest] if rest else [])
    per_chunk = 4 + _BLOCK + TAG_SIZE
    body = sum(per_chunk + (one // _BLOCK + 1) * _BLOCK for one in sealed)
    return len(HEADER) + body + 4 + 32


def _read_note(note: str | None, info: ObjectInfo) -> tuple[int, str] | None:
    """Size and digest of what was fetched from this object as it is now."""
    if note is None or info.etag is None:
        return None
    try:
        with open(note, "rb") as file:
            said = json.loads(file.read())
        if (said["key"], said["etag"]) == (info.key, info.etag):
            return int(said["size"]), str(said["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # it saves a download, no more
    return None


def _write_note(note: str, info: ObjectInfo, size: int, digest: str) -> None:
    said = {"key": info.key, "etag": info.etag, "size": size, "digest": digest}
    try:
        os.makedirs(os.path.dirname(note), mode=0o700, exist_ok=True)
        replace_file(note, said)
    except OSError as error:
        raise LocalWriteError(f"Could not write {note!r}: {error.strerror}.") from None
