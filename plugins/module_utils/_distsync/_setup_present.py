# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Plans and makes what a distribution needs: the bucket, the identities, their configurations."""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from .._bucket._run import BucketOptions, keep_bucket
from .._errors import LongshoreError, PlanRefusedError
from ._configuration import Configuration
from ._identity import AccessKey, IdentityPlan
from ._setup_files import ROLES, KeptFile, Role
from ._setup_report import shown_file, shown_wanted
from ._setup_run import Run, Step, side
from ._setup_wanted import Keys, agreed_keys, store_of, wanted

#: Stands in a plan for an access key that is not made yet.
_TO_BE_MADE: t.Final = AccessKey("to be made", "to be made")


@dataclass(frozen=True, slots=True)
class RolePlan:
    """``key``: what the file is to have; made when ``identity`` says so. ``retires``: then others are deleted."""

    file: KeptFile
    configuration: Configuration
    identity: IdentityPlan | None
    retires: bool

    @property
    def writes(self) -> bool:
        return self.configuration != self.file.configuration

    @property
    def makes_key(self) -> bool:
        return self.identity is not None and self.identity.makes_key


class Present(Run):
    def plan(self) -> list[Step]:
        """What there is to do. Changes nothing."""
        options, report = self._options, self.report
        bucket = BucketOptions(options.endpoint, check_mode=True)
        looked = keep_bucket(bucket)
        self._region = looked.region
        report.existed = looked.existed
        report.exists = looked.existed or options.check_mode
        report.warnings += looked.warnings
        identities = self._plan_identities()
        self._in_use = {role: file.key_in_use for role, file in self._files.items()}
        self._keys = keys = self._agree(identities)
        if not keys.new_signing:
            report.public_key = keys.public
        steps: list[Step] = []
        if looked.changed:
            phrase = f"make the bucket {options.endpoint.container!r}"
            steps.append(Step((phrase,), self._make_bucket))
        plans = [self._plan_role(role, identities.get(role)) for role in ROLES]
        for plan in plans:
            self._describe(plan)
            phrases = self._phrases(plan)
            if phrases:
                steps.append(Step(phrases, functools.partial(self._apply, plan)))
        for plan in plans:
            if plan.retires and plan.identity is not None:
                phrase = f"delete the other access keys of user {plan.identity.user!r}"
                steps.append(Step((phrase,), functools.partial(self._retire, plan)))
        report.next_steps = self._next_steps(plans)
        return steps

    # -- looking

    def _plan_identities(self) -> dict[Role, IdentityPlan]:
        rotate = "keys" in self._options.rotate
        return {
            role: identity.plan(self._files[role].key_in_use, rotate=rotate)
            for role, identity in self._identities.items()
        }

    def _agree(self, identities: t.Mapping[Role, IdentityPlan]) -> Keys:
        """The secrets of both files. Raises ``PlanRefusedError``."""
        uploader, daemon = (self._files[role] for role in ROLES)
        nothing = not (uploader.configuration or daemon.configuration)
        elsewhere = [plan.user for plan in identities.values() if plan.other_keys]
        if nothing and elsewhere and not {"secret", "signing"} <= self._options.rotate:
            raise PlanRefusedError(
                f"User {elsewhere[0]!r} has an access key already, and neither {uploader.path} nor {daemon.path} is here: "
                "somebody has set this bucket up before.",
                hint="Run where these files are, or bring them back. If they are lost, make everything new with rotate: "
                "[keys, secret, signing]; then nobody can read what was published before.",
            )
        return agreed_keys(uploader, daemon, self._options.rotate, self._odd_one)

    def _odd_one(self) -> KeptFile | None:
        """The one file whose access key is no active key of its identity."""
        odd = [
            self._files[role]
            for role, identity in self._identities.items()
            if identity.plan(self._files[role].key_in_use).makes_key
        ]
        return odd[0] if len(odd) == 1 else None

    # -- deciding

    def _plan_role(self, role: Role, identity: IdentityPlan | None) -> RolePlan:
        file = self._files[role]
        key = self._key(file, identity)
        return RolePlan(
            file,
            self._configuration(file, key),
            identity,
            self._retires(file, identity),
        )

    def _key(
        self, file: KeptFile, identity: IdentityPlan | None
    ) -> tuple[str | None, str | None]:
        """The credentials that the file is to have."""
        options = self._options.file(file.role)
        if identity is not None and identity.makes_key:
            return _TO_BE_MADE.id, _TO_BE_MADE.secret
        if options.key is not None or options.secret is not None:
            return options.key, options.secret
        store = file.configuration.store if file.configuration else None
        return (store.key, store.secret) if store else (None, None)

    def _configuration(
        self, file: KeptFile, key: tuple[str | None, str | None]
    ) -> Configuration:
        options = self._options
        store = store_of(options.endpoint, self._region, *key)
        asked = {
            "algorithm": options.algorithm,
            "channel": options.channel,
            "delta": options.delta,
            "output_dir": options.output_dir if file.role == "daemon" else None,
        }
        changes = {name: value for name, value in asked.items() if value is not None}
        other = self._files["daemon" if file.role == "uploader" else "uploader"]
        return wanted(file, other, self._keys, store, changes)

    def _retires(self, file: KeptFile, identity: IdentityPlan | None) -> bool:
        """Whether access keys that are not in the file are to be deleted, and there are such."""
        if identity is None:
            return False
        rotates = "keys" in self._options.rotate
        asked = self._options.delete_old_keys
        replaced = rotates and bool(identity.before) and file.key_in_use is not None
        return (rotates if asked is None else asked) and (
            replaced or identity.other_keys > 0
        )

    # -- saying

    def _phrases(self, plan: RolePlan) -> tuple[str, ...]:
        file = plan.file
        phrases = list(plan.identity.changes) if plan.identity else []
        if plan.writes:
            phrases.append(f"write the configuration {file.path}")
        elif file.is_open:
            phrases.append(f"close the configuration {file.path} to others (mode 0600)")
        if file.state is not None and file.is_anothers:
            phrases.append(f"give the configuration {file.path} its owner")
        return tuple(phrases)

    def _describe(self, plan: RolePlan) -> None:
        """What a result and a diff say of a role."""
        file, identity = plan.file, plan.identity
        report = self.report.roles[file.role]
        report.before = side(identity.before if identity else {}, shown_file(file))
        report.after = side(
            identity.after if identity else {},
            shown_wanted(file, plan.configuration, plan.writes),
        )
        if self._options.check_mode:
            report.key_made, report.written = plan.makes_key, plan.writes
        if file.is_open:
            self.report.warnings.append(
                f"{file.path} was open to others than its owner. If somebody may have read it, replace what it holds "
                "with rotate: [keys, secret, signing]."
            )
        if identity is not None and identity.other_keys and not plan.retires:
            self.report.warnings.append(
                f"User {identity.user!r} has access keys that are not in {file.path} ({identity.other_keys}). If none is "
                "in use any more, delete them with old_keys: delete."
            )

    def _next_steps(self, plans: t.Sequence[RolePlan]) -> list[str]:
        """What only people can do after this run."""
        daemon = next(plan for plan in plans if plan.file.role == "daemon")
        keys, rotates = self._keys, self._options.rotate
        former = daemon.file.configuration
        steps: list[str] = []
        if keys.new_secret and former:
            steps.append(
                "Publish everything again: who has the new SharedSecret alone cannot read what was published before. Delete what that "
                "left in the bucket when no daemon has the old one."
            )
        elif keys.new_signing and former:
            if keys.handovers:
                steps.append(
                    "Publish in every channel before daemons get their new configuration: that signs the channel with the new key, "
                    "and daemons that have the old one follow."
                )
            else:
                steps.append(
                    "Publish in every channel: daemons take it when they have their new configuration, and not before."
                )
        if daemon.writes:
            path = daemon.file.path
            steps.append(
                f"Copy {path} to every host that fetches, readable by its daemon alone."
            )
        if "keys" in rotates and not daemon.retires and former:
            steps.append(
                "When every host has it, delete the old access keys with old_keys: delete."
            )
        return steps

    # -- doing

    def _make_bucket(self) -> None:
        made = keep_bucket(BucketOptions(self._options.endpoint))
        self._region = made.region
        self.report.exists = True

    def _apply(self, plan: RolePlan) -> None:
        """The identity, and at once its file."""
        file, report = plan.file, self.report.roles[plan.file.role]
        identity = self._identities.get(file.role)
        new = None
        if identity is not None and plan.identity is not None and plan.identity.changes:
            new = identity.apply(plan.identity)
        if plan.writes:
            self._write(plan, new)
        report.key_made = new is not None
        file.close()
        switched_off = new is not None and "keys" not in self._options.rotate
        if identity is not None and switched_off and file.key_in_use:
            # it did not work any more, and takes the room of another
            identity.delete_key(file.key_in_use)

    def _write(self, plan: RolePlan, new: AccessKey | None) -> None:
        """The file; without it nobody knows the new key's secret, and the key goes."""
        file = plan.file
        key = (new.id, new.secret) if new else self._key(file, plan.identity)
        try:
            file.write(self._configuration(file, key))
        except LongshoreError:
            if new is not None:
                self._identities[file.role].delete_key(new)
            raise
        if new is not None:
            self._in_use[file.role] = new.id
        self.report.roles[file.role].written = True
        if file.role == "uploader":
            self.report.public_key = self._keys.public

    def _retire(self, plan: RolePlan) -> None:
        """All keys but the one that is in the file now."""
        kept = self._in_use.get(plan.file.role)
        if kept is not None:
            self._identities[plan.file.role].retire_keys(kept)
