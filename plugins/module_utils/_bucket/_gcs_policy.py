# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Google's IAM policy of a bucket: who has which role.

What the project's own owners, editors and viewers have, and what mirrors the bucket's ACL, is left
alone: taking it away could lock everybody out. The policy here is what is granted beyond that.
"""

from __future__ import annotations

import json
import typing as t

from .._errors import ConfigurationError
from ._s3_setting import Fields
from ._service import Value

#: Roles that a bucket's ACL makes.
_OF_ACL: t.Final = frozenset(
    f"roles/storage.legacyBucket{who}" for who in ("Owner", "Reader", "Writer")
)
_OWN_MEMBERS: t.Final = ("projectOwner:", "projectEditor:", "projectViewer:")
_HINT: t.Final = (
    'Such as {"bindings": [{"role": "roles/storage.objectViewer", "members": ["allUsers"]}]}.'
)

Binding = dict[str, t.Any]


def normalise(written: object) -> Value:
    """``{"bindings": […]}``, one for each role (and condition); None where nothing is granted."""
    policy = _parse(written)
    if "Statement" in policy:
        raise ConfigurationError(
            "policy: this is one of Amazon's, and GOOGLE_STORAGE has bindings of roles.",
            hint=_HINT,
        )
    bindings = policy.get("bindings", [])
    if not isinstance(bindings, list):
        raise ConfigurationError("policy: bindings must be a list.", hint=_HINT)
    for binding in bindings:
        _check(binding)
    return _merged(bindings)


def _parse(written: object) -> Fields:
    if isinstance(written, str):
        try:
            written = json.loads(written.strip() or "null")
        except json.JSONDecodeError as error:
            raise ConfigurationError(
                f"policy is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
            ) from None
    if written is None:
        return {}
    if not isinstance(written, t.Mapping):
        raise ConfigurationError("policy must be a mapping.", hint=_HINT)
    return written


def _check(binding: object) -> None:
    if not isinstance(binding, t.Mapping):
        raise ConfigurationError("policy: a binding must be a mapping.", hint=_HINT)
    role, members = binding.get("role"), binding.get("members")
    if not isinstance(role, str) or not role:
        raise ConfigurationError("policy: a binding needs role.", hint=_HINT)
    if not isinstance(members, list) or not all(isinstance(m, str) for m in members):
        raise ConfigurationError(
            f"policy: the members of {role} must be a list of texts.", hint=_HINT
        )
    if role in _OF_ACL:
        raise ConfigurationError(
            f"policy: {role} is what acl grants, in other words.",
            hint="Use acl, or a role such as roles/storage.objectViewer.",
        )


def granted(policy: Fields, uniform: bool) -> Value:
    """The normal form of what Google answers, without what is the bucket's own.

    ``uniform``: the bucket has no ACL that parts of the policy would mirror.
    """
    return _merged(
        [
            theirs
            for binding in _bindings(policy)
            if (theirs := _theirs(binding, uniform))
        ]
    )


def replaced(policy: Fields, value: Fields | None, uniform: bool) -> dict[str, t.Any]:
    """Google's policy with ``value`` in place of what it grants beyond the bucket's own.

    The etag stays: Google refuses it when somebody else has changed the policy meanwhile.
    """
    own = [kept for binding in _bindings(policy) if (kept := _own(binding, uniform))]
    bindings = [*own, *(value or {}).get("bindings", ())]
    changed = {**policy, "bindings": bindings}
    if any("condition" in binding for binding in bindings):
        changed["version"] = 3
    return changed


def _bindings(policy: Fields) -> t.Sequence[Binding]:
    return policy.get("bindings") or ()


def _is_own(role: str, member: str, uniform: bool) -> bool:
    if role in _OF_ACL and not uniform:
        return True
    return role.startswith("roles/storage.legacy") and member.startswith(_OWN_MEMBERS)


def _own(binding: Binding, uniform: bool) -> Binding | None:
    return _only(binding, lambda member: _is_own(binding["role"], member, uniform))


def _theirs(binding: Binding, uniform: bool) -> Binding | None:
    return _only(binding, lambda member: not _is_own(binding["role"], member, uniform))


def _only(binding: Binding, wanted: t.Callable[[str], bool]) -> Binding | None:
    members = [member for member in binding.get("members", ()) if wanted(member)]
    return {**binding, "members": members} if members else None


def _merged(bindings: t.Iterable[Binding]) -> Value:
    members: dict[str, set[str]] = {}
    for binding in bindings:
        rest = {"role": binding["role"]}
        if binding.get("condition"):
            rest["condition"] = binding["condition"]
        key = json.dumps(rest, sort_keys=True)
        members.setdefault(key, set()).update(binding["members"])
    merged = [
        {**json.loads(key), "members": sorted(members[key])}
        for key in sorted(members)
        if members[key]
    ]
    return {"bindings": merged} if merged else None
