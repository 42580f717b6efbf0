# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One interface for every store.

A driver is a :class:`Store`: a small set of mandatory operations, and :class:`Features` for what
only some stores can do. Every driver passes ``tests/conformance``; the contracts are in the
docstrings here.
"""

from __future__ import annotations

import abc
import contextlib
import typing as t
from dataclasses import dataclass, field, replace

from .._endpoint import Endpoint
from .._errors import StoreError
from ._requests import RequestCounter

#: Chunks that a body is read and written in, bytes.
CHUNK_SIZE = 1024 * 1024

#: What holds bytes.
Buffer = t.Union[bytes, bytearray, memoryview]

#: What a write takes: all the bytes, or chunks of them in order.
Body = t.Union[bytes, t.Iterable[Buffer]]


class ObjectInfo(t.NamedTuple):
    """One object as a listing shows it.

    ``etag`` is opaque: two equal values mean the object was not written between. ``md5`` is the
    hex MD5 that the store's hash *may* be (an encrypting store's hash looks like one and is not):
    an equal value proves equal content, a different one proves nothing.
    """

    key: str
    size: int
    etag: str | None = None
    md5: str | None = None


#: The attributes that are written and never read back.
SETTINGS: t.Final = ("acl", "storage_class", "redirect")


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is kept beside an object's bytes. ``None``: not set. Metadata names are lower case.

    The last three are settings that some stores have (``Features.settings``); they are written and
    never read back. ``redirect`` is where a website sends who asks for the object.
    """

    content_type: str | None = None
    cache_control: str | None = None
    content_encoding: str | None = None
    content_disposition: str | None = None
    content_language: str | None = None
    metadata: t.Mapping[str, str] = field(default_factory=dict)
    acl: str | None = None
    storage_class: str | None = None
    redirect: str | None = None

    @property
    def settings(self) -> frozenset[str]:
        """The names of those settings that are set."""
        return frozenset(name for name in SETTINGS if getattr(self, name) is not None)

    def without_settings(self) -> Attributes:
        """The same, with none of them set."""
        return replace(self, acl=None, storage_class=None, redirect=None)


#: Nothing set.
NO_ATTRIBUTES = Attributes()

#: The attributes that HTTP has headers for, by the names of those.
HEADERS: t.Final = {
    "content_type": "Content-Type",
    "cache_control": "Cache-Control",
    "content_encoding": "Content-Encoding",
    "content_disposition": "Content-Disposition",
    "content_language": "Content-Language",
}


@dataclass(frozen=True, slots=True)
class ObjectDetails:
    """One object as a ``stat`` shows it.

    ``modified``: when it was written, in seconds since the epoch; None where the store does not tell.
    """

    info: ObjectInfo
    attributes: Attributes
    modified: float | None = None


@dataclass(frozen=True, slots=True)
class ReadResult:
    """An opened object: what it is, and the chunks of the range asked for, exactly as stored.

    The iterator raises :class:`TruncatedError` when the body ends early.
    """

    info: ObjectInfo
    attributes: Attributes
    chunks: t.Iterator[bytes]


class Digests(t.NamedTuple):
    """Hashes of an object's bytes, hex; no MD5 where nothing could be compared with it."""

    md5: str | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Features:
    """What a store can do beyond the mandatory operations."""

    #: ``write(..., condition=)`` is honoured by the server, atomically.
    conditional_write: bool = False
    #: The listing's ``md5`` is the content's for an object that was written in one request.
    listing_md5: bool = False
    #: Attributes are kept (a plain file system keeps none).
    attributes: bool = True
    #: ``digests`` answers from the bytes themselves at the price of a local read.
    digests: bool = False
    #: ``a`` and ``a/b`` cannot exist together (a file system).
    hierarchical: bool = False
    #: ``copy`` copies objects, and changes their attributes, without their bytes passing through here.
    server_side_copy: bool = False
    #: Those of ``acl``, ``storage_class`` and ``redirect`` that the store knows.
    settings: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class IfAbsent:
    """Write only if there is no object of that key."""


@dataclass(frozen=True, slots=True)
class IfMatch:
    """Write only if the object still has this etag."""

    etag: str


Condition = t.Union[IfAbsent, IfMatch]


class Summary:
    """Of a listing that was read to its end, its digest, where the store tells."""

    digest: str | None = None


class Store(abc.ABC):
    """An open connection to one endpoint's container. All operations may be called from any thread.

    Keys are full object names (the endpoint's prefix is the caller's affair). Every operation
    raises subclasses of :class:`StoreError` only: ``AccessDeniedError``, ``UnreachableError``,
    ``ContainerMissingError`` and those named below.
    """

    features: Features = Features()

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.requests = RequestCounter()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections. A second call does nothing."""

    def fault_of_key(self, key: str) -> str | None:
        """Why this store cannot hold ``key``, as far as can be told without asking it; else None."""
        return None

    def refuse_settings(self, attributes: Attributes, operation: str) -> None:
        """Raises ``StoreError`` for settings that are not among ``features.settings``."""
        unknown = attributes.settings - self.features.settings
        if unknown:
            raise StoreError(
                operation,
                self.endpoint.place,
                f"{' and '.join(sorted(unknown))} cannot be set with provider {self.endpoint.provider}",
            )

    @abc.abstractmethod
    def container_exists(self) -> bool:
        """Whether the container is there and may be used.

        Raises ``AccessDeniedError`` when the store refuses to tell.
        """

    @abc.abstractmethod
    def create_container(self) -> bool:
        """Make the container; false when it was there already and is ours.

        Raises ``ContainerTakenError`` when it is somebody else's, ``ConfigurationError`` when the
        provider does not allow the name.
        """

    @abc.abstractmethod
    def list(self, prefix: str = "") -> t.Iterator[ObjectInfo]:
        """Every object whose key starts with ``prefix``, in no promised order, each once.

        Keys come exactly as they were written. Never a partial answer: what cannot be listed
        raises.
        """

    def list_around(
        self, prefix: str, middle: str | None, summary: Summary | None = None
    ) -> t.Iterator[ObjectInfo]:
        """The same listing, where ``middle`` is a key in the midst of what is expected to be there.

        A driver may list what comes before and after it at the same time. Some tell ``summary``,
        by the end, what ``summarise`` would have said.
        """
        return self.list(prefix)

    def summarise(self, prefix: str, middle: str | None) -> str | None:
        """A digest of the same listing: equal ones mean that nothing in it was written between.

        None where that would be no cheaper than listing.
        """
        return None

    def lists_md5(self, size: int) -> bool:
        """Whether a listing will show the MD5 of an object of ``size`` bytes that is written now."""
        return self.features.listing_md5

    @abc.abstractmethod
    def stat(self, key: str) -> ObjectDetails:
        """One object's info and attributes. Raises ``ObjectMissingError``."""

    @abc.abstractmethod
    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        """Open ``length`` bytes from ``start`` (all that follow, when None), as stored.

        ``info`` is the whole object's. A range that begins at or after the end is empty.
        Raises ``ObjectMissingError``.
        """

    @abc.abstractmethod
    def write(
        self,
        key: str,
        body: Body,
        attributes: Attributes = NO_ATTRIBUTES,
        *,
        size: int | None = None,
        condition: Condition | None = None,
    ) -> ObjectInfo:
        """Write an object whole or not at all: readers see the old one until the new one is complete.

        ``size`` is the body's length in bytes where the caller knows it (a hint for a stream; the
        body is what counts). When iterating ``body`` raises, nothing is written and the exception
        passes through unchanged. Raises ``KeyRefusedError`` for a key that cannot be held exactly
        as given, ``ConditionFailedError`` when ``condition`` does not hold, ``StoreError`` for a setting
        that is not among ``features.settings``.
        """

    @abc.abstractmethod
    def delete(self, keys: t.Sequence[str]) -> dict[str, str]:
        """Delete objects; one that is missing counts as deleted.

        Returns the keys that could not be deleted, each with what the store said.
        """

    def keeping_uploads(
        self, folder: str | None
    ) -> contextlib.AbstractContextManager[None]:
        """Within it, uploads in parts are noted in the folder, and those that were cut off are gone on with.

        To be entered before anything is written. At its end, what nobody went on with is removed from
        the server, unless the body fails: then it is left for a later run. It does nothing without a folder,
        and where there are no such uploads.
        """
        return contextlib.nullcontext()

    def reaches(self, other: Store) -> bool:
        """Whether ``copy`` can take objects from the other store's container, too."""
        return False

    def copy(
        self,
        source: ObjectInfo,
        key: str,
        attributes: Attributes,
        *,
        container: str | None = None,
    ) -> ObjectInfo:
        """Make ``key`` of the object ``source``, with these attributes and no others.

        Only with ``features.server_side_copy``. The source is in this container, or in another one
        of a store that this one ``reaches``. ``key`` may be the source's own, which changes its
        attributes alone. Objects of any size are copied whole or not at all. Raises
        ``ObjectMissingError``, and ``ConditionFailedError`` when the source's etag is another now.
        """
        raise StoreError(
            f"copy object {source.key!r}",
            self.endpoint.place,
            "this store cannot copy objects",
        )

    def digests(self, info: ObjectInfo) -> Digests:
        """Hashes of the object's bytes as they are now. Only with ``features.digests``."""
        raise StoreError(
            f"hash object {info.key!r}",
            self.endpoint.place,
            "this store cannot hash objects",
        )
