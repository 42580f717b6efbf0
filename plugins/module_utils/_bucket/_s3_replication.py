# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The setting of S3 that copies a bucket's objects to other buckets."""

from __future__ import annotations

import typing as t

from .._errors import ConfigurationError
from ._s3_filter import filter_of, read_filter
from ._s3_setting import Fields, S3Setting, by_id, filled, required, with_id
from ._service import Value

#: The bucket that a rule copies to, as an ARN.
_ARN: t.Final = "arn:aws:s3:::"


def _normalise(written: Fields | None) -> Value:
    fields = filled(written)
    if not fields:
        return None
    required("replication", fields, "role", "rules")
    rules = [_rule(filled(rule)) for rule in fields["rules"]]
    priorities = [rule["priority"] for rule in rules]
    if len(set(priorities)) < len(priorities):
        raise ConfigurationError(
            "replication: two rules have the same priority.",
            hint="Give each a priority of its own; the higher one wins.",
        )
    return {"role": fields["role"], "rules": by_id("replication", rules, "rule_id")}


def _rule(fields: dict[str, t.Any]) -> dict[str, t.Any]:
    required("replication: a rule", fields, "destination_bucket")
    bucket = fields["destination_bucket"]
    rule = {
        "status": "enabled",
        "priority": 0,
        "delete_markers": False,
        **fields,
        "destination_bucket": bucket if bucket.startswith("arn:") else _ARN + bucket,
    }
    return with_id(rule, "rule_id")


def _read(answer: Fields) -> Value:
    found = answer.get("ReplicationConfiguration")
    if not found:
        return None
    rules = [_read_rule(rule) for rule in found["Rules"]]
    return {
        "role": found.get("Role", ""),
        "rules": by_id("replication", rules, "rule_id"),
    }


def _read_rule(found: Fields) -> dict[str, t.Any]:
    target = found["Destination"]
    key = target.get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID")
    markers = found.get("DeleteMarkerReplication", {}).get("Status")
    rule = {
        "rule_id": found.get("ID"),
        "destination_bucket": target["Bucket"],
        "destination_account": target.get("Account"),
        "storage_class": target.get("StorageClass"),
        "replica_kms_key_id": key,
        **read_filter(found),
    }
    return _rule(
        {
            **filled(rule),
            "status": found["Status"].lower(),
            "priority": found.get("Priority", 0),
            "delete_markers": markers == "Enabled",
        }
    )


def _params(value: Fields) -> Fields:
    rules = [_rule_params(rule) for rule in value["rules"]]
    return {"ReplicationConfiguration": {"Role": value["role"], "Rules": rules}}


def _rule_params(rule: Fields) -> Fields:
    destination: dict[str, t.Any] = {"Bucket": rule["destination_bucket"]}
    for name, theirs in (
        ("destination_account", "Account"),
        ("storage_class", "StorageClass"),
    ):
        if name in rule:
            destination[theirs] = rule[name]
    params: dict[str, t.Any] = {
        "ID": rule["rule_id"],
        "Priority": rule["priority"],
        "Status": rule["status"].capitalize(),
        "Filter": filter_of(rule),
        "DeleteMarkerReplication": {
            "Status": "Enabled" if rule["delete_markers"] else "Disabled"
        },
        "Destination": destination,
    }
    if "replica_kms_key_id" in rule:
        destination["EncryptionConfiguration"] = {
            "ReplicaKmsKeyID": rule["replica_kms_key_id"]
        }
        params["SourceSelectionCriteria"] = {
            "SseKmsEncryptedObjects": {"Status": "Enabled"}
        }
    return params


REPLICATION: t.Final[t.Mapping[str, S3Setting]] = {
    "replication": S3Setting(
        _normalise,
        "get_bucket_replication",
        _read,
        "put_bucket_replication",
        _params,
        "delete_bucket_replication",
    )
}
