# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The setting of S3 that lets objects move and expire."""

from __future__ import annotations

import datetime
import itertools
import math
import typing as t

from .._errors import ConfigurationError
from ._s3_filter import filter_of, read_filter
from ._s3_setting import (
    Fields,
    S3Setting,
    by_id,
    exactly_one,
    filled,
    required,
    with_id,
)
from ._service import Value

#: What a rule may do -> the fields that say so. Two rules must not do the same to one object.
_ACTIONS: t.Final[t.Mapping[str, tuple[str, ...]]] = {
    "expire objects": ("expiration_days", "expiration_date"),
    "remove delete markers": ("expire_object_delete_marker",),
    "expire noncurrent versions": ("noncurrent_version_expiration_days",),
    "abort multipart uploads": ("abort_incomplete_multipart_upload_days",),
    "move objects": ("transitions",),
    "move noncurrent versions": ("noncurrent_version_transitions",),
}


#: Of these a rule has one at most.
_EXPIRATIONS: t.Final = (
    "expiration_days",
    "expiration_date",
    "expire_object_delete_marker",
)


def _normalise(written: t.Iterable[Fields] | None) -> Value:
    rules = []
    for rule in written or ():
        fields = filled(rule)
        _check(fields)
        rules.append(_form(fields))
    ordered = by_id("lifecycle_rules", rules, "rule_id")
    _refuse_overlap(ordered)
    return ordered or None


def _name(fields: Fields) -> str:
    return f"lifecycle_rules: rule {fields.get('rule_id', 'without rule_id')}"


def _check(fields: Fields) -> None:
    """Raises ``ConfigurationError`` for a rule that makes no sense by itself."""
    name = _name(fields)
    if not any(fields.get(action) for action in itertools.chain(*_ACTIONS.values())):
        raise ConfigurationError(
            f"{name} does nothing.", hint="Give it expiration_days, for example."
        )
    expirations = [action for action in _EXPIRATIONS if fields.get(action)]
    if len(expirations) > 1:
        raise ConfigurationError(
            f"{name}: {' and '.join(expirations)} exclude each other."
        )
    if "noncurrent_version_keep_newer" in fields:
        required(name, fields, "noncurrent_version_expiration_days")


def _form(fields: dict[str, t.Any]) -> dict[str, t.Any]:
    name = _name(fields)
    rule = {"status": "enabled", **fields}
    if not rule.get("expire_object_delete_marker", True):
        del rule["expire_object_delete_marker"]
    if "expiration_date" in rule:
        rule["expiration_date"] = _date(rule["expiration_date"], name)
    if "tags" in rule:
        rule["tags"] = {str(key): str(value) for key, value in rule["tags"].items()}
    if "transitions" in rule:
        rule["transitions"] = _transitions(rule["transitions"], name)
    if "noncurrent_version_transitions" in rule:
        moves = [filled(move) for move in rule["noncurrent_version_transitions"]]
        rule["noncurrent_version_transitions"] = _sorted(moves)
    return with_id(rule, "rule_id")


def _transitions(written: t.Iterable[Fields], name: str) -> list[dict[str, t.Any]]:
    moves = []
    for move in written:
        # a day of zero is a day
        fields = {k: v for k, v in move.items() if v is not None}
        required(f"{name}: a transition", fields, "storage_class")
        exactly_one(
            f"{name}: a transition", fields, ("transition_days", "transition_date")
        )
        if "transition_date" in fields:
            fields["transition_date"] = _date(fields["transition_date"], name)
        moves.append(fields)
    return _sorted(moves)


def _sorted(moves: list[dict[str, t.Any]]) -> list[dict[str, t.Any]]:
    return sorted(moves, key=lambda move: str(move["storage_class"]))


def _date(written: object, name: str) -> str:
    """``YYYY-MM-DD``: S3 knows only midnights of UTC."""
    text = str(written)
    try:
        if isinstance(written, datetime.date):
            text = written.isoformat()
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.time() != datetime.time():
        raise ConfigurationError(
            f"{name}: {text!r} is not a date such as 2030-12-31.",
        )
    return moment.date().isoformat()


# -- overlap


def _refuse_overlap(rules: t.Sequence[Fields]) -> None:
    enabled = [rule for rule in rules if rule["status"] == "enabled"]
    for one, other in itertools.combinations(enabled, 2):
        if not _overlap(one, other):
            continue
        for action, fields in _ACTIONS.items():
            if all(any(field in rule for field in fields) for rule in (one, other)):
                raise ConfigurationError(
                    f"lifecycle_rules: {one['rule_id']!r} ({_scope(one)}) and {other['rule_id']!r} "
                    f"({_scope(other)}) overlap, and both {action}.",
                    hint="Let one rule decide for an object: narrow one of them by prefix, tags or size.",
                )


def _overlap(one: Fields, other: Fields) -> bool:
    prefixes: tuple[str, str] = one.get("prefix", ""), other.get("prefix", "")
    tags = [t.cast("dict[str, str]", r.get("tags", {})).items() for r in (one, other)]
    least = max(rule.get("object_size_greater_than", -1) for rule in (one, other))
    most = min(rule.get("object_size_less_than", math.inf) for rule in (one, other))
    return (
        (prefixes[0].startswith(prefixes[1]) or prefixes[1].startswith(prefixes[0]))
        and (tags[0] <= tags[1] or tags[1] <= tags[0])
        and most - least > 1
    )


def _scope(rule: Fields) -> str:
    tags = "".join(f", tag {k}={v}" for k, v in rule.get("tags", {}).items())
    return (
        f"prefix {rule['prefix']!r}{tags}"
        if "prefix" in rule
        else tags[2:] or "all objects"
    )


# -- as S3 has it


def _read(answer: Fields) -> Value:
    # what is there may overlap, or be of no use that we know: that is the server's affair
    rules = [_form(_read_rule(rule)) for rule in answer.get("Rules", ())]
    return by_id("lifecycle_rules", rules, "rule_id") or None


def _read_rule(found: Fields) -> dict[str, t.Any]:
    expiration = found.get("Expiration", {})
    noncurrent = found.get("NoncurrentVersionExpiration", {})
    abort = found.get("AbortIncompleteMultipartUpload", {})
    moves = [
        filled(
            {
                "transition_date": move.get("Date"),
                "transition_days": move.get("Days"),
                "storage_class": move["StorageClass"],
            }
        )
        for move in found.get("Transitions", ())
    ]
    old_moves = [
        {
            "transition_days": move.get("NoncurrentDays"),
            "keep_newer": move.get("NewerNoncurrentVersions"),
            "storage_class": move["StorageClass"],
        }
        for move in found.get("NoncurrentVersionTransitions", ())
    ]
    return filled(
        {
            "rule_id": found.get("ID"),
            "status": found["Status"].lower(),
            "expiration_days": expiration.get("Days"),
            "expiration_date": expiration.get("Date"),
            "expire_object_delete_marker": expiration.get("ExpiredObjectDeleteMarker"),
            "noncurrent_version_expiration_days": noncurrent.get("NoncurrentDays"),
            "noncurrent_version_keep_newer": noncurrent.get("NewerNoncurrentVersions"),
            "abort_incomplete_multipart_upload_days": abort.get("DaysAfterInitiation"),
            "transitions": moves,
            "noncurrent_version_transitions": old_moves,
            **read_filter(found),
        }
    )


def _params(value: t.Sequence[Fields]) -> Fields:
    return {"LifecycleConfiguration": {"Rules": [_rule_params(rule) for rule in value]}}


def _rule_params(rule: Fields) -> Fields:
    expiration = _named(
        rule,
        expiration_days="Days",
        expiration_date="Date",
        expire_object_delete_marker="ExpiredObjectDeleteMarker",
    )
    noncurrent = _named(
        rule,
        noncurrent_version_expiration_days="NoncurrentDays",
        noncurrent_version_keep_newer="NewerNoncurrentVersions",
    )
    abort = _named(rule, abort_incomplete_multipart_upload_days="DaysAfterInitiation")
    moves = [
        _named(
            move,
            transition_days="Days",
            transition_date="Date",
            storage_class="StorageClass",
        )
        for move in rule.get("transitions", ())
    ]
    old_moves = [
        _named(
            move,
            transition_days="NoncurrentDays",
            keep_newer="NewerNoncurrentVersions",
            storage_class="StorageClass",
        )
        for move in rule.get("noncurrent_version_transitions", ())
    ]
    actions = {
        "Expiration": expiration,
        "NoncurrentVersionExpiration": noncurrent,
        "AbortIncompleteMultipartUpload": abort,
        "Transitions": moves,
        "NoncurrentVersionTransitions": old_moves,
    }
    return {
        "ID": rule["rule_id"],
        "Status": rule["status"].capitalize(),
        "Filter": filter_of(rule),
        **filled(actions),
    }


def _named(fields: Fields, **names: str) -> dict[str, t.Any]:
    """The fields that there are, by the SDK's names; dates as midnights of UTC."""
    return {
        theirs: f"{fields[name]}T00:00:00Z" if theirs == "Date" else fields[name]
        for name, theirs in names.items()
        if name in fields
    }


LIFECYCLE: t.Final[t.Mapping[str, S3Setting]] = {
    "lifecycle_rules": S3Setting(
        _normalise,
        "get_bucket_lifecycle_configuration",
        _read,
        "put_bucket_lifecycle_configuration",
        _params,
        "delete_bucket_lifecycle",
    )
}
