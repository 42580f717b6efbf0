# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A place at a provider, as a user wrote it and normalised.

How it is written is the affair of ``_endpoint_parsing``; what is known of a provider is
``_providers``'.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ._errors import ConfigurationError
from ._fields import listed
from ._providers import PROVIDERS


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Provider, credentials, container and prefix, normalised. Secrets are left out of ``repr``.

    ``provider`` is a libcloud storage constant (``S3_EU_WEST``, ``LOCAL``, ``AZURE_BLOBS`` …) or
    ``MEMORY``. ``prefix`` is empty or ends with ``/``. For ``LOCAL``, ``container`` is the
    absolute path of the folder. ``timeout`` is in seconds; ``retries`` counts the attempts after
    the first. ``auth`` is the path of the host's auth service (Swift), such as ``/v3``.
    """

    provider: str
    container: str
    prefix: str = ""
    key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    region: str | None = None
    host: str | None = None
    port: int | None = None
    secure: bool = True
    project: str | None = None
    auth: str | None = None
    ca_path: str | None = None
    timeout: float = 60.0
    retries: int = 5

    @property
    def url(self) -> str | None:
        """``http(s)://host[:port]`` when the user named a host, else None."""
        if self.host is None:
            return None
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port is not None else ""
        return f"{'https' if self.secure else 'http'}://{host}{port}"

    @property
    def credentials(self) -> tuple[str | None, str | None, str | None]:
        """Key, secret and token."""
        return self.key, self.secret, self.token

    @property
    def place(self) -> str:
        """For error texts: where this is, without credentials."""
        if self.provider == "LOCAL":
            return f"folder {self.container or self.key!r}"
        at = f" at {self.url}" if self.url else ""
        if not self.container:
            return f"the account of {self.provider}{at}"
        return f"container {self.container!r} of {self.provider}{at}"

    @property
    def full_place(self) -> str:
        """``place``, and the prefix where there is one."""
        return self.place + (f", prefix {self.prefix!r}" if self.prefix else "")

    @property
    def family(self) -> str:
        """The protocol that the provider speaks: a key of ``_providers.FAMILIES``."""
        return PROVIDERS[self.provider].family


class S3Address(t.NamedTuple):
    """Where to send S3 requests, and the region to sign them for; None: the SDK's own choice."""

    url: str | None
    region: str | None


def s3_address(endpoint: Endpoint) -> S3Address:
    """The address of an endpoint of the S3 family.

    Amazon itself has no URL here (the SDK knows its regions better), and no region where neither
    the endpoint nor its provider names one. Raises ``ConfigurationError`` for a region that a
    provider other than Amazon is not known to have, unless the endpoint names the host.
    """
    provider = PROVIDERS[endpoint.provider]
    region = endpoint.region or provider.region or provider.default_region
    if endpoint.url is not None:
        return S3Address(endpoint.url, region or "us-east-1")
    if not provider.hosts:
        return S3Address(None, region)
    if region is None or region not in provider.hosts:
        raise ConfigurationError(
            f"{endpoint.provider} has no region {region!r}.",
            hint=f"Known are {listed(sorted(provider.hosts), 'and')}; for another one give host as well.",
        )
    scheme = "https" if endpoint.secure else "http"
    return S3Address(f"{scheme}://{provider.hosts[region]}", region)
