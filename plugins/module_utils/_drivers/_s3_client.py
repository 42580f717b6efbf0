# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The SDK's client for one endpoint, set up once and used from every thread."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import typing as t
from urllib.parse import urlsplit

from .._endpoint import Endpoint, s3_address
from .._errors import ConfigurationError, MissingLibraryError
from ._s3_listing import take_pages

#: More threads than this share connections by waiting for one.
_CONNECTIONS: t.Final = 64


class Opened(t.NamedTuple):
    """A botocore client, and where its credentials come from."""

    client: t.Any
    credentials: t.Callable[[], t.Any]


def open_client(endpoint: Endpoint, count: t.Callable[[], None]) -> Opened:
    """A client of the endpoint's S3; ``count`` is called for every HTTP request it sends.

    Raises ``MissingLibraryError`` and ``ConfigurationError``. Nothing is sent yet.
    """
    try:
        import botocore.config
        import botocore.session
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise MissingLibraryError(["boto3"], "to talk to S3") from error

    address = s3_address(endpoint)
    given = endpoint.key is not None
    # With credentials of its own an endpoint is complete: profiles, and addresses in the
    # environment, are meant for something else.
    sdk: t.Any = botocore  # which has no type information
    session = sdk.session.Session(session_vars=NOTHING_ELSE if given else None)
    data_path = session.get_config_variable("data_path")
    session.register_component("data_loader", _loader(data_path))
    config = sdk.config.Config(
        connect_timeout=endpoint.timeout,
        read_timeout=endpoint.timeout,
        max_pool_connections=_CONNECTIONS,
        tcp_keepalive=True,
        retries={"mode": "standard", "total_max_attempts": endpoint.retries + 1},
        # S3-compatible servers do not know the newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        ignore_configured_endpoint_urls=given,
        s3={
            "addressing_style": "auto" if address.url is None else "path",
            # TLS protects a body as well, and spares hashing it.
            "payload_signing_enabled": (address.url or "").startswith("http:"),
        },
    )
    try:
        client = session.create_client(
            "s3",
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
        raise ConfigurationError(
            f"Cannot set up access to {endpoint.place}: {error}"
        ) from error

    def before_send(**_: object) -> None:
        count()

    client.meta.events.register("before-send.s3", before_send)
    client.meta.events.register_last("before-call.s3.DeleteObjects", _use_md5)
    client.meta.events.register("before-parse.s3", _check_length)
    take_pages(client)
    return Opened(client, _credentials(endpoint, session))


@functools.cache
def _loader(data_path: str | None) -> t.Any:
    """Reads the descriptions of services, which takes most of the time that a client does: once for all of them."""
    import botocore.loaders

    sdk: t.Any = botocore.loaders
    return sdk.create_loader(data_path)


#: Instead of the session's: profile, config file and credentials file are nowhere.
NOTHING_ELSE: t.Final[dict[str, t.Any]] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def _credentials(endpoint: Endpoint, session: t.Any) -> t.Callable[[], t.Any]:
    if endpoint.key is None:
        return t.cast("t.Callable[[], t.Any]", session.get_credentials)
    import botocore.credentials

    sdk: t.Any = botocore.credentials
    fixed = sdk.Credentials(endpoint.key, endpoint.secret, endpoint.token)
    return lambda: fixed


def is_amazon(client: t.Any) -> bool:
    """Whether the client talks to Amazon itself."""
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return host.endswith((".amazonaws.com", ".amazonaws.com.cn"))


def _check_length(operation_model: t.Any, response_dict: t.Any, **_: object) -> None:
    """Refuse an answer that was cut short: the SDK does not look at its announced length."""
    import botocore.exceptions

    sdk: t.Any = botocore.exceptions
    body = response_dict["body"]
    announced = response_dict["headers"].get("content-length", "")
    if (
        # A page of a listing was taken away, and is known to be whole by its end.
        operation_model.name != "ListObjectsV2"
        and operation_model.http["method"] != "HEAD"
        and isinstance(body, bytes)
        and announced.isdigit()
        and len(body) < int(announced)
    ):
        raise sdk.IncompleteReadError(
            actual_bytes=len(body), expected_bytes=int(announced)
        )


def _use_md5(params: dict[str, t.Any], **_: object) -> None:
    """Batch deletion needs a checksum, and MD5 is the one that every server knows."""
    digest = hashlib.md5(params["body"], usedforsecurity=False).digest()
    params["headers"]["Content-MD5"] = base64.b64encode(digest).decode()
    params["context"].pop("checksum", None)
