# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A snapshot's record: what was saved, when, and what is stored of it. See docs/volumes.md.

It is written last, so that what has a record is whole.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import secrets
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ._snapshot_failures import DamagedSnapshotError

FORMAT: t.Final = "longshore.storage snapshot"
VERSION: t.Final = 1

#: Below the endpoint's prefix.
SNAPSHOTS: t.Final = "snapshots/"
#: The record of a snapshot, in the snapshot's folder.
RECORD: t.Final = "snapshot.json"

_ID: t.Final = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}")
_ID_TIME: t.Final = "%Y%m%dT%H%M%S.%fZ"

#: So many of the problems are kept, and so many characters of each.
_MOST_PROBLEMS: t.Final = 100
_LONGEST_PROBLEM: t.Final = 500


@dataclass(frozen=True, slots=True)
class Series:
    """The snapshots of one path of one host."""

    host: str
    path: str

    def folder(self, prefix: str) -> str:
        """Where they lie, with the endpoint's prefix; ends with ``/``.

        Readable, of characters that every store keeps, and of its own for each path of each host.
        """
        both = f"{self.host}\0{self.path}".encode(errors="surrogateescape")
        digest = hashlib.sha256(both).hexdigest()[:8]
        host = _plain(self.host) or "host"
        return f"{prefix}{SNAPSHOTS}{host}/{_plain(self.path) or 'root'}-{digest}/"

    def __str__(self) -> str:
        return f"{self.path!r} of {self.host}"


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", text)[:40].strip("-")


def new_id(now: datetime, after: str | None = None) -> str:
    """An id for a snapshot of this moment. It sorts after ``after``, whatever the clock says."""
    if after is not None:
        now = max(now, time_of(after) + timedelta(microseconds=1))
    return f"{now.astimezone(UTC).strftime(_ID_TIME)}-{secrets.token_hex(4)}"


def is_id(text: str) -> bool:
    """Whether it can be the id of a snapshot."""
    if not _ID.fullmatch(text):
        return False
    try:
        time_of(text)
    except ValueError:
        return False
    return True


def time_of(snapshot_id: str) -> datetime:
    """When the snapshot of this id was begun, UTC."""
    return datetime.strptime(snapshot_id[:23], _ID_TIME).replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a tree has, as it was read: counts by kind (``files`` …), bytes, and what went wrong.

    ``problems`` are the first of so many. ``fingerprint``: the tree's, where it was not known before.
    """

    counts: t.Mapping[str, int] = field(default_factory=dict)
    size: int = 0
    problem_count: int = 0
    problems: t.Sequence[str] = ()
    fingerprint: str = ""


class Part(t.NamedTuple):
    """One of the objects of a snapshot: its name in the snapshot's folder, bytes, SHA-256 (hex)."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A record. Sizes are in bytes.

    ``tar_sha256`` is that of the tar stream; there is none where it is encrypted, since it would tell
    those who can guess what was saved. ``readers`` are the age recipients, or an id of the secret.
    ``stored_size`` is what this snapshot added to the store. ``packs`` are, in the format ``chunks``, the numbers of
    the packs that it needs, by the id of the snapshot that wrote them. ``verified``: the store was seen to have
    what was sent.
    """

    id: str
    host: str
    path: str
    fingerprint: str
    counts: t.Mapping[str, int]
    size: int
    problem_count: int
    problems: tuple[str, ...]
    format: str
    tar_size: int
    tar_sha256: str | None
    compression: str
    level: int
    encryption: str | None
    readers: tuple[str, ...]
    pool: str | None
    packs: t.Mapping[str, tuple[int, ...]]
    parts: tuple[Part, ...]
    stored_size: int
    verified: bool
    tags: t.Mapping[str, str]

    @property
    def time(self) -> datetime:
        """When it was begun, UTC."""
        return time_of(self.id)

    @property
    def series(self) -> Series:
        return Series(self.host, self.path)

    @property
    def label(self) -> str:
        """As messages speak of it."""
        return f"snapshot {self.id} of {self.series}"

    def key(self, prefix: str, name: str) -> str:
        """The full key of one of its objects."""
        return f"{self.series.folder(prefix)}{self.id}/{name}"

    def encode(self) -> bytes:
        """The record as it is stored: JSON."""
        document: dict[str, t.Any] = {"format": FORMAT, "version": VERSION}
        document["time"] = self.time.isoformat()
        fields = dataclasses.asdict(self)
        fields["kind"] = fields.pop("format")
        fields["parts"] = [part._asdict() for part in self.parts]
        return json.dumps(document | fields, indent=1).encode()

    @classmethod
    def decode(cls, data: bytes, label: str) -> t.Self:
        """Raises ``DamagedSnapshotError``; ``label`` is how messages speak of it."""
        try:
            document = json.loads(data)
            if not isinstance(document, dict) or document.get("format") != FORMAT:
                raise DamagedSnapshotError(label, "has a record that is none")
            if document["version"] != VERSION:
                raise DamagedSnapshotError(
                    label,
                    f"is of version {document['version']}, and this program knows only version {VERSION}",
                    hint="It was written by a newer release of longshore.storage: update here.",
                )
            return cls(**_fields(document))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise DamagedSnapshotError(label, "has a damaged record") from None


def problems_kept(problems: t.Sequence[str]) -> tuple[str, ...]:
    """As many of them, and as much of each, as goes into a record."""
    return tuple(text[:_LONGEST_PROBLEM] for text in problems[:_MOST_PROBLEMS])


def _fields(document: dict[str, t.Any]) -> dict[str, t.Any]:
    """Of a record's JSON, each of its type. Raises ``ValueError``, ``TypeError`` or ``KeyError``."""
    fields = {
        name: document["kind" if name == "format" else name]
        for name in (one.name for one in dataclasses.fields(Snapshot))
    }
    for name, kind in _TYPES.items():
        # a bool is an int, and no number here
        if not isinstance(fields[name], kind) or isinstance(fields[name], bool) != (
            kind is bool
        ):
            raise ValueError(name)
    for name in ("tar_sha256", "encryption", "pool"):
        if not isinstance(fields[name], str | None):
            raise ValueError(name)
    if not is_id(fields["id"]) or fields["format"] not in ("tar", "chunks"):
        raise ValueError("id")
    fields["problems"] = tuple(str(text) for text in fields["problems"])
    fields["readers"] = tuple(str(text) for text in fields["readers"])
    fields["counts"] = {str(name): int(n) for name, n in fields["counts"].items()}
    fields["tags"] = {str(name): str(text) for name, text in fields["tags"].items()}
    fields["packs"] = {
        owner: tuple(int(number) for number in numbers)
        for owner, numbers in fields["packs"].items()
    }
    fields["parts"] = tuple(
        Part(_name(part["name"]), int(part["size"]), str(part["sha256"]))
        for part in fields["parts"]
    )
    if not fields["parts"] or not all(is_id(owner) for owner in fields["packs"]):
        raise ValueError("parts")
    return fields


_TYPES: t.Final = {
    "id": str,
    "host": str,
    "path": str,
    "fingerprint": str,
    "counts": dict,
    "size": int,
    "problem_count": int,
    "problems": list,
    "tar_size": int,
    "compression": str,
    "level": int,
    "readers": list,
    "packs": dict,
    "parts": list,
    "stored_size": int,
    "verified": bool,
    "tags": dict,
}


def _name(name: str) -> str:
    """Of an object in the snapshot's folder, and nowhere else."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9.]*", name):
        raise ValueError(name)
    return name
