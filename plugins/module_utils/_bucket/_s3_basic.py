# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Settings of S3 that are a switch, a word or a few texts."""

from __future__ import annotations

import typing as t

from ._s3_setting import Fields, S3Setting, filled, required, switch, tag_set, tags_of
from ._service import Value


def _tags(written: t.Mapping[str, object] | None) -> Value:
    return {str(key): _text(value) for key, value in (written or {}).items()} or None


def _text(value: object) -> str:
    """As YAML has it: a tag of true is meant to read 'true'."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _logging(written: Fields | None) -> Value:
    fields = filled(written)
    if not fields:
        return None
    required("logging", fields, "target_bucket")
    return {"target_prefix": "", **fields}


def _read_logging(answer: Fields) -> Value:
    enabled = answer.get("LoggingEnabled")
    if not enabled:
        return None
    return {
        "target_bucket": enabled["TargetBucket"],
        "target_prefix": enabled.get("TargetPrefix", ""),
    }


def _logging_params(value: Fields | None) -> Fields:
    if value is None:
        return {"BucketLoggingStatus": {}}
    enabled = {
        "TargetBucket": value["target_bucket"],
        "TargetPrefix": value["target_prefix"],
    }
    return {"BucketLoggingStatus": {"LoggingEnabled": enabled}}


def _status(value: bool) -> str:
    return "Enabled" if value else "Suspended"


BASIC: t.Final[t.Mapping[str, S3Setting]] = {
    "versioning": S3Setting(
        switch,
        "get_bucket_versioning",
        lambda answer: answer.get("Status") == "Enabled",
        "put_bucket_versioning",
        lambda value: {"VersioningConfiguration": {"Status": _status(value)}},
    ),
    "tags": S3Setting(
        _tags,
        "get_bucket_tagging",
        lambda answer: tags_of(answer.get("TagSet", ())) or None,
        "put_bucket_tagging",
        lambda value: {"Tagging": {"TagSet": tag_set(value)}},
        "delete_bucket_tagging",
    ),
    "logging": S3Setting(
        _logging,
        "get_bucket_logging",
        _read_logging,
        "put_bucket_logging",
        _logging_params,
    ),
    "requester_pays": S3Setting(
        switch,
        "get_bucket_request_payment",
        lambda answer: answer.get("Payer") == "Requester",
        "put_bucket_request_payment",
        lambda value: {
            "RequestPaymentConfiguration": {
                "Payer": "Requester" if value else "BucketOwner"
            }
        },
    ),
    "accelerate": S3Setting(
        switch,
        "get_bucket_accelerate_configuration",
        lambda answer: answer.get("Status") == "Enabled",
        "put_bucket_accelerate_configuration",
        lambda value: {"AccelerateConfiguration": {"Status": _status(value)}},
    ),
}
