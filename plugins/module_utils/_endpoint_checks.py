# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a provider demands of an endpoint's fields."""

from __future__ import annotations

import os
import re
import typing as t

from ._endpoint import Endpoint, s3_address
from ._errors import ConfigurationError
from ._fields import (
    did_you_mean,
    has_control_characters,
    listed,
    local_path,
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


def build_endpoint(
    fields: t.Mapping[str, object],
    label: str,
    entries: t.Iterable[str],
    any_container: bool,
) -> Endpoint:
    """The fields as an endpoint, checked against what their provider demands.

    ``label`` is what errors call it, ``entries`` are the names that an id was looked for among.
    ``any_container``: as ``parse_endpoint`` has it. Raises ``ConfigurationError``.
    """
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


def _resolve_id(written: str, entries: t.Iterable[str]) -> Alias:
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
