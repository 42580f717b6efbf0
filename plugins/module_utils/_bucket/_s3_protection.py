# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Settings of S3 that protect what a bucket holds: encryption and locks."""

from __future__ import annotations

import typing as t

from .._errors import ConfigurationError
from ._s3_setting import Fields, S3Setting, exactly_one, filled, required
from ._service import Value


def _encryption(written: Fields | None) -> Value:
    fields = filled(written)
    algorithm = fields.get("algorithm", "none")
    if algorithm == "none" or (algorithm == "AES256" and "key_id" in fields):
        for name in ("key_id", "bucket_key"):
            if fields.get(name):
                raise ConfigurationError(
                    f"encryption: {_OPTIONS[name]} cannot go with encryption={algorithm}.",
                    hint="Say encryption=aws:kms.",
                )
    return fields if algorithm != "none" else None


_OPTIONS: t.Final = {"key_id": "encryption_key_id", "bucket_key": "bucket_key_enabled"}


def _read_encryption(answer: Fields) -> Value:
    rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
    if "SSEAlgorithm" not in default:
        return None
    return {
        "algorithm": default["SSEAlgorithm"],
        "bucket_key": bool(rules[0].get("BucketKeyEnabled")),
        **filled({"key_id": default.get("KMSMasterKeyID")}),
    }


def _encryption_params(value: Fields) -> Fields:
    default = {"SSEAlgorithm": value["algorithm"]}
    if "key_id" in value:
        default["KMSMasterKeyID"] = value["key_id"]
    rule = {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": value["bucket_key"],
    }
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


_PERIODS: t.Final = ("days", "years")


def _retention(written: Fields | None) -> Value:
    fields = filled(written)
    if not fields:
        return None
    required("object_lock_default_retention", fields, "mode")
    exactly_one("object_lock_default_retention", fields, _PERIODS)
    return fields


def _lock(answer: Fields) -> Fields:
    return t.cast(Fields, answer.get("ObjectLockConfiguration", {}))


def _read_retention(answer: Fields) -> Value:
    retention = _lock(answer).get("Rule", {}).get("DefaultRetention", {})
    found = {name: retention.get(name.capitalize()) for name in ("mode", *_PERIODS)}
    # servers say of the period that is not used that it is 0
    return {name: value for name, value in found.items() if value} or None


def _lock_params(retention: Fields | None) -> Fields:
    lock: dict[str, t.Any] = {"ObjectLockEnabled": "Enabled"}
    if retention is not None:
        named = {name.capitalize(): value for name, value in retention.items()}
        lock["Rule"] = {"DefaultRetention": named}
    return {"ObjectLockConfiguration": lock}


PROTECTION: t.Final[t.Mapping[str, S3Setting]] = {
    "encryption": S3Setting(
        _encryption,
        "get_bucket_encryption",
        _read_encryption,
        "put_bucket_encryption",
        _encryption_params,
        "delete_bucket_encryption",
    ),
    "object_lock": S3Setting(
        bool,
        "get_object_lock_configuration",
        lambda answer: _lock(answer).get("ObjectLockEnabled") == "Enabled",
        "put_object_lock_configuration",
        lambda _value: _lock_params(None),
    ),
    "object_lock_default_retention": S3Setting(
        _retention,
        "get_object_lock_configuration",
        _read_retention,
        "put_object_lock_configuration",
        _lock_params,
    ),
}
