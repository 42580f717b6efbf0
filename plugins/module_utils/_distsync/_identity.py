# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One identity: an IAM user with one inline policy, and its access keys."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass, field

from .._bucket._policy import canonical_policy
from .._errors import ConfigurationError, LongshoreError, PlanRefusedError
from ._iam import Iam, code_of
from ._policies import Policy, same_policy

POLICY_NAME: t.Final = "distsync"


@dataclass(frozen=True)
class AccessKey:
    """What a configuration file has as ``AccessKey`` and ``SecretKey``; the server tells it once."""

    id: str = field(repr=False)
    secret: str = field(repr=False)


class _Grant(t.NamedTuple):
    """A permission that a user has and should not: its kind's name, its own, and how it is taken away."""

    kind: str
    name: str
    method: str
    parameters: dict[str, str]

    def __str__(self) -> str:
        return f"{self.kind} {self.name!r}"


@dataclass(frozen=True)
class _Found:
    """What is there of an identity."""

    exists: bool = False
    policy: Policy | None = None
    grants: tuple[_Grant, ...] = ()
    #: The ids of active access keys.
    keys: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class IdentityPlan:
    """What ``Identity.apply`` will do; it holds no credentials that it would show.

    ``changes`` are phrases for people, empty when all is as it should be. ``before`` and ``after``
    are for a diff. ``makes_key``: a new access key will be made. ``other_keys`` is the number of
    active access keys beside the one in use.
    """

    user: str
    changes: tuple[str, ...]
    before: dict[str, t.Any]
    after: dict[str, t.Any]
    makes_key: bool
    other_keys: int
    _found: _Found = field(repr=False)
    _key_in_use: str | None = field(repr=False)
    _rotates: bool = field(repr=False)


class Identity:
    """One IAM user, which is named after its bucket and ours alone."""

    def __init__(self, iam: Iam, user: str, policy: Policy) -> None:
        self._iam = iam
        self.user = user
        self.policy = policy

    def plan(
        self, key_in_use: str | None = None, *, rotate: bool = False
    ) -> IdentityPlan:
        """Look, and compare: the user, its permissions, and the id of the key that is in use.

        A new key is made where ``key_in_use`` (None: there is no configuration yet) is not one of the
        user's active keys, and with ``rotate``. Changes nothing. Raises ``PlanRefusedError`` for a
        user of this name that somebody else made, and what ``Iam.call`` raises.
        """
        found = self._look()
        if found.policy is None and found.keys and key_in_use not in found.keys:
            # whoever has these keys could do all that the policy will allow
            raise self._somebody_elses("access keys")
        makes_key = rotate or key_in_use not in found.keys
        others = sum(key != key_in_use for key in found.keys)
        return IdentityPlan(
            user=self.user,
            changes=tuple(self._changes(found, makes_key)),
            before=_shown(found.policy, found.grants) if found.exists else {},
            after=_shown(self.policy, ()),
            makes_key=makes_key,
            other_keys=others,
            _found=found,
            _key_in_use=key_in_use,
            _rotates=rotate,
        )

    def apply(self, plan: IdentityPlan) -> AccessKey | None:
        """Do what was planned; the new access key, if one was to be made.

        Its secret cannot be asked for again: write it down before anything else. The old keys go on
        working until ``retire_keys``; only when a rotation finds no room for a new key is one deleted
        that is not in use. Amazon takes some seconds to know a new key everywhere.
        """
        found = plan._found
        if not found.exists:
            self._call("create_user", "make")
        if found.policy is None or not same_policy(found.policy, self.policy):
            self._put_policy()
        for grant in found.grants:
            self._take_away(grant)
        return self._new_key(plan) if plan.makes_key else None

    def retire_keys(self, keep: AccessKey | str) -> int:
        """Delete all of the user's access keys but this one; how many there were."""
        kept = keep.id if isinstance(keep, AccessKey) else keep
        old = [key for key, _status in self._keys() if key != kept]
        for key in old:
            self.delete_key(key)
        return len(old)

    def delete_key(self, key: AccessKey | str) -> None:
        """Delete one access key, such as a new one that could not be written down."""
        key_id = key.id if isinstance(key, AccessKey) else key
        self._find("delete_access_key", "delete an access key of", AccessKeyId=key_id)

    def exists(self) -> bool:
        """Whether there is such a user; raises ``PlanRefusedError`` for somebody else's."""
        return self._look().exists

    def remove(self) -> bool:
        """Delete the user with its keys and permissions; False when it was not there."""
        found = self._look()
        if not found.exists:
            return False
        # Keys first: from then on nobody can act as this user, whatever fails.
        for key, _status in self._keys():
            self.delete_key(key)
        for grant in found.grants:
            self._take_away(grant)
        if found.policy is not None:
            self._find(
                "delete_user_policy", "delete the policy of", PolicyName=POLICY_NAME
            )
        self._find("delete_user", "delete")
        return True

    # -- what is there

    def _look(self) -> _Found:
        if self._find("get_user", "look up") is None:
            return _Found()
        names = self._listing("list_user_policies", "PolicyNames")
        # Only one that is listed: some servers answer for any name with all that a user may do.
        policy = self._read_policy() if POLICY_NAME in names else None
        grants = tuple(self._grants(names))
        if policy is None and grants:
            raise self._somebody_elses(str(grants[0]))
        active = tuple(key for key, status in self._keys() if status == "Active")
        return _Found(True, policy, grants, active)

    def _somebody_elses(self, has: str) -> PlanRefusedError:
        return PlanRefusedError(
            f"IAM user {self.user!r} exists and is somebody else's: it has {has}, and not distsync's policy.",
            hint="Delete or rename that user, or choose another name for the bucket.",
        )

    def _read_policy(self) -> Policy | None:
        read = self._find(
            "get_user_policy", "read the policy of", PolicyName=POLICY_NAME
        )
        return None if read is None else canonical_policy(read["PolicyDocument"])

    def _grants(self, policies: t.Iterable[str]) -> t.Iterator[_Grant]:
        """Every permission of the user but our policy; ``policies`` are its inline ones."""
        for name in policies:
            if name != POLICY_NAME:
                yield _Grant(
                    "inline policy", name, "delete_user_policy", {"PolicyName": name}
                )
        # A server that does not have these listings has nothing to list either.
        for policy in self._listing(
            "list_attached_user_policies", "AttachedPolicies", may_lack=True
        ):
            arn = {"PolicyArn": policy["PolicyArn"]}
            yield _Grant(
                "attached policy", policy["PolicyName"], "detach_user_policy", arn
            )
        for group in self._listing("list_groups_for_user", "Groups", may_lack=True):
            name = group["GroupName"]
            yield _Grant("group", name, "remove_user_from_group", {"GroupName": name})

    def _keys(self) -> list[tuple[str, str]]:
        """Id and status of every access key, the oldest first where the server says how old."""
        keys = self._listing("list_access_keys", "AccessKeyMetadata")
        keys.sort(key=lambda key: str(key.get("CreateDate", "")))
        return [(key["AccessKeyId"], key["Status"]) for key in keys]

    def _changes(self, found: _Found, makes_key: bool) -> t.Iterator[str]:
        if not found.exists:
            yield f"make user {self.user!r}"
        if found.policy is None:
            yield f"write the policy of user {self.user!r}"
        elif not same_policy(found.policy, self.policy):
            yield f"correct the policy of user {self.user!r}"
        for grant in found.grants:
            yield f"take {grant} from user {self.user!r}"
        if makes_key:
            yield f"make an access key of user {self.user!r}"

    # -- what is done

    def _put_policy(self) -> None:
        self._call(
            "put_user_policy",
            "write the policy of",
            PolicyName=POLICY_NAME,
            PolicyDocument=json.dumps(self.policy),
        )

    def _take_away(self, grant: _Grant) -> None:
        self._find(grant.method, f"take {grant} from", **grant.parameters)

    def _new_key(self, plan: IdentityPlan) -> AccessKey:
        try:
            return self._create_key()
        except LongshoreError as error:
            if code_of(error) != "LimitExceeded":
                raise
            unused = [key for key, _status in self._keys() if key != plan._key_in_use]
            if not plan._rotates or not unused:
                raise ConfigurationError(
                    f"User {self.user!r} has as many access keys as it may have, and no active one is in the configuration file.",
                    hint="Bring the file back, or make a new key in the place of the oldest with rotate: keys.",
                ) from error
        self.delete_key(unused[0])
        return self._create_key()

    def _create_key(self) -> AccessKey:
        made = self._call("create_access_key", "make an access key of")["AccessKey"]
        return AccessKey(made["AccessKeyId"], made["SecretAccessKey"])

    # -- requests about the user

    def _call(self, method: str, verb: str, **parameters: str) -> dict[str, t.Any]:
        operation = f"{verb} user {self.user!r}"
        return self._iam.call(method, operation, UserName=self.user, **parameters)

    def _find(
        self, method: str, verb: str, **parameters: str
    ) -> dict[str, t.Any] | None:
        operation = f"{verb} user {self.user!r}"
        return self._iam.find(method, operation, UserName=self.user, **parameters)

    def _listing(
        self, method: str, result: str, *, may_lack: bool = False
    ) -> list[t.Any]:
        what = method.removeprefix("list_").replace("_", " ")
        operation = f"list {what} of user {self.user!r}"
        return self._iam.listing(
            method, result, operation, may_lack=may_lack, UserName=self.user
        )


def _shown(policy: Policy | None, grants: t.Sequence[_Grant]) -> dict[str, t.Any]:
    return {"policy": policy, "other_permissions": [str(grant) for grant in grants]}
