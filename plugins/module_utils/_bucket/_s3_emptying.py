# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Deleting all that is in a bucket of S3: objects, versions, delete markers, unfinished uploads."""

from __future__ import annotations

import itertools
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from .._drivers._deletion import fault_of
from .._drivers._requests import RequestCounter
from .._drivers._retry import pauses
from .._drivers._s3_delete import delete_together
from .._drivers._s3_errors import (
    NOT_IMPLEMENTED,
    PASSING,
    error_code,
    error_text,
    explained,
)
from .._drivers._s3_keys import is_fragile
from .._drivers._s3_listing import list_objects
from .._endpoint import Endpoint
from .._errors import (
    LongshoreError,
    StoreError,
)
from .._progress import UNWATCHED, Progress
from ._emptying import (
    BATCH,
    Counted,
    Emptied,
    Emptier,
    Entry,
    Refusal,
    batches,
)
from ._s3_locks import Lock, advice, lock_in
from ._s3_pages import Page, PageFrom, first_page, pages, uploads_from, versions_from

_SINGLY_AT_ONCE: t.Final = 16
#: What is gone already.
_GONE: t.Final = frozenset({"NoSuchKey", "NoSuchVersion", "NoSuchUpload"})
_REFUSED: t.Final = "AccessDenied"
#: Codes of those who do not have an operation, or do not let us.
_UNTOLD: t.Final = NOT_IMPLEMENTED | {_REFUSED}


def empty_s3(
    client: t.Any,
    endpoint: Endpoint,
    requests: RequestCounter,
    *,
    bypass_governance: bool,
    progress: Progress = UNWATCHED,
) -> Emptied:
    """Delete everything in the endpoint's bucket, by a client of ``open_client``.

    ``requests`` counts the client's. With ``bypass_governance`` locks in GOVERNANCE mode are
    bypassed. Raises what ``Emptier.run`` does.
    """
    with ThreadPoolExecutor(_SINGLY_AT_ONCE, "longshore-singly") as singly:
        emptier = _S3Emptier(client, endpoint, requests, bypass_governance, singly)
        return emptier.run(progress)


def count_s3(client: t.Any, endpoint: Endpoint) -> Counted:
    """What the first page of the bucket's listing has, in one request; a few without versions.

    Unfinished uploads are left out: nobody can read what they hold.
    """
    with explained("list the versions", endpoint.place):
        page = first_page(versions_from, client, endpoint.container, _UNTOLD)
    if page is None:
        with explained("list the objects", endpoint.place):
            listing = list_objects(client, endpoint.container, "")
            found = sum(1 for _info in itertools.islice(listing, BATCH + 1))
        return Counted(objects=min(found, BATCH), more=found > BATCH)
    counted = Counted(more=page.position is not None)
    for entry in page.entries:
        counted.add(entry.kind)
    return counted


class _S3Emptier(Emptier):
    """See ``empty_s3``. ``singly`` runs what goes in requests of its own."""

    def __init__(
        self,
        client: t.Any,
        endpoint: Endpoint,
        requests: RequestCounter,
        bypass_governance: bool,
        singly: ThreadPoolExecutor,
    ) -> None:
        super().__init__(endpoint.place, requests)
        self._client = client
        self._container = endpoint.container
        self._bucket = {"Bucket": endpoint.container}
        self._retries = endpoint.retries
        self._bypass: dict[str, bool] = {}
        if bypass_governance:
            self._bypass["BypassGovernanceRetention"] = True
        self._singly = singly
        self._batch_deletes = True
        #: What the server says of versioning, once asked; empty: there never was any.
        self._versioning: t.Mapping[str, str] | None = None

    # Listing.

    def entries(self) -> t.Iterator[t.Sequence[Entry]]:
        if self._versioning is None:
            self._versioning = self._ask_versioning()
        first = None
        if self._versioning:
            with self._explained("list the versions"):
                first = first_page(
                    versions_from, self._client, self._container, NOT_IMPLEMENTED
                )
                if first is not None:
                    yield from self._pages(first, versions_from)
        if first is None:
            with self._explained("list the objects"):
                listing = list_objects(self._client, self._container, "")
                yield from batches(Entry("objects", info.key) for info in listing)
        # Last, since an upload that is completed meanwhile is an object for the next round. Who
        # may not see them may go without: they do not keep a bucket from being deleted.
        with self._explained("list the unfinished uploads"):
            first = first_page(uploads_from, self._client, self._container, _UNTOLD)
            if first is not None:
                yield from self._pages(first, uploads_from)

    def _ask_versioning(self) -> t.Mapping[str, str]:
        from botocore.exceptions import ClientError

        with self._explained("look at versioning"):
            try:
                answer = self._client.get_bucket_versioning(**self._bucket)
            except ClientError as error:
                if error_code(error) in NOT_IMPLEMENTED:
                    return {}
                if error_code(error) == _REFUSED:
                    return {"Status": "unknown"}
                raise
        names = ("Status", "MFADelete")
        return {name: answer[name] for name in names if answer.get(name)}

    def _pages(self, first: Page, page_from: PageFrom) -> t.Iterator[t.Sequence[Entry]]:
        for entries in pages(self._client, self._container, first, page_from):
            yield self._checked(entries)

    def _checked(self, entries: t.Sequence[Entry]) -> t.Sequence[Entry]:
        guarded = (self._versioning or {}).get("MFADelete") == "Enabled"
        if guarded and any(entry.kind != "uploads" for entry in entries):
            raise StoreError(
                "delete everything",
                self.place,
                "its versions can only be deleted with a device's code (MFA delete)",
                hint="Switch MFA delete off first, as the account's root user: aws s3api put-bucket-versioning "
                "--versioning-configuration Status=Enabled,MFADelete=Disabled --mfa 'DEVICE CODE'.",
            )
        return entries

    # Deleting.

    def delete(self, batch: t.Sequence[Entry]) -> t.Sequence[Refusal]:
        together: list[Entry] = []
        singly: list[Entry] = []
        for entry in batch:
            # XML does not carry every key.
            alone = entry.kind == "uploads" or is_fragile(entry.key)
            (singly if alone else together).append(entry)
        refusals = self._delete_together(together) if together else []
        return refusals + self._delete_singly(singly)

    def _delete_together(self, entries: t.Sequence[Entry]) -> list[Refusal]:
        """As often as the server says that single ones may work a moment later."""
        refusals: list[Refusal] = []
        waits = pauses(self._retries)
        while True:
            faults = self._delete_batch(entries) if self._batch_deletes else None
            if faults is None:
                return refusals + self._delete_singly(entries)
            passing = {entry: said for entry, code, said in faults if code in PASSING}
            refusals += [
                Refusal(entry, said)
                for entry, code, said in faults
                if code not in PASSING and code not in _GONE
            ]
            pause = next(waits, None)
            if not passing or pause is None:
                return refusals + [Refusal(*fault) for fault in passing.items()]
            time.sleep(pause)
            entries = list(passing)

    def _delete_batch(
        self, entries: t.Sequence[Entry]
    ) -> t.Sequence[tuple[Entry, str, str]] | None:
        """One request: the faults as (entry, code, text); None where the server has no such request."""
        objects = [_named(entry) for entry in entries]
        with self._explained("delete objects"):
            faults = delete_together(
                self._client, self._container, objects, **self._bypass
            )
        if faults is None:
            self._batch_deletes = False
            return None
        if not faults:
            return ()
        known = {(entry.key, entry.id): entry for entry in entries}
        # Not every server says of which version it speaks.
        by_key = {entry.key: entry for entry in reversed(entries)}
        found = []
        for fault in faults:
            key, code = fault.get("Key", ""), fault.get("Code", "")
            entry = known.get((key, fault.get("VersionId"))) or by_key.get(key)
            said = error_text(code, fault.get("Message"))
            found.append((entry or Entry("objects", key), code, said))
        return found

    def _delete_singly(self, entries: t.Sequence[Entry]) -> list[Refusal]:
        faults = self._singly.map(
            lambda entry: fault_of(self._delete_one, entry), entries
        )
        return [
            Refusal(entry, fault.detail)
            for entry, fault in zip(entries, faults, strict=True)
            if fault is not None
        ]

    def _delete_one(self, entry: Entry) -> None:
        from botocore.exceptions import ClientError

        with self._explained(f"delete {entry}"):
            try:
                self._send_one(entry)
            except ClientError as error:
                if error_code(error) not in _GONE:
                    raise

    def _send_one(self, entry: Entry) -> None:
        if entry.kind == "uploads":
            self._client.abort_multipart_upload(
                **self._bucket, Key=entry.key, UploadId=entry.id
            )
        else:
            self._client.delete_object(**self._bucket, **_named(entry), **self._bypass)

    # Explaining.

    def look_into(
        self, refusals: t.Sequence[Refusal]
    ) -> tuple[t.Sequence[Refusal], str]:
        """With the locks that hold, of which a refused deletion says little."""
        if not self._versioning:
            return refusals, ""
        locks = list(self._singly.map(self._lock_of, refusals))
        known = [
            Refusal(refusal.entry, f"{lock}: {refusal.said}") if lock else refusal
            for refusal, lock in zip(refusals, locks, strict=True)
        ]
        return known, advice(filter(None, locks), bypassed=bool(self._bypass))

    def _lock_of(self, refusal: Refusal) -> Lock | None:
        if refusal.entry.kind not in ("objects", "versions"):
            return None
        try:
            with self._explained(f"look at {refusal.entry}"):
                answer = self._client.head_object(
                    **self._bucket, **_named(refusal.entry)
                )
        except LongshoreError:
            return None  # then what is known must do
        return lock_in(answer, datetime.now(UTC))

    def _explained(self, operation: str) -> explained:
        return explained(operation, self.place)


def _named(entry: Entry) -> dict[str, str]:
    """The entry as the SDK's parameters."""
    named = {"Key": entry.key}
    if entry.id is not None:
        named["VersionId"] = entry.id
    return named
