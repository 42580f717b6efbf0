# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""Endpoint -> a libcloud storage driver that sends exactly what it is told.

libcloud makes and signs the requests; how they travel is ours: see :class:`Transport`.
"""

from __future__ import annotations

import functools
import typing as t
import urllib.parse

from .._endpoint import Endpoint, s3_address
from .._errors import ConfigurationError, MissingLibraryError
from ._libcloud_transport import Transport
from ._requests import RequestCounter

#: Where KT Cloud's auth service is.
_KTUCLOUD_HOST: t.Final = "ssproxy.ucloudbiz.olleh.com"

#: Path of an auth service -> libcloud's name for what it speaks.
_AUTH_VERSIONS: t.Final = {
    "v1": "1.0",
    "v1.0": "1.0",
    "v2.0": "2.0_password",
    "v3": "3.x_password",
}


def open_driver(endpoint: Endpoint, counter: RequestCounter) -> t.Any:
    """A new libcloud driver; it is not for sharing between threads, and sends no request yet.

    Raises ``MissingLibraryError``, and ``ConfigurationError`` for what libcloud or its driver
    cannot use.
    """
    constant, arguments = driver_arguments(endpoint)
    try:
        from libcloud.common.types import LibcloudError
        from libcloud.storage.providers import get_driver
    except ImportError:
        raise MissingLibraryError(
            ["apache-libcloud"], f"to use {endpoint.provider}"
        ) from None
    driver: t.Any
    try:
        driver = get_driver(constant)(**arguments)
    except (LibcloudError, ValueError, TypeError, KeyError) as error:
        raise ConfigurationError(
            f"libcloud cannot open {endpoint.place}: {_reason(error)}."
        ) from None
    connection = driver.connection
    if endpoint.family == "s3":
        # Any region, not only those that libcloud has a host for.
        driver.region_name = s3_address(endpoint).region or driver.region_name
    if constant == "openstack_swift":
        # Clouds call the service swift, Swift, object-store …, and version 1 gives it no name.
        connection._service_name = None
    if endpoint.family == "google" and endpoint.host:
        # Given to the driver, it would be taken for a way to log in.
        connection.host = endpoint.host
        connection.port = endpoint.port or connection.port
    connection.conn_class = functools.partial(Transport, endpoint, counter)
    connection.connect()
    _make_exact(connection)
    return driver


def driver_arguments(endpoint: Endpoint) -> tuple[str, dict[str, t.Any]]:
    """libcloud's constant and the arguments of its driver."""
    arguments: dict[str, t.Any] = {
        "key": endpoint.key,
        "secret": endpoint.secret,
        "secure": endpoint.secure,
    }
    if not endpoint.key or not endpoint.secret:
        raise ConfigurationError(
            f"{endpoint.provider} through libcloud needs key and secret in the endpoint."
        )
    match endpoint.family:
        case "s3":
            arguments |= _s3_arguments(endpoint)
            return "s3", arguments
        case "azure":
            arguments |= _azure_address(endpoint)
        case "google":
            arguments |= {"project": endpoint.project}
        case "swift":
            arguments |= _swift_arguments(endpoint)
            # libcloud's KT Cloud driver looks for a name that version 1 does not give.
            if endpoint.provider == "KTUCLOUD":
                return "openstack_swift", arguments
        case "oss":
            pass
        case _:
            raise ConfigurationError(
                f"{endpoint.provider} cannot be used through libcloud: its driver lists only the "
                "first objects of a container and would take the others for missing.",
                hint="Backblaze B2 also speaks S3: use S3 with endpoint "
                "https://s3.<region>.backblazeb2.com and an application key.",
            )
    return endpoint.provider.lower(), arguments


def _host_and_port(url: str) -> dict[str, t.Any]:
    """As libcloud joins them again: an IPv6 address keeps its brackets."""
    parts = urllib.parse.urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}")
    return {"host": host, "port": parts.port}


def _s3_arguments(endpoint: Endpoint) -> dict[str, t.Any]:
    """libcloud's Amazon driver serves all of the family: the others sign with version 2, or have
    no token or no free choice of host and region."""
    address = s3_address(endpoint)
    token = {"token": endpoint.token}
    if address.url is None:
        return token | ({"region": address.region} if address.region else {})
    return token | _host_and_port(address.url)


def _azure_address(endpoint: Endpoint) -> dict[str, t.Any]:
    # libcloud takes a foreign host for an emulator, and Azure's own name for one, too.
    own = (endpoint.host or "").endswith(".blob.core.windows.net")
    return _host_and_port(endpoint.url) if endpoint.url and not own else {}


def _swift_arguments(endpoint: Endpoint) -> dict[str, t.Any]:
    arguments: dict[str, t.Any] = {}
    if endpoint.project:
        arguments["ex_tenant_name"] = endpoint.project
    if endpoint.provider == "CLOUDFILES":
        # Version 2 with an API key, which is what its driver speaks unasked.
        address = {"ex_force_auth_url": endpoint.url} if endpoint.url else {}
        return arguments | address | {"region": endpoint.region or "ord"}
    base, version = auth_service(endpoint)
    url = endpoint.url or f"https://{_KTUCLOUD_HOST}"
    arguments |= {"ex_force_auth_url": url + base, "ex_force_auth_version": version}
    # An answer of version 1 knows no regions.
    if endpoint.region and version != "1.0":
        arguments["region"] = endpoint.region
    return arguments


def region_of(endpoint: Endpoint) -> str | None:
    """The region that a new container is to be in; None: the provider's choice."""
    return s3_address(endpoint).region if endpoint.family == "s3" else endpoint.region


def auth_service(endpoint: Endpoint) -> tuple[str, str]:
    """The path of the auth service before its version, and libcloud's name of the version.

    Where the endpoint does not say, a project means Keystone (``/v3``), and none means Swift's
    own (``/auth/v1.0``). Raises ``ConfigurationError``.
    """
    path = endpoint.auth or ("/v3" if endpoint.project else "/auth/v1.0")
    base, _unused, version = path.strip("/").rpartition("/")
    if version not in _AUTH_VERSIONS:
        raise ConfigurationError(
            f"auth {path!r} does not end in a version of an auth service.",
            hint=f"It is a path that ends in {', '.join(sorted(_AUTH_VERSIONS))}, such as /identity/v3.",
        )
    return f"/{base}" if base else "", _AUTH_VERSIONS[version]


def _reason(error: Exception) -> str:
    """libcloud's words; of some of its errors ``str`` is the whole driver."""
    return str(getattr(error, "value", None) or error).rstrip(". ")


def _make_exact(connection: t.Any) -> None:
    """Let a connection leave paths as they are, and bodies and answers, too.

    libcloud makes ``a//b`` an ``a/b``. Azure's emulators want the account in the path, and
    OpenStack's connections know theirs only after they have logged in.
    """
    account = getattr(connection, "account_prefix", None)
    root = f"/{account}" if account else ""
    log_in = getattr(connection, "_populate_hosts_and_request_paths", None)
    sign = connection.pre_connect_hook

    def path(action: str) -> str:
        # libcloud itself would log in before every single request where tokens do not say when
        # they expire; the store logs in anew when one is refused.
        if log_in and not connection.is_logged_in:
            log_in()
            connection.is_logged_in = True
        return f"{connection.request_path}{root}{action}"

    def sign_exactly(params: t.Any, headers: dict[str, str]) -> t.Any:
        # An OSS bucket has a host of its own, which libcloud signs and then does not connect to.
        if hasattr(connection, "_container"):
            connection.connection.host = f"https://{connection.host}"
        # What proxies and servers change on the way must not be signed.
        agent = headers.pop("User-Agent")
        del headers["Accept-Encoding"]
        params, headers = sign(params, headers)
        # Google unpacks what is stored as gzip for those who do not take it.
        encoding = "gzip" if hasattr(connection, "oauth2_credential") else "identity"
        return params, headers | {"User-Agent": agent, "Accept-Encoding": encoding}

    # The plain answer: libcloud's reading takes some good ones for bad, and loses their bodies.
    connection.rawResponseCls = lambda connection, response: response
    connection.is_logged_in = False
    connection.morph_action_hook = path
    connection.pre_connect_hook = sign_exactly


def log_out(driver: t.Any) -> bool:
    """Forget a token, so that the next request logs in; false where there are no tokens."""
    connection = driver.connection
    if not connection.is_logged_in:
        return False
    connection.is_logged_in = False
    connection.get_auth_class().clear_cached_auth_context()
    return True
