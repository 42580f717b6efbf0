# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The SDK's clients of what is at an endpoint of the S3 family: S3 itself, and what goes with it."""

from __future__ import annotations

import os
import typing as t

from .._endpoint import Endpoint, s3_address
from .._errors import ConfigurationError, MissingLibraryError

#: Instead of the session's: profile, config file and credentials file are nowhere.
_NOTHING_ELSE: t.Final[dict[str, t.Any]] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def open_session(endpoint: Endpoint, purpose: str) -> t.Any:
    """With the endpoint's credentials, or those of the environment; ``purpose`` is a phrase for errors.

    Raises ``MissingLibraryError``.
    """
    try:
        import botocore.session
    except ImportError as error:
        raise MissingLibraryError(["boto3"], purpose) from error
    sdk: t.Any = botocore.session  # which has no type information
    # With credentials of its own an endpoint is complete: profiles, and addresses in the
    # environment, are meant for something else.
    given = endpoint.key is not None
    return sdk.Session(session_vars=_NOTHING_ELSE if given else None)


def create_client(
    session: t.Any, service: str, endpoint: Endpoint, place: str, **settings: t.Any
) -> t.Any:
    """A client of ``service``, which errors call ``place``; ``settings`` are for the SDK's configuration.

    Raises ``ConfigurationError``. Nothing is sent yet.
    """
    import botocore.config
    from botocore.exceptions import BotoCoreError

    sdk: t.Any = botocore.config
    address = s3_address(endpoint)
    config = sdk.Config(
        connect_timeout=endpoint.timeout,
        read_timeout=endpoint.timeout,
        retries={"mode": "standard", "total_max_attempts": endpoint.retries + 1},
        ignore_configured_endpoint_urls=endpoint.key is not None,
        **settings,
    )
    try:
        return session.create_client(
            service,
            region_name=address.region
            or session.get_config_variable("region")
            or "us-east-1",
            endpoint_url=address.url,
            verify=endpoint.ca_path,
            aws_access_key_id=endpoint.key,
            aws_secret_access_key=endpoint.secret,
            aws_session_token=endpoint.token,
            config=config,
        )
    except (BotoCoreError, ValueError) as error:
        raise ConfigurationError(f"Cannot set up access to {place}: {error}") from error
