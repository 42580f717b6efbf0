# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What is kept of releases, and its bytes.

Below ``.longshore/releases/`` of the destination's prefix lie:

``index``
    JSON: ``version`` (1), ``serial`` (one more with every commit), ``live`` (the name of the release that was
    published or rolled back to last, else null), ``rolled_back`` (whether it was the latter), ``pending`` (the name
    of a release that has been begun to be published since, else null), ``releases`` (newest first: ``name``,
    ``published``, ``objects``, ``bytes``, ``list``).
``lists/<SHA-256 of the lines>.<serial>``
    zlib over JSON lines: a list of attributes, then ``[name, content, size, digest, source_etag, stored_size,
    treatment, attributes]`` for each object, sorted by name; the last is a place in that list, from 0.
``contents/<id>.<serial>``
    A stored object, with its attributes but without settings such as an ACL, which the lists have.

The serial in a name is that of the commit which it was made for. So no name is given a second time once a
commit has left it out, and what no release refers to may be deleted at any time after that.
"""

from __future__ import annotations

import json
import re
import typing as t
from dataclasses import dataclass, fields

from .._drivers._base import Attributes
from .._errors import ConfigurationError, LongshoreError
from .._manifest._format import RESERVED
from .._manifest._objects import pack, read_document, unpack

RELEASES: t.Final = f"{RESERVED}releases/"
INDEX: t.Final = f"{RELEASES}index"
LISTS: t.Final = f"{RELEASES}lists/"
CONTENTS: t.Final = f"{RELEASES}contents/"

VERSION: t.Final = 1

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,99}")
_OURS = re.compile(r"[0-9a-f]{64}\.[0-9]{1,15}")
_ATTRIBUTES = tuple(field.name for field in fields(Attributes))
_ROW = (str, str, int, str, str, int, str, int)
#: How many names an error shows.
_SHOWN = 5


class ReleaseError(LongshoreError):
    """What is kept of releases is damaged, or from a newer version."""


class Release(t.NamedTuple):
    """One published state: ``published`` in seconds since the epoch, ``bytes`` as its ``objects`` are stored.

    ``list`` is the name of what lists them. ``live``: nothing else was published as a release since.
    """

    name: str
    published: int
    objects: int
    bytes: int
    list: str
    live: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """The releases that are kept, newest first; ``rolled_back``: the live one was returned to.

    ``pending`` is the one that a run has begun to publish since, and not come to the end with.
    """

    serial: int = 0
    releases: tuple[Release, ...] = ()
    rolled_back: bool = False
    pending: str | None = None

    @property
    def live(self) -> Release | None:
        """The release that the destination was last made to hold."""
        return next((one for one in self.releases if one.live), None)

    def find(self, name: str) -> Release | None:
        """The release of that name."""
        return next((one for one in self.releases if one.name == name), None)

    def names(self) -> str:
        """The newest few, for an error."""
        if not self.releases:
            return "No release is kept there."
        shown = ", ".join(one.name for one in self.releases[:_SHOWN])
        rest = len(self.releases) - _SHOWN
        return f"There are {shown}{f' and {rest} older' if rest > 0 else ''}."


class Kept(t.NamedTuple):
    """One object of a release: where its content is, what a manifest entry says of it, and all of its attributes."""

    content: str
    size: int
    digest: str
    source_etag: str
    stored_size: int
    treatment: str
    attributes: Attributes


#: The objects of a release by name.
ReleaseList = t.Mapping[str, Kept]


def check_name(name: str) -> str:
    """A release's name. Raises ``ConfigurationError`` for what is none."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name[:120]!r} is no name of a release.",
            hint="One has 1 to 100 letters, digits and . _ - +, and begins with a letter or digit.",
        )
    return name


def encode_index(index: Index) -> bytes:
    """The index's bytes."""
    told = [one for one in Release._fields if one != "live"]
    document = {
        "version": VERSION,
        "serial": index.serial,
        "live": index.live.name if index.live else None,
        "rolled_back": index.rolled_back,
        "pending": index.pending,
        "releases": [{f: getattr(one, f) for f in told} for one in index.releases],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def decode_index(data: bytes) -> Index:
    """The index. Raises ``ReleaseError``."""
    try:
        document = read_document(data, VERSION, "index of releases", ReleaseError)
    except ValueError as exc:
        raise _damaged(f"its index {exc}") from None
    try:
        live, pending = document["live"], document["pending"]
        return Index(
            int(document["serial"]),
            tuple(_release(one, live) for one in document["releases"]),
            bool(document["rolled_back"]),
            None if pending is None else str(pending),
        )
    except (ValueError, TypeError, KeyError, OverflowError):
        raise _damaged("its index does not list releases") from None


def _release(written: t.Mapping[str, t.Any], live: str | None) -> Release:
    name, found = str(written["name"]), str(written["list"])
    if not (_NAME.fullmatch(name) and is_ours(found)):
        raise ValueError(f"{written!r} is not a release")
    published, objects, size = (
        int(written[f]) for f in ("published", "objects", "bytes")
    )
    return Release(name, published, objects, size, found, name == live)


def encode_list(objects: ReleaseList) -> tuple[str, bytes]:
    """The SHA-256 of a list, and its bytes."""
    table: dict[str, int] = {}
    rows = []
    for name in sorted(objects):
        *row, attributes = objects[name]
        place = table.setdefault(_line(attributes_set(attributes)), len(table))
        rows.append(_line([name, *row, place]))
    return pack("\n".join([f"[{','.join(table)}]", *rows]).encode())


def attributes_set(attributes: Attributes) -> dict[str, t.Any]:
    """Those that are set, by their names."""
    found = {name: getattr(attributes, name) for name in _ATTRIBUTES}
    found["metadata"] = dict(attributes.metadata) or None
    return {name: value for name, value in found.items() if value is not None}


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def decode_list(name: str, data: bytes) -> ReleaseList:
    """The list of that name, as an index has it. Raises ``ReleaseError``."""
    try:
        lines = unpack(name.partition(".")[0], data)
    except ValueError as exc:
        raise _damaged(f"list {name} {exc}") from None
    try:
        written, *rows = json.loads(b"[" + lines.replace(b"\n", b",") + b"]")
        table = [_attributes(one) for one in written]
        return dict(_kept(row, table) for row in rows)
    except (ValueError, TypeError, AttributeError, IndexError, RecursionError):
        raise _damaged(f"list {name} has a line that is no object") from None


def _attributes(written: t.Mapping[str, t.Any]) -> Attributes:
    for name, value in written.items():
        texts = value.values() if name == "metadata" else [value]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError(f"{name} cannot be {value!r}")
    return Attributes(**written)


def _kept(row: t.Sequence[t.Any], table: t.Sequence[Attributes]) -> tuple[str, Kept]:
    if tuple(map(type, row)) != _ROW or not is_ours(row[1]):
        raise ValueError(f"{row!r} is not an object")
    return row[0], Kept._make([*row[1:7], table[row[7]]])


def is_ours(name: str) -> bool:
    """Whether a list or a content may be called so."""
    return _OURS.fullmatch(name) is not None


def _damaged(what: str) -> ReleaseError:
    return ReleaseError(
        f"What is kept of the destination's releases is damaged: {what}.",
        hint=f"Without {RELEASES} in the destination none is kept, and the next ones are kept anew.",
    )
