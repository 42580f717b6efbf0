# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is in a store of the original distsync (``Format = "distsync01"``): one encrypted file for each name.

An upload replaces the file of its name and then touches ``.distsync``, which daemons watch. There are
no versions, signatures or modes; who has the secret and can write is believed.
"""

from __future__ import annotations

import typing as t

from .._bandwidth import Bandwidth
from .._drivers._base import ObjectInfo, Store
from .._encryption._algorithms import TAG_SIZE
from .._encryption._distsync01 import CHUNK_SIZE, HEADER, open_distsync01
from .._encryption._distsync01_names import TOUCHED, read_name
from .._encryption._failures import EncryptionError, NameRefusedError
from .._encryption._secret import SharedSecret
from .._errors import ObjectMissingError
from .._fields import did_you_mean
from .._workers import Workers
from ._failures import DistributionError, ReleaseMissingError, RequestRefusedError
from ._results import Listed, Seen

_BLOCK: t.Final = 16


class OriginalObjects:
    """The files of a store, by their names."""

    def __init__(
        self,
        store: Store,
        secret: SharedSecret,
        workers: Workers,
        bandwidth: Bandwidth,
    ) -> None:
        self.store = store
        self.secret = secret
        self.workers = workers
        self.bandwidth = bandwidth

    def key(self, name: str) -> str:
        """The full key of an object's own."""
        return self.store.endpoint.prefix + name

    def touched(self) -> str | None:
        """What changes with every upload; None before the first. One small request."""
        try:
            return self.store.stat(self.key(TOUCHED)).info.etag
        except ObjectMissingError:
            return None

    def look(self) -> Seen:
        """Every file, by name. Objects that are not of this store are left out."""
        touched = (
            self.touched()
        )  # first: what is put there meanwhile is news the next time
        releases = tuple(
            Listed(name, None, True, None, info.size, None, None, None)
            for name, infos in sorted(self.by_name().items())
            for info in infos
        )
        return Seen(releases, 0, None, touched, ())

    def by_name(self) -> dict[str, list[ObjectInfo]]:
        """Keys that are no names, or of another secret, are somebody else's."""
        found: dict[str, list[ObjectInfo]] = {}
        for info in self.store.list(self.key("")):
            try:
                name = read_name(self.secret, info.key.removeprefix(self.key("")))
            except (EncryptionError, NameRefusedError):
                continue
            found.setdefault(name, []).append(info)
        return found

    def find(self, name: str) -> ObjectInfo:
        """The newest object of a name.

        Raises ``ReleaseMissingError``, and ``DistributionError`` where it is not known which is newest.
        """
        there = self.by_name()
        infos = there.get(name, [])
        if not infos:
            close = did_you_mean(name, there)
            raise ReleaseMissingError(
                f"There is no file {name!r} in {self.store.endpoint.full_place}.",
                hint=close or "Publish it there first, or check the SharedSecret.",
            )
        return infos[0] if len(infos) == 1 else self._newest(name, infos)

    def _newest(self, name: str, infos: t.Sequence[ObjectInfo]) -> ObjectInfo:
        """The original left older ones where it could not delete them."""
        times = [self.store.stat(info.key).modified for info in infos]
        known = [one for one in times if one is not None]
        if len(known) < len(times) or known.count(max(known)) > 1:
            raise DistributionError(
                f"{len(infos)} objects in {self.store.endpoint.full_place} are called {name!r}, and it is not known which is newest.",
                hint="The original left them. Publish it once more from here, which takes the older ones away.",
            )
        return infos[times.index(max(known))]

    def opened(self, info: ObjectInfo) -> t.Iterator[bytes]:
        """The plaintext of an object; whole when it has ended without an error."""
        chunks = self._paced(self.store.read(info.key).chunks)
        label = f"object {info.key!r}"
        return open_distsync01(chunks, self.secret, self.workers, label=label)

    def _paced(self, chunks: t.Iterable[bytes]) -> t.Iterator[bytes]:
        for chunk in chunks:
            self.bandwidth.take(len(chunk))
            yield chunk


def sealed_size(size: int) -> int:
    """Of the file of so many bytes, as it is written here."""
    full, rest = divmod(size, CHUNK_SIZE)
    sealed = [CHUNK_SIZE] * full + ([rest] if rest else [])
    per_chunk = 4 + _BLOCK + TAG_SIZE
    body = sum(per_chunk + (one // _BLOCK + 1) * _BLOCK for one in sealed)
    return len(HEADER) + body + 4 + 32


def refused(what: str) -> RequestRefusedError:
    """``what``, a sentence without its full stop, is nothing that this format has."""
    return RequestRefusedError(
        f"{what}: the format distsync01 has none.",
        hint='Leave it out, or set Format = "longshore".',
    )
