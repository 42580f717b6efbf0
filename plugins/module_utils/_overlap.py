# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Whether two endpoints meet, however differently they are written.

Names are compared, nothing is asked of a server: two host names of one server are two places
here.
"""

from __future__ import annotations

import ipaddress
import os
import re
import typing as t
from urllib.parse import urlsplit

from ._endpoint import Endpoint, s3_address
from ._providers import FAMILIES, PROVIDERS

#: Hosts of providers that also answer to another provider's name or to an explicit host.
_USUAL_HOSTS: t.Mapping[str, str] = {
    "AZURE_BLOBS": "blob.core.windows.net",
    "GOOGLE_STORAGE": "storage.googleapis.com",
}


def same_place(a: Endpoint, b: Endpoint) -> bool:
    """Whether both address one container (for LOCAL: one folder, links resolved)."""
    return _container(a) == _container(b)


def overlaps(a: Endpoint, b: Endpoint) -> bool:
    """Whether some object can belong to both: one container, and one prefix within the other."""
    if a.provider == b.provider == "LOCAL":
        return _within(_folder(a), _folder(b)) or _within(_folder(b), _folder(a))
    within = a.prefix.startswith(b.prefix) or b.prefix.startswith(a.prefix)
    return within and same_place(a, b)


def _folder(endpoint: Endpoint) -> str:
    return os.path.realpath(os.path.join(endpoint.container, endpoint.prefix))


def _within(inner: str, outer: str) -> bool:
    return os.path.commonpath((inner, outer)) == outer


def _container(endpoint: Endpoint) -> tuple[object, ...]:
    """Equal for two endpoints exactly when they address one container."""
    if endpoint.provider == "LOCAL":
        return ("local", os.path.realpath(endpoint.container))
    owner = None
    if not FAMILIES[endpoint.family].shared_names:
        owner = (endpoint.project or endpoint.key, _region(endpoint))
    return (*_service(endpoint), owner, endpoint.container)


def _service(endpoint: Endpoint) -> tuple[object, ...]:
    """The service that answers, all regions of one name space taken as one."""
    if endpoint.family != "s3":
        usual = _USUAL_HOSTS.get(endpoint.provider)
        url = endpoint.url or (usual and f"https://{usual}")
        return _server(url, endpoint.key) if url else (endpoint.provider,)
    url, region = s3_address(endpoint)
    host = urlsplit(url or "").hostname or "s3.amazonaws.com"
    if not host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return _server(t.cast(str, url))
    partition = re.match("cn-|us-gov-", region or "")
    return ("aws", partition and partition[0])


def _region(endpoint: Endpoint) -> str | None:
    return endpoint.region or PROVIDERS[endpoint.provider].default_region


def _server(url: str, account: str | None = None) -> tuple[object, ...]:
    """Host and port; ``http`` and ``https`` on their own ports are one server."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if account:
        host = host.removeprefix(f"{account}.")
    if _is_loopback(host):
        host = "localhost"
    usual_port = {"http": 80, "https": 443}[parts.scheme]
    return (host, None if parts.port == usual_port else parts.port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
