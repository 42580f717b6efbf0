# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether a container of S3 is there, and how it is made."""

from __future__ import annotations

import typing as t

from .._endpoint import Endpoint
from .._errors import AccessDeniedError, ObjectMissingError
from ._s3_client import is_amazon
from ._s3_errors import error_code, explained


def container_exists(client: t.Any, endpoint: Endpoint) -> bool:
    """See ``Store.container_exists``."""
    operation = "look for the container"
    try:
        with explained(operation, endpoint.place):
            client.head_bucket(Bucket=endpoint.container)
    except ObjectMissingError:
        return False
    except AccessDeniedError:
        # The refusal of a HEAD has no body, hence no reason; that of a listing has.
        with explained(operation, endpoint.place):
            client.list_objects_v2(Bucket=endpoint.container, MaxKeys=1)
    return True


def create_container(client: t.Any, endpoint: Endpoint) -> bool:
    """See ``Store.create_container``."""
    # In Amazon's oldest region making it again succeeds, and resets its ACL: so ask first.
    if container_exists(client, endpoint):
        return False
    from botocore.exceptions import ClientError

    region = client.meta.region_name
    constraint: dict[str, t.Any] = {}
    if region != "us-east-1":
        constraint["CreateBucketConfiguration"] = {"LocationConstraint": region}
    with explained("create the container", endpoint.place):
        try:
            client.create_bucket(Bucket=endpoint.container, **constraint)
        except ClientError as error:
            code = error_code(error)
            if code == "BucketAlreadyOwnedByYou":
                return False
            # Servers other than Amazon's sign for regions that they do not know as places.
            if code != "InvalidLocationConstraint" or is_amazon(client):
                raise
            client.create_bucket(Bucket=endpoint.container)
    return True
