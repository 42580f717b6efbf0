# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The settings of a bucket as Google's JSON interface has them: fields of the bucket's resource."""

from __future__ import annotations

import re
import typing as t

from .._errors import ConfigurationError
from ._described import (
    Description,
    Setting,
    allow_only,
    nested,
    one_of,
    tag_text,
    texts,
    whole_number,
)
from ._gcs_access import ACCESS
from ._gcs_lifecycle import LIFECYCLE
from ._s3_setting import Fields, exactly_one, filled, required
from ._service import Value

_PROVIDER: t.Final = "GOOGLE_STORAGE"
_DAY: t.Final = 24 * 60 * 60
_DAYS_OF_A_YEAR: t.Final = 365

_LABEL: t.Final = re.compile(r"[\w-]{0,63}")
_MOST_LABELS: t.Final = 64
_KMS_KEY: t.Final = re.compile(
    r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+"
)

Change = dict[str, t.Any]


def _switch(*names: str) -> Setting:
    """A setting that is one bool within a field."""
    outer, inner = names
    return Setting(
        bool,
        lambda description: bool(nested(description, outer, inner)),
        lambda value, _current: {outer: {inner: value}},
    )


# -- tags


def _tags(written: Fields | None) -> Value:
    labels = {str(key): tag_text(value) for key, value in (written or {}).items()}
    for key, value in labels.items():
        for text in (key, value):
            if text != text.lower() or not _LABEL.fullmatch(text):
                raise ConfigurationError(
                    f"tags: {_PROVIDER} takes no {text!r} in {key!r}: a label has up to 63 lower "
                    "case letters, digits, hyphens and underscores."
                )
        if not key or not key[0].isalpha():
            raise ConfigurationError(
                f"tags: {key!r} does not begin with a letter, as {_PROVIDER} wants it."
            )
    if len(labels) > _MOST_LABELS:
        raise ConfigurationError(
            f"tags: {_PROVIDER} takes at most {_MOST_LABELS}, not {len(labels)}."
        )
    return labels or None


def _change_tags(value: Fields | None, current: Fields | None) -> Change:
    gone = dict.fromkeys((current or {}).keys() - (value or {}).keys())
    return {"labels": {**gone, **(value or {})}}


# -- website, logging, encryption


def _website(written: Fields | None) -> Value:
    fields = filled(written)
    allow_only(_PROVIDER, "website", fields, "index", "error")
    return {name: str(value) for name, value in fields.items()} or None


def _read_website(description: Description) -> Value:
    website = description.get("website") or {}
    return (
        filled(
            {
                "index": website.get("mainPageSuffix"),
                "error": website.get("notFoundPage"),
            }
        )
        or None
    )


def _change_website(value: Fields | None, _current: Value) -> Change:
    if value is None:
        return {"website": None}
    return {
        "website": {
            "mainPageSuffix": value.get("index"),
            "notFoundPage": value.get("error"),
        }
    }


def _logging(bucket: str) -> Setting:
    """Google's default of the prefix is the bucket's name."""

    def normalise(written: Fields | None) -> Value:
        fields = filled(written)
        if not fields:
            return None
        required("logging", fields, "target_bucket")
        return {"target_prefix": bucket, **fields}

    def read(description: Description) -> Value:
        found = description.get("logging") or {}
        return normalise(
            {
                "target_bucket": found.get("logBucket"),
                "target_prefix": found.get("logObjectPrefix"),
            }
            if found.get("logBucket")
            else None
        )

    def change(value: Fields | None, _current: Value) -> Change:
        if value is None:
            return {"logging": None}
        return {
            "logging": {
                "logBucket": value["target_bucket"],
                "logObjectPrefix": value["target_prefix"],
            }
        }

    return Setting(normalise, read, change)


def _encryption(written: Fields | None) -> Value:
    fields = filled(written)
    allow_only(_PROVIDER, "encryption", fields, "algorithm", "key_id")
    algorithm = one_of(
        _PROVIDER,
        "encryption",
        fields.get("algorithm", "none"),
        "none",
        "AES256",
        "aws:kms",
    )
    key = fields.get("key_id")
    if algorithm != "aws:kms":
        if key:
            raise ConfigurationError(
                f"encryption: a key cannot go with {algorithm}.", hint="Say aws:kms."
            )
        # With keys of its own Google always encrypts.
        return None
    if not key or not _KMS_KEY.fullmatch(str(key)):
        raise ConfigurationError(
            f"encryption: {_PROVIDER} needs a key of Cloud KMS.",
            hint="Write projects/P/locations/L/keyRings/R/cryptoKeys/K.",
        )
    return {"algorithm": algorithm, "key_id": str(key)}


def _read_encryption(description: Description) -> Value:
    key = nested(description, "encryption", "defaultKmsKeyName")
    return {"algorithm": "aws:kms", "key_id": key} if key else None


def _change_encryption(value: Fields | None, _current: Value) -> Change:
    return {"encryption": {"defaultKmsKeyName": value and value["key_id"]}}


# -- retention and CORS


def _retention(written: Fields | None) -> Value:
    fields = filled(written)
    if not fields:
        return None
    option = "object_lock_default_retention"
    required(option, fields, "mode")
    exactly_one(option, fields, ("days", "years"))
    if fields["mode"] != "GOVERNANCE":
        raise ConfigurationError(
            f"{option}: {_PROVIDER} locks a retention policy for ever, which is not done here.",
            hint="Say GOVERNANCE, and lock it with 'gcloud storage buckets update --lock-retention-period'.",
        )
    unit = "days" if "days" in fields else "years"
    number = whole_number(f"{option}: {unit}", fields[unit], 1)
    days = number if unit == "days" else number * _DAYS_OF_A_YEAR
    return {"mode": "GOVERNANCE", "days": days}


def _read_retention(description: Description) -> Value:
    policy = description.get("retentionPolicy") or {}
    seconds = int(policy.get("retentionPeriod") or 0)
    if not seconds:
        return None
    days, rest = divmod(seconds, _DAY)
    period = {"seconds": seconds} if rest else {"days": days}
    return {"mode": "COMPLIANCE" if policy.get("isLocked") else "GOVERNANCE", **period}


def _change_retention(value: Fields | None, _current: Value) -> Change:
    if value is None:
        return {"retentionPolicy": None}
    return {"retentionPolicy": {"retentionPeriod": str(value["days"] * _DAY)}}


def _cors(written: t.Iterable[Fields] | None) -> Value:
    return [_cors_rule(filled(rule)) for rule in written or ()] or None


def _cors_rule(rule: Fields) -> Change:
    required("cors_rules: a rule", rule, "allowed_origins", "allowed_methods")
    # One list of Google's serves both.
    headers = [*rule.get("allowed_headers", ()), *rule.get("expose_headers", ())]
    read = {
        "allowed_origins": texts(rule["allowed_origins"]),
        "allowed_methods": texts(m.upper() for m in rule["allowed_methods"]),
    }
    if headers:
        read["allowed_headers"] = texts(headers)
    if "max_age_seconds" not in rule:
        return read
    age = whole_number("cors_rules: max_age_seconds", rule["max_age_seconds"])
    return {**read, "max_age_seconds": age}


_CORS: t.Final[t.Mapping[str, str]] = {
    "allowed_origins": "origin",
    "allowed_methods": "method",
    "allowed_headers": "responseHeader",
    "max_age_seconds": "maxAgeSeconds",
}


def _read_cors(description: Description) -> Value:
    found = []
    for rule in description.get("cors") or ():
        fields = filled({name: rule.get(theirs) for name, theirs in _CORS.items()})
        for name in fields.keys() - {"max_age_seconds"}:
            fields[name] = texts(fields[name])
        found.append(fields)
    return found or None


def _change_cors(value: t.Sequence[Fields] | None, _current: Value) -> Change:
    rules = [
        {_CORS[name]: field for name, field in rule.items()} for rule in value or ()
    ]
    return {"cors": rules}


def settings_of(bucket: str) -> t.Mapping[str, Setting]:
    """The settings of the bucket of that name; ``change`` makes a patch of its resource.

    That of ``acl`` makes a parameter instead.
    """
    return {**_SETTINGS, "logging": _logging(bucket)}


_SETTINGS: t.Final[t.Mapping[str, Setting]] = {
    "versioning": _switch("versioning", "enabled"),
    "requester_pays": _switch("billing", "requesterPays"),
    "tags": Setting(_tags, lambda found: found.get("labels") or None, _change_tags),
    "website": Setting(_website, _read_website, _change_website),
    "encryption": Setting(_encryption, _read_encryption, _change_encryption),
    **ACCESS,
    "object_lock_default_retention": Setting(
        _retention, _read_retention, _change_retention
    ),
    "cors_rules": Setting(_cors, _read_cors, _change_cors),
    "lifecycle_rules": LIFECYCLE,
}

SETTINGS: t.Final = frozenset({*_SETTINGS, "logging"})
