# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One run of ``libcloud_bucket_info``: looks at one bucket, or at all of an account; changes nothing."""

from __future__ import annotations

import dataclasses
import functools
import os
import time
import typing as t
from dataclasses import dataclass, field

from .._drivers._catalogue import open_store
from .._drivers._requests import RequestCounter
from .._drivers._s3_errors import is_not_implemented
from .._endpoint import Endpoint
from .._errors import ConfigurationError, LongshoreError, StoreError
from .._fields import listed
from .._workers import Workers
from ._account import bucket_names
from ._catalogue import open_service
from ._contents import Measured, measure
from ._exposure import DECIDING, Verdict, judge
from ._names import check_name
from ._service import BucketService, Value

#: Buckets that are looked at at the same time.
_WORKERS: t.Final = 8

#: The container that Azure serves as a website, whatever its ACL is.
_AZURE_WEBSITE: t.Final = "$web"


@dataclass(frozen=True, slots=True)
class InfoOptions:
    """``endpoint``: of one bucket, or without container for all of the account.

    ``settings``: those to read. ``prefix_depth``: so many folders deep sizes are told apart, 0 for
    none; it means to ``count``, too.
    """

    endpoint: Endpoint
    settings: t.Sequence[str] = ()
    count: bool = False
    prefix_depth: int = 0
    exposure: bool = False


@dataclass(slots=True)
class BucketInfo:
    """One bucket. None: was not asked for. ``error``: why some of it is missing."""

    name: str
    region: str | None = None
    settings: dict[str, Value] = field(default_factory=dict)
    contents: Measured | None = None
    verdict: Verdict | None = None
    error: str | None = None
    warnings: list[str] = field(default_factory=list)

    def result(self) -> dict[str, t.Any]:
        """As the module returns it."""
        values: dict[str, t.Any] = {
            "name": self.name,
            "region": self.region,
            "settings": self.settings,
        }
        if self.contents is not None:
            values |= dataclasses.asdict(self.contents.total)
            values["prefixes"] = [
                {"prefix": prefix, **dataclasses.asdict(size)}
                for prefix, size in sorted(self.contents.prefixes.items())
            ]
        if self.verdict is not None:
            values["exposure"] = {
                name: list(items)
                for name, items in dataclasses.asdict(self.verdict).items()
            }
        if self.error is not None:
            values["error"] = self.error
        return values


@dataclass(slots=True)
class InfoReport:
    """What was found."""

    buckets: list[BucketInfo] = field(default_factory=list)
    requests: int = 0
    seconds: float = 0.0
    warnings: list[str] = field(default_factory=list)

    def result(self) -> dict[str, t.Any]:
        """The values that the module returns."""
        return {
            "changed": False,
            "buckets": [bucket.result() for bucket in self.buckets],
            "requests": self.requests,
            "seconds": round(self.seconds, 3),
        }

    def diff(self) -> dict[str, t.Any]:
        """Nothing changes."""
        return {}


def look(options: InfoOptions) -> InfoReport:
    """Find out what was asked for. A bucket that is not there is not in the report.

    Raises ``LongshoreError``. Where all buckets are looked at, what fails at one of them is in its
    ``error``, and goes into a warning.
    """
    began = time.monotonic()
    requests = RequestCounter()
    if options.prefix_depth < 0:
        raise ConfigurationError(
            f"prefix_depth is a whole number from 0, not {options.prefix_depth}."
        )
    if options.endpoint.container:
        check_name(options.endpoint, new=False)
        found = [_look_at(options, requests, options.endpoint)]
    else:
        found = _look_at_all(options, requests)
    report = InfoReport([bucket for bucket in found if bucket is not None])
    for bucket in report.buckets:
        report.warnings += bucket.warnings
    report.requests = requests.count
    report.seconds = time.monotonic() - began
    return report


def _look_at_all(
    options: InfoOptions, requests: RequestCounter
) -> list[BucketInfo | None]:
    account = options.endpoint
    # before anything is asked: no bucket of this provider will have other settings
    with open_service(_bucket_of(account, "any")) as service:
        _refuse_what_is_missing(options, service)
    endpoints = [_bucket_of(account, n) for n in bucket_names(account, requests)]
    with Workers(_WORKERS) as workers:
        one = functools.partial(_look_and_go_on, options, requests)
        found = dict(workers.run(one, endpoints))
    return [found[endpoint] for endpoint in endpoints]


def _bucket_of(account: Endpoint, name: str) -> Endpoint:
    if account.provider == "LOCAL":
        return Endpoint(
            "LOCAL", os.path.join(account.key or "/", name), prefix=account.prefix
        )
    return dataclasses.replace(account, container=name)


def _look_and_go_on(
    options: InfoOptions, requests: RequestCounter, endpoint: Endpoint
) -> BucketInfo | None:
    """What cannot be found out of one bucket does not keep from looking at the others."""
    info = BucketInfo(endpoint.container)
    try:
        return _look_at(options, requests, endpoint, info)
    except LongshoreError as error:
        info.error = str(error)
        info.warnings.append(str(error))
        return info


def _look_at(
    options: InfoOptions,
    requests: RequestCounter,
    endpoint: Endpoint,
    info: BucketInfo | None = None,
) -> BucketInfo | None:
    """None: there is no such bucket. ``info`` is filled, so that a failure leaves what was found."""
    info = info or BucketInfo(endpoint.container)
    with open_service(endpoint) as service:
        try:
            _refuse_what_is_missing(options, service)
            if not service.exists():
                return None
            info.region = service.region or endpoint.region
            read = _reader(service)
            for setting in options.settings:
                info.settings[setting], known = read(setting)
                if not known:
                    info.warnings.append(
                        f"The server of {endpoint.place} does not know the setting {setting}: it is shown as null."
                    )
            if options.exposure:
                deciding = _deciding(service)
                values = {setting: read(setting)[0] for setting in deciding}
                info.verdict = judge(endpoint.family, values)
        finally:
            requests.add(service.requests.count)
    if options.count or options.prefix_depth:
        info.contents = _measure(endpoint, options.prefix_depth, requests)
    return info


def _refuse_what_is_missing(options: InfoOptions, service: BucketService) -> None:
    provider = service.endpoint.provider
    missing = [name for name in options.settings if name not in service.settings]
    if missing:
        has = listed(sorted(service.settings) or ["none"], "and")
        raise ConfigurationError(
            f"Provider {provider} has no setting {listed(missing, 'or')} of a bucket.",
            hint=f"Leave {listed(missing, 'and')} out. It has {has}.",
        )
    if options.exposure and not {"policy", "acl"} & service.settings:
        raise ConfigurationError(
            f"Provider {provider} has neither policy nor acl of a bucket, so nothing tells its exposure.",
            hint="Leave exposure out.",
        )


def _reader(service: BucketService) -> t.Callable[[str], tuple[Value, bool]]:
    """Reads a setting once: its value, and whether the server knows it at all."""

    @functools.cache
    def read(setting: str) -> tuple[Value, bool]:
        try:
            return service.read(setting), True
        except StoreError as error:
            if not is_not_implemented(error):
                raise
            return None, False

    return read


def _deciding(service: BucketService) -> list[str]:
    """The settings that tell the exposure, of those that the provider has."""
    # an account's website is about that container alone
    endpoint = service.endpoint
    served = endpoint.family != "azure" or endpoint.container == _AZURE_WEBSITE
    return [
        setting
        for setting in DECIDING
        if setting in service.settings and (served or setting != "website")
    ]


def _measure(endpoint: Endpoint, depth: int, requests: RequestCounter) -> Measured:
    with open_store(endpoint) as store:
        try:
            return measure(store.list(endpoint.prefix), depth, endpoint.prefix)
        finally:
            requests.add(store.requests.count)
