# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""One interface for the buckets of every provider: what ``libcloud_bucket`` reads and changes.

A value is what JSON can hold, in one normal form for each setting, so that equal values mean the
same; ``None`` means that the setting is not set. How a setting is written is said in ``_settings``.
"""

from __future__ import annotations

import abc
import typing as t

from .._drivers._catalogue import open_store
from .._drivers._requests import RequestCounter
from .._endpoint import Endpoint
from .._progress import UNWATCHED, Progress
from ._emptying import Counted, Emptied, count_store, empty_store

#: A setting in its normal form.
Value = t.Union[None, bool, int, str, t.Mapping[str, t.Any], t.Sequence[t.Any]]


class BucketService(abc.ABC):
    """The bucket of one endpoint at its provider. All operations may be called from any thread.

    Raises subclasses of ``StoreError``: ``AccessDeniedError``, ``UnreachableError``,
    ``ContainerTakenError`` (somebody else's bucket), ``ContainerMissingError``.
    """

    #: The settings that this provider has.
    settings: t.ClassVar[frozenset[str]] = frozenset()

    #: Where the bucket is, as far as the provider said; known after ``exists`` at the earliest.
    region: str | None = None

    def __init__(self, endpoint: Endpoint) -> None:
        """Sends nothing. Raises ``ConfigurationError`` and ``MissingLibraryError``."""
        self.endpoint = endpoint
        self.requests = RequestCounter()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections."""

    @abc.abstractmethod
    def exists(self) -> bool:
        """Whether the bucket is there, and ours. Raises ``ContainerTakenError`` when it is another's."""

    @abc.abstractmethod
    def create(self, wanted: t.Mapping[str, Value]) -> None:
        """Make the bucket; ``wanted`` has the settings that can only be given now, among others."""

    @abc.abstractmethod
    def delete(self) -> None:
        """Delete the empty bucket."""

    def count(self) -> Counted:
        """How much is in the bucket, as far as one page of its listing shows."""
        with open_store(self.endpoint) as store:
            counted = count_store(store)
        self.requests.add(store.requests.count)
        return counted

    def empty(self, bypass_governance: bool, progress: Progress = UNWATCHED) -> Emptied:
        """Delete all that is in the bucket, S3's locks in GOVERNANCE mode notwithstanding if asked for.

        Raises ``StoreError`` when something cannot be deleted, after everything else was.
        """
        with open_store(self.endpoint) as store:
            emptied = empty_store(store, progress)
        self.requests.add(emptied.requests)
        return emptied

    @abc.abstractmethod
    def normalise(self, setting: str, written: t.Any) -> Value:
        """The normal form of what a user wrote. Pure; raises ``ConfigurationError``."""

    def complete(self, setting: str, wanted: Value, current: Value) -> Value:
        """What the setting is to become: ``wanted``, with what that leaves open taken from ``current``.

        Raises ``ConfigurationError`` for what cannot be reached from there. Pure.
        """
        return wanted

    @abc.abstractmethod
    def read(self, setting: str) -> Value:
        """The setting as it is, in its normal form; None (of a switch, False) where it is not set."""

    @abc.abstractmethod
    def write(self, setting: str, value: Value, current: Value) -> None:
        """Make the setting ``value`` (None: remove it), which is ``current`` now."""

    def links(self) -> t.Mapping[str, str]:
        """``url``, ``website_url`` and ``cdn_url``, as far as they are known without asking."""
        return {}
