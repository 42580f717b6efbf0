# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The stores whose objects obstore reads and writes.

obstore moves bytes fast and without the interpreter lock, but it cannot be trusted with every
key: it refuses some (``a//b``, control characters), reads others as a different key (``dir/`` as
``dir``), and one refused key makes its whole listing raise. So obstore gets only keys that it
holds exactly; listings, containers, copies, and reads and deletions of all other keys are plain
requests of the :class:`Provider`.
"""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor

from .._endpoint import Endpoint
from .._errors import (
    AccessDeniedError,
    ConditionFailedError,
    ConfigurationError,
    ContainerTakenError,
    KeyRefusedError,
    ObjectMissingError,
    StoreError,
)
from ._base import (
    NO_ATTRIBUTES,
    Attributes,
    Body,
    Condition,
    ObjectDetails,
    ObjectInfo,
    ReadResult,
    Store,
)
from ._deletion import fault_of
from ._obstore_client import Client
from ._obstore_objects import attribute_fault, key_fault
from ._obstore_provider import Provider
from ._obstore_read import Reader
from ._obstore_write import Writer
from ._requests import RequestCounter
from ._rest import RefusedError

_DELETIONS_AT_ONCE: t.Final = 16
#: How many keys one call of obstore's deletes; also the most that Azure takes in a request.
_DELETIONS_PER_CALL: t.Final = 256


class ObstoreStore(Store):
    """A container at one of obstore's providers, which ``open_provider`` makes for endpoint and counter."""

    def __init__(
        self,
        endpoint: Endpoint,
        open_provider: t.Callable[[Endpoint, RequestCounter], Provider],
    ) -> None:
        """Sends nothing yet. Raises ``MissingLibraryError`` and ``ConfigurationError``."""
        super().__init__(endpoint)
        self._provider = open_provider(endpoint, self.requests)
        self.features = self._provider.features
        self._client = Client(endpoint, self._provider.connect)
        self._reader = Reader(self._provider, self._client, self.requests)
        self._writer = Writer(self._provider, self._client, self.requests, self.stat)

    def container_exists(self) -> bool:
        return self._provider.container_exists()

    def create_container(self) -> bool:
        operation = "create the container"
        try:
            self._provider.create(operation)
        except RefusedError as error:
            if error.status == 400:
                raise ConfigurationError(
                    f"{self.endpoint.provider} does not take the container name "
                    f"{self.endpoint.container!r}: {error.detail.rstrip('. ')}."
                ) from None
            if error.status != 409:
                raise
            if self._is_ours():
                return False
            raise ContainerTakenError(
                operation, self.endpoint.place, error.detail
            ) from None
        return True

    def _is_ours(self) -> bool:
        try:
            return self.container_exists()
        except AccessDeniedError:
            return False

    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        marker: str | None = None
        while True:
            found, marker = self._provider.page(
                "list objects", prefix, marker, self._provider.page_size
            )
            yield from found
            if not marker:
                return

    def fault_of_key(self, key: str) -> str | None:
        return self._provider.fault_of_key(key) or key_fault(key)

    def stat(self, key: str) -> ObjectDetails:
        return self._reader.stat(key)

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        return self._reader.read(key, start, length)

    def write(
        self,
        key: str,
        body: Body,
        attributes: Attributes = NO_ATTRIBUTES,
        *,
        size: int | None = None,
        condition: Condition | None = None,
    ) -> ObjectInfo:
        """As the contract says; with ``condition``, the whole body is held in memory."""
        self._refuse(f"write object {key!r}", key, attributes)
        return self._writer.write(key, body, attributes, size, condition)

    def _refuse(self, operation: str, key: str, attributes: Attributes) -> None:
        fault = self.fault_of_key(key)
        if fault is not None:
            raise KeyRefusedError(operation, self.endpoint.place, fault)
        self.refuse_settings(attributes, operation)
        if fault := attribute_fault(attributes):
            raise StoreError(operation, self.endpoint.place, fault)

    def reaches(self, other: Store) -> bool:
        """Any container of the same account at the same place, with the same credentials."""
        return isinstance(other, ObstoreStore) and self._provider.reaches(
            other._provider
        )

    def copy(
        self,
        source: ObjectInfo,
        key: str,
        attributes: Attributes,
        *,
        container: str | None = None,
    ) -> ObjectInfo:
        if not self.features.server_side_copy:
            return super().copy(source, key, attributes, container=container)
        operation = f"copy object {source.key!r} to {key!r}"
        origin = container or self.endpoint.container
        self._provider.check_key(operation, source.key)
        self._refuse(operation, key, attributes)
        try:
            try:
                return self._provider.copy(operation, source, origin, key, attributes)
            except RefusedError as error:
                if error.status != 412:
                    raise
                # A missing object fails a condition, too.
                self._provider.stat(operation, source.key, origin)
            raise ConditionFailedError(
                operation, self.endpoint.place, "it is another object by now"
            )
        except ObjectMissingError as error:
            raise self._provider.explain_missing(error) from None

    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        failed = {
            key: fault for key in keys if (fault := self._provider.fault_of_key(key))
        }
        plain = [key for key in keys if key not in failed and key_fault(key)]
        quick = [key for key in keys if not self.fault_of_key(key)]
        for start in range(0, len(quick), _DELETIONS_PER_CALL):
            some = quick[start : start + _DELETIONS_PER_CALL]
            self.requests.add(1 if self._provider.deletes_in_bulk else len(some))
            try:
                self._client.obstore.delete(self._client.quick, some)
            except self._client.errors:
                # It tells of one key only, and of a missing one too: ask for each.
                plain += some
        return failed | self._delete_each(plain)

    def _delete_each(self, keys: t.Sequence[str]) -> dict[str, str]:
        if not keys:
            return {}
        with ThreadPoolExecutor(min(_DELETIONS_AT_ONCE, len(keys))) as pool:
            answers = zip(keys, pool.map(self._delete_one, keys), strict=True)
            faults = {key: fault for key, fault in answers if fault is not None}
        if len(faults) == len(keys):
            denied = [f for f in faults.values() if isinstance(f, AccessDeniedError)]
            if len(denied) == len(keys):
                raise denied[0]
        return {key: fault.detail for key, fault in faults.items()}

    def _delete_one(self, key: str) -> StoreError | None:
        return fault_of(self._provider.delete, f"delete object {key!r}", key)
