# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The SDK's client for one endpoint, set up once and used from every thread."""

from __future__ import annotations

import base64
import functools
import hashlib
import typing as t
from urllib.parse import urlsplit

from .._endpoint import Endpoint, s3_address
from ._botocore import create_client, open_session
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
    session = open_session(endpoint, "to talk to S3")
    data_path = session.get_config_variable("data_path")
    session.register_component("data_loader", _loader(data_path))
    url = s3_address(endpoint).url
    client = create_client(
        session,
        "s3",
        endpoint,
        endpoint.place,
        max_pool_connections=_CONNECTIONS,
        tcp_keepalive=True,
        # S3-compatible servers do not know the newer checksums.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={
            "addressing_style": "auto" if url is None else "path",
            # TLS protects a body as well, and spares hashing it.
            "payload_signing_enabled": (url or "").startswith("http:"),
        },
    )

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
