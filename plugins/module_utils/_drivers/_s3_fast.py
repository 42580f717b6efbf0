# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The fast lane to S3: plain reads and writes by obstore.

It tries once. Whatever does not succeed, boto3 does again: it retries, follows a container into
its region, and knows what the server said. So nothing here needs to tell errors apart.
"""

from __future__ import annotations

import re
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

from .._endpoint import Endpoint
from .._errors import TruncatedError
from ._base import CHUNK_SIZE, NO_ATTRIBUTES, Attributes, ReadResult
from ._md5 import info_of
from ._obstore_objects import from_obstore_attributes, key_fault, to_obstore_attributes

if t.TYPE_CHECKING:
    import obstore

#: Failures in a row after which the lane is closed: boto3 can do what this one cannot.
_PATIENCE: t.Final = 8
#: Ranges up to so many bytes are held whole: a stream hands over from thread to thread.
_WHOLE_RANGE: t.Final = 4 * 1024 * 1024
#: Headers as obstore takes them; it panics at some others.
_HEADER = re.compile(r"[A-Za-z0-9_-]+: [\x20-\x7e]*")
#: botocore's credentials last ten minutes at least, as it renews them before that.
_CREDENTIALS_LAST: t.Final = timedelta(minutes=10)


def open_fast_lane(
    endpoint: Endpoint, client: t.Any, credentials: t.Callable[[], t.Any]
) -> FastLane | None:
    """The one beside a botocore client; None where obstore is not installed, or cannot be set up for it."""
    try:
        return FastLane(
            endpoint, client.meta.endpoint_url, client.meta.region_name, credentials
        )
    except (ImportError, ValueError):
        return None


class FastLane:
    """obstore on the container and with the credentials of a botocore client.

    Raises ``ImportError`` where obstore is not installed, ``ValueError`` where it cannot be set
    up for this endpoint.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        url: str,
        region: str,
        credentials: t.Callable[[], t.Any],
    ) -> None:
        import obstore
        from obstore.exceptions import BaseError
        from obstore.store import S3Store as Opened

        self._obstore = obstore
        self._place = endpoint.place
        self._failures = 0
        self._errors = (BaseError, OSError, ValueError)
        self._credentials = credentials
        seconds = timedelta(seconds=endpoint.timeout)
        options: dict[str, t.Any] = {
            "allow_http": url.startswith("http:"),
            "connect_timeout": seconds,
            "read_timeout": seconds,
            # This one is for a whole request: a large object on a slow line may take its time.
            "timeout": "1day",
        }
        try:
            if endpoint.ca_path is not None:
                options["root_certificate"] = Path(endpoint.ca_path).read_bytes()
            # obstore takes what is not given here from the environment, which may be meant for
            # another endpoint.
            self._store = Opened(
                endpoint.container,
                endpoint=url,
                aws_endpoint_url_s3=url,
                region=region,
                virtual_hosted_style_request=False,
                skip_signature=False,
                unsigned_payload=url.startswith("https:"),
                client_options=t.cast("t.Any", options),
                retry_config={"max_retries": 0},
                credential_provider=self._credential,
            )
        except self._errors as error:
            raise ValueError(str(error)) from error

    def takes(self, key: str, attributes: Attributes = NO_ATTRIBUTES) -> bool:
        """Whether obstore can be asked for this key, or to write it with these attributes."""
        return (
            self._failures < _PATIENCE
            and key_fault(key) is None
            and not attributes.settings
        )

    def write(self, key: str, data: bytes, attributes: Attributes) -> str | None:
        """Write an object; its ETag as the server gave it, or None where that failed."""
        values = to_obstore_attributes(attributes)
        if not all(map(_HEADER.fullmatch, map(": ".join, values.items()))):
            return None
        try:
            answer = self._obstore.put(
                self._store,
                key,
                data,
                attributes=values,
                use_multipart=False,
            )
        except self._errors:
            self._failures += 1
            return None
        self._failures = 0
        return answer["e_tag"]

    def read(self, key: str) -> ReadResult | None:
        """Open an object; None where that failed."""
        try:
            answer = self._obstore.get(self._store, key)
            meta = answer.meta
            # A small object is fetched at once, so that a fault in its body is found here.
            small = meta["size"] <= CHUNK_SIZE
            data = bytes(answer.bytes()) if small else b""
        except FileNotFoundError:
            return None
        except self._errors:
            self._failures += 1
            return None
        if small and len(data) != meta["size"]:
            return None
        self._failures = 0
        return ReadResult(
            info_of(key, meta["size"], meta["e_tag"]),
            from_obstore_attributes(answer.attributes),
            (
                iter((data,) if data else ())
                if small
                else self._stream(key, answer, meta["size"])
            ),
        )

    def read_range(self, key: str, start: int, length: int) -> ReadResult | None:
        """Open a range; None where that failed, or where nothing is there."""
        chunks: t.Iterator[bytes]
        try:
            options: obstore.GetOptions = {"range": (start, start + length)}
            answer = self._obstore.get(self._store, key, options=options)
            first, last = answer.range
            if last - first <= _WHOLE_RANGE:
                data = memoryview(answer.bytes())
                if len(data) != last - first:
                    return None
                chunks = iter((t.cast("bytes", data),))
            else:
                chunks = self._stream(key, answer, last - first)
        except FileNotFoundError:
            return None
        except self._errors:
            self._failures += 1
            return None
        if first != start:
            return None
        self._failures = 0
        meta = answer.meta
        return ReadResult(
            info_of(key, meta["size"], meta["e_tag"]),
            from_obstore_attributes(answer.attributes),
            chunks,
        )

    def _stream(
        self,
        key: str,
        answer: obstore.GetResult,
        left: int,
    ) -> t.Iterator[bytes]:
        try:
            for chunk in answer.stream(min_chunk_size=CHUNK_SIZE):
                left -= len(chunk)
                yield chunk
        except self._errors as error:
            raise self._truncated(key, left) from error
        if left:
            raise self._truncated(key, left)

    def _truncated(self, key: str, left: int) -> TruncatedError:
        return TruncatedError(
            f"read object {key!r}", self._place, f"the last {left:,} bytes did not come"
        )

    def _credential(self) -> t.Any:
        found = self._credentials()
        if found is None:
            raise ValueError("no credentials")
        frozen = found.get_frozen_credentials()
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + _CREDENTIALS_LAST,
        }
