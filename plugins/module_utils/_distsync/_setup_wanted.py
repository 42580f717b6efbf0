# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What both configurations are to say: the secrets that they have or new ones, and what was asked for."""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass, field

from .._encryption._secret import SharedSecret
from .._encryption._signing import PublicKey, SigningKey
from .._endpoint import Endpoint
from .._errors import PlanRefusedError
from ._configuration import (
    Configuration,
    as_document,
    parse_configuration,
)
from ._configuration_store import DEFAULT_REGION
from ._configuration_values import Format
from ._setup_files import KeptFile
from ._signed import Handover


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
