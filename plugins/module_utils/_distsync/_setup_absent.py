# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Plans and takes away what a setup has made."""

from __future__ import annotations

import functools

from .._bucket._report import BucketReport
from .._bucket._run import BucketOptions, keep_bucket
from ._identity import Identity
from ._setup_run import Run, Step


class Absent(Run):
    def plan(self) -> list[Step]:
        """What there is to take away. Changes nothing."""
        options, report = self._options, self.report
        looked = self._keep_bucket(check_mode=True)
        report.existed = looked.existed
        remains = looked.existed and not looked.deleted
        report.exists = remains if options.check_mode else looked.existed
        report.warnings += looked.warnings
        steps: list[Step] = []
        # identities first: from then on nobody acts as them, whatever fails
        for role, identity in self._identities.items():
            if identity.exists():
                report.roles[role].before["identity"] = {"user": identity.user}
                steps.append(
                    Step(
                        (f"delete user {identity.user!r} with its access keys",),
                        functools.partial(remove_identity, identity),
                    )
                )
        if looked.deleted:
            phrase = f"delete the bucket {options.endpoint.container!r}"
            steps.append(Step((phrase,), self._delete_bucket))
        for file in self._files.values():
            if file.state is not None:
                steps.append(
                    Step((f"delete the configuration {file.path}",), file.remove)
                )
        if remains and any(file.state for file in self._files.values()):
            report.next_steps.append(
                f"The bucket {options.endpoint.container!r} is still there. Without the SharedSecret of the deleted files nobody can "
                "read what it holds."
            )
        return steps

    def _keep_bucket(self, check_mode: bool) -> BucketReport:
        """Deleted if that was asked for; else looked at."""
        options = self._options
        if options.delete_bucket:
            return keep_bucket(
                BucketOptions(
                    options.endpoint,
                    present=False,
                    force=options.force,
                    check_mode=check_mode,
                )
            )
        return keep_bucket(BucketOptions(options.endpoint, check_mode=True))

    def _delete_bucket(self) -> None:
        self._keep_bucket(check_mode=False)
        self.report.exists = False


def remove_identity(identity: Identity) -> None:
    """For steps, which answer nothing."""
    identity.remove()
