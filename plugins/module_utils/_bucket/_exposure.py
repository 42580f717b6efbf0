# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Who may reach a bucket without being asked who they are: a verdict, from settings alone.

Nothing here asks a server. What is public follows Amazon's own definition, and where that leaves a choice, the answer is
"public":

- A policy is public when a statement of it is open, as ``_open_statements`` says.
- Google's policy is public when a role is bound to ``allUsers`` or ``allAuthenticatedUsers``, whatever
  the binding's condition says.
- An ACL is public when it grants anything to everybody, or to everybody who has an account
  with the provider. ACLs of single objects are not looked at.
- Azure's website shows its container to everybody, whatever the ACL says; other websites show what
  everybody may read.
- What a CDN has is shown to everybody.
- ``restrict_public_buckets`` holds back a public policy, ``ignore_public_acls`` a public ACL; so does
  the ownership ``BucketOwnerEnforced``. The two other blocks keep from writing anew only. What is
  blocked for a whole account is not seen from its buckets.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._fields import listed
from ._open_statements import open_statements
from ._service import Value

#: The settings that decide it.
DECIDING: t.Final = (
    *("policy", "acl"),
    *("public_access_block", "ownership", "website", "cdn"),
)

#: What everybody may do: list names; read contents; write, change and delete objects; manage
#: (change settings and rights); inspect (see settings, rights, tags). In the order of the result.
KINDS: t.Final = ("list", "read", "write", "manage", "inspect")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``public``: of ``KINDS``, what everybody may do. ``reasons``: why. ``prevented``: what would
    be a reason, and what holds it back."""

    public: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    prevented: tuple[str, ...] = ()


@dataclass(slots=True)
class _Findings:
    """What was found so far."""

    kinds: set[str] = field(default_factory=set)
    reasons: list[str] = field(default_factory=list)
    prevented: list[str] = field(default_factory=list)

    def add(self, reason: str, kinds: t.Collection[str], obstacle: str) -> None:
        """``obstacle``: what holds it back; empty when nothing does."""
        if not kinds:
            return
        text = f"{reason} {listed(_ordered(kinds), 'and')}"
        if obstacle:
            self.prevented.append(f"{text}, but {obstacle}")
        else:
            self.kinds.update(kinds)
            self.reasons.append(text)


def judge(family: str, settings: t.Mapping[str, Value]) -> Verdict:
    """The verdict from the settings in ``DECIDING``, in their normal forms; missing: not set.

    ``family``: of the endpoint.
    """
    found = _Findings()
    block = _mapping(settings.get("public_access_block"))
    policy = _mapping(settings.get("policy"))
    if block.get("restrict_public_buckets"):
        obstacle = "public_access_block.restrict_public_buckets is on"
    else:
        obstacle = ""
    _judge_statements(policy.get("Statement", ()), obstacle, found)
    _judge_bindings(policy.get("bindings", ()), obstacle, found)
    _judge_acl(family, settings, found)
    website = _mapping(settings.get("website"))
    if family == "azure" and website:
        found.add(f"website: it lets {_EVERYBODY}", ("read",), "")
        website = {}
    if settings.get("cdn"):
        found.add(f"cdn: it lets {_EVERYBODY}", ("read",), "")
    if "read" in found.kinds and website and "redirect_all_requests" not in website:
        found.reasons.append("website: what everybody may read is served to browsers")
    return Verdict(
        tuple(_ordered(found.kinds)), tuple(found.reasons), tuple(found.prevented)
    )


def _mapping(value: Value) -> t.Mapping[str, t.Any]:
    return value if isinstance(value, t.Mapping) else {}


def _ordered(kinds: t.Collection[str]) -> list[str]:
    return [kind for kind in KINDS if kind in kinds]


# -- policy


def _judge_statements(
    statements: t.Iterable[t.Mapping[str, t.Any]], obstacle: str, found: _Findings
) -> None:
    for which, kinds in open_statements(statements):
        found.add(f"policy: {which} lets {_EVERYBODY}", kinds, obstacle)


#: What roles allow; all others are taken to allow everything.
_ROLES: t.Final[t.Mapping[str, t.Collection[str]]] = {
    "roles/storage.objectViewer": ("list", "read"),
    "roles/storage.objectCreator": ("write",),
    "roles/storage.objectUser": ("list", "read", "write"),
    "roles/storage.legacyObjectReader": ("read",),
    "roles/storage.legacyObjectOwner": ("read", "manage", "inspect"),
    "roles/storage.legacyBucketReader": ("list", "inspect"),
    "roles/storage.legacyBucketWriter": ("list", "write", "inspect"),
}


def _judge_bindings(
    bindings: t.Iterable[t.Mapping[str, t.Any]], obstacle: str, found: _Findings
) -> None:
    for binding in bindings:
        role = binding["role"]
        for member in binding["members"]:
            if member in _WHO:
                who, kinds = _WHO[member], _ROLES.get(role, KINDS)
                found.add(f"policy: {role} lets {who}", kinds, obstacle)


# -- ACL

_EVERYBODY: t.Final = "everybody"
_CUSTOMERS: t.Final = "everybody who has an account with the provider"
_AMAZON: t.Final = "http://acs.amazonaws.com/groups/global/"

#: Grantee -> who that is. Single accounts, and groups of them, are not here.
_WHO: t.Final[t.Mapping[str, str]] = {
    f"{_AMAZON}AllUsers": _EVERYBODY,
    f"{_AMAZON}AuthenticatedUsers": _CUSTOMERS,
    "allUsers": _EVERYBODY,
    "allAuthenticatedUsers": _CUSTOMERS,
    "*:*": _CUSTOMERS,
    "*": _CUSTOMERS,
}

#: What a permission on a bucket allows, of those servers where it does not allow to read objects.
_PERMISSIONS: t.Final[t.Mapping[str, t.Collection[str]]] = {
    "READ": ("list",),
    "WRITE": ("write",),
    "READ_ACP": ("inspect",),
    "WRITE_ACP": ("manage",),
    "FULL_CONTROL": ("list", "write", "manage", "inspect"),
    "READER": ("list",),
    "WRITER": ("list", "write"),
    "OWNER": ("list", "write", "manage", "inspect"),
}

_CannedACLs = t.Mapping[str, tuple[str, t.Collection[str]]]
_OF_BUCKETS: t.Final[_CannedACLs] = {
    "public-read": (_EVERYBODY, ("list",)),
    "public-read-write": (_EVERYBODY, ("list", "write")),
    "authenticated-read": (_CUSTOMERS, ("list",)),
}
_OF_OBJECTS_TOO: t.Final[_CannedACLs] = {
    "public-read": (_EVERYBODY, ("list", "read")),
    "public-read-objects": (_EVERYBODY, ("read",)),
}
#: Family -> what canned ACLs allow to more than single accounts.
_CANNED: t.Final[t.Mapping[str, _CannedACLs]] = {
    "s3": _OF_BUCKETS,
    "google": _OF_BUCKETS,
    "azure": _OF_OBJECTS_TOO,
    "swift": _OF_OBJECTS_TOO,
}


def _judge_acl(family: str, settings: t.Mapping[str, Value], found: _Findings) -> None:
    obstacle = ""
    if settings.get("ownership") == "BucketOwnerEnforced":
        obstacle = "ACLs have no effect with ownership BucketOwnerEnforced"
    elif _mapping(settings.get("public_access_block")).get("ignore_public_acls"):
        obstacle = "public_access_block.ignore_public_acls is on"
    allowed: dict[str, set[str]] = {}
    for who, kinds in _grants(family, settings.get("acl")):
        allowed.setdefault(who, set()).update(kinds)
    for who, together in allowed.items():
        found.add(f"acl: it lets {who}", together, obstacle)


def _grants(family: str, acl: Value) -> t.Iterator[tuple[str, t.Collection[str]]]:
    """Who may do what, of those who are no single accounts; of a canned ACL or a list of grants."""
    if isinstance(acl, str):
        canned = _CANNED.get(family, {}).get(acl)
        if canned:
            yield canned
        return
    for grant in acl if isinstance(acl, (list, tuple)) else ():
        grantee, permission = grant["grantee"], grant["permission"]
        if family == "swift" and permission == "READ":
            yield from _swift_readers(grantee)
        elif grantee in _WHO:
            yield _WHO[grantee], _PERMISSIONS.get(permission, ("manage",))


def _swift_readers(grantee: str) -> t.Iterator[tuple[str, t.Collection[str]]]:
    # A referrer is what a client says it is; .r:- takes one away.
    if grantee.startswith(".r:") and not grantee.startswith(".r:-"):
        yield _EVERYBODY, ("read",)
    elif grantee == ".rlistings":
        yield _EVERYBODY, ("list",)
    elif grantee in _WHO:
        yield _WHO[grantee], ("list", "read")
