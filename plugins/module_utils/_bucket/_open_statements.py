# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which statements of a policy allow something to everybody.

Those are open that allow something to everybody (``*``, or all but somebody), where no condition
narrows that to fixed values of what a caller cannot choose: addresses, networks, accounts,
organisations. Ranges wider than /8 (IPv4) or /32 (IPv6), wildcards, variables, ``…IfExists``,
``Not…`` and ``ForAllValues:`` narrow nothing. Statements that deny are not weighed against it:
what they leave over is not for a program to guess.
"""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ._actions import ACTIONS, OBJECT_ACTIONS, matches


def open_statements(
    statements: t.Iterable[t.Mapping[str, t.Any]],
) -> t.Iterator[tuple[str, t.Collection[str]]]:
    """What each one is called, and of ``_exposure.KINDS`` what it allows.

    ``statements``: in the normal form of ``_policy``.
    """
    for statement in statements:
        if (
            statement["Effect"] == "Allow"
            and _is_everybody(statement)
            and not _is_narrowed(statement.get("Condition", {}))
        ):
            name = statement.get("Sid")
            which = f"statement {name!r}" if name else "a statement without Sid"
            yield which, _allowed_kinds(statement)


def _is_everybody(statement: t.Mapping[str, t.Any]) -> bool:
    if "NotPrincipal" in statement:
        return True
    principal = statement["Principal"]
    if isinstance(principal, str):
        return True
    return any("*" in one for ids in principal.values() for one in ids)


def _allowed_kinds(statement: t.Mapping[str, t.Any]) -> set[str]:
    resources = statement.get("Resource", ["*"])
    on_bucket = any("/" not in resource for resource in resources)
    on_objects = any("/" in resource or "*" in resource for resource in resources)
    return {
        _kind(action)
        for action in _allowed_actions(statement)
        if action not in ACTIONS
        or (on_objects if action in OBJECT_ACTIONS else on_bucket)
    }


def _allowed_actions(statement: t.Mapping[str, t.Any]) -> set[str]:
    """Known actions that are allowed, and unknown ones that are named."""
    patterns = statement.get("Action", statement.get("NotAction", ()))
    named = {
        action
        for action in ACTIONS
        if any(matches(pattern, action, any_case=True) for pattern in patterns)
    }
    if "NotAction" in statement:
        return set(ACTIONS) - named
    unknown = {
        pattern
        for pattern in patterns
        if not any(matches(pattern, action, any_case=True) for action in ACTIONS)
    }
    return named | unknown


_READING: t.Final = frozenset(
    {
        *("GetObject", "GetObjectVersion", "GetObjectVersionForReplication"),
        *("GetObjectTorrent", "GetObjectVersionTorrent"),
    }
)
#: On objects, but about rights.
_MANAGING: t.Final = re.compile(r"Acl$|LegalHold$|Retention$|^ObjectOwner")


def _kind(action: str) -> str:
    name = action.rpartition(":")[2]
    if name.lower().startswith("list"):
        return "list" if name.lower().startswith("listbucket") else "inspect"
    if name.lower().startswith("get"):
        return "read" if name in _READING else "inspect"
    if action in OBJECT_ACTIONS and not _MANAGING.search(name):
        return "write"
    return "manage"


# -- conditions

_ARN: t.Final = ("ArnEquals", "ArnLike", "StringEquals", "StringLike")
_TEXT: t.Final = ("StringEquals", "StringEqualsIgnoreCase", "StringLike")

#: Keys that narrow who may, in lower case -> the operators that do so with fixed values.
_NARROWING: t.Final[t.Mapping[str, t.Sequence[str]]] = {
    "aws:sourceip": ("IpAddress",),
    "aws:sourcearn": _ARN,
    "aws:principalarn": _ARN,
    "s3:dataaccesspointarn": _ARN,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _ARN,
    **dict.fromkeys(
        (
            *("aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner"),
            *("aws:sourceaccount", "aws:sourceorgid", "aws:userid"),
            *("aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths"),
            "s3:dataaccesspointaccount",
        ),
        _TEXT,
    ),
}

#: Every access point of one account counts as a fixed value.
_ACCESS_POINTS: t.Final = re.compile(
    r"arn:[\w-]+:s3:[\w-]+:\d{12}:accesspoint/[\w*?-]+"
)
_WIDEST: t.Final = {4: 8, 6: 32}


def _is_narrowed(
    condition: t.Mapping[str, t.Mapping[str, t.Sequence[str]]],
) -> bool:
    """Whether one of the conditions, all of which must hold, narrows who may to fixed values."""
    return any(
        operator.removeprefix("ForAnyValue:") in _NARROWING.get(key.lower(), ())
        and all(_is_fixed(key.lower(), value) for value in values)
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def _is_fixed(key: str, value: str) -> bool:
    if key == "aws:sourceip":
        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            return False
        return network.prefixlen >= _WIDEST[network.version]
    if key == "s3:dataaccesspointarn" and _ACCESS_POINTS.fullmatch(value):
        return True
    return not re.search(r"[*?]|\$\{", value)
