# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Settings of S3 for buckets that browsers come to: websites and CORS."""

from __future__ import annotations

import itertools
import re
import typing as t

from .._errors import ConfigurationError
from ._s3_setting import Fields, S3Setting, filled, required
from ._service import Value

_LISTS: t.Final[t.Mapping[str, str]] = {
    "allowed_origins": "AllowedOrigins",
    "allowed_methods": "AllowedMethods",
    "allowed_headers": "AllowedHeaders",
    "expose_headers": "ExposeHeaders",
}
_CORS: t.Final[t.Mapping[str, str]] = {
    "id": "ID",
    **_LISTS,
    "max_age_seconds": "MaxAgeSeconds",
}

#: A redirect's fields -> the SDK's; the first two say when it applies.
_CONDITION: t.Final[t.Mapping[str, str]] = {
    "key_prefix": "KeyPrefixEquals",
    "error_code": "HttpErrorCodeReturnedEquals",
}
_REDIRECT: t.Final[t.Mapping[str, str]] = {
    "protocol": "Protocol",
    "host": "HostName",
    "replace_key_prefix": "ReplaceKeyPrefixWith",
    "replace_key": "ReplaceKeyWith",
    "status": "HttpRedirectCode",
}


def _cors(written: t.Iterable[Fields] | None) -> Value:
    return [_cors_rule(filled(rule)) for rule in written or ()] or None


def _cors_rule(rule: dict[str, t.Any]) -> dict[str, t.Any]:
    required("cors_rules: a rule", rule, "allowed_origins", "allowed_methods")
    # which rule comes first matters, but not what comes first in its lists
    for name in _LISTS.keys() & rule.keys():
        rule[name] = sorted({str(item) for item in rule[name]})
    rule["allowed_methods"] = sorted(
        {method.upper() for method in rule["allowed_methods"]}
    )
    return rule


def _read_cors(answer: Fields) -> Value:
    rules = answer.get("CORSRules", ())
    return _cors(
        [{n: rule.get(theirs) for n, theirs in _CORS.items()} for rule in rules]
    )


def _cors_params(value: t.Sequence[Fields]) -> Fields:
    rules = [{_CORS[name]: field for name, field in rule.items()} for rule in value]
    return {"CORSConfiguration": {"CORSRules": rules}}


def complete_cors(wanted: Value, current: Value) -> Value:
    """Where a rule does not say how long, some servers answer 0."""
    rules = t.cast("t.Sequence[Fields]", wanted or ())
    there = t.cast("t.Sequence[Fields]", current or ())
    zero = {"max_age_seconds": 0}
    return [
        {**zero, **rule} if {**zero, **rule} == other else rule
        for rule, other in itertools.zip_longest(rules, there[: len(rules)])
    ] or None


def _website(written: Fields | None) -> Value:
    fields = filled(written)
    if not fields:
        return None
    whole = fields.get("redirect_all_requests")
    if whole is not None:
        if len(fields) > 1:
            raise ConfigurationError(
                "website: redirect_all_requests leaves nothing for the other fields to do.",
                hint="Write it alone, or not at all.",
            )
        return {"redirect_all_requests": _target(whole)}
    required("website", fields, "index")
    if "/" in fields["index"]:
        raise ConfigurationError(
            f"website: index is what follows a folder's name, and {fields['index']!r} has a slash in it."
        )
    redirects = [_redirect(filled(rule)) for rule in fields.pop("redirects", ())]
    return {**fields, **filled({"redirects": redirects})}


def _target(written: str) -> str:
    target = written.rstrip("/")
    if not re.fullmatch(r"(https?://)?[^/:\s]+(:\d+)?", target):
        raise ConfigurationError(
            f"website: redirect_all_requests is a host such as https://www.example.com, not {written!r}."
        )
    return target


def _redirect(rule: dict[str, t.Any]) -> dict[str, t.Any]:
    if not rule.keys() & _REDIRECT.keys():
        raise ConfigurationError("website: a redirect needs to say where to.")
    if {"replace_key", "replace_key_prefix"} <= rule.keys():
        raise ConfigurationError(
            "website: a redirect replaces either the key or its prefix, not both."
        )
    return {name: str(value) for name, value in rule.items()}


def _read_website(answer: Fields) -> Value:
    whole = answer.get("RedirectAllRequestsTo")
    if whole:
        protocol = whole.get("Protocol")
        host = whole["HostName"]
        return {"redirect_all_requests": f"{protocol}://{host}" if protocol else host}
    redirects = []
    for rule in answer.get("RoutingRules") or ():
        condition, target = rule.get("Condition") or {}, rule["Redirect"]
        read = {name: condition.get(theirs) for name, theirs in _CONDITION.items()}
        read |= {name: target.get(theirs) for name, theirs in _REDIRECT.items()}
        redirects.append(filled(read))
    found = filled(
        {
            "index": (answer.get("IndexDocument") or {}).get("Suffix"),
            "error": (answer.get("ErrorDocument") or {}).get("Key"),
            "redirects": redirects,
        }
    )
    return found or None


def _website_params(value: Fields) -> Fields:
    whole = value.get("redirect_all_requests")
    if whole is not None:
        protocol, separator, host = whole.partition("://")
        to = (
            {"HostName": host, "Protocol": protocol}
            if separator
            else {"HostName": whole}
        )
        return {"WebsiteConfiguration": {"RedirectAllRequestsTo": to}}
    website: dict[str, t.Any] = {"IndexDocument": {"Suffix": value["index"]}}
    if "error" in value:
        website["ErrorDocument"] = {"Key": value["error"]}
    if "redirects" in value:
        website["RoutingRules"] = [_routing_rule(rule) for rule in value["redirects"]]
    return {"WebsiteConfiguration": website}


def _routing_rule(rule: Fields) -> Fields:
    condition = {_CONDITION[n]: v for n, v in rule.items() if n in _CONDITION}
    redirect = {_REDIRECT[n]: v for n, v in rule.items() if n in _REDIRECT}
    return {**({"Condition": condition} if condition else {}), "Redirect": redirect}


WEB: t.Final[t.Mapping[str, S3Setting]] = {
    "cors_rules": S3Setting(
        _cors,
        "get_bucket_cors",
        _read_cors,
        "put_bucket_cors",
        _cors_params,
        "delete_bucket_cors",
    ),
    "website": S3Setting(
        _website,
        "get_bucket_website",
        _read_website,
        "put_bucket_website",
        _website_params,
        "delete_bucket_website",
    ),
}
