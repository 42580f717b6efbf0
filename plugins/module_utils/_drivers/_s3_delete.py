# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Deletes objects by their exact keys: many in a request, or one by one where a server wants it so."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from ._deletion import fault_of
from ._s3_errors import NOT_IMPLEMENTED, PASSING, error_code, error_text, explained
from ._s3_keys import is_fragile

_BATCH: t.Final = 1000
_AT_ONCE: t.Final = 16


def delete_together(
    client: t.Any,
    container: str,
    objects: t.Sequence[t.Mapping[str, str]],
    **options: t.Any,
) -> t.Sequence[t.Mapping[str, str]] | None:
    """Delete in one request, and what of it failed, each as the server tells it.

    None where the server has no such request. ``objects`` and ``options`` are the SDK's. Raises what
    botocore raises.
    """
    from botocore.exceptions import ClientError

    what = {"Objects": objects, "Quiet": True}
    try:
        answer = client.delete_objects(Bucket=container, Delete=what, **options)
    except ClientError as error:
        if error_code(error) not in NOT_IMPLEMENTED:
            raise
        return None
    return t.cast("t.Sequence[t.Mapping[str, str]]", answer.get("Errors", ()))


class Deleter:
    """Of one container; ``place``: what errors call it."""

    def __init__(self, client: t.Any, container: str, place: str) -> None:
        self._client = client
        self._container = container
        self._place = place
        self._in_batches = True

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        """Why a key is still there, by those of which that is so; the others are gone. Raises what ``explained`` does."""
        failed: dict[str, str] = {}
        singly = [key for key in keys if is_fragile(key)]
        batched = [key for key in keys if not is_fragile(key)]
        for start in range(0, len(batched), _BATCH):
            batch = batched[start : start + _BATCH]
            singly += self._delete_batch(batch, failed) if self._in_batches else batch
        if singly:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                faults = pool.map(lambda key: fault_of(self._delete_one, key), singly)
                for key, fault in zip(singly, faults, strict=True):
                    if fault is not None:
                        failed[key] = fault.detail
        return failed

    def _delete_batch(
        self, keys: t.Sequence[str], failed: dict[str, str]
    ) -> t.Sequence[str]:
        """Delete in one request; returns the keys that are to be tried one by one."""
        objects = [{"Key": key} for key in keys]
        with explained("delete objects", self._place):
            faults = delete_together(self._client, self._container, objects)
        if faults is None:
            self._in_batches = False
            return keys
        again = []
        for fault in faults:
            code = fault.get("Code")
            if code in PASSING:
                again.append(fault["Key"])
            elif code != "NoSuchKey":
                failed[fault["Key"]] = error_text(code, fault.get("Message"))
        return again

    def _delete_one(self, key: str) -> None:
        with explained(f"delete object {key!r}", self._place):
            self._client.delete_object(Bucket=self._container, Key=key)
