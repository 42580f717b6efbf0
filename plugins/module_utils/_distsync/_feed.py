# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a channel's feed says, and how it changes: pure.

A feed names every release of its channel by its record's digest, so whoever has a genuine feed has
one consistent state of all of them.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass, field

from .._encryption._names import check_file_name
from .._fields import did_you_mean
from ._failures import ReleaseMissingError
from ._layout import is_id
from ._release import (
    LATEST,
    check_version,
    decode_json,
    decoding,
    encode_json,
    typed,
)

_FORMAT: t.Final = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One release as the feed has it. ``record``: id of its record, of ``record_size`` bytes.

    ``record_digest``: SHA-256 of the record as stored, hex; ``digest``: that of the plaintext.
    ``created``: seconds since the epoch. Sizes are bytes.
    """

    version: str
    record: str
    record_digest: str
    record_size: int
    artifact: str
    size: int
    sealed_size: int
    digest: str
    created: int


_TEXTS: t.Final = ("version", "record", "record_digest", "artifact", "digest")


@dataclass(frozen=True, slots=True)
class Line:
    """All releases of one artifact in the order of their publication, and which is the latest."""

    current: str
    releases: tuple[Entry, ...]

    def get(self, version: str) -> Entry | None:
        """``latest`` is a version too."""
        wanted = self.current if version == LATEST else version
        found = (entry for entry in self.releases if entry.version == wanted)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class Feed:
    """A channel at one moment. ``sequence`` rises with every change; times are seconds since the epoch."""

    channel: str
    sequence: int = 0
    created: int = 0
    expires: int = 0
    artifacts: t.Mapping[str, Line] = field(default_factory=dict)

    # -- looking

    def get(self, name: str, version: str = LATEST) -> Entry | None:
        line = self.artifacts.get(name)
        return line.get(version) if line is not None else None

    def find(self, name: str, version: str = LATEST) -> Entry:
        """Raises ``ReleaseMissingError`` with what there is."""
        line = self._line(name)
        entry = line.get(version)
        if entry is None:
            versions = [one.version for one in line.releases]
            shown = ", ".join(versions[-10:])
            raise ReleaseMissingError(
                f"There is no version {version!r} of {name!r} in channel {self.channel!r}.",
                hint=did_you_mean(version, versions) or f"There are: {shown}.",
            )
        return entry

    @property
    def entries(self) -> t.Iterator[Entry]:
        for line in self.artifacts.values():
            yield from line.releases

    @property
    def keys_named(self) -> frozenset[tuple[str, str]]:
        """(artifact's id, record's id) of every release."""
        return frozenset((entry.artifact, entry.record) for entry in self.entries)

    # -- changing

    def published(self, name: str, entry: Entry) -> Feed:
        """With this release, in the place of one of the same version, as the latest."""
        line = self.artifacts.get(name)
        others = line.releases if line is not None else ()
        kept = [one for one in others if one.version != entry.version]
        return self._with(name, Line(entry.version, (*kept, entry)))

    def withdrawn(self, name: str, version: str | None) -> Feed:
        """Without this version (None: without any); the newest that remains takes the latest's place.

        The same feed where there is no such release.
        """
        line = self.artifacts.get(name)
        if line is None:
            return self
        gone = None if version is None else line.get(version)
        if version is not None and gone is None:
            return self
        kept = tuple(one for one in line.releases if gone is not None and one != gone)
        if not kept:
            return self._with(name, None)
        was_latest = gone is not None and gone.version == line.current
        current = kept[-1].version if was_latest else line.current
        return self._with(name, Line(current, kept))

    def made_current(self, name: str, version: str) -> Feed:
        """With this version as the latest. Raises ``ReleaseMissingError``."""
        entry = self.find(name, version)
        line = self._line(name)
        if line.current == entry.version:
            return self
        return self._with(name, Line(entry.version, line.releases))

    def before_current(self, name: str) -> str:
        """The version that was published before the latest. Raises ``ReleaseMissingError``."""
        line = self._line(name)
        versions = [entry.version for entry in line.releases]
        position = versions.index(line.current)
        if position == 0:
            raise ReleaseMissingError(
                f"There is no version of {name!r} before {line.current!r} in channel {self.channel!r}.",
                hint="Publish the one that you want, or say which version to roll back to.",
            )
        return versions[position - 1]

    def _line(self, name: str) -> Line:
        line = self.artifacts.get(name)
        if line is None:
            close = did_you_mean(name, self.artifacts)
            raise ReleaseMissingError(
                f"There is no artifact {name!r} in channel {self.channel!r}.",
                hint=close or "Publish it there first, or check name and channel.",
            )
        return line

    def _with(self, name: str, line: Line | None) -> Feed:
        artifacts = {**self.artifacts}
        artifacts.pop(name, None)
        if line is not None:
            artifacts[name] = line
        return dataclasses.replace(self, artifacts=artifacts)

    # -- bytes

    def encode(self) -> bytes:
        return encode_json({**dataclasses.asdict(self), "format": _FORMAT})

    @classmethod
    def decode(cls, payload: bytes, label: str) -> t.Self:
        """Raises ``FormatError``, ``NameRefusedError`` for a name that no file can have, and ``RequestRefusedError``
        for a version that is none.
        """
        with decoding(label):
            document = decode_json(payload, _FORMAT)
            artifacts = typed(document, "artifacts", dict)
            return cls(
                channel=typed(document, "channel", str),
                sequence=typed(document, "sequence", int),
                created=typed(document, "created", int),
                expires=typed(document, "expires", int),
                artifacts={
                    check_file_name(name): _line(line)
                    for name, line in artifacts.items()
                },
            )


def _line(document: t.Any) -> Line:
    if not isinstance(document, dict):
        raise ValueError("one of its artifacts is none")
    releases = tuple(_entry(one) for one in typed(document, "releases", list))
    line = Line(typed(document, "current", str), releases)
    if line.get(LATEST) is None:
        raise ValueError("the latest version of an artifact is none of its versions")
    return line


def _entry(document: t.Any) -> Entry:
    if not isinstance(document, dict):
        raise ValueError("one of its releases is none")
    entry = Entry(
        **{
            one.name: typed(document, one.name, str if one.name in _TEXTS else int)
            for one in dataclasses.fields(Entry)
        }
    )
    check_version(entry.version)
    if not (is_id(entry.artifact) and is_id(entry.record)):
        raise ValueError("one of its ids is none")
    return entry
