# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The two configuration files of a setup: what is there, what they agree on, what they are to be."""

from __future__ import annotations

import contextlib
import dataclasses
import grp
import os
import pwd
import stat
import typing as t
from dataclasses import dataclass, field

from .._encryption._secret import SharedSecret
from .._encryption._signing import PublicKey, SigningKey
from .._endpoint import Endpoint
from .._errors import ConfigurationError, LocalWriteError, PlanRefusedError
from .._fields import local_path
from ._configuration import (
    Configuration,
    as_document,
    parse_configuration,
)
from ._configuration_file import (
    mode_warnings,
    read_configuration,
    write_configuration,
)
from ._configuration_store import DEFAULT_REGION
from ._configuration_values import Format
from ._signed import Handover

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


# --- what both agree on --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Keys:
    """What both files are made of, and which of it is new."""

    secret: SharedSecret = field(repr=False)
    signing: SigningKey = field(repr=False)
    public: PublicKey
    handovers: tuple[Handover, ...]
    new_secret: bool
    new_signing: bool


def agreed_keys(
    uploader: KeptFile,
    daemon: KeptFile,
    rotate: t.Collection[str],
    odd_one: t.Callable[[], KeptFile | None],
) -> Keys:
    """The files' secret and signing key, or new ones where there are none, or ``rotate`` names them.

    ``odd_one`` is asked where the files differ: which of them is not in use, if that can be told.
    Raises ``PlanRefusedError``.
    """
    secret = _agreed_secret(uploader, daemon, "secret" in rotate, odd_one)
    mine = uploader.configuration
    signing = _agreed_signing(uploader, daemon, "signing" in rotate, odd_one)
    former = mine.signing_key if mine else None
    handovers = mine.handovers if mine and former else ()
    if signing is None:
        new = SigningKey.generate()
        if former is not None:
            handovers = (*handovers, Handover.make(former, new))
    else:
        new = signing
    return Keys(
        secret or SharedSecret.generate(),
        new,
        new.public,
        handovers,
        new_secret=secret is None,
        new_signing=signing is None,
    )


def _agreed_secret(
    uploader: KeptFile,
    daemon: KeptFile,
    rotates: bool,
    odd_one: t.Callable[[], KeptFile | None],
) -> SharedSecret | None:
    """None: a new one is to be made."""
    there = [file.configuration for file in (uploader, daemon) if file.configuration]
    if rotates or not there:
        return None
    if there[0].secret != there[-1].secret:
        raise _disagreement("SharedSecret", uploader, daemon, odd_one, "secret")
    return there[0].secret


def _agreed_signing(
    uploader: KeptFile,
    daemon: KeptFile,
    rotates: bool,
    odd_one: t.Callable[[], KeptFile | None],
) -> SigningKey | None:
    """None: a new one is to be made."""
    mine, theirs = uploader.configuration, daemon.configuration
    if rotates or (mine is None and theirs is None):
        return None
    signing = mine.signing_key if mine else None
    if mine is None or signing is None:
        lacks = "is missing" if mine is None else "has no SigningKey"
        raise PlanRefusedError(
            f"The uploader's configuration {uploader.path} {lacks}, and the signing key is nowhere else.",
            hint="Bring it back from where it was copied to. If it is lost, make a new one with rotate: signing; "
            "then no daemon takes anything new until it has its new configuration.",
        )
    pinned = theirs.public_key if theirs else None
    if pinned is not None and not _leads(pinned, signing.public, mine.handovers):
        raise _disagreement("signing key", uploader, daemon, odd_one, "signing")
    return signing


def _leads(pinned: PublicKey, to: PublicKey, handovers: t.Sequence[Handover]) -> bool:
    """Whether it is the key itself, or one that was handed over to it."""
    current = pinned
    for one in handovers:
        if current != to and one.old == current and one.holds():
            current = one.new
    return current == to


def _disagreement(
    what: str,
    uploader: KeptFile,
    daemon: KeptFile,
    odd_one: t.Callable[[], KeptFile | None],
    rotation: str,
) -> PlanRefusedError:
    odd = odd_one()
    if odd is None:
        which = "Which of them is the odd one cannot be told from here."
    else:
        which = f"The odd one is {odd.path}: its access key is not one of the {odd.role}'s identity."
    return PlanRefusedError(
        f"{uploader.path} and {daemon.path} do not have the same {what}. {which}",
        hint="Move the wrong one away, and bring the right one back from where it was copied to; a daemon's that is gone is "
        f"made from the uploader's. Or replace it in both with rotate: {rotation}.",
    )


# --- what they are to be -------------------------------------------------------------------


def wanted(
    file: KeptFile,
    other: KeptFile,
    keys: Keys,
    store: Endpoint,
    changes: t.Mapping[str, t.Any],
) -> Configuration:
    """What a file is to say: what is in it (else in the other one), but for keys, store and ``changes``.

    ``changes``: fields of ``Configuration`` that were asked for. As it is read again. Raises
    ``ConfigurationError`` for a store that lacks credentials.
    """
    own = file.configuration
    base = own or other.configuration or Configuration(keys.secret, store)
    fields: dict[str, t.Any] = {
        "secret": keys.secret,
        "store": store,
        "format": Format.LONGSHORE,
        "output_dir": own.output_dir if own else None,
        "public_key": None,
        "signing_key": None,
        "handovers": (),
        **changes,
    }
    channel: str | None = fields.pop("channel", None)
    if file.role == "uploader":
        fields |= {"signing_key": keys.signing, "handovers": keys.handovers}
        fields["channels"] = (channel or base.channels[0],)
    else:
        fields["public_key"] = keys.public
        if channel is not None and (own is None or channel not in own.channels):
            fields["channels"] = (channel,)
    made = dataclasses.replace(base, **fields)
    label = f"the {file.role}'s configuration"
    return parse_configuration(as_document(made), label).configuration


def store_of(
    endpoint: Endpoint, region: str | None, key: str | None, secret: str | None
) -> Endpoint:
    """The bucket as an identity reaches it, with its credentials and none of the administrator's.

    ``region``: where the bucket was found to be.
    """
    amazon = endpoint.provider == "S3" and endpoint.url is None
    found = endpoint.region or (region if amazon else None)
    if endpoint.provider == "S3":
        found = found or DEFAULT_REGION
    if endpoint.family == "local":
        return dataclasses.replace(endpoint, key=None, secret=None)
    return dataclasses.replace(
        endpoint, key=key, secret=secret, token=None, region=found
    )
