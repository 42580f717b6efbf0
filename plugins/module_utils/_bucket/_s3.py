# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The buckets of S3, and of everything that speaks its protocol, by botocore."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._drivers._retry import retry
from .._drivers._s3_client import is_amazon, open_client
from .._drivers._s3_errors import NOT_IMPLEMENTED, error_code, explained
from .._endpoint import Endpoint
from .._errors import (
    AccessDeniedError,
    ConfigurationError,
    ContainerTakenError,
    ObjectMissingError,
    StoreError,
)
from .._fields import did_you_mean, listed
from .._progress import UNWATCHED, Progress
from ._emptying import Counted, Emptied
from ._s3_access import access_settings
from ._s3_basic import BASIC
from ._s3_emptying import count_s3, empty_s3
from ._s3_events import EVENTS
from ._s3_lifecycle import LIFECYCLE
from ._s3_protection import PROTECTION
from ._s3_replication import REPLICATION
from ._s3_setting import NOT_SET, Fields, S3Setting
from ._s3_web import WEB, complete_cors
from ._service import BucketService, Value
from ._settings import SETTINGS

_AMAZON_REGION: t.Final = "us-east-1"
#: Somebody changes the bucket at this moment; it is being made or deleted.
_PASSING: t.Final = frozenset({"OperationAborted", "ConditionalRequestConflict"})
#: Answers of servers that do not have a setting; some take it for another try to make the bucket.
_UNKNOWN_SETTING: t.Final = NOT_IMPLEMENTED | {
    "BucketAlreadyExists",
    "BucketAlreadyOwnedByYou",
}
#: Regions whose website hosts have a hyphen before the region, as all had once; the others a dot.
_HYPHENED: t.Final = frozenset(
    "us-east-1 us-west-1 us-west-2 ap-southeast-1 ap-southeast-2 ap-northeast-1 eu-west-1 "
    "sa-east-1 us-gov-west-1".split()
)


class S3Bucket(BucketService):
    """A bucket of an S3 server."""

    settings = frozenset(SETTINGS) - {"cdn"}

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._bucket = {"Bucket": endpoint.container}
        self._client = open_client(endpoint, self.requests.add).client
        self._amazon = is_amazon(self._client)
        if self._amazon:
            _check_region(self._client.meta.region_name)
        self._settings: t.Mapping[str, S3Setting] = {
            **BASIC,
            **access_settings(endpoint.container),
            **PROTECTION,
            **WEB,
            **LIFECYCLE,
            **EVENTS,
            **REPLICATION,
        }

    def close(self) -> None:
        self._client.close()

    # -- the bucket

    def exists(self) -> bool:
        # The listing is of our own buckets, and one with that prefix is short. A HEAD is answered
        # for other people's buckets as well, if they let us.
        refusal: StoreError | None = None
        try:
            if self._is_listed():
                return True
        except StoreError as error:
            if not _keeps_silent(error):
                raise
            refusal = error
        operation = "look for the bucket"
        try:
            with explained(operation, self.endpoint.place):
                answer = self._client.head_bucket(**self._bucket)
        except ObjectMissingError:
            return False
        except AccessDeniedError:
            if refusal is None:
                raise self._taken(operation) from None
            # a listing's refusal says why, that of a HEAD does not
            raise refusal from None
        if refusal is None:
            raise self._taken(operation)
        self.region = answer.get("BucketRegion")
        return True

    def _is_listed(self) -> bool:
        """Raises ``StoreError``, also where we may not see the listing."""
        name = self.endpoint.container
        with explained("list the buckets", self.endpoint.place):
            pages = self._client.get_paginator("list_buckets").paginate(Prefix=name)
            for page in pages:
                for found in page.get("Buckets") or ():
                    if found["Name"] == name:
                        self._move_to(found.get("BucketRegion"))
                        return True
        return False

    def _move_to(self, region: str | None) -> None:
        """Talk to the bucket's own region, rather than be redirected with each of the first requests."""
        self.region = region
        if region and region != self._client.meta.region_name:
            there = dataclasses.replace(self.endpoint, region=region)
            if there.provider != "S3" and not there.host:
                there = dataclasses.replace(there, provider="S3")
            self._client.close()
            self._client = open_client(there, self.requests.add).client

    def _taken(self, operation: str) -> ContainerTakenError:
        return ContainerTakenError(
            operation, self.endpoint.place, "it exists, and is not one of yours"
        )

    def create(self, wanted: t.Mapping[str, Value]) -> None:
        parameters: dict[str, t.Any] = dict(self._bucket)
        region = self._client.meta.region_name
        if region != _AMAZON_REGION:
            parameters["CreateBucketConfiguration"] = {"LocationConstraint": region}
        if wanted.get("object_lock") or wanted.get("object_lock_default_retention"):
            parameters["ObjectLockEnabledForBucket"] = True
        with explained("create the bucket", self.endpoint.place):
            self._persist(lambda: self._create(parameters))
        self.region = region

    def _create(self, parameters: dict[str, t.Any]) -> None:
        from botocore.exceptions import ClientError

        try:
            self._client.create_bucket(**parameters)
        except ClientError as error:
            code = error_code(error)
            if code == "BucketAlreadyOwnedByYou":
                return
            # Servers other than Amazon's sign for regions that they do not know as places. That a
            # user wrote one is another matter.
            named = self.endpoint.region is not None
            if code != "InvalidLocationConstraint" or self._amazon or named:
                raise
            del parameters["CreateBucketConfiguration"]
            self._client.create_bucket(**parameters)

    def delete(self) -> None:
        from botocore.exceptions import ClientError

        def attempt() -> None:
            try:
                self._client.delete_bucket(**self._bucket)
            except ClientError as error:
                if error_code(error) != "NoSuchBucket":
                    raise

        with explained("delete the bucket", self.endpoint.place):
            self._persist(attempt)

    def count(self) -> Counted:
        return count_s3(self._client, self.endpoint)

    def empty(self, bypass_governance: bool, progress: Progress = UNWATCHED) -> Emptied:
        return empty_s3(
            self._client,
            self.endpoint,
            self.requests,
            bypass_governance=bypass_governance,
            progress=progress,
        )

    def links(self) -> t.Mapping[str, str]:
        name = self.endpoint.container
        region = self.region or self._client.meta.region_name
        if not self._amazon:
            return {"url": f"{self._client.meta.endpoint_url}/{name}"}
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        separator = "-" if region in _HYPHENED else "."
        # a certificate's wildcard stands for one part of a name
        host = f"s3.{region}.{domain}"
        url = f"https://{host}/{name}" if "." in name else f"https://{name}.{host}"
        website = f"http://{name}.s3-website{separator}{region}.{domain}"
        return {"url": url, "website_url": website}

    # -- its settings

    def normalise(self, setting: str, written: t.Any) -> Value:
        return self._settings[setting].normalise(written)

    def complete(self, setting: str, wanted: Value, current: Value) -> Value:
        if setting == "tags" and isinstance(current, t.Mapping):
            # Amazon's own, which nobody else can set or remove
            own = {k: v for k, v in current.items() if k.startswith("aws:")}
            return {**own, **t.cast("t.Mapping[str, str]", wanted or {})} or None
        if setting == "encryption":
            return self._complete_encryption(wanted, current)
        if setting == "cors_rules":
            return complete_cors(wanted, current)
        if setting == "object_lock" and current and not wanted:
            raise ConfigurationError(
                f"object_lock of {self.endpoint.place} is on, and cannot be switched off any more.",
                hint="Leave object_lock out, or make a new bucket without it.",
            )
        return wanted

    def _complete_encryption(self, wanted: Value, current: Value) -> Value:
        if wanted is None and self._amazon:
            wanted = {"algorithm": "AES256"}  # Amazon stores nothing plain
        if not isinstance(wanted, t.Mapping):
            return wanted
        there = isinstance(current, t.Mapping) and current.get("bucket_key", False)
        return {"bucket_key": bool(there), **wanted}

    def read(self, setting: str) -> Value:
        from botocore.exceptions import ClientError

        ways = self._settings[setting]
        with self._concerning("read", setting):
            try:
                answer = getattr(self._client, ways.get)(**self._bucket)
            except ClientError as error:
                if error_code(error) not in NOT_SET:
                    raise
                answer = {}
        return ways.read(answer)

    def write(self, setting: str, value: Value, current: Value) -> None:
        ways = self._settings[setting]
        parameters: Fields = {}
        if value is None and ways.delete:
            operation = getattr(self._client, ways.delete)
        else:
            operation = getattr(self._client, ways.put)
            parameters = ways.params(value)
        with self._concerning("write", setting):
            self._persist(lambda: operation(**self._bucket, **parameters))

    @contextlib.contextmanager
    def _concerning(self, verb: str, setting: str) -> t.Iterator[None]:
        """Errors within it name the setting."""
        from botocore.exceptions import ClientError

        operation = f"{verb} the setting {setting}"
        place = self.endpoint.place
        with explained(operation, place):
            try:
                yield
            except ClientError as error:
                if error_code(error) not in _UNKNOWN_SETTING:
                    raise
                said = str(error).rpartition(": ")[2].rstrip(".")
                raise StoreError(
                    operation,
                    place,
                    f"the server does not have it, or not all that is asked of it; it says: {said} ({error_code(error)})",
                    hint=f"Leave {setting} out.",
                ) from error

    def _persist(self, attempt: t.Callable[[], object]) -> None:
        """Try again while somebody else is changing the bucket."""
        retry(attempt, _is_passing, self.endpoint.retries)


def _keeps_silent(error: StoreError) -> bool:
    """Whether the server does not want to tell, or cannot."""
    answer = getattr(error.__cause__, "response", {})
    code = answer.get("Error", {}).get("Code")
    return isinstance(error, AccessDeniedError) or code in NOT_IMPLEMENTED


def _is_passing(error: Exception) -> bool:
    from botocore.exceptions import ClientError

    return isinstance(error, ClientError) and error_code(error) in _PASSING


def _check_region(region: str) -> None:
    """Raises ``ConfigurationError`` for a region that Amazon has not, as far as the SDK knows."""
    import botocore.session

    sdk: t.Any = botocore.session
    session = sdk.Session()
    regions = {
        known
        for partition in session.get_available_partitions()
        for known in session.get_available_regions("s3", partition_name=partition)
    }
    if region not in regions:
        raise ConfigurationError(
            f"Amazon has no region {region!r} that the installed botocore knows.",
            hint=did_you_mean(region, regions)
            + f" There are {listed(sorted(regions), 'and')}.",
        )
