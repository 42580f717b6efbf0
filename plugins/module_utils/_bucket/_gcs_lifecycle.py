# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Lifecycle rules as Google has them: one action each, no ids, none that is switched off.

A rule that does several things becomes several of Google's. The normal form is Google's, in the
words of the option: rules of one action each, in an order that depends on their contents alone.
"""

from __future__ import annotations

import json
import typing as t

from .._errors import ConfigurationError
from ._described import Description, Setting, allow_only, whole_number
from ._s3_setting import Fields, filled, required
from ._service import Value

_OPTION: t.Final = "lifecycle_rules"
_PROVIDER: t.Final = "GOOGLE_STORAGE"

#: A rule of one action.
Rule = dict[str, t.Any]


def normalise(written: t.Iterable[Fields] | None) -> Value:
    return _sorted(single for rule in written or () for single in _split(filled(rule)))


def _split(rule: Rule) -> t.Iterator[Rule]:
    """What one written rule does, one thing at a time."""
    allow_only(
        _PROVIDER,
        f"{_OPTION}: a rule",
        rule,
        "rule_id",
        "status",
        "prefix",
        "expiration_days",
        "noncurrent_version_expiration_days",
        "noncurrent_version_keep_newer",
        "abort_incomplete_multipart_upload_days",
        "transitions",
        "noncurrent_version_transitions",
    )
    if str(rule.get("status", "enabled")).lower() != "enabled":
        raise ConfigurationError(
            f"{_OPTION}: {_PROVIDER} has no rules that are switched off.",
            hint="Leave the rule out.",
        )
    prefix = {"prefix": str(rule["prefix"])} if "prefix" in rule else {}
    actions = list(_actions(rule))
    if not actions:
        raise ConfigurationError(
            f"{_OPTION}: rule {rule.get('rule_id', 'without rule_id')} does nothing.",
            hint="Give it expiration_days, for example.",
        )
    for action in actions:
        yield {**prefix, **action}


def _actions(rule: Rule) -> t.Iterator[Rule]:
    for name in ("expiration_days", "abort_incomplete_multipart_upload_days"):
        if name in rule:
            yield {name: whole_number(f"{_OPTION}: {name}", rule[name])}
    keep = "noncurrent_version_keep_newer"
    old = "noncurrent_version_expiration_days"
    if keep in rule:
        required(f"{_OPTION}: {keep}", rule, old)
    if old in rule:
        yield {
            name: whole_number(f"{_OPTION}: {name}", rule[name])
            for name in (old, keep)
            if name in rule
        }
    for option in ("transitions", "noncurrent_version_transitions"):
        for move in rule.get(option, ()):
            yield {option: _move(option, move)}


def _move(option: str, written: Fields) -> Rule:
    name = f"{_OPTION}: one of {option}"
    # A day of zero is a day.
    move = {field: value for field, value in written.items() if value is not None}
    allowed = ["transition_days", "storage_class"]
    if option != "transitions":
        allowed.append("keep_newer")
    allow_only(_PROVIDER, name, move, *allowed)
    required(name, move, "transition_days", "storage_class")
    numbers = {
        field: whole_number(f"{name}: {field}", move[field])
        for field in allowed
        if field in move and field != "storage_class"
    }
    return {**numbers, "storage_class": str(move["storage_class"]).upper()}


def _sorted(rules: t.Iterable[Rule]) -> list[Rule] | None:
    unique = {json.dumps(rule, sort_keys=True): rule for rule in rules}
    return [unique[text] for text in sorted(unique)] or None


# -- as Google has it


def read(description: Description) -> Value:
    rules = (description.get("lifecycle") or {}).get("rule") or ()
    return _sorted(single for rule in rules for single in _read_rule(rule))


def _read_rule(rule: Fields) -> t.Iterator[Rule]:
    condition = dict(rule.get("condition") or {})
    prefixes = condition.pop("matchesPrefix", None) or [""]
    single = _read_action(rule.get("action") or {}, condition)
    if single is None:
        # Nothing that can be written is equal to it.
        yield {"other": rule}
        return
    for prefix in prefixes:
        yield {**({"prefix": prefix} if prefix else {}), **single}


def _read_action(action: Fields, condition: Fields) -> Rule | None:
    match action, condition:
        case {"type": "Delete"}, {"age": days, "isLive": True, **rest} if not rest:
            return {"expiration_days": int(days)}
        case (
            {"type": "AbortIncompleteMultipartUpload"},
            {"age": days, **rest},
        ) if not rest:
            return {"abort_incomplete_multipart_upload_days": int(days)}
        case {"type": "Delete"}, {"daysSinceNoncurrentTime": days, **rest}:
            keep = _read_keep(rest, "noncurrent_version_keep_newer")
            if keep is not None:
                return {"noncurrent_version_expiration_days": int(days), **keep}
        case (
            {"type": "SetStorageClass", "storageClass": name},
            {"age": days, "isLive": True, **rest},
        ) if not rest:
            move = {"transition_days": int(days), "storage_class": name}
            return {"transitions": move}
        case (
            {"type": "SetStorageClass", "storageClass": name},
            {"daysSinceNoncurrentTime": days, **rest},
        ):
            keep = _read_keep(rest, "keep_newer")
            if keep is not None:
                move = {"transition_days": int(days), **keep, "storage_class": name}
                return {"noncurrent_version_transitions": move}
    return None


def _read_keep(condition: Fields, name: str) -> Rule | None:
    """What is left of a condition on noncurrent versions; None: more than can be said here."""
    if not condition:
        return {}
    # Google counts the live version as a newer one, too.
    if condition.keys() == {"numNewerVersions"}:
        return {name: int(condition["numNewerVersions"]) - 1}
    return None


def change(value: t.Sequence[Rule] | None, _current: Value) -> dict[str, t.Any]:
    if value is None:
        return {"lifecycle": None}
    return {"lifecycle": {"rule": [_params(rule) for rule in value]}}


def _params(rule: Rule) -> dict[str, t.Any]:
    action, condition = _action_params(rule)
    if "prefix" in rule:
        condition["matchesPrefix"] = [rule["prefix"]]
    return {"action": action, "condition": condition}


def _action_params(rule: Rule) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    match rule:
        case {"expiration_days": days}:
            return {"type": "Delete"}, {"age": days, "isLive": True}
        case {"abort_incomplete_multipart_upload_days": days}:
            return {"type": "AbortIncompleteMultipartUpload"}, {"age": days}
        case {"noncurrent_version_expiration_days": days}:
            keep = rule.get("noncurrent_version_keep_newer")
            return {"type": "Delete"}, _noncurrent(days, keep)
        case {"transitions": move}:
            condition = {"age": move["transition_days"], "isLive": True}
        case {"noncurrent_version_transitions": move}:
            condition = _noncurrent(move["transition_days"], move.get("keep_newer"))
        case _:
            raise ConfigurationError(f"{_OPTION}: a rule does nothing: {rule!r}.")
    return {
        "type": "SetStorageClass",
        "storageClass": move["storage_class"],
    }, condition


def _noncurrent(days: int, keep: int | None) -> dict[str, t.Any]:
    condition = {"daysSinceNoncurrentTime": days}
    return condition if keep is None else {**condition, "numNewerVersions": keep + 1}


LIFECYCLE: t.Final = Setting(normalise, read, change)
