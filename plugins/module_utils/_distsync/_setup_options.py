# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a setup is asked for."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._encryption._algorithms import Algorithm
from .._endpoint import Endpoint
from .._errors import ConfigurationError
from .._fields import local_path
from ._configuration_file import DAEMON_PATH, UPLOADER_PATH
from ._setup_files import ROLES, FileOptions, Role

#: What can be replaced by something new.
ROTATIONS: t.Final = ("keys", "secret", "signing")


@dataclass(frozen=True, slots=True)
class SetupOptions:
    """What is asked for.

    ``endpoint``: the bucket, with the administrator's credentials. ``managed``: identities are made by
    IAM; else they are given, and ``uploader`` and ``daemon`` have their credentials. ``algorithm``,
    ``channel``, ``delta``, ``output_dir``: None leaves what is in the files. ``reports``: daemons may write
    their status. ``rotate``: of ``ROTATIONS``. ``delete_old_keys``: access keys that are not in the files;
    None: with a rotation of keys only. ``delete_bucket`` and ``force``: when it is not to be present, the bucket
    too, and all that it holds.
    """

    endpoint: Endpoint
    uploader: FileOptions = FileOptions(UPLOADER_PATH)
    daemon: FileOptions = FileOptions(DAEMON_PATH)
    present: bool = True
    managed: bool = True
    algorithm: Algorithm | None = None
    channel: str | None = None
    delta: bool | None = None
    output_dir: str | None = None
    reports: bool = False
    rotate: frozenset[str] = frozenset()
    delete_old_keys: bool | None = None
    delete_bucket: bool = False
    force: bool = False
    check_mode: bool = False

    def file(self, role: Role) -> FileOptions:
        return self.uploader if role == "uploader" else self.daemon


def check_options(options: SetupOptions) -> None:
    """Raises ``ConfigurationError`` for what contradicts itself."""
    paths = [local_path(options.file(role).path) for role in ROLES]
    if paths[0] == paths[1]:
        raise ConfigurationError(
            f"{paths[0]} is named for both configurations.",
            hint="The uploader's holds what daemons must not have: name two files.",
        )
    if options.rotate and not options.present:
        raise ConfigurationError("Nothing can be rotated with state: absent.")
    if options.delete_bucket and options.endpoint.prefix:
        raise ConfigurationError(
            f"{options.endpoint.full_place} is a part of a bucket, which is not deleted as a whole here.",
            hint="Leave out the prefix, or delete_bucket.",
        )
    if options.managed:
        for role in ROLES:
            if options.file(role).key or options.file(role).secret:
                raise ConfigurationError(
                    f"{role} has credentials, and identities: managed makes them itself.",
                    hint="Leave them out, or use identities: given.",
                )
    elif "keys" in options.rotate:
        raise ConfigurationError(
            "The keys of identities that are given cannot be rotated here.",
            hint="Make new ones with the service's own tools, and give them.",
        )
