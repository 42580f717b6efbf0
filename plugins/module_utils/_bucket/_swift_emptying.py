# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Deleting all that is in a container of Swift that keeps versions, or did so once."""

from __future__ import annotations

import json
import typing as t

from .._drivers._libcloud_client import LibcloudClient, is_good
from .._drivers._libcloud_dialect import Request
from .._drivers._requests import RequestCounter
from .._errors import StoreError
from ._emptying import BATCH, Counted, Emptier, Entry, Kind, Refusal

_DELETE_MARKER: t.Final = "application/x-deleted"
#: Each goes in a request of its own, so that small batches keep all workers busy.
_BATCH: t.Final = 50


class SwiftEmptier(Emptier):
    """Every version and every delete marker, by its id."""

    def __init__(self, client: LibcloudClient, requests: RequestCounter) -> None:
        super().__init__(client.endpoint.place, requests)
        self._client = client
        self._container = client.endpoint.container

    def count(self) -> Counted:
        """What the first page of the listing has."""
        page = self._page({})
        counted = Counted(more=len(page) == BATCH)
        for found in page:
            counted.add(_kind(found))
        return counted

    def entries(self) -> t.Iterator[t.Sequence[Entry]]:
        position: dict[str, str] = {}
        while page := self._page(position):
            entries = [
                Entry(_kind(found), found["name"], found["version_id"])
                for found in page
            ]
            for start in range(0, len(entries), _BATCH):
                yield entries[start : start + _BATCH]
            last = page[-1]
            position = {"marker": last["name"], "version_marker": last["version_id"]}

    def delete(self, batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
        refusals = []
        for entry in batch:
            operation = f"delete object {entry}"
            path = self._client.dialect.object_path(self._container, entry.key)
            request = Request("DELETE", path, {"version-id": entry.id or "null"})
            response = self._client.send(operation, request)
            if not is_good(response) and response.status_code != 404:
                error = self._client.error(response, operation)
                refusals.append(Refusal(entry, error.detail))
        return refusals

    def _page(self, position: t.Mapping[str, str]) -> list[dict[str, t.Any]]:
        operation = "list the versions"
        path = self._client.dialect.container_path(self._container)
        params = {"versions": "", "limit": str(BATCH), **position}
        response = self._client.send(operation, Request("GET", path, params))
        self._client.check(response, operation)
        try:
            return t.cast(list[dict[str, t.Any]], json.loads(response.content or b"[]"))
        except ValueError as error:
            raise StoreError(
                operation, self.place, f"the listing is no JSON ({error})"
            ) from None


def _kind(found: t.Mapping[str, t.Any]) -> Kind:
    if found.get("content_type", "").startswith(_DELETE_MARKER):
        return "delete_markers"
    return "objects" if found.get("is_latest") else "versions"
