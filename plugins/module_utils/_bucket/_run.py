# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One run of ``libcloud_bucket``: find, read, decide, then create, write, wait; or delete."""

from __future__ import annotations

import itertools
import time
import typing as t
from dataclasses import dataclass, field

from .._endpoint import Endpoint
from .._errors import (
    ConfigurationError,
    ContainerMissingError,
    LongshoreError,
    PlanRefusedError,
    StoreError,
)
from .._fields import listed
from .._progress import UNWATCHED, Progress
from .._workers import Workers
from ._catalogue import open_service
from ._names import check_name
from ._report import BucketReport, Change
from ._service import BucketService, Value
from ._settings import in_order, unset

#: Settings that are read at the same time.
_READERS: t.Final = 8
#: Seconds before a provider's answer is asked for again.
_FIRST_PAUSE: t.Final = 0.1
_LONGEST_PAUSE: t.Final = 5.0


@dataclass(frozen=True, slots=True)
class BucketOptions:
    """What is asked for.

    ``settings``: those that the user named, as written (see ``_settings``). ``region``: where the
    bucket has to be. ``patience``: seconds in which the provider's answers must be what was written.
    """

    endpoint: Endpoint
    present: bool = True
    settings: t.Mapping[str, t.Any] = field(default_factory=dict)
    purge_tags: bool = True
    region: str | None = None
    force: bool = False
    bypass_governance: bool = False
    check_mode: bool = False
    patience: float = 60.0


class BucketStoppedError(LongshoreError):
    """A run failed after it had begun to change the bucket; ``report`` says what was done."""

    def __init__(
        self, error: LongshoreError, report: BucketReport, left: t.Sequence[str]
    ) -> None:
        done = [*(["creating the bucket"] if report.created else []), *report.changes]
        before = f" Done until then: {listed(done, 'and')}." if done else ""
        after = f" Not done: {listed(left, 'and')}." if left else ""
        super().__init__(f"{error.message}{before}{after}", hint=error.hint)
        self.report = report


def keep_bucket(options: BucketOptions, progress: Progress = UNWATCHED) -> BucketReport:
    """Make the bucket what is asked for. Raises ``LongshoreError``."""
    began = time.monotonic()
    endpoint = options.endpoint
    check_name(endpoint, new=options.present)
    report = BucketReport(endpoint.container, endpoint.place)
    with open_service(endpoint) as service:
        try:
            run = _Run(options, service, report, progress)
            if options.present:
                run.present()
            else:
                run.absent()
        finally:
            report.requests = service.requests.count
            report.seconds = time.monotonic() - began
    return report


class _Run:
    def __init__(
        self,
        options: BucketOptions,
        service: BucketService,
        report: BucketReport,
        progress: Progress,
    ) -> None:
        self._options = options
        self._service = service
        self._report = report
        self._progress = progress
        self._wanted = normalised(service, options.settings)

    # -- present

    def present(self) -> None:
        """Read, decide, and unless it is a check, apply."""
        report = self._report
        report.existed = self._service.exists()
        if report.existed:
            self._check_region()
            current = self._read(self._wanted)
        else:
            current = {setting: unset(setting) for setting in self._wanted}
        planned = self._decide(current)
        if self._options.check_mode:
            report.created = not report.existed
            report.changes = planned
        elif planned or not report.existed:
            self._apply(planned)
        report.region = self._service.region
        report.links = self._links()

    def _check_region(self) -> None:
        region, found = self._options.region, self._service.region
        if region and found and region != found:
            raise ConfigurationError(
                f"{self._service.endpoint.place} is in region {found}, and a bucket cannot be moved to {region}.",
                hint="Leave region out, or choose another name.",
            )

    def _links(self) -> dict[str, str]:
        links = dict(self._service.links())
        if not self._wanted.get("website"):
            links.pop("website_url", None)
        return links

    def _read(self, settings: t.Iterable[str]) -> dict[str, Value]:
        with Workers(_READERS) as workers:
            return dict(workers.run(self._service.read, settings))

    def _decide(self, current: t.Mapping[str, Value]) -> dict[str, Change]:
        """The settings that have to change, in the order to change them in."""
        changes: dict[str, Change] = {}
        for setting, there in current.items():
            target = self._service.complete(setting, self._wanted[setting], there)
            if setting == "tags" and not self._options.purge_tags:
                target = {**_mapping(there), **_mapping(target)} or None
            if target != there:
                changes[setting] = Change(there, target)
        order = in_order({name: change.after for name, change in changes.items()})
        return {setting: changes[setting] for setting in order}

    def _apply(self, planned: t.Mapping[str, Change]) -> None:
        """Create what is not there, then write setting after setting, then wait."""
        left = list(planned)
        needed = planned
        try:
            if not self._report.existed:
                self._service.create(self._wanted)
                self._report.created = True
                # a new bucket has settings of its provider's choice
                needed = self._decide(self._read_new())
                targets = {n: c.after for n, c in {**planned, **needed}.items()}
                left = in_order(targets)
            for setting in tuple(left):
                change = needed.get(setting)
                if change is not None:
                    self._service.write(setting, change.after, change.before)
                if setting in planned:
                    self._report.changes[setting] = planned[setting]
                left.remove(setting)
            self._settle(needed)
        except LongshoreError as error:
            if not self._report.changed:
                raise
            raise BucketStoppedError(error, self._report, left) from error

    # -- waiting

    def _read_new(self) -> dict[str, Value]:
        """The settings of a bucket that was made a moment ago."""
        for last in self._moments():
            try:
                return self._read(self._wanted)
            except ContainerMissingError:
                if last:
                    raise
        raise AssertionError  # moments end with a last one

    def _settle(self, written: t.Collection[str]) -> None:
        """Wait until the provider answers what was written."""
        waiting: t.Collection[str] = written
        for last in self._moments():
            left = self._decide(self._read(waiting))
            if not left:
                return
            if last:
                setting, change = next(iter(left.items()))
                raise StoreError(
                    f"apply the setting {setting}",
                    self._service.endpoint.place,
                    f"the provider took it, and {self._options.patience:g} seconds later still answers "
                    f"{change.before!r} instead of {change.after!r}",
                )
            waiting = left

    def _moments(self) -> t.Iterator[bool]:
        """When to look: at once, then after growing pauses. Yields whether it is the last time."""
        end = time.monotonic() + self._options.patience
        for attempt in itertools.count():
            left = end - time.monotonic()
            yield left <= 0
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**attempt)
            time.sleep(max(0.0, min(pause, left)))

    # -- absent

    def absent(self) -> None:
        """Delete the bucket, if it is there and empty or may be emptied."""
        service, options, report = self._service, self._options, self._report
        report.existed = service.exists()
        if not report.existed:
            return
        if options.check_mode or not options.force:
            found = service.count()
            if found and not options.force:
                raise PlanRefusedError(
                    f"{service.endpoint.place} is not empty: it holds {found}. Nothing was deleted.",
                    hint="Say force=true to delete all that for good, together with the bucket.",
                )
            report.emptied = found if options.force else None
        if not options.check_mode:
            if options.force:
                report.emptied = service.empty(
                    options.bypass_governance, self._progress
                )
            try:
                self._delete()
            except LongshoreError as error:
                raise BucketStoppedError(error, report, ()) from error
        report.deleted = True

    def _delete(self) -> None:
        self._service.delete()
        for last in self._moments():
            if not self._service.exists():
                return
            if last:
                raise StoreError(
                    "delete the bucket",
                    self._service.endpoint.place,
                    f"the provider said yes, and {self._options.patience:g} seconds later it is still there",
                )


def normalised(
    service: BucketService, written: t.Mapping[str, t.Any]
) -> dict[str, Value]:
    """The settings in their normal form. Raises ``ConfigurationError``."""
    missing = sorted(written.keys() - service.settings)
    if missing:
        provider = service.endpoint.provider
        has = (
            f"It has {listed(sorted(service.settings), 'and')}."
            if service.settings
            else ""
        )
        raise ConfigurationError(
            f"Provider {provider} has no setting {listed(missing, 'or')} of a bucket.",
            hint=f"Leave {listed(missing, 'and')} out. {has}".strip(),
        )
    return {name: service.normalise(name, value) for name, value in written.items()}


def _mapping(value: Value) -> t.Mapping[str, t.Any]:
    return value if isinstance(value, t.Mapping) else {}
