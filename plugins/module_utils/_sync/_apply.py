# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Does what a plan says, phase by phase."""

from __future__ import annotations

import contextlib
import itertools
import typing as t

from .._bandwidth import Bandwidth, Metered
from .._drivers._base import ObjectInfo
from .._errors import LongshoreError, StoreError
from .._report import Report
from ._account import Account
from ._plan import Plan, Write
from ._record import Record
from ._together import Company
from ._transfer import WHOLE, Transferred, carry_out
from ._work import Work

#: Keys in one call of a store's delete.
_DELETE_BATCH = 1000


class SyncStoppedError(LongshoreError):
    """A sync failed after it had begun to change the destination; ``report`` says what was done."""

    def __init__(self, error: LongshoreError, report: Report, planned: int) -> None:
        done = sum(tally.count for tally in report.tallies.values())
        super().__init__(
            f"{error.message} {done} of {planned} planned change(s) were done before it",
            hint=f"and nothing was deleted after it. {error.hint}",
        )
        self.report = report


class Application:
    """One plan, done: each phase when the one before it is, deletions last."""

    def __init__(
        self,
        work: Work,
        record: Record,
        account: Account,
        bandwidth: Bandwidth,
        invalidate: t.Callable[[], object],
        company: Company,
    ) -> None:
        """``invalidate`` is called when all else is done, by one of the ``company``."""
        self._source = work.here
        self._destination = work.destination
        self._record = record
        self._account = account
        self._workers = work.workers
        self._bandwidth = bandwidth
        self._invalidate = invalidate
        self._progress = work.progress
        self._company = company

    def run(self, plan: Plan) -> None:
        """Raises :class:`SyncStoppedError` for the first error, after which nothing further is begun."""
        try:
            self._run(plan)
        except LongshoreError as exc:
            # what was done is worth remembering; but the first error is what the user must see
            with contextlib.suppress(LongshoreError):
                self._record.give_up()
            planned = len(plan.writes) + len(plan.removed)
            raise SyncStoppedError(exc, self._account.report, planned) from exc

    def _run(self, plan: Plan) -> None:
        company = self._company
        if not (plan.empty and company.alone):
            self._record.begin()
        for number, phase in enumerate(plan.phases):
            company.before_step()
            if not number or not company.alone:  # that it waited was another phase
                left = itertools.chain.from_iterable(plan.phases[number:])
                self._begin_writing(list(left))
            if phase:
                self._progress.part(number)
                self._write_all(phase)
        company.before_step()
        self._delete_all(plan.make_way)
        company.before_step()
        self._begin_writing(plan.late)
        self._write_all(plan.late)
        if plan.deletions or not company.alone:
            self._record.commit(settled=False)
        company.before_step()
        self._delete_all(plan.deletions)
        company.before_step()
        self._progress.begin("finishing")
        if company.leads:
            self._invalidate()
        self._account.report.manifest_written = self._record.commit(settled=True)
        company.leave()

    def _begin_writing(self, writes: t.Sequence[Write]) -> None:
        if writes:
            sizes = (write.size for write in writes)
            self._progress.begin("writing", items=len(writes), sizes=sizes)

    def _write_all(self, writes: t.Sequence[Write]) -> None:
        sizes: dict[str, int] = {}
        try:
            for write, moved in self._workers.run(self._carry_out, writes):
                sizes[write.name] = moved.sent
                self._note(write, moved)
        finally:
            # in the plan's order, so that samples do not depend on which one was quicker
            for write in writes:
                if write.name in sizes:
                    self._account.written(write, sizes[write.name])

    def _carry_out(self, write: Write) -> Transferred:
        self._company.check()
        bandwidth = self._bandwidth
        with self._progress.item(write.size) as tell:
            # what is sent whole is done when it is there, and not when it has been read
            if write.size > WHOLE:
                bandwidth = Metered(bandwidth, tell)
            return carry_out(self._source.store, self._destination, write, bandwidth)

    def _note(self, write: Write, moved: Transferred) -> None:
        digests = moved.digests
        if digests is None:
            digests = self._source.get(write.source)
        else:
            self._source.remember(moved.source, digests, moved.began)
            # of what was stored encoded already, another is known
            digests = self._source.get(moved.source) or digests
        # unless it was replaced meanwhile, the listing may have told a hash of it
        same = moved.source.etag == write.source.etag
        here = write.source if same else moved.source
        treatment = write.treatment.digest if write.treatment is not None else ""
        self._record.note(write.name, here, digests, moved.stored, treatment)

    def _delete_all(self, infos: t.Sequence[ObjectInfo]) -> None:
        batches = [
            [info.key for info in infos[start : start + _DELETE_BATCH]]
            for start in range(0, len(infos), _DELETE_BATCH)
        ]
        failures: dict[str, str] = {}
        if batches:
            self._progress.begin("deleting", items=len(infos))
        for batch, failed in self._workers.run(self._delete, batches):
            self._progress.advance(items=len(batch))
            failures.update(failed)
            for key in batch:
                if key not in failed:
                    self._account.deleted(key)
        if failures:
            key, detail = min(failures.items())
            more = f" (and {len(failures) - 1} more)" if len(failures) > 1 else ""
            raise StoreError(
                f"delete object {key!r}{more}", self._destination.endpoint.place, detail
            )

    def _delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        self._company.check()
        return self._destination.delete(keys)
