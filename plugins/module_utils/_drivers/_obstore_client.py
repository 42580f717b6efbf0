# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""obstore on one container: what it is given, and what it may raise."""

from __future__ import annotations

import typing as t
from datetime import timedelta

from .._endpoint import Endpoint
from .._errors import ConfigurationError, MissingLibraryError
from ._obstore_errors import translate_error
from ._rest import certificates

if t.TYPE_CHECKING:
    import obstore.store

#: The answer to an upload or a copy comes when the whole part is there: that may take this many
#: timeouts.
PATIENCE: t.Final = 10
_CONNECT_SECONDS: t.Final = 10.0


class Connect(t.Protocol):
    """obstore's store of the container with these options."""

    def __call__(
        self,
        client_options: obstore.store.ClientConfig,
        retry_config: obstore.store.RetryConfig,
    ) -> obstore.store.ObjectStore: ...


class Client:
    """``quick`` is for what is answered at once, ``patient`` for uploads.

    Raises ``MissingLibraryError`` and ``ConfigurationError``. Nothing is sent yet.
    """

    def __init__(self, endpoint: Endpoint, connect: Connect) -> None:
        try:
            import obstore
        except ImportError:
            raise MissingLibraryError(
                ["obstore"], f"to use {endpoint.provider}"
            ) from None
        self.obstore = obstore
        #: What obstore's functions raise.
        self.errors = (obstore.exceptions.BaseError, OSError, ValueError)
        timeout = endpoint.timeout
        try:
            self.quick = connect(*_options(endpoint, timeout))
            self.patient = connect(*_options(endpoint, timeout * PATIENCE))
        except self.errors as error:
            raise ConfigurationError(
                translate_error(error, "connect", endpoint.place).message
            ) from None


def _options(
    endpoint: Endpoint, answer_seconds: float
) -> tuple[obstore.store.ClientConfig, obstore.store.RetryConfig]:
    options: obstore.store.ClientConfig = {
        "allow_http": not endpoint.secure,
        "connect_timeout": timedelta(seconds=min(endpoint.timeout, _CONNECT_SECONDS)),
        "read_timeout": timedelta(seconds=answer_seconds),
        # It would end a long transfer in the midst of it.
        "timeout": timedelta(days=365),
    }
    if pem := certificates(endpoint):
        options["root_certificate"] = pem
    return options, {
        "max_retries": endpoint.retries,
        "retry_timeout": timedelta(seconds=endpoint.timeout),
    }
