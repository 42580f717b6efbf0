# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the user wrote, turned into an :class:`Endpoint`.

An endpoint is written as a mapping, or as the name of an entry of ``providers``; a source may also
be a local path. What a single field may hold is ``_fields``' affair, what is known of a provider
``_providers``'.
"""

from __future__ import annotations

import json
import os
import re
import typing as t
from dataclasses import dataclass, field

from ._errors import ConfigurationError
from ._fields import (
    Written,
    did_you_mean,
    has_control_characters,
    listed,
    local_path,
    looks_like_fields,
    read_fields,
)
from ._providers import (
    ALIASES,
    AWS_NAMES,
    COMMON,
    FAMILIES,
    PROVIDERS,
    REFUSED,
    Alias,
    NameRule,
)

#: The entries of ``providers`` by name.
Entries = t.Mapping[str, t.Mapping[str, object]]


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


def local_source(path: str) -> Endpoint:
    """A source that was written as a local path; it may be a folder or a file, there or not."""
    if not path or "\0" in path:
        raise ConfigurationError(f"source: {path!r} is not a path.")
    return Endpoint("LOCAL", local_path(path))


def parse_endpoint(
    value: str | t.Mapping[str, object],
    *,
    option: str,
    providers: Entries | None,
    default_provider: str | None,
    fields: t.Mapping[str, str] | None = None,
    any_container: bool = False,
) -> Endpoint:
    """Turn what was written for ``option`` (``source``, ``destination`` …) into an Endpoint.

    A string is the name of an entry of ``providers``, or a mapping in JSON. For ``source`` every
    other string is a local path, and so is one with a ``/`` or with a ``.`` or ``~`` in front, even
    if an entry is called that. A mapping whose id is the name of an entry takes over the entry's
    fields, its own going first; one without id does so with ``default_provider``, else with the
    entry called ``default``. ``fields`` are written elsewhere, and go before an entry's.

    ``any_container``: it is the caller who checks the container's name, which may be missing:
    ``container`` is empty then, and of LOCAL ``key`` is the base folder. Raises
    ``ConfigurationError``.
    """
    entries = providers or {}
    written = _from_json(value, option)
    if isinstance(written, str):
        if looks_like_fields(written):
            raise ConfigurationError(
                f"{option}: fields are written as a mapping.",
                hint='On the command line that is JSON: {"id": "LOCAL", "container": "/srv/site"}.',
            )
        if option == "source" and (_looks_like_path(written) or written not in entries):
            return local_source(written)
        own = Written({})
        entry: str | None = written
    elif isinstance(written, t.Mapping):
        own = read_fields(written, option)
        entry = _entry_named_by(own, entries, default_provider)
    else:
        raise ConfigurationError(
            f"{option} must be a mapping or a string, not a {type(written).__name__}."
        )
    own = _joined(own, fields or {}, option)
    if entry is None:
        return _build(own.fields, option, entries, any_container)
    inherited = _inherit(entry, own, option, entries)
    label = f"{option} (providers.{entry})"
    return _build(inherited, label, entries, any_container)


def _joined(own: Written, others: t.Mapping[str, str], option: str) -> Written:
    """The fields of a mapping and those that were written as options."""
    read = read_fields(others, "the task").fields
    for name, value in read.items():
        written = own.fields.get(name, value)
        if written not in ("", value):
            raise ConfigurationError(
                f"{option}.{name} {written!r} contradicts the task's {value!r}.",
                hint="Write only one of them.",
            )
    return Written({**own.fields, **read}, own.user_way)


def _from_json(value: object, option: str) -> object:
    """A string in braces is a mapping as the command line passes it."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return t.cast(object, json.loads(value))
    except json.JSONDecodeError as error:
        # Only the position: the text may hold credentials.
        raise ConfigurationError(
            f"{option} looks like a mapping in JSON and is not one: "
            f"{error.msg} at character {error.pos + 1}."
        ) from None


def _looks_like_path(text: str) -> bool:
    return "/" in text or text.startswith((".", "~"))


def _entry_named_by(
    own: Written, entries: Entries, default_provider: str | None
) -> str | None:
    """The name of the entry that a mapping builds on; None when it stands alone."""
    name = own.fields.get("id")
    if isinstance(name, str) and name:
        return name if name in entries else None
    if default_provider and default_provider not in entries:
        raise _no_such_entry(default_provider, "default_provider", entries)
    return default_provider or ("default" if "default" in entries else None)


def _inherit(
    name: str, own: Written, option: str, entries: Entries
) -> dict[str, object]:
    """The fields of an entry, those of the mapping itself going first."""
    if name not in entries:
        raise _no_such_entry(name, option, entries)
    if not isinstance(entries[name], t.Mapping):
        raise ConfigurationError(f"providers.{name} must be a mapping.")
    entry = read_fields(entries[name], f"providers.{name}")
    fields = {field: value for field, value in own.fields.items() if field != "id"}
    lone_key = "key" in fields and "secret" not in fields and not own.user_way
    if entry.user_way and lone_key:
        raise ConfigurationError(
            f"{option}: key may be either credential here, because providers.{name} is written with user and key.",
            hint="Write user and key, or key and secret.",
        )
    return entry.fields | fields


def _no_such_entry(name: str, option: str, entries: Entries) -> ConfigurationError:
    if _looks_like_path(name):
        hint = f"A local folder is written as {{id: LOCAL, container: {name}}}."
    else:
        hint = did_you_mean(name, entries) or (
            "Add the entry, or write a mapping with id, container and what else the provider needs."
        )
    return ConfigurationError(f"{option}: providers has no entry {name!r}.", hint=hint)


def _build(
    fields: t.Mapping[str, object],
    label: str,
    entries: Entries,
    any_container: bool,
) -> Endpoint:
    """Check the fields against what their provider demands."""
    given: dict[str, t.Any] = {
        name: value for name, value in fields.items() if value != ""
    }
    try:
        if "id" not in given:
            raise ConfigurationError(
                "no provider is named.",
                hint="Add id, for example S3 or LOCAL, or the name of an entry of providers.",
            )
        alias = _resolve_id(given.pop("id"), entries)
        if "container" not in given and not (
            any_container and (alias.provider != "LOCAL" or "key" in given)
        ):
            raise ConfigurationError(
                "container is missing.", hint="It is the bucket's or folder's name."
            )
        if alias.provider == "LOCAL":
            return _local_endpoint(given)
        _check_credentials(alias.provider, given)
        _check_address(alias, given)
        endpoint = Endpoint(provider=alias.provider, **{"container": "", **given})
        if not any_container:
            _check_container(endpoint)
        return endpoint
    except ConfigurationError as error:
        raise ConfigurationError(f"{label}: {error.message}", hint=error.hint) from None


def _resolve_id(written: str, entries: Entries) -> Alias:
    module, dot, name = written.rpartition(".")
    if dot and module != "libcloud.storage.types.Provider":
        raise ConfigurationError(
            f"id {written!r} is not a provider.",
            hint="A dotted id begins with libcloud.storage.types.Provider.",
        )
    constant = re.sub(r"[ -]", "_", name.upper())
    if constant in PROVIDERS:
        return Alias(constant)
    if constant in ALIASES:
        return ALIASES[constant]
    if constant in REFUSED:
        raise ConfigurationError(
            f"id {written!r} cannot be used.", hint=REFUSED[constant]
        )
    raise ConfigurationError(
        f"id {written!r} is neither a provider nor an entry of providers.",
        hint=did_you_mean(written, entries)
        or did_you_mean(constant, PROVIDERS)
        or f"Providers are, among others, {listed(COMMON, 'and')}.",
    )


def _local_endpoint(given: dict[str, t.Any]) -> Endpoint:
    container: str = given.pop("container", "")
    base: str | None = given.pop("key", None)
    if base is not None and not container:
        return Endpoint("LOCAL", "", given.get("prefix", ""), key=local_path(base))
    if base is not None:
        rule = FAMILIES["local"].name_rule
        if not _allows(rule, container):
            raise ConfigurationError(
                f"container {container!r} is not allowed: with key as the base folder it is {rule.text}."
            )
        path = os.path.join(local_path(base), container)
    else:
        path = os.path.expanduser(container)
        if not os.path.isabs(path):
            raise ConfigurationError(
                f"container {container!r} of LOCAL is not an absolute path.",
                hint="Write one, or give the base folder as key.",
            )
        path = local_path(path)
    if path == "/":
        raise ConfigurationError(
            "container '/' is the whole file system.", hint="Name a folder in it."
        )
    return Endpoint("LOCAL", path, prefix=given.get("prefix", ""))


def _check_credentials(provider: str, given: t.Mapping[str, t.Any]) -> None:
    name = PROVIDERS[provider].family
    family = FAMILIES[name]
    wanted = [(field_name, "") for field_name in family.required]
    # a service account's key file is account and key in one
    if not (name == "google" and given.get("key", "").endswith(".json")):
        wanted += [
            (needs, f" with {has}")
            for has, needs in family.implied.items()
            if has in given
        ]
    for field_name, why in wanted:
        if field_name not in given:
            raise ConfigurationError(
                f"{field_name} ({family.meaning[field_name]}) is missing: {provider} needs it{why}.",
                hint=(
                    ""
                    if family.required
                    else "Leave out all credentials to use those of the environment."
                ),
            )
    # Google's secret may be a key file's whole text.
    if name != "google" and has_control_characters(given.get("secret", "")):
        raise ConfigurationError(
            "secret holds a line break or another control character.",
            hint="A block of YAML written with | ends with a line break, one with |- does not.",
        )


def _check_address(alias: Alias, given: dict[str, t.Any]) -> None:
    """Host and region; an alias's region is filled in."""
    provider = PROVIDERS[alias.provider]
    if "host" not in given:
        if provider.needs_host:
            raise ConfigurationError(
                f"host is missing: {alias.provider} can be anywhere.",
                hint="Add endpoint, such as http://127.0.0.1:9000.",
            )
        if "port" in given:
            raise ConfigurationError(
                "port is given without host.",
                hint="Add host, or write both as endpoint.",
            )
    region = alias.region or provider.region
    if region is not None and given.get("region", region) != region:
        raise ConfigurationError(
            f"region {given['region']!r} contradicts the id, which stands for {region!r}.",
            hint=f"Leave region out, or use the id {alias.provider if alias.region else 'S3'} with region.",
        )
    if alias.region is not None:
        given["region"] = alias.region


def _check_container(endpoint: Endpoint) -> None:
    rule = FAMILIES[endpoint.family].name_rule
    if endpoint.family == "s3" and s3_address(endpoint).url is None:
        rule = AWS_NAMES
    if not _allows(rule, endpoint.container):
        raise ConfigurationError(
            f"container {endpoint.container!r} is not a name that {endpoint.provider} allows: {rule.text}."
        )


def _allows(rule: NameRule, name: str) -> bool:
    short = rule.max_bytes is None or len(name.encode()) <= rule.max_bytes
    return short and re.fullmatch(rule.pattern, name) is not None
