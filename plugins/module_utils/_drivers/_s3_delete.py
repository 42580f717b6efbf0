# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Deletes objects by their exact keys: many in a request, or one by one where a server wants it so."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from .._errors import (
    ContainerMissingError,
    ObjectMissingError,
    StoreError,
    UnreachableError,
)
from ._s3_errors import NOT_IMPLEMENTED, PASSING, error_code, error_text, explained
from ._s3_keys import is_fragile

_BATCH: t.Final = 1000
_AT_ONCE: t.Final = 16


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
                faults = pool.map(self._delete_one, singly)
                for key, fault in zip(singly, faults, strict=True):
                    if fault is not None:
                        failed[key] = fault
        return failed

    def _delete_batch(
        self, keys: t.Sequence[str], failed: dict[str, str]
    ) -> t.Sequence[str]:
        """Delete in one request; returns the keys that are to be tried one by one."""
        from botocore.exceptions import ClientError

        what = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        with explained("delete objects", self._place):
            try:
                answer = self._client.delete_objects(
                    Bucket=self._container, Delete=what
                )
            except ClientError as error:
                if error_code(error) not in NOT_IMPLEMENTED:
                    raise
                self._in_batches = False
                return keys
        again = []
        for fault in answer.get("Errors", ()):
            code = fault.get("Code")
            if code in PASSING:
                again.append(fault["Key"])
            elif code != "NoSuchKey":
                failed[fault["Key"]] = error_text(code, fault.get("Message"))
        return again

    def _delete_one(self, key: str) -> str | None:
        try:
            with explained(f"delete object {key!r}", self._place):
                self._client.delete_object(Bucket=self._container, Key=key)
        except ObjectMissingError:
            return None
        except (ContainerMissingError, UnreachableError):
            raise
        except StoreError as error:
            return error.detail
        return None
