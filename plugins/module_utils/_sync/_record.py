# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What a sync learns of each object, and whether that has to be kept in a manifest."""

from __future__ import annotations

import contextlib
import functools
import typing as t

from .._drivers._base import Digests, ObjectInfo, Store
from .._errors import ConditionFailedError
from .._manifest._format import ABSENT, Entry, ManifestError
from .._manifest._journal import Journal
from .._manifest._keeper import Manifest, ManifestKeeper
from ._compare import provable, speaks_of
from ._options import ManifestMode


class Record:
    """The manifest of one sync's destination, as it was (``old``) and as it will be.

    In mode ``auto`` a manifest is made once some object's two sides have no hash in common, and
    from then on it is kept up.
    """

    def __init__(
        self,
        mode: ManifestMode,
        keeper: ManifestKeeper,
        journal: Journal,
        source: Store,
        destination: Store,
        *,
        treating: bool,
    ) -> None:
        """``treating``: something is asked for that nothing but a manifest remembers."""
        self._mode = mode
        self._keeper = keeper
        self._journal = journal
        self._old: t.Mapping[str, Entry] = {}
        self._both = (source.features.digests, destination.features.digests)
        self._manifest: Manifest | None = None
        self._needed = mode in ("always", "rebuild") or (treating and mode != "never")
        self._entries: dict[str, Entry] = {}
        self._later: t.Callable[[], None] | None = None
        self._marked = False
        self._began = False

    def state(self) -> str | None:
        """What changes with every change of the manifest; None when there is none to be trusted."""
        return None if self._mode in ("never", "rebuild") else self._keeper.state()

    def read(
        self,
        selection: t.Container[str],
        only: t.Collection[str] | None = None,
    ) -> None:
        """Read the manifest, if there is one and it is wanted; of it, with ``only``, what has these names."""
        if self._mode == "never":
            return
        if self._mode == "rebuild":
            self._keeper.discard()
            return
        self._manifest = self._keeper.read(only)
        if self._manifest is not None:
            self._needed = True
            self._old = self._manifest.entries
            looked_at = selection if only is None else only
            self._entries = {
                name: entry for name, entry in self.old.items() if name not in looked_at
            }
        if not self.settled and (written := self._journal.read()):
            self._needed = True
            self._old = {**self._old, **written}

    def narrow(self, chosen: t.Callable[[str], bool]) -> None:
        """Have to do with these names alone from now on."""
        self._old = {n: entry for n, entry in self._old.items() if chosen(n)}
        self._entries = {n: entry for n, entry in self._entries.items() if chosen(n)}

    @property
    def old(self) -> t.Mapping[str, Entry]:
        """The entries as they were read, and what a killed run has written since."""
        return self._old

    @property
    def entries(self) -> t.Mapping[str, Entry]:
        """The entries as they will be, as far as they are noted."""
        return self._entries

    @functools.cached_property
    def treated(self) -> bool:
        """Whether some object was published by a rule."""
        return any(entry.treatment for entry in self.old.values())

    @property
    def settled(self) -> bool:
        """Whether there is a manifest that can be trusted without a listing."""
        return self._manifest is not None and self._manifest.settled

    @property
    def unfinished(self) -> bool:
        """Whether the run before this one did not come to its end."""
        return self._manifest is not None and not self._manifest.settled

    def begin(self) -> None:
        """Objects are about to change: until a commit says otherwise, the manifest is not the whole truth."""
        if self._mode == "never":
            with contextlib.suppress(ManifestError):  # that one nobody trusts anyway
                self._keeper.distrust()
        elif self._needed:
            self._keeper.mark()
            self._marked = True
        self._began = True

    def note(
        self,
        name: str,
        here: ObjectInfo,
        digests: Digests | None,
        there: ObjectInfo,
        treatment: str = "",
    ) -> None:
        """The destination's object ``there`` is now what the source's ``here`` is, treated so."""
        if self._mode == "never":
            return
        md5 = digests.md5 if digests is not None else here.md5
        if not self._needed:
            self._needed = not provable(here, md5, there, both=self._both)
        old = self.old.get(name)
        digest = digests.sha256 if digests is not None else ""
        if not digest and speaks_of(old, there):
            digest = old.digest
        # of a source that can be hashed at any time the digest says more
        source_etag = "" if digest and self._both[0] else here.etag or ""
        entry = Entry(
            here.size, digest, source_etag, there.size, there.etag or "", treatment
        )
        if old is not None and entry._replace(digest="") == old:
            entry = old  # to know the digest as well is no reason to write the manifest
        self._entries[name] = entry
        if self._began and self._needed:
            self._journal.add(name, entry)

    def note_absent(self, name: str, digest: str, treatment: str) -> None:
        """There is no object of this name: contents of this digest, treated so, would not be smaller."""
        self._entries[name] = Entry(0, digest, "", ABSENT, "", treatment)

    def is_absent(self, name: str, digest: str, treatment: str) -> bool:
        """Whether that is known of these contents."""
        return self.old.get(name) == Entry(0, digest, "", ABSENT, "", treatment)

    def note_retired(self, entries: t.Mapping[str, Entry]) -> None:
        """These objects are extraneous, and stay for a time."""
        self._entries.update(entries)

    def note_kept(self, there: t.Mapping[str, ObjectInfo]) -> None:
        """These objects are extraneous, and stay: a later run that believes the manifest has to know."""
        for name, info in there.items():
            old = self.old.get(name)
            if not speaks_of(old, info):
                old = Entry(info.size, "", "", info.size, info.etag or "")
            self._entries.setdefault(name, old)

    def note_unchanged(
        self,
        names: t.Collection[str],
        here: t.Mapping[str, ObjectInfo],
        there: t.Mapping[str, ObjectInfo],
        digests: t.Callable[[ObjectInfo], Digests | None],
        treatment: t.Callable[[str], str],
    ) -> None:
        """These objects were found to be the same on both sides, without reading the destination's."""

        def note() -> None:
            for name in names:
                known = digests(here[name])
                self.note(name, here[name], known, there[name], treatment(name))

        if self._manifest is None and not self._needed:
            # equal hashes alone can have shown it, and will do so again
            self._later = note
        else:
            note()

    def commit(self, *, settled: bool) -> bool:
        """Write the manifest if one is needed and it is not there already; true when it was written."""
        if self._mode == "never" or not self._needed or (settled and not self.due):
            return False
        if self._later is not None:
            self._later()
            self._later = None
        changed = self._keeper.commit(self._entries, settled=settled)
        self._journal.close(remove=settled)
        return changed

    def give_up(self) -> None:
        """After a failure: keep what was learnt, or let nobody trust what another run has written."""
        try:
            self.commit(settled=False)
        except ConditionFailedError:
            if self._began:
                self._keeper.distrust()

    @property
    def due(self) -> bool:
        """Whether a settled commit would write, by what is noted so far."""
        unmarked = self.settled and not self._marked
        return self._needed and not (unmarked and self._entries == self.old)
