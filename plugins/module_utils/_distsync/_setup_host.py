# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One host's own identity and configuration, in a distribution that is set up already.

All daemons can share one identity. A host that has its own can be shut out alone, and what it may write is
its status and nobody else's.
"""

from __future__ import annotations

import dataclasses
import functools

from .._encryption._secret import SharedSecret
from .._errors import ConfigurationError
from ._configuration import Configuration, as_document, parse_configuration
from ._identities import open_host_identity
from ._setup import carry_out
from ._setup_absent import Absent, remove_identity
from ._setup_files import KeptFile
from ._setup_options import SetupOptions, check_options
from ._setup_present import Present, RolePlan
from ._setup_report import SetupReport
from ._setup_run import Step
from ._setup_wanted import Keys

_FIRST = "Set the distribution up first, without host, or run where its files are."


def set_up_host(options: SetupOptions, host: str) -> SetupReport:
    """Make the host's identity and its file (the daemon's) what is asked for, or look what that takes.

    The uploader's file is read, and nothing but the host's is written. Raises ``LongshoreError``.
    """
    check_options(options)
    # as the configuration takes it; with spaces around it would be another name there
    if not (host.isprintable() and host.strip() == host and 1 <= len(host) <= 255):
        raise ConfigurationError(
            f"host cannot be {host!r}: it is a name of 1 to 255 characters."
        )
    if not options.managed:
        raise ConfigurationError(
            "A host's own identity is made with identities: managed only.",
            hint="Make it with the service's own tools; docs/fleet.md says what it is to be allowed.",
        )
    if options.rotate - {"keys"} or options.delete_bucket:
        raise ConfigurationError(
            "With host, nothing can be rotated but keys, and no bucket be deleted.",
            hint="Do so without host; then run again for each host.",
        )
    run = HostPresent if options.present else HostAbsent
    return carry_out(run(options, host), options)


class HostPresent(Present):
    """The daemon's part of a setup alone, for one host."""

    def __init__(self, options: SetupOptions, host: str) -> None:
        super().__init__(options)
        self._host = host
        uploader = self._files["uploader"]
        found = uploader.configuration
        if found is None or found.signing_key is None:
            raise ConfigurationError(
                f"There is no configuration of who publishes at {uploader.path}.",
                hint=_FIRST,
            )
        self._region = found.store.region
        self._keys = Keys(
            found.secret,
            found.signing_key,
            found.signing_key.public,
            found.handovers,
            new_secret=False,
            new_signing=False,
        )
        identity = open_host_identity(options.endpoint, found.secret, host)
        self._identities = {"daemon": identity}
        self.report.roles["uploader"].user = None
        self.report.roles["uploader"].before = {}
        self.report.roles["daemon"].user = identity.user

    def plan(self) -> list[Step]:
        """What there is to do. Changes nothing."""
        file, identity = self._files["daemon"], self._identities["daemon"]
        self._in_use = {"daemon": file.key_in_use}
        self.report.existed = self.report.exists = True
        self.report.public_key = self._keys.public
        rotate = "keys" in self._options.rotate
        plan = self._plan_role("daemon", identity.plan(file.key_in_use, rotate=rotate))
        self._describe(plan)
        steps: list[Step] = []
        phrases = self._phrases(plan)
        if phrases:
            steps.append(Step(phrases, functools.partial(self._apply, plan)))
        if plan.retires:
            phrase = f"delete the other access keys of user {identity.user!r}"
            steps.append(Step((phrase,), functools.partial(self._retire, plan)))
        self.report.next_steps = self._copying(plan)
        return steps

    def _configuration(
        self, file: KeptFile, key: tuple[str | None, str | None]
    ) -> Configuration:
        made = super()._configuration(file, key)
        daemon = dataclasses.replace(made.daemon, host=self._host, status=True)
        document = as_document(dataclasses.replace(made, daemon=daemon))
        label = f"the configuration of host {self._host!r}"
        return parse_configuration(document, label).configuration

    def _copying(self, plan: RolePlan) -> list[str]:
        if not plan.writes:
            return []
        return [
            f"Copy {plan.file.path} to the host {self._host!r}, readable by its daemon alone."
        ]


class HostAbsent(Absent):
    """The host's identity and file go; the distribution stays."""

    def __init__(self, options: SetupOptions, host: str) -> None:
        super().__init__(options)
        found = self._files["uploader"].configuration
        # which secret does not matter: what the identity may do is not looked at
        secret = found.secret if found else SharedSecret.generate()
        self._identity = open_host_identity(options.endpoint, secret, host)
        self.report.roles["uploader"].user = None
        self.report.roles["uploader"].before = {}
        self.report.roles["daemon"].user = self._identity.user

    def plan(self) -> list[Step]:
        """What there is to take away. Changes nothing."""
        file, user = self._files["daemon"], self._identity.user
        self.report.existed = self.report.exists = True
        steps: list[Step] = []
        if self._identity.exists():
            self.report.roles["daemon"].before["identity"] = {"user": user}
            phrase = f"delete user {user!r} with its access keys"
            act = functools.partial(remove_identity, self._identity)
            steps.append(Step((phrase,), act))
        if file.state is not None:
            steps.append(Step((f"delete the configuration {file.path}",), file.remove))
        return steps
