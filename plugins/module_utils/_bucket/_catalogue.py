# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which service a bucket is kept by."""

from __future__ import annotations

from .._endpoint import Endpoint
from .._errors import ConfigurationError
from ._service import BucketService


def open_service(endpoint: Endpoint) -> BucketService:
    """The service of the endpoint's provider. Sends nothing.

    Raises ``ConfigurationError`` and ``MissingLibraryError``.
    """
    match endpoint.family:
        case "s3":
            from ._s3 import S3Bucket

            return S3Bucket(endpoint)
        case "azure":
            from ._azure import AzureBucket

            return AzureBucket(endpoint)
        # HMAC keys, whose ids begin so, are good for libcloud's way alone
        case "google" if not (endpoint.key or "").startswith("GOOG"):
            from ._gcs import GcsBucket

            return GcsBucket(endpoint)
        case "swift" if endpoint.provider == "CLOUDFILES":
            from ._swift import CloudFilesBucket

            return CloudFilesBucket(endpoint)
        case "swift":
            from ._swift import SwiftBucket

            return SwiftBucket(endpoint)
        case "local":
            from ._local import LocalBucket

            return LocalBucket(endpoint)
        case "memory":
            raise ConfigurationError(
                "MEMORY has no buckets to set up: what it holds ends with the process that made it.",
                hint="Use LOCAL with a folder.",
            )
        case _:
            from ._libcloud import LibcloudBucket

            return LibcloudBucket(endpoint)
