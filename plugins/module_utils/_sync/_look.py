# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a sync looks at: as little as tells it what both sides hold."""

from __future__ import annotations

import time

from .._drivers._local import LocalStore
from .._errors import ContainerMissingError, StoreError
from .._manifest._tree_cache import Receipt
from ._plan import Plan
from ._receipts import Differences
from ._record import Record
from ._scan import (
    DestinationScan,
    Sides,
    SourceScan,
    Unseen,
    from_manifest,
    list_destination,
    scan_source,
)
from ._work import Work


class Look:
    """Finds out what both sides of one sync hold; ``only`` is the one name that it is about, if it is one."""

    def __init__(self, work: Work, record: Record) -> None:
        self._options = work.options
        self._selection = work.selection
        self._only = work.only
        self._cache = work.here.cache
        self._source = work.source
        self._destination = work.destination
        self._prefix = work.destination.endpoint.prefix
        self._record = record
        self._receipts = work.receipts
        self._workers = work.workers
        self._progress = work.progress
        self._trusting = work.options.verify == "manifest"

    # -- what need not be looked at

    def differences(self) -> Differences | None:
        """What changed since both sides were found to agree; None when everything has to be looked at."""
        if not isinstance(self._source, LocalStore):
            return None
        found = self._receipts.differences(self._source)
        if found is None or not (found.empty or self._may_look_at_some):
            return None
        return found if found.receipt.destination == self._state() else None

    @property
    def _may_look_at_some(self) -> bool:
        """Whether no file's place in the plan depends on other files."""
        siblings = any(rule.get("siblings") for rule in self._options.rules)
        hierarchical = self._destination.features.hierarchical
        return self._trusting and not (siblings or hierarchical)

    def _state(self) -> str | None:
        """What the destination is like now, by one of our own objects or a look at all."""
        if self._trusting:
            return self._record.state()
        try:
            return self._destination.summarise(self._prefix, self._middle())
        except ContainerMissingError:
            return None

    def agreed(self, sides: Sides, plan: Plan, touched: bool) -> Receipt | None:
        """The receipt for a plan that has been carried out; None where the state it led to is not known.

        ``touched``: the destination is not as it was listed any more.
        """
        state = None if touched else sides.summary
        if self._trusting:
            state = self._record.state()
        if state is None:
            return None
        new = sum(write.replaced is None for write in plan.writes)
        there = len(sides.destination) + new - len(plan.removed)
        return Receipt(
            state,
            len(sides.source.objects) + sides.unseen.files,
            there + sides.unseen.objects,
        )

    # -- what is there

    def at_some(self, differences: Differences) -> Sides:
        """Only what is different; of the rest it is known that it agrees."""
        names = differences.changed.keys() | differences.gone
        self._record.read(self._selection, names)
        objects = from_manifest(self._record.old, self._prefix, names)
        unseen = Unseen(
            differences.receipt.files - differences.known,
            differences.receipt.objects - len(objects),
        )
        source = SourceScan(differences.changed)
        return Sides(source, objects, believing=True, unseen=unseen)

    def at_all(self) -> Sides:
        """Everything, both sides at the same time."""
        self._progress.begin("listing", unit="names")
        listing = self._list_destination
        if not self._trusting:
            listing = self._workers.start(listing)
        source = self._scan_source()
        try:
            self._record.read(self._selection)
        except StoreError:
            listing()  # what is wrong there is better said of the container than of our manifest
            raise
        if self._trusting and self._record.settled:
            objects = from_manifest(self._record.old, self._prefix, self._selection)
            return Sides(source, objects, believing=True)
        found = listing()
        if found is None:
            return Sides(source, {}, missing=True)
        return Sides(source, found.objects, found.others, summary=found.summary)

    def _scan_source(self) -> SourceScan:
        began = time.time_ns()
        scan = scan_source(
            self._source,
            self._selection,
            self._progress,
            only=self._only,
            hierarchical_destination=self._destination.features.hierarchical,
        )
        if self._cache is not None and self._only is None:
            self._cache.see(scan.files, began)
        return scan

    def _list_destination(self) -> DestinationScan | None:
        return list_destination(
            self._destination,
            self._selection,
            self._only,
            self._middle(),
            self._progress,
        )

    def _middle(self) -> str | None:
        """A key in the midst of what is probably there."""
        name = None
        if isinstance(self._source, LocalStore):
            name = self._source.middle_name()
        return name and self._prefix + name
