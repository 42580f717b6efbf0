# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""From a configuration to who publishes and who fetches, in whatever format: the way in for everybody.

::

    with publishing(configuration) as publisher:
        publisher.publish([Publication("app.tar.gz", version="1.2")])
    with fetching(configuration) as fetcher:
        fetcher.fetch("app.tar.gz", LATEST, "/srv")

What distsync01 has not raises ``RequestRefusedError``, before anything is sent.
"""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._bandwidth import Bandwidth
from .._drivers._base import Store
from .._drivers._catalogue import open_store
from .._drivers._s3 import S3Store
from .._encryption._signing import SigningKey
from .._errors import ConfigurationError
from .._manifest._tree_cache import default_folder
from .._workers import Workers
from ._configuration import Configuration
from ._configuration_values import Format
from ._fetch import Fetcher
from ._original_fetch import OriginalFetcher
from ._original_publish import OriginalPublisher
from ._publish import Publisher
from ._release import LATEST, Release
from ._results import (
    Fetched,
    Outcome,
    Progress,
    Pruned,
    Publication,
    Seen,
    no_progress,
)

#: Threads that encrypt, or decrypt: each holds a few MiB, and the cipher's speed is the memory's soon.
_WORKERS: t.Final = 2
#: Parts of an upload at once, each of 8 MiB and more: no process is to take more than 150 MB.
_PARTS: t.Final = 4


class Publishing(t.Protocol):
    """The publisher's side of a channel. ``check``: only say what would change."""

    def look(self) -> Seen:
        """What is published now; nothing, with number 0, where nothing was yet."""

    def publish(
        self,
        publications: t.Sequence[Publication],
        *,
        force: bool = False,
        check: bool = False,
        progress: Progress = no_progress,
    ) -> Outcome:
        """Make each the latest release of its artifact; with the format longshore all at once.

        ``force``: take the place of other contents under the same version, and go on from whatever feed is
        there. ``progress`` is told of each file's bytes as they are sent.
        """

    def withdraw(
        self, name: str, version: str | None = None, *, check: bool = False
    ) -> Outcome:
        """Take a release (None: every one) of an artifact away; hosts keep what they have."""

    def roll_back(
        self, name: str, version: str | None = None, *, check: bool = False
    ) -> Outcome:
        """Make an older release the latest (None: the one before the latest)."""

    def renew(self) -> Outcome:
        """Make the feed good for another lifetime."""

    def hand_over(self, new: SigningKey) -> Outcome:
        """Sign everything anew with the new key, which the old one vouches for."""

    def prune(self, *, check: bool = False, unreadable: bool = False) -> Pruned:
        """Delete what no feed of the bucket names and nobody is about to publish.

        ``unreadable``: feeds that this SharedSecret does not open, too, and all that only they name.
        """


class Fetching(t.Protocol):
    """A host's side of a channel. ``check``: only say what would change."""

    def look(self) -> Seen:
        """What there is now, verified and remembered. Raises ``ReleaseMissingError`` while there is no feed."""

    def poll(self, etag: str | None) -> Seen | None:
        """None while nothing changed since ``look`` or ``poll`` gave this etag; one small request then.

        A feed that does not change expires without being looked at: ``look`` from time to time.
        """

    def release(self, name: str, version: str = LATEST) -> Release:
        """What is said of a release."""

    def fetch(
        self,
        name: str,
        version: str,
        dest: str,
        *,
        check: bool = False,
        progress: Progress = no_progress,
        older: str | None = None,
    ) -> Fetched:
        """Have a release at ``dest``, a file or a folder to put it in.

        ``older``: an older file of that artifact, to take what did not change from (None: what is at ``dest``);
        of use where who publishes and who fetches have ``Delta``.
        """

    def put(
        self,
        release: Release,
        dest: str,
        *,
        check: bool = False,
        progress: Progress = no_progress,
        older: str | None = None,
        warnings: tuple[str, ...] = (),
    ) -> Fetched:
        """As ``fetch``, of what ``release`` gave."""


@contextlib.contextmanager
def publishing(
    configuration: Configuration,
    *,
    folder: str | None = None,
    bandwidth: int | None = None,
) -> t.Iterator[Publishing]:
    """Who publishes in the configuration's (first) channel. No request is sent yet.

    ``folder``: where this host remembers feeds and unfinished uploads (None: below the user's caches).
    ``bandwidth``: bytes a second at most. Raises ``ConfigurationError`` without a signing key, and
    ``MissingLibraryError``.
    """
    pace = Bandwidth(bandwidth)
    with _opened(configuration) as (store, workers):
        if configuration.format is Format.DISTSYNC01:
            yield OriginalPublisher(
                store,
                configuration.secret,
                workers,
                encrypt_names=configuration.encrypt_names,
                bandwidth=pace,
            )
            return
        if configuration.signing_key is None:
            raise ConfigurationError(
                "SigningKey is missing: nobody would take what is published without it.",
                hint="Publish with the configuration that distsync setup wrote for who publishes.",
            )
        yield Publisher(
            store,
            configuration.secret,
            configuration.signing_key,
            configuration.channels[0],
            workers,
            folder=folder or state_folder(),
            algorithm=configuration.algorithm,
            handovers=configuration.handovers,
            delta=configuration.delta,
            torrents=configuration.swarm,
            bandwidth=pace,
        )


@contextlib.contextmanager
def fetching(
    configuration: Configuration,
    channel: str | None = None,
    *,
    folder: str | None = None,
    bandwidth: int | None = None,
) -> t.Iterator[Fetching]:
    """Who fetches from a channel (None: the configuration's first). No request is sent yet.

    ``folder`` and ``bandwidth`` as for ``publishing``. Who publishes trusts the own key. Raises
    ``ConfigurationError`` without a key to trust, and ``MissingLibraryError``.
    """
    remembered, pace = folder or state_folder(), Bandwidth(bandwidth)
    secret = configuration.secret
    with _opened(configuration) as (store, workers):
        if configuration.format is Format.DISTSYNC01:
            yield OriginalFetcher(
                store, secret, workers, folder=remembered, bandwidth=pace
            )
            return
        key = configuration.public_key
        if key is None and configuration.signing_key is not None:
            key = configuration.signing_key.public
        if key is None:
            raise ConfigurationError(
                "PublicKey is missing: it is not known whose artifacts to take.",
                hint="Copy it from what distsync setup wrote.",
            )
        yield Fetcher(
            store,
            secret,
            key,
            channel or configuration.channels[0],
            workers,
            folder=remembered,
            delta=configuration.delta,
            bandwidth=pace,
        )


@contextlib.contextmanager
def _opened(configuration: Configuration) -> t.Iterator[tuple[Store, Workers]]:
    with open_store(configuration.store) as store, Workers(_WORKERS) as workers:
        if isinstance(store, S3Store):
            store.part_workers = _PARTS
        yield store, workers


def state_folder() -> str:
    """Where a user's feeds and unfinished uploads are remembered, unless told otherwise."""
    return os.path.join(default_folder(), "distsync")
