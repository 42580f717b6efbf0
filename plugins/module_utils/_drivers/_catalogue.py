# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which driver opens which provider."""

from __future__ import annotations

import importlib.util

from .._endpoint import Endpoint
from .._errors import MissingLibraryError
from ._base import Store


def open_store(endpoint: Endpoint) -> Store:
    """Open the best driver for the endpoint's provider among those whose library is installed.

    No request is sent yet. libcloud stands in for another library where it can: it knows no
    credentials but those of the endpoint. Raises ``MissingLibraryError``.
    """
    match endpoint.family:
        case "local":
            from ._local import LocalStore

            return LocalStore(endpoint)
        case "memory":
            from ._memory import MemoryStore

            return MemoryStore(endpoint)
        case "s3":
            return _open_s3(endpoint)
        case "azure":
            return _open_azure(endpoint)
        case "google":
            return _open_google(endpoint)
        case _:
            return _open_libcloud(endpoint)


def _open_s3(endpoint: Endpoint) -> Store:
    if _stands_in(endpoint, "boto3"):
        return _open_libcloud(endpoint)
    from ._s3 import S3Store

    return S3Store(endpoint)


def _open_azure(endpoint: Endpoint) -> Store:
    if _stands_in(endpoint, "obstore"):
        return _open_libcloud(endpoint)
    from ._azure import AzureStore

    return AzureStore(endpoint)


def _open_google(endpoint: Endpoint) -> Store:
    # obstore does not sign with HMAC keys, whose ids begin so.
    hmac = (endpoint.key or "").startswith("GOOG")
    if hmac or _stands_in(endpoint, "obstore"):
        return _open_libcloud(endpoint)
    from ._gcs import GcsStore

    return GcsStore(endpoint)


def _open_libcloud(endpoint: Endpoint) -> Store:
    if not _importable("libcloud"):
        raise _missing("apache-libcloud", endpoint)
    from ._libcloud import LibcloudStore

    return LibcloudStore(endpoint)


def _stands_in(endpoint: Endpoint, library: str) -> bool:
    """Whether libcloud takes the place of ``library``. Raises when neither can do the work."""
    if _importable(library):
        return False
    if endpoint.key and endpoint.secret and _importable("libcloud"):
        return True
    raise _missing(library, endpoint)


def _missing(library: str, endpoint: Endpoint) -> MissingLibraryError:
    return MissingLibraryError([library], f"to use {endpoint.provider}")


def _importable(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
