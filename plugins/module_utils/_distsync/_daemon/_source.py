# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What a daemon reads from: one store for all of its channels, and who fetches from each."""

from __future__ import annotations

import time
import typing as t

from ..._drivers._base import Store
from ..._drivers._catalogue import open_store
from ..._endpoint import Endpoint
from ..._errors import ConfigurationError
from ..._workers import Workers
from .._configuration import Configuration
from .._configuration_values import Format
from .._fetch import Fetcher
from .._original_fetch import OriginalFetcher

if t.TYPE_CHECKING:
    from .._opening import Fetching
    from .._swarm._swarm import Swarm

#: Threads that decrypt.
_WORKERS: t.Final = 2


class Source:
    """``folder``: where it is remembered what feeds were seen. ``swarm``: the caller's. Sends nothing yet.

    Not ``fetching``: that opens a store and threads for each channel, and S3 by the way that is
    fastest; this takes the one that is smallest. Raises ``ConfigurationError`` and ``MissingLibraryError``.
    """

    def __init__(
        self,
        configuration: Configuration,
        folder: str,
        swarm: Swarm | None = None,
        clock: t.Callable[[], float] = time.time,
    ) -> None:
        key = configuration.public_key
        if key is None and configuration.signing_key is not None:
            key = configuration.signing_key.public
        if key is None and configuration.format is Format.LONGSHORE:
            raise ConfigurationError(
                "PublicKey is missing: it is not known whose artifacts to take.",
                hint="Copy it from what distsync setup wrote.",
            )
        self._key = key
        self._configuration = configuration
        self._folder = folder
        self._swarm = swarm
        self._clock = clock
        self.store = open_resting(configuration.store)
        self._workers = Workers(_WORKERS)

    def of(self, channel: str) -> Fetching:
        """Who fetches from that channel; to be used from any thread."""
        configuration = self._configuration
        if self._key is None:
            return OriginalFetcher(
                self.store, configuration.secret, self._workers, folder=self._folder
            )
        return Fetcher(
            self.store,
            configuration.secret,
            self._key,
            channel,
            self._workers,
            folder=self._folder,
            delta=configuration.delta,
            swarm=self._swarm,
            clock=self._clock,
        )

    def close(self) -> None:
        """When nobody uses it any more."""
        self._workers.__exit__()
        self.store.close()


def open_resting(endpoint: Endpoint) -> Store:
    """The store in the way that takes the least memory while nothing happens."""
    if endpoint.family == "s3":
        from ._s3_light import LightS3Store

        return LightS3Store(endpoint)
    return open_store(endpoint)
