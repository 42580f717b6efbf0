# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Which of the names on both sides are not the same: judged first, read only where that cannot tell."""

from __future__ import annotations

import typing as t

from .._drivers._base import ObjectInfo
from .._workers import Workers
from ._compare import Verdict, judge, judge_content, speaks_of, treated_so
from ._contents import Contents
from ._record import Record
from ._rules import Treatment
from ._scan import Objects


class Comparison:
    """Two sides of a sync, compared.

    ``reading``: no hash is believed that was not just computed from the bytes. ``believing``: the
    destination is what its manifest says, and not looked at.
    """

    def __init__(
        self,
        here: Contents,
        there: Contents,
        record: Record,
        treatments: t.Mapping[str, Treatment],
        *,
        reading: bool,
        believing: bool,
    ) -> None:
        self._here = here
        self._there = there
        self._record = record
        self._treatments = treatments
        self._reading = reading
        self._believing = believing
        #: Names whose contents are not, or cannot be told to be, the same.
        self.different: set[str] = set()
        #: Names of the same contents that have other attributes than they should.
        self.attributes_only: set[str] = set()

    def run(self, here: Objects, there: Objects, workers: Workers) -> None:
        """Fill both sets."""
        unread: list[str] = []
        for name, mine in here.items():
            theirs = there.get(name)
            if theirs is None:
                continue
            verdict = judge(mine, theirs, self._record.old.get(name))
            reading = self._reading and not self._is_encoded(name, theirs)
            if verdict is Verdict.UNKNOWN and not reading:
                verdict = self._judge_content(name, mine, theirs)
            if verdict is Verdict.DIFFERENT:
                self.different.add(name)
            elif verdict is Verdict.UNKNOWN or reading:
                unread.append(name)
            else:
                self._judge_treatment(name, theirs)
        plain = [name for name in unread if not self._is_encoded(name, there[name])]
        self._read([here[name] for name in unread], [there[n] for n in plain], workers)
        for name in unread:
            if self._judge_content(name, here[name], there[name]) is Verdict.SAME:
                self._judge_treatment(name, there[name])
            else:
                self.different.add(name)
        if self._reading and self._there.store.features.attributes:
            self._judge_attributes(here, there, workers)

    def _judge_attributes(
        self, here: Objects, there: Objects, workers: Workers
    ) -> None:
        """Look at what rules should have set, which somebody else may have changed since."""
        published = [
            there[name]
            for name in self._treatments
            if name in here and name in there and name not in self.different
        ]
        cut = len(self._there.store.endpoint.prefix)
        stat = self._there.store.stat
        for info, details in workers.run(lambda info: stat(info.key), published):
            name = info.key[cut:]
            if not self._treatments[name].holds(details.attributes):
                copying = self._there.store.features.server_side_copy
                (self.attributes_only if copying else self.different).add(name)

    def _judge_content(
        self, name: str, mine: ObjectInfo, theirs: ObjectInfo
    ) -> Verdict:
        """By the digests that are known; those of encoded bytes tell nothing."""
        encoded = self._is_encoded(name, theirs)
        return judge_content(
            mine,
            self._here.get(mine),
            theirs,
            None if encoded else self._there.get(theirs),
            self._record.old.get(name),
        )

    def _judge_treatment(self, name: str, theirs: ObjectInfo) -> None:
        if not (self._treatments or self._record.treated):
            return
        treatment = self._treatments.get(name)
        wanted = treatment.digest if treatment is not None else ""
        state = treated_so(self._record.old.get(name), theirs, wanted)
        if state == "attributes" and self._there.store.features.server_side_copy:
            self.attributes_only.add(name)
        elif state != "so":
            self.different.add(name)

    def _is_encoded(self, name: str, theirs: ObjectInfo) -> bool:
        """Whether the object's bytes are known not to be the source's."""
        if not self._record.treated:
            return False
        entry = self._record.old.get(name)
        return speaks_of(entry, theirs) and entry.treatment.partition("/")[0] != ""

    def _read(
        self,
        here: t.Sequence[ObjectInfo],
        there: t.Sequence[ObjectInfo],
        workers: Workers,
    ) -> None:
        if self._reading or self._here.store.features.digests:
            self._here.find(here, workers, afresh=self._reading)
        # what a manifest says is not looked up: it may be there no more
        hashes = self._there.store.features.digests and not self._believing
        if self._reading or hashes:
            self._there.find(there, workers, afresh=self._reading)
