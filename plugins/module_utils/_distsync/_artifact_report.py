# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a run of ``distsync_artifact`` says: the artifact's releases, or its file, before and after."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import stat
import typing as t
from dataclasses import dataclass, field

from ._results import Fetched, Listed, Outcome

_READ_SIZE: t.Final = 1024 * 1024
_OPENING: t.Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(slots=True)
class ArtifactReport:
    """What was done, or in check mode would be.

    ``channel``, ``version`` and ``sequence`` are None where the format has none. ``latest``: the version that hosts are to
    have afterwards. ``sent``: whether contents were; ``received``: bytes of them that were not there yet.
    """

    state: str
    place: str
    name: str
    channel: str | None
    version: str | None = None
    changed: bool = False
    latest: str | None = None
    digest: str | None = None
    size: int | None = None
    sent: bool = False
    renewed: bool = False
    sequence: int | None = None
    withdrawn: list[str | None] = field(default_factory=list)
    file: str | None = None
    received: int = 0
    warnings: list[str] = field(default_factory=list)
    before: dict[str, t.Any] = field(default_factory=dict)
    after: dict[str, t.Any] = field(default_factory=dict)

    def take(self, outcome: Outcome, before: Lines, after: Lines) -> None:
        """What a publisher says, and the releases that come of it."""
        self.changed, self.renewed = outcome.changed, outcome.renewed
        self.sequence = outcome.sequence if self.channel is not None else None
        self.warnings += outcome.warnings
        self.latest = after.latest
        self.before, self.after = before.shown(), after.shown()
        if self.renewed:
            self.after["feed"] = "renewed"

    def show(
        self,
        there: PlacedFile,
        fetched: Fetched,
        mode: int,
        owner: str | None = None,
        group: str | None = None,
    ) -> None:
        """For a diff, the file that was there and the one that takes its place."""
        self.before = there.shown()
        self.after = _shown_placed(self.before, fetched, mode, owner, group)

    def result(self) -> dict[str, t.Any]:
        """The values that a module returns."""
        names = ["name", "channel", "changed", *_RETURNED[self.state]]
        return {name: getattr(self, name) for name in names}

    def diff(self) -> dict[str, t.Any]:
        """Releases, or for ``present`` the file, before and after; no contents."""
        what = self.file or f"{self.name!r} in {self.place}"
        return {
            "before_header": what,
            "after_header": what,
            "before": self.before,
            "after": self.after,
        }


_PUBLISHER: t.Final = ("latest", "sequence", "renewed")
#: What each state returns, beside what all do. None is called ``path``: Ansible would add what is there before
#: the run in check mode, and after it else.
_RETURNED: t.Final[t.Mapping[str, t.Sequence[str]]] = {
    "published": ("version", "digest", "size", "sent", *_PUBLISHER),
    "present": ("version", "digest", "size", "file", "received"),
    "absent": ("withdrawn", *_PUBLISHER),
    "rolled_back": ("version", *_PUBLISHER),
}


@dataclass(frozen=True)
class Lines:
    """The releases of one artifact in the order of their publication. ``versions``: of each, what a diff shows."""

    latest: str | None = None
    versions: t.Mapping[str | None, t.Mapping[str, t.Any]] = field(default_factory=dict)

    @property
    def before_latest(self) -> str | None:
        """The version that was published before the latest; None if there is none."""
        versions = [*self.versions]
        position = versions.index(self.latest) if versions else 0
        return versions[position - 1] if position else None

    def with_release(self, version: str | None, digest: str, size: int) -> Lines:
        """With these contents under that version, as the latest."""
        shown = {"digest": digest, "size": size}
        others = dict(self.versions)
        if others.get(version, {}).get("digest") != digest:
            others.pop(version, None)
        return Lines(version, {**others, version: shown})

    def with_attributes(self, attributes: t.Mapping[str, t.Any]) -> Lines:
        """With what was asked for the latest anew."""
        shown = {**self.versions[self.latest], "attributes": dict(attributes)}
        return Lines(self.latest, {**self.versions, self.latest: shown})

    def with_latest(self, version: str | None) -> Lines:
        return dataclasses.replace(self, latest=version)

    def without(self, version: str | None) -> Lines:
        """Without that version (None: without any); the newest that remains takes the latest's place."""
        if version is None:
            return Lines()
        kept = {one: shown for one, shown in self.versions.items() if one != version}
        latest = self.latest if self.latest in kept else next(reversed(kept), None)
        return Lines(latest, kept)

    def shown(self) -> dict[str, t.Any]:
        """As a diff has it; nothing where there is no release."""
        if not self.versions:
            return {}
        releases = [
            {**({"version": version} if version else {}), **shown}
            for version, shown in self.versions.items()
        ]
        return {
            **({"latest": self.latest} if self.latest else {}),
            "releases": releases,
        }


def lines_of(releases: t.Iterable[Listed], name: str) -> Lines:
    """Those of one artifact."""
    ours = [one for one in releases if one.name == name]
    latest = next((one.version for one in ours if one.latest), None)
    return Lines(
        latest, {one.version: {"digest": one.digest, "size": one.size} for one in ours}
    )


class PlacedFile:
    """The file at a place as it was before a run, kept open: its contents can be told when it has been replaced."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._status: os.stat_result | None = None

    def __enter__(self) -> t.Self:
        try:
            self._status = os.lstat(self._path)
            if stat.S_ISREG(self._status.st_mode):
                self._descriptor = os.open(self._path, _OPENING)
        except OSError:
            pass  # what cannot be looked at cannot be fetched to either, which says why
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def shown(self) -> dict[str, t.Any]:
        """As a diff has it; nothing where there was nothing."""
        if self._status is None:
            return {}
        if self._descriptor is None:
            return {"kind": "no regular file"}
        return {
            "digest": self._digest(self._descriptor),
            "size": self._status.st_size,
            "mode": shown_mode(stat.S_IMODE(self._status.st_mode)),
            "owner": _owner(self._status.st_uid),
            "group": _group(self._status.st_gid),
        }

    def _digest(self, descriptor: int) -> str:
        sha256 = hashlib.sha256()
        position = 0
        while data := os.pread(descriptor, _READ_SIZE, position):
            sha256.update(data)
            position += len(data)
        return sha256.hexdigest()


def _shown_placed(
    before: t.Mapping[str, t.Any],
    fetched: Fetched,
    mode: int,
    owner: str | None,
    group: str | None,
) -> dict[str, t.Any]:
    """The same of what takes its place: a new file, unless the contents stay."""
    kept = before if before.get("digest") == fetched.digest else {}
    return {
        "digest": fetched.digest,
        "size": fetched.size,
        "mode": shown_mode(mode),
        "owner": owner or kept.get("owner") or _owner(os.geteuid()),
        "group": group or kept.get("group") or _group(os.getegid()),
    }


def shown_mode(mode: int) -> str:
    return f"{mode:04o}"


def _owner(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _group(gid: int) -> str:
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)
