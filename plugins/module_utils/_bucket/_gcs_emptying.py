# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Deleting all that is in a bucket of Google that keeps noncurrent versions, or did so once."""

from __future__ import annotations

import typing as t
from urllib.parse import quote

from .._drivers._deletion import fault_of
from .._drivers._requests import RequestCounter
from .._drivers._rest import RestClient
from ._emptying import BATCH, Counted, Emptier, Entry, Refusal

#: Each goes in a request of its own, so that small batches keep all workers busy.
_BATCH: t.Final = 50
_FIELDS: t.Final = "items(name,generation,timeDeleted),nextPageToken"


class GcsEmptier(Emptier):
    """Every generation of every object. ``path`` is the bucket's in the JSON interface."""

    def __init__(
        self, place: str, path: str, rest: RestClient, requests: RequestCounter
    ) -> None:
        super().__init__(place, requests)
        self._path = f"{path}/o"
        self._rest = rest

    def count(self) -> Counted:
        """What the first page of the listing has."""
        entries, token = self._page(None)
        counted = Counted(more=token is not None)
        for entry in entries:
            counted.add(entry.kind)
        return counted

    def entries(self) -> t.Iterator[t.Sequence[Entry]]:
        token: str | None = None
        while True:
            entries, token = self._page(token)
            for start in range(0, len(entries), _BATCH):
                yield entries[start : start + _BATCH]
            if token is None:
                return

    def delete(self, batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
        refusals = []
        for entry in batch:
            path = f"{self._path}/{quote(entry.key, safe='')}"
            query = {"generation": entry.id or ""}
            operation = f"delete object {entry}"
            fault = fault_of(self._rest.fetch, operation, "DELETE", path, query)
            if fault is not None:
                refusals.append(Refusal(entry, fault.detail))
        return refusals

    def _page(self, token: str | None) -> tuple[list[Entry], str | None]:
        query = {"versions": "true", "maxResults": str(BATCH), "fields": _FIELDS}
        if token is not None:
            query["pageToken"] = token
        page = self._rest.fetch_json("list the versions", "GET", self._path, query)
        entries = [
            Entry(
                "versions" if "timeDeleted" in item else "objects",
                item["name"],
                str(item["generation"]),
            )
            for item in page.get("items", ())
        ]
        return entries, page.get("nextPageToken")
