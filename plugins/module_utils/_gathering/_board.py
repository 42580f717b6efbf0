# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""The objects of a gathering: a head, and two for each member.

Below one folder lie:

``head``
    JSON: ``version`` (1), ``id`` of the gathering, ``count`` of its members, ``beat``: in how many seconds
    each of them is heard of. It is replaced by conditional writes alone.
``<id>/<index>``
    What a member says of itself (``Slot``).
``<id>/<index>.beat``
    What its member writes again and again, so that others see that it is alive.
``<id>/refusal``
    JSON: the ``count`` that a host was told which could not join for it.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, field

from .._drivers._base import Attributes, IfAbsent, IfMatch, Store
from .._errors import LongshoreError, ObjectMissingError
from ._member import Slot

#: Seconds from one sign of life of a member to the next, at most.
LONGEST_BEAT: t.Final = 2.0

_VERSION: t.Final = 1
_ID: t.Final = re.compile(r"[0-9a-f]{16}")
_JSON: t.Final = Attributes(content_type="application/json")
_HEAD: t.Final = "head"
_REFUSAL: t.Final = "refusal"


class DamagedGatheringError(LongshoreError):
    """An object of a gathering is not what it should be."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"The object {key!r}, by which hosts meet, cannot be understood.",
            hint="Delete it when no host is at work there, and run again.",
        )


@dataclass(frozen=True, slots=True)
class Head:
    """Which gathering there is."""

    id: str
    count: int
    beat: float
    etag: str | None = None

    def check(self) -> None:
        """Who reads it makes keys of the id, and waits for a beat. Raises ``TypeError`` and ``ValueError``."""
        if not (_ID.fullmatch(self.id) and 0 < self.beat <= LONGEST_BEAT):
            raise ValueError(self)
        if not (isinstance(self.count, int) and self.count > 0):
            raise ValueError(self)

    def encode(self) -> bytes:
        document = {"version": _VERSION, "id": self.id, "count": self.count}
        return json.dumps({**document, "beat": self.beat}).encode()


@dataclass(slots=True)
class Seen:
    """One look: each member's slot, a mark that changes while it lives, and the count of who could not join."""

    head: str | None = None
    slots: dict[int, Slot] = field(default_factory=dict)
    marks: dict[int, object] = field(default_factory=dict)
    refused: int | None = None


class Board:
    """The gathering's objects below ``folder``, a key of ``store`` that ends with a slash."""

    def __init__(self, store: Store, folder: str) -> None:
        self._store = store
        self._folder = folder
        #: What was read, by key, with the etag that the listing had of it.
        self._read: dict[str, tuple[str | None, Slot]] = {}

    def head(self) -> Head | None:
        """None when there is none. Raises ``DamagedGatheringError``."""
        key = self._folder + _HEAD
        try:
            opened = self._store.read(key)
        except ObjectMissingError:
            return None
        try:
            found = json.loads(b"".join(opened.chunks))
            if found["version"] != _VERSION:
                raise ValueError(found)
            head = Head(found["id"], found["count"], found["beat"], opened.info.etag)
            head.check()
            return head
        except (ValueError, TypeError, KeyError, RecursionError):
            raise DamagedGatheringError(key) from None

    def replace_head(self, new: Head, old: Head | None) -> None:
        """Raises ``ConditionFailedError`` when ``old`` is not there any more."""
        etag = old.etag if old is not None else None
        condition = IfAbsent() if etag is None else IfMatch(etag)
        key = self._folder + _HEAD
        self._store.write(key, new.encode(), _JSON, condition=condition)

    def show(self, gathering: str, index: int, slot: Slot, etag: str | None) -> str:
        """Replace a slot of this etag (None: there is none); the new one's.

        Raises ``ConditionFailedError`` when it is another's by now.
        """
        condition = IfAbsent() if etag is None else IfMatch(etag)
        key = self._key(gathering, index)
        info = self._store.write(key, slot.encode(), _JSON, condition=condition)
        self._read[key] = (info.etag, slot)
        return info.etag or ""

    def slot(self, gathering: str, index: int) -> tuple[Slot, str]:
        """A slot and its etag. Raises ``ObjectMissingError``."""
        opened = self._store.read(self._key(gathering, index))
        return self._decode(opened.info.key, opened.chunks), opened.info.etag or ""

    def beat(self, gathering: str, index: int, serial: int) -> None:
        key = f"{self._key(gathering, index)}.beat"
        self._store.write(key, str(serial).encode())

    def refuse(self, gathering: str, count: int) -> None:
        """Tell all members that some host was told another count."""
        data = json.dumps({"count": count}).encode()
        self._store.write(f"{self._folder}{gathering}/{_REFUSAL}", data, _JSON)

    def look(self, gathering: str) -> Seen:
        """One listing, and a request for each slot that is another than at the last look."""
        prefix = f"{self._folder}{gathering}/"
        etags = {i.key: i.etag for i in self._store.list(self._folder)}
        seen = Seen(head=etags.get(self._folder + _HEAD))
        for key, etag in etags.items():
            name = key[len(prefix) :] if key.startswith(prefix) else ""
            if name.isdecimal() and (slot := self._slot_of(key, etag)) is not None:
                seen.slots[int(name)] = slot
                seen.marks[int(name)] = (etag, etags.get(f"{key}.beat"))
            elif name == _REFUSAL:
                seen.refused = self._refused(key)
        return seen

    def clear(self, gathering: str) -> None:
        """Delete what other gatherings have left."""
        keep = (self._folder + _HEAD, f"{self._folder}{gathering}/")
        keys = [i.key for i in self._store.list(self._folder)]
        left = [key for key in keys if not key.startswith(keep)]
        if left:
            self._store.delete(left)

    def discard(self, gathering: str, index: int) -> None:
        """Delete a slot."""
        self._store.delete([self._key(gathering, index)])

    def _key(self, gathering: str, index: int) -> str:
        return f"{self._folder}{gathering}/{index}"

    def _slot_of(self, key: str, etag: str | None) -> Slot | None:
        known = self._read.get(key)
        if known is not None and known[0] == etag:
            return known[1]
        try:
            opened = self._store.read(key)
        except ObjectMissingError:  # deleted since it was listed
            return None
        slot = self._decode(key, opened.chunks)
        self._read[key] = (etag, slot)
        return slot

    def _decode(self, key: str, chunks: t.Iterable[bytes]) -> Slot:
        try:
            return Slot.decode(b"".join(chunks))
        except ValueError:
            raise DamagedGatheringError(key) from None

    def _refused(self, key: str) -> int:
        try:
            return int(json.loads(b"".join(self._store.read(key).chunks))["count"])
        except (ValueError, TypeError, KeyError, ObjectMissingError):
            raise DamagedGatheringError(key) from None
