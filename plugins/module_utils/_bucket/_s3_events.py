# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The setting of S3 that tells others what happens in a bucket."""

from __future__ import annotations

import typing as t

from .._errors import ConfigurationError
from ._s3_setting import Fields, S3Setting, by_id, filled, required, with_id
from ._service import Value

#: The service in an ARN -> the SDK's name for the list, and for the ARN in it.
_KINDS: t.Final[t.Mapping[str, tuple[str, str]]] = {
    "sqs": ("QueueConfigurations", "QueueArn"),
    "sns": ("TopicConfigurations", "TopicArn"),
    "lambda": ("LambdaFunctionConfigurations", "LambdaFunctionArn"),
}

#: In the place of an ARN; it takes all events.
_BRIDGE: t.Final = "eventbridge"


def _normalise(written: t.Iterable[Fields] | None) -> Value:
    entries = [_entry(filled(entry)) for entry in written or ()]
    return by_id("notifications", entries, "id") or None


def _entry(fields: dict[str, t.Any]) -> dict[str, t.Any]:
    required("notifications: an entry", fields, "arn")
    arn = fields["arn"]
    if arn == _BRIDGE:
        if len(fields) > 1:
            raise ConfigurationError(
                f"notifications: {_BRIDGE} takes all events, and nothing else."
            )
        return {"id": _BRIDGE, "arn": arn}
    if _service(arn) not in _KINDS:
        raise ConfigurationError(
            f"notifications: {arn!r} is not the ARN of a queue (SQS), a topic (SNS) or a function (Lambda).",
            hint=f"{_BRIDGE} in its place stands for Amazon's EventBridge.",
        )
    required(f"notifications: the entry for {arn}", fields, "events")
    return with_id({**fields, "events": sorted(set(fields["events"]))}, "id")


def _service(arn: str) -> str:
    parts = arn.split(":")
    return parts[2] if len(parts) >= 6 and parts[0] == "arn" else ""


def _read(answer: Fields) -> Value:
    entries: list[dict[str, t.Any]] = []
    if answer.get("EventBridgeConfiguration") is not None:
        entries.append({"arn": _BRIDGE})
    for kind, arn in _KINDS.values():
        for found in answer.get(kind, ()):
            rules = found.get("Filter", {}).get("Key", {}).get("FilterRules", ())
            parts = {rule["Name"].lower(): rule["Value"] for rule in rules}
            entries.append(
                {
                    "id": found.get("Id"),
                    "arn": found[arn],
                    "events": found["Events"],
                    **parts,
                }
            )
    return _normalise(entries)


def _params(value: t.Sequence[Fields] | None) -> Fields:
    configuration: dict[str, t.Any] = {}
    for entry in value or ():
        if entry["arn"] == _BRIDGE:
            configuration["EventBridgeConfiguration"] = {}
            continue
        kind, arn = _KINDS[_service(entry["arn"])]
        told = {"Id": entry["id"], arn: entry["arn"], "Events": entry["events"]}
        parts = [
            {"Name": name, "Value": entry[name]}
            for name in ("prefix", "suffix")
            if name in entry
        ]
        if parts:
            told["Filter"] = {"Key": {"FilterRules": parts}}
        configuration.setdefault(kind, []).append(told)
    return {"NotificationConfiguration": configuration}


EVENTS: t.Final[t.Mapping[str, S3Setting]] = {
    "notifications": S3Setting(
        _normalise,
        "get_bucket_notification_configuration",
        _read,
        "put_bucket_notification_configuration",
        _params,
    )
}
