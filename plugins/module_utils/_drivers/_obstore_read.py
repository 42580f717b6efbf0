# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Looking at objects and reading them, by obstore where it can."""

from __future__ import annotations

import http.client
import typing as t

from .._errors import TruncatedError
from ._base import CHUNK_SIZE, ObjectDetails, ObjectInfo, ReadResult
from ._obstore_client import Client
from ._obstore_errors import lacks_length, translate_error
from ._obstore_objects import from_obstore_attributes, key_fault
from ._obstore_provider import Provider
from ._requests import RequestCounter

if t.TYPE_CHECKING:
    import obstore


class Reader:
    """Of one container; see ``Store.stat`` and ``Store.read``."""

    def __init__(
        self, provider: Provider, client: Client, requests: RequestCounter
    ) -> None:
        self._provider = provider
        self._client = client
        self._requests = requests
        self._place = provider.endpoint.place

    def stat(self, key: str) -> ObjectDetails:
        operation = f"look at object {key!r}"
        self._provider.check_key(operation, key)
        if key_fault(key):
            return self._provider.stat(operation, key)
        self._requests.add()
        try:
            result = self._client.obstore.get(
                self._client.quick, key, options={"head": True}
            )
        except self._client.errors as error:
            if lacks_length(error):
                return self._provider.stat(operation, key)
            raise self._provider.explain_missing(
                translate_error(error, operation, self._place)
            ) from None
        return self._details(key, result)

    def read(self, key: str, start: int, length: int | None) -> ReadResult:
        operation = f"read object {key!r}"
        self._provider.check_key(operation, key)
        if key_fault(key) or length == 0:
            return self._read_plainly(operation, key, start, length)
        options: obstore.GetOptions = {}
        if length is not None:
            options = {"range": (start, start + length)}
        elif start:
            options = {"range": {"offset": start}}
        self._requests.add()
        client = self._client
        try:
            result = client.obstore.get(client.quick, key, options=options)
        except client.obstore.exceptions.GenericError as error:
            if options or lacks_length(error):
                # A range behind the end is an error there, an empty answer here.
                return self._read_plainly(operation, key, start, length)
            raise translate_error(error, operation, self._place) from None
        except client.errors as error:
            raise translate_error(error, operation, self._place) from None
        details = self._details(key, result)
        chunks = result.stream(min_chunk_size=CHUNK_SIZE)
        first, last = result.range
        return ReadResult(
            details.info,
            details.attributes,
            self._whole(operation, map(bytes, chunks), last - first),
        )

    def _details(self, key: str, result: obstore.GetResult) -> ObjectDetails:
        meta = result.meta
        etag = self._provider.etag(meta["e_tag"], meta["version"])
        return ObjectDetails(
            ObjectInfo(key, meta["size"], etag),
            from_obstore_attributes(result.attributes),
            meta["last_modified"].timestamp(),
        )

    def _read_plainly(
        self, operation: str, key: str, start: int, length: int | None
    ) -> ReadResult:
        details = self._provider.stat(operation, key)
        info = details.info
        end = info.size if length is None else min(start + length, info.size)
        chunks: t.Iterator[bytes] = iter(())
        if start < end:
            response = self._provider.open(operation, info, start, end)
            chunks = iter(lambda: response.read(CHUNK_SIZE), b"")
        return ReadResult(
            info,
            details.attributes,
            self._whole(operation, chunks, max(end - start, 0)),
        )

    def _whole(
        self, operation: str, chunks: t.Iterator[bytes], expected: int
    ) -> t.Iterator[bytes]:
        """The chunks, and ``TruncatedError`` when they are fewer bytes than ``expected``."""
        received = 0
        detail = "the body ended early"
        try:
            for chunk in chunks:
                received += len(chunk)
                yield chunk
        except (*self._client.errors, http.client.HTTPException) as error:
            detail = translate_error(error, operation, self._place).detail
        if received != expected:
            raise TruncatedError(
                operation,
                self._place,
                f"{received} of {expected} bytes came: {detail}",
            )
