# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The two configuration files of a setup: what is there, what they agree on, what they are to be."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import stat
import typing as t
from dataclasses import dataclass, field

from .._endpoint import Endpoint
from .._errors import ConfigurationError, LocalWriteError
from .._fields import local_path
from ._configuration import (
    Configuration,
)
from ._configuration_file import (
    mode_warnings,
    read_configuration,
    write_configuration,
)
from ._configuration_values import Format

Role = t.Literal["uploader", "daemon"]
ROLES: t.Final[tuple[Role, ...]] = ("uploader", "daemon")


@dataclass(frozen=True, slots=True)
class FileOptions:
    """Where a configuration is, whose it is, and with identities that are given their credentials.

    ``owner`` and ``group``: names or numbers; None: as it is. ``overwrite``: what is there does not
    matter, and is replaced.
    """

    path: str
    owner: str | None = None
    group: str | None = None
    key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class KeptFile:
    """What is there of one. ``configuration`` is None where there is no file, ``state`` too.

    ``owner`` and ``group``: numbers it is to have; None: as it is.
    """

    role: Role
    path: str
    configuration: Configuration | None
    state: os.stat_result | None
    owner: int | None
    group: int | None
    warnings: tuple[str, ...] = ()

    @property
    def key_in_use(self) -> str | None:
        """The id of the access key in the file."""
        return self.configuration.store.key if self.configuration else None

    @property
    def is_open(self) -> bool:
        """Whether others than its owner may open it."""
        return self.state is not None and bool(mode_warnings(self.path, self.state))

    @property
    def is_anothers(self) -> bool:
        """Whether it belongs to another user or group than it is to."""
        if self.state is None:
            return self.owner is not None or self.group is not None
        return self.owner not in (None, self.state.st_uid) or (
            self.group not in (None, self.state.st_gid)
        )

    def write(self, configuration: Configuration) -> None:
        """Replace it. Raises ``LocalWriteError``."""
        write_configuration(self.path, configuration)

    def close(self) -> None:
        """Give it its owner and its mode. Raises ``LocalWriteError``."""
        try:
            if self.is_anothers:
                unchanged = -1
                os.chown(
                    self.path,
                    unchanged if self.owner is None else self.owner,
                    unchanged if self.group is None else self.group,
                )
            if self.is_open:
                os.chmod(self.path, 0o600)
        except OSError as error:
            raise LocalWriteError(
                f"Could not set owner and mode of the configuration {self.path}: {error.strerror}.",
                hint="Run as root, or leave out owner and group.",
            ) from None

    def remove(self) -> None:
        """Delete it, and what it links to. Raises ``LocalWriteError``."""
        try:
            for path in (os.path.realpath(self.path), self.path):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
        except OSError as error:
            raise LocalWriteError(
                f"Could not delete the configuration {self.path}: {error.strerror}.",
                hint="Check the folder and its permissions.",
            ) from None


def look_at(
    role: Role, options: FileOptions, endpoint: Endpoint, *, writes: bool = True
) -> KeptFile:
    """Read what is there. ``writes``: it will be written, so its folder is looked at too.

    Raises ``ConfigurationError`` for a file that cannot be read, or is not of this setup's kind and
    bucket.
    """
    path = local_path(options.path)
    owner, group = _owner(role, options.owner), _group(role, options.group)
    if writes:
        _check_folder(path)
    state = _state(path)
    if state is None or options.overwrite and stat.S_ISREG(state.st_mode):
        return KeptFile(role, path, None, state, owner, group)
    configuration, warnings = read_configuration(path)
    if configuration.format is not Format.LONGSHORE:
        raise ConfigurationError(
            f"{path} is a configuration of the format {configuration.format.value}, which is not set up here.",
            hint="Name another file, so that this one stays as it is.",
        )
    if _bucket(configuration.store) != _bucket(endpoint):
        raise ConfigurationError(
            f"{path} is for {configuration.store.full_place}, and not for {endpoint.full_place}.",
            hint="Name another file, or correct what the wrong one of the two says.",
        )
    said = mode_warnings(path, state)
    return KeptFile(
        role,
        path,
        configuration,
        state,
        owner,
        group,
        tuple(one for one in warnings if one not in said),
    )


def _state(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(
            f"Could not look at the configuration {path}: {error.strerror}."
        ) from None


def _bucket(store: Endpoint) -> tuple[object, ...]:
    """What makes two endpoints the same bucket of the same service."""
    return store.provider, store.url, store.container, store.prefix


def _check_folder(path: str) -> None:
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise ConfigurationError(
            f"There is no folder {folder} to write a configuration to.",
            hint="Make it first, or name another file.",
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"The folder {folder} may not be written to by the user with id {os.geteuid()}.",
            hint="Run as its owner, or name another file.",
        )


def _owner(role: Role, name: str | None) -> int | None:
    if name is None or name.isdigit():
        return None if name is None else int(name)
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        raise ConfigurationError(
            f"{role}.owner: there is no user {name!r} on this host."
        ) from None


def _group(role: Role, name: str | None) -> int | None:
    if name is None or name.isdigit():
        return None if name is None else int(name)
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ConfigurationError(
            f"{role}.group: there is no group {name!r} on this host."
        ) from None
