# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the two directions of a setup have in common: look first, then plan steps."""

from __future__ import annotations

import typing as t

from ._identities import open_identities
from ._identity import Identity
from ._setup_files import ROLES, KeptFile, Role, look_at
from ._setup_options import SetupOptions
from ._setup_report import RoleReport, SetupReport, shown_file


class Step(t.NamedTuple):
    """Something to do, and the phrases that say it. What fails may have been done in part."""

    phrases: tuple[str, ...]
    act: t.Callable[[], None]


class Run:
    """What both directions have: the files, the identities, the report."""

    def __init__(self, options: SetupOptions) -> None:
        self._options = options
        endpoint = options.endpoint
        self._files: dict[Role, KeptFile] = {
            role: look_at(role, options.file(role), endpoint, writes=options.present)
            for role in ROLES
        }
        self._identities: dict[Role, Identity] = {}
        if options.managed:
            both = open_identities(endpoint, reports=options.reports)
            self._identities = {"uploader": both.uploader, "daemon": both.reader}
        self.report = SetupReport(
            endpoint.container,
            endpoint.place,
            {role: RoleReport(file.path) for role, file in self._files.items()},
        )
        for role, file in self._files.items():
            identity = self._identities.get(role)
            self.report.roles[role].user = identity.user if identity else None
            self.report.roles[role].before = side({}, shown_file(file))
            self.report.warnings += file.warnings


def side(
    identity: t.Mapping[str, t.Any], file: t.Mapping[str, t.Any]
) -> dict[str, t.Any]:
    return {"identity": dict(identity), "file": dict(file)}
