# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""After a sync, what it has published is kept as a release."""

from __future__ import annotations

import hashlib
import json
import time
import typing as t
from dataclasses import replace

from .._drivers._base import Digests, ObjectInfo
from .._errors import (
    ConditionFailedError,
    ConfigurationError,
    LongshoreError,
    ObjectMissingError,
    PlanRefusedError,
)
from .._quantities import seconds_of
from .._releases._changes import Retention, published
from .._releases._format import (
    Index,
    Kept,
    Release,
    ReleaseError,
    ReleaseList,
    check_name,
)
from .._releases._keeper import Holdings, ReleaseKeeper
from .._report import Report
from ._content_types import content_type_of
from ._plan import Write
from ._record import Record
from ._rules import Treatment
from ._scan import Objects, shown
from ._transfer import attributes_there
from ._work import Work

Treatments = t.Mapping[str, Treatment]


class ReleaseNotKeptError(LongshoreError):
    """``done``, but the releases could not be committed; ``report`` says what was done."""

    def __init__(self, done: str, error: LongshoreError, report: Report) -> None:
        hint = error.hint or "Run again."
        if isinstance(error, (ConditionFailedError, ObjectMissingError)):
            hint += " What was changed beside us is found with verify=listing."
        super().__init__(
            f"{done}, but what is kept of releases could not be brought up to date: {error.message}",
            hint=hint,
        )
        report.releases_changed = False
        report.releases_pruned = []
        self.report = report


class KeepRelease:
    """Keeps what one sync publishes, as the release that the options name.

    A name is a promise: one that is kept already is that state for ever. Raises ``ConfigurationError``.
    """

    def __init__(self, name: str, work: Work, record: Record) -> None:
        self._name = check_name(name)
        self._retention = retention_of(work.options.keep_releases)
        self._here = work.here
        self._destination = work.destination
        self._record = record
        self._workers = work.workers
        self._report = work.report
        self._progress = work.progress
        self._keeper = ReleaseKeeper(work.destination, work.workers)
        self._keeper.require_copies()
        self._now = int(time.time())
        self._before = Index()
        self._begun = False
        work.report.release = name

    def treat(self, objects: Objects) -> Treatments:
        """The rules say all."""
        return {}

    def plan(self, objects: Objects, treatments: Treatments) -> None:
        """Before anything is changed: report what will be of the releases. Raises ``PlanRefusedError``."""
        self._before = self._keeper.read()
        found = self._before.find(self._name)
        if found is not None:
            self._require_same(found, objects, treatments)
        after = self._after(found or Release(self._name, self._now, 0, 0, ""))
        tell(self._report, self._before, after)

    def begin(self) -> None:
        """Objects are about to change: until the commit, the live release is the one before.

        Raises ``ConditionFailedError`` when another run was there.
        """
        before = self._before
        self._keeper.commit(replace(before, pending=self._name), before.serial)
        self._begun = True

    def commit(self, objects: Objects, treatments: Treatments) -> None:
        """When all is published: keep it. Raises ``ReleaseNotKeptError``."""
        if not (self._report.releases_changed or self._begun):
            return
        try:
            self._commit(objects, treatments)
        except LongshoreError as exc:
            done = f"Release {self._name!r} was published"
            raise ReleaseNotKeptError(done, exc, self._report) from exc

    def _after(self, release: Release) -> Index:
        return published(self._before, release, self._retention, self._now)

    def _require_same(
        self, found: Release, objects: Objects, treatments: Treatments
    ) -> None:
        if self._here.store.features.digests:
            unknown = [i for i in objects.values() if self._here.get(i) is None]
            self._here.find(unknown, self._workers, afresh=False)
        now = {name: self._id(name, objects[name], treatments) for name in objects}
        kept = self._keeper.read_list(found)
        then = {name: one.content.partition(".")[0] for name, one in kept.items()}
        other = sorted(n for n in now.keys() | then.keys() if now.get(n) != then.get(n))
        if other:
            raise PlanRefusedError(
                f"Release {self._name!r} is kept already, and what would be published under its name is another "
                f"state, in {len(other)} name(s): {shown(other)}.",
                hint="Nothing was changed. Choose another name; one that is kept stays what it is.",
            )

    def _id(self, name: str, info: ObjectInfo, treatments: Treatments) -> str:
        treatment = treatments.get(name)
        return content_id(
            info,
            self._here.get(info),
            treatment.digest if treatment is not None else "",
            own_attributes=self._here.store.features.attributes,
        )

    def _commit(self, objects: Objects, treatments: Treatments) -> None:
        before = self._before
        serial = before.serial + 1
        release = before.find(self._name)
        if release is not None and not self._report.releases_pruned:
            self._keeper.commit(self._after(release), serial)
            return
        planned = self._after(release or Release(self._name, self._now, 0, 0, ""))
        others = _Others(self._keeper, planned)
        if release is None:
            made = self._make(objects, treatments, others, serial)
            others.needed.update(one.content for one in made.values())
            release = Release(
                self._name,
                self._now,
                len(made),
                sum(one.stored_size for one in made.values()),
                self._keeper.write_list(made, serial),
            )
        after = self._after(release)
        self._keeper.commit(after, serial)
        if others.damaged is None:
            warning = self._keeper.collect(others.litter(after))
        else:
            # what it needs is not known
            warning = others.damaged.message
        if warning is not None:
            self._report.warnings.append(warning)

    def _make(
        self,
        objects: Objects,
        treatments: Treatments,
        others: _Others,
        serial: int,
    ) -> dict[str, Kept]:
        """Copy what no other release has; the new one's list."""
        ids = {name: self._id(name, objects[name], treatments) for name in objects}
        known = others.known
        new = {
            identity: Write(name, objects[name], None, treatments.get(name))
            for name, identity in ids.items()
            if identity not in known
        }
        self._progress.begin("keeping", items=len(new))

        def keep(job: tuple[str, Write]) -> Kept:
            identity, write = job
            return self._keep(write, f"{identity}.{serial}", others.holdings)

        for (identity, _unused), one in self._workers.run(keep, new.items()):
            known[identity] = one
            self._progress.advance(items=1)
        return {name: self._as(name, known[identity]) for name, identity in ids.items()}

    def _keep(self, write: Write, content: str, holdings: Holdings) -> Kept:
        """Copy the object, unless a run that was killed has done so."""
        entry = self._record.entries[write.name]
        key = self._destination.endpoint.prefix + write.name
        live = ObjectInfo(key, entry.stored_size, entry.etag or None)
        attributes = attributes_there(self._here.store, self._destination, write, live)
        found = holdings.contents.get(content)
        if found is None or found.size != live.size:
            self._keeper.keep(live, content, attributes.without_settings())
        return Kept(content, 0, "", "", live.size, "", attributes)

    def _as(self, name: str, one: Kept) -> Kept:
        """The kept content as the object of that name."""
        entry = self._record.entries[name]
        return one._replace(
            size=entry.size,
            digest=entry.digest,
            source_etag=entry.source_etag,
            treatment=entry.treatment,
        )


class _Others:
    """What the releases of ``index`` need that have a list already, and what lies there.

    ``known``: of what they have, one for each id. ``damaged``: a list could not be read.
    """

    def __init__(self, keeper: ReleaseKeeper, index: Index) -> None:
        self.holdings = keeper.holdings()
        self.known: dict[str, Kept] = {}
        self.needed: set[str] = set()
        self.damaged: ReleaseError | None = None
        # one after the other, as each can be as long as the container is large
        for release in index.releases:
            if release.list:
                try:
                    self._take(keeper.read_list(release))
                except ReleaseError as exc:
                    self.damaged = exc

    def _take(self, objects: ReleaseList) -> None:
        for one in objects.values():
            self.needed.add(one.content)
            found = self.holdings.contents.get(one.content)
            if found is not None and found.size == one.stored_size:
                self.known.setdefault(one.content.partition(".")[0], one)

    def litter(self, index: Index) -> list[ObjectInfo]:
        """What there is, and neither these nor ``index`` need."""
        lists = {one.list for one in index.releases}
        found = [i for n, i in self.holdings.lists.items() if n not in lists]
        contents = self.holdings.contents.items()
        return found + [i for n, i in contents if n not in self.needed]


def content_id(
    info: ObjectInfo, digests: Digests | None, treatment: str, *, own_attributes: bool
) -> str:
    """What identifies an object as it is stored, with its attributes: 64 hex digits.

    Those of a source that has attributes of its own (``own_attributes``) are only known to be the same as
    long as the object is.
    """
    said: list[object] = [info.key, info.size, info.etag, treatment]
    if digests is not None and not own_attributes:
        said = [digests.sha256, content_type_of(info.key), treatment]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def retention_of(written: t.Mapping[str, t.Any] | None) -> Retention:
    """``keep_releases`` as it is meant. Raises ``ConfigurationError``."""
    if written is None:
        return Retention()
    count = written.get("count")
    age = seconds_of("keep_releases.age", written.get("age"))
    if count is None and age is None:
        raise ConfigurationError("keep_releases has neither count nor age.")
    if count is not None and count < 1:
        raise ConfigurationError(f"keep_releases.count must be 1 or more, not {count}.")
    return Retention(count, age)


def tell(report: Report, before: Index, after: Index) -> None:
    """Report what becomes of the releases."""
    kept = {one.name for one in after.releases}
    report.releases_changed = before != after
    pruned = [one.name for one in before.releases if one.name not in kept]
    report.releases_pruned = pruned
    if report.releases_changed:
        report.before += map(_line, before.releases)
        report.after += map(_line, after.releases)


def _line(release: Release) -> str:
    return f"release {release.name}{' (live)' if release.live else ''}"
