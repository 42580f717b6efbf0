# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The identities of a distribution: who publishes, the daemons, and where it is wanted each host."""

from __future__ import annotations

import hashlib
import typing as t

from .._encryption._secret import SharedSecret
from .._endpoint import Endpoint
from .._errors import ConfigurationError
from ._iam import Iam
from ._identity import Identity
from ._layout import status_id
from ._policies import host_policy, reader_policy, uploader_policy

_MAX_NAME: t.Final = 64


class Identities(t.NamedTuple):
    """Who publishes, and the daemons."""

    uploader: Identity
    reader: Identity


def open_identities(endpoint: Endpoint, *, reports: bool = False) -> Identities:
    """The identities of the endpoint's bucket, which are managed with the endpoint's credentials.

    ``reports``: the daemons may write their status. Nothing is sent yet. Raises
    ``ConfigurationError`` where there is no IAM, and ``MissingLibraryError``.
    """
    iam = _open_iam(endpoint)
    bucket, partition = endpoint.container, iam.partition
    return Identities(
        Identity(
            iam,
            user_name(bucket, "uploader"),
            uploader_policy(bucket, partition=partition),
        ),
        Identity(
            iam,
            user_name(bucket, "reader"),
            reader_policy(bucket, reports=reports, partition=partition),
        ),
    )


def open_host_identity(endpoint: Endpoint, secret: SharedSecret, host: str) -> Identity:
    """An identity of one host's own, which may write this host's status and no other's.

    Raises as ``open_identities``.
    """
    iam = _open_iam(endpoint)
    bucket, partition = endpoint.container, iam.partition
    # not the host's name as it is: IAM does not take every one, and two could come to the same
    role = f"host-{hashlib.sha256(host.encode()).hexdigest()[:12]}"
    return Identity(
        iam,
        user_name(bucket, role),
        host_policy(bucket, status_id(secret, host), partition=partition),
    )


def _open_iam(endpoint: Endpoint) -> Iam:
    if endpoint.prefix:
        raise ConfigurationError(
            f"Identities are for a whole bucket, and {endpoint.full_place} is a part of one.",
            hint="Leave out the prefix, or use identities: given.",
        )
    return Iam(endpoint)


def user_name(bucket: str, role: str) -> str:
    """``<bucket>-<role>``; a digest stands for the end of what would be too long."""
    name = f"{bucket}-{role}"
    if len(name) <= _MAX_NAME:
        return name
    end = f"-{hashlib.sha256(bucket.encode()).hexdigest()[:12]}-{role}"
    return bucket[: _MAX_NAME - len(end)] + end
