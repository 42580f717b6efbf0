# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The store of a configuration: what Storage, StorageBucket, Endpoint and the sections say of it, both ways."""

from __future__ import annotations

import re
import typing as t
from dataclasses import fields

from .._endpoint import Endpoint
from .._endpoint_parsing import parse_endpoint
from .._errors import ConfigurationError
from .._fields import did_you_mean, listed, read_fields
from .._providers import ALIASES, PROVIDERS
from ._configuration_names import proper_names
from ._configuration_values import BITTORRENT, SHOWN_LENGTH, Notify, Storage

DEFAULT_REGION: t.Final = "us-east-1"

_REGION: t.Final = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
#: For suggestions; Amazon opens new ones, so others are as good.
_REGIONS: t.Final = (
    *("ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "cn-north-1"),
    *("eu-central-1", "eu-west-1", "sa-east-1", "us-east-1", "us-east-2"),
    *("us-gov-west-1", "us-west-1", "us-west-2"),
)


def _option_name(name: str) -> str:
    """A field of an endpoint as [Store] has it: ``ca_path`` as ``CaPath``."""
    return "".join(word.capitalize() for word in name.split("_"))


_AWS: t.Final = {"Region": "region", "AccessKey": "key", "SecretKey": "secret"}
_STORE: t.Final = {
    _option_name(one.name): one.name
    for one in fields(Endpoint)
    if one.name not in ("provider", "container")
}

#: Section -> its keys -> the endpoint's fields.
SECTIONS: t.Mapping[str, t.Mapping[str, str]] = {
    "Aws": _AWS,
    "AwsCreds": _AWS,
    "Rackspace": {"Region": "region", "Username": "key", "ApiKey": "secret"},
    "Store": _STORE,
}


def read_store(
    given: t.Mapping[str, t.Any],
    storage: Storage,
    found: t.Mapping[str, object],
    label: str,
    warnings: list[str],
) -> Endpoint:
    """The endpoint that Storage, StorageBucket, Endpoint and the sections describe."""
    options: dict[str, object] = {}
    credentials = "[Store]"
    if "Endpoint" in given:
        _take(options, "endpoint", given["Endpoint"], f"{label}: Endpoint")
    for section in _used_sections(storage, found, label, warnings):
        if section != "Store":
            credentials = f"[{section}]"
        names = SECTIONS[section]
        table = _table(section, found[section], label)
        values = proper_names(table, [*names], label, section, warnings)
        _check_pair(section, values, label)
        for key, value in values.items():
            _take(options, names[key], value, f"{label}: {section}.{key}")
    if storage.id == "S3":
        options.setdefault("region", DEFAULT_REGION)
        if not options.keys() & {"endpoint", "host"}:
            _check_region(options["region"], label)
    try:
        return parse_endpoint(
            {"id": storage.id, "container": given["StorageBucket"], **options},
            option=f"{label}: the store",
            providers=None,
            default_provider=None,
        )
    except ConfigurationError as error:
        words = f"Here container is StorageBucket, id is Storage, and credentials are in {credentials}."
        raise ConfigurationError(
            _without(options.values(), error.message),
            hint=f"{error.hint} {words}".strip(),
        ) from None


def _used_sections(
    storage: Storage, found: t.Mapping[str, object], label: str, warnings: list[str]
) -> list[str]:
    if "Aws" in found and "AwsCreds" in found:
        raise ConfigurationError(
            f"{label}: both [Aws] and [AwsCreds] are there, which are two names of one section.",
            hint="Keep the one with the access key that is in use.",
        )
    provider = ALIASES[storage.id].provider if storage.id in ALIASES else storage.id
    family = PROVIDERS[provider].family
    fits = {
        "Aws": family == "s3",
        "AwsCreds": family == "s3",
        "Rackspace": provider == "CLOUDFILES",
        "Store": True,
    }
    warnings.extend(
        f"{label}: [{section}] is ignored, because Storage is {storage.id}."
        for section in fits
        if section in found and not fits[section]
    )
    return [section for section in fits if section in found and fits[section]]


def _table(section: str, value: object, label: str) -> t.Mapping[str, object]:
    if isinstance(value, list):
        raise ConfigurationError(
            f"{label}: {section} is a list of sections; there can be one.",
            hint=f"Write [{section}] in single brackets, once.",
        )
    if not isinstance(value, dict):
        raise ConfigurationError(
            f"{label}: {section} must be a section.",
            hint=f"Write [{section}] on a line of its own, and its keys below.",
        )
    return value


def _check_pair(section: str, values: t.Mapping[str, object], label: str) -> None:
    """Of an original's section's two credentials both must be there, or none."""
    pair = [name for name in SECTIONS[section] if name != "Region"]
    missing = [name for name in pair if name not in values]
    if section != "Store" and len(missing) == 1:
        raise ConfigurationError(
            f"{label}: {section}.{missing[0]} is missing.",
            hint=f"{listed(pair, 'and')} go together.",
        )


def _take(options: dict[str, object], name: str, value: object, label: str) -> None:
    """Add a field of the endpoint once, checked by itself so that an error names its key."""
    try:
        read_fields({name: value}, "")
    except ConfigurationError as error:
        rest = error.message.removeprefix(f".{name}")
        raise ConfigurationError(
            label + _without([value], rest), hint=error.hint
        ) from None
    if name in options:
        raise ConfigurationError(
            f"{label} is written in another section too.", hint="Keep one of them."
        )
    options[name] = value


def _without(values: t.Iterable[object], text: str) -> str:
    """The text without those of the values that may be a secret in the wrong place."""
    for value in values:
        if isinstance(value, str) and len(value) > SHOWN_LENGTH:
            text = text.replace(repr(value), "what is written")
    return text


def _check_region(region: object, label: str) -> None:
    if _REGION.fullmatch(str(region)) is None:
        raise ConfigurationError(
            f"{label}: Region must be one of Amazon's, such as {DEFAULT_REGION} or eu-central-1"
            + (f", not {region!r}." if len(str(region)) <= SHOWN_LENGTH else "."),
            hint=did_you_mean(str(region), _REGIONS)
            or "For another service of S3's kind, write Endpoint.",
        )


def sections_of(store: Endpoint) -> dict[str, dict[str, object]]:
    """The options of a store that no other key says, in their sections; none that is empty."""
    own = _AWS if store.provider == "S3" else {}
    in_url = {"host", "port", "secure"} if store.url is not None else set()
    sections: dict[str, dict[str, object]] = {"AwsCreds": {}, "Store": {}}
    for key, name in own.items():
        value = getattr(store, name)
        if value is not None:
            sections["AwsCreds"][key] = value
    defaults = {one.name: one.default for one in fields(Endpoint)}
    for key, name in _STORE.items():
        value = getattr(store, name)
        if name not in (*own.values(), *in_url) and value != defaults[name]:
            sections["Store"][key] = value
    return {section: values for section, values in sections.items() if values}


def check_store(
    given: t.Mapping[str, t.Any], storage: Storage, store: Endpoint, label: str
) -> None:
    if store.family == "s3":
        return
    if storage.swarm:
        raise ConfigurationError(
            f"{label}: Storage {storage.id} cannot be used with {BITTORRENT}, which takes a store of S3's kind.",
            hint=f"Leave out +{BITTORRENT}.",
        )
    if given.get("Notify") is Notify.SQS:
        raise ConfigurationError(
            f"{label}: Notify = {Notify.SQS.value} takes a store of S3's kind, not {storage.id}.",
            hint=f'Write Notify = "{Notify.S3_POLL.value}".',
        )
