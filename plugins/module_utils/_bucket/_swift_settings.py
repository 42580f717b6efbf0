# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The settings of a container of Swift: headers, and how they are compared."""

from __future__ import annotations

import re
import typing as t
from functools import partial

from .._errors import ConfigurationError
from ._described import (
    Description,
    Setting,
    allow_only,
    header_tags,
    headers_below,
    one_of,
    texts,
    whole_number,
)
from ._s3_setting import Fields, filled, required
from ._service import Value

_METADATA: t.Final = "x-container-meta-"
_CORS: t.Final = f"{_METADATA}access-control-"
_WEB: t.Final = f"{_METADATA}web-"
#: Metadata that means something to Swift, or is a secret.
_NOT_TAGS: t.Final = ("access-control-", "web-", "quota-", "temp-url-key")
_NAME: t.Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
VERSIONS: t.Final = "x-versions-enabled"
#: Two older ways of keeping versions; either names the container that they go to.
OLD_VERSIONS: t.Final = ("x-versions-location", "x-history-location")
_READERS: t.Final = "x-container-read"
_WRITERS: t.Final = "x-container-write"
_EVERYBODY: t.Final = frozenset({".r:*"})
_LISTINGS: t.Final = frozenset({".rlistings"})
#: An error's page is the status and this; that of a missing page is the one that can be said.
_NOT_FOUND: t.Final = "404"

#: Canned ACL -> who reads.
_CANNED: t.Final[t.Mapping[str, frozenset[str]]] = {
    "private": frozenset(),
    "public-read": _EVERYBODY | _LISTINGS,
    "public-read-objects": _EVERYBODY,
}

#: Headers to send; the value None takes one away.
Change = dict[str, t.Any]


def _is_on(description: Description) -> bool:
    new = str(description.get(VERSIONS, "")).lower() == "true"
    return new or any(name in description for name in OLD_VERSIONS)


def _change_versioning(value: bool, _current: Value) -> Change:
    return {VERSIONS: str(value).lower()}


def _tags(provider: str, written: Fields | None) -> Value:
    allowed = "letters, digits and single hyphens"
    tags = header_tags(provider, written, _NAME, allowed)
    for key in tags:
        if key.startswith(_NOT_TAGS):
            raise ConfigurationError(
                f"tags: {key!r} means something else to {provider}.",
                hint="Use website or cors_rules, where it is one of those.",
            )
    return tags or None


def _read_tags(description: Description) -> Value:
    found = headers_below(description, _METADATA)
    return {
        name: value for name, value in found.items() if not name.startswith(_NOT_TAGS)
    } or None


def _change_tags(value: Fields | None, current: Fields | None) -> Change:
    wanted = {**dict.fromkeys(current or {}), **(value or {})}
    return {_METADATA + name: text for name, text in wanted.items()}


def _read_acl(description: Description) -> Value:
    """The canned ACL, else all of both lists."""
    readers, writers = (
        frozenset(
            part.strip()
            for part in description.get(name, "").split(",")
            if part.strip()
        )
        for name in (_READERS, _WRITERS)
    )
    if not writers:
        for name, canned in _CANNED.items():
            if readers == canned:
                return name
    return [
        {"grantee": who, "permission": what}
        for what, group in (("READ", readers), ("WRITE", writers))
        for who in sorted(group)
    ]


def _change_acl(value: str, _current: Value) -> Change:
    return {_READERS: ",".join(sorted(_CANNED[value])) or None, _WRITERS: None}


def _website(provider: str, written: Fields | None) -> Value:
    fields = filled(written)
    allow_only(provider, "website", fields, "index", "error")
    if not fields:
        return None
    required("website", fields, "index")
    error = str(fields.get("error", _NOT_FOUND))
    if not error.startswith(_NOT_FOUND) or (error == _NOT_FOUND and "error" in fields):
        raise ConfigurationError(
            f"website: {provider} names the page of an error by its status, so error begins with "
            f"{_NOT_FOUND} and goes on, unlike {error!r}.",
            hint="Call it 404.html.",
        )
    for value in fields.values():
        if not str(value).isascii() or not str(value).isprintable():
            raise ConfigurationError(
                f"website: {provider} takes no {value!r}: only printable ASCII."
            )
    return {name: str(value) for name, value in fields.items()}


def _read_website(description: Description) -> Value:
    suffix = description.get(f"{_WEB}error")
    found = {
        "index": description.get(f"{_WEB}index"),
        "error": suffix and _NOT_FOUND + suffix,
    }
    return filled(found) or None


def _change_website(value: Fields | None, _current: Value) -> Change:
    wanted = value or {}
    error = wanted.get("error")
    return {
        f"{_WEB}index": wanted.get("index"),
        f"{_WEB}error": error and error.removeprefix(_NOT_FOUND),
    }


def _cors(provider: str, written: t.Sequence[Fields] | None) -> Value:
    rules = [filled(rule) for rule in written or ()]
    if not rules:
        return None
    if len(rules) > 1:
        raise ConfigurationError(
            f"cors_rules: {provider} has one rule for a container, not {len(rules)}."
        )
    rule = rules[0]
    name = "cors_rules: a rule"
    required(name, rule, "allowed_origins")
    _require_all(provider, rule, "allowed_methods", _METHODS)
    _require_all(provider, rule, "allowed_headers", {"*"})
    read: dict[str, t.Any] = {"allowed_origins": texts(rule["allowed_origins"])}
    if "expose_headers" in rule:
        read["expose_headers"] = texts(h.lower() for h in rule["expose_headers"])
    if "max_age_seconds" in rule:
        age = whole_number("cors_rules: max_age_seconds", rule["max_age_seconds"])
        read["max_age_seconds"] = age
    for item in (*read["allowed_origins"], *read.get("expose_headers", ())):
        if not item.isascii() or not item.isprintable() or " " in item:
            raise ConfigurationError(
                f"{name}: {item!r} is neither an origin nor a header."
            )
    return [read]


_METHODS: t.Final = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})


def _require_all(
    provider: str, rule: Fields, name: str, everything: t.AbstractSet[str]
) -> None:
    """Refuse a choice that the server would not make."""
    written = {str(item).upper() for item in rule.get(name, ("*",))}
    if "*" not in written and not written >= everything:
        raise ConfigurationError(
            f"cors_rules: {provider} cannot choose among {name}, it allows all of them.",
            hint=f'Write {name} as ["*"].',
        )


def _read_cors(description: Description) -> Value:
    def listed(name: str) -> list[str]:
        return texts(description.get(_CORS + name, "").split())

    rule = {
        "allowed_origins": listed("allow-origin"),
        "expose_headers": texts(name.lower() for name in listed("expose-headers")),
    }
    found: dict[str, t.Any] = filled(rule)
    if age := description.get(f"{_CORS}max-age"):
        found["max_age_seconds"] = int(age) if age.isdigit() else age
    return [found] if found else None


def _change_cors(value: t.Sequence[Fields] | None, _current: Value) -> Change:
    rule = value[0] if value else {}
    age = rule.get("max_age_seconds")
    return {
        f"{_CORS}allow-origin": " ".join(rule.get("allowed_origins", ())) or None,
        f"{_CORS}expose-headers": " ".join(rule.get("expose_headers", ())) or None,
        f"{_CORS}max-age": None if age is None else str(age),
    }


def to_headers(change: Change) -> dict[str, str]:
    """A change as Swift takes it: a header is taken away by another one."""
    return {
        name.replace("x-", "x-remove-", 1) if value is None else name: value or "x"
        for name, value in change.items()
    }


def settings_of(provider: str) -> t.Mapping[str, Setting]:
    """The settings of a container; errors name the provider."""
    return {
        "versioning": Setting(bool, _is_on, _change_versioning),
        "tags": Setting(partial(_tags, provider), _read_tags, _change_tags),
        "acl": Setting(
            lambda written: one_of(provider, "acl", written, *_CANNED),
            _read_acl,
            _change_acl,
        ),
        "website": Setting(partial(_website, provider), _read_website, _change_website),
        "cors_rules": Setting(partial(_cors, provider), _read_cors, _change_cors),
    }


SETTINGS: t.Final = frozenset(settings_of(""))
