# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a configuration of distsync says: its keys and what they mean, both ways.

The keys are the original's and ours; ``docs/distsync_configuration.md`` explains each. Upper and
lower case are one in keys and in values of a fixed set, and so are keys with underscores and
without; an empty text is as good as not written. What a store's options may hold is ``_endpoint``'s
affair, the text of secrets and keys ``_encryption``'s.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, fields

from .._encryption._algorithms import AES_128_CBC_HMAC_SHA_256, Algorithm
from .._encryption._secret import SharedSecret
from .._encryption._signing import PublicKey, SigningKey
from .._endpoint import Endpoint
from .._errors import ConfigurationError
from ._configuration_daemon import (
    DaemonOptions,
    check_daemon_keys,
    daemon_document,
    daemon_options,
)
from ._configuration_names import KEYS, proper_names
from ._configuration_store import SECTIONS, check_store, read_store, sections_of
from ._configuration_swarm import swarm_document, swarm_settings
from ._configuration_values import (
    BITTORRENT,
    Format,
    Notify,
    Storage,
    read_value,
    written_handover,
)
from ._signed import Handover
from ._swarm._settings import SwarmSettings

DEFAULT_CHANNEL: t.Final = "stable"


#: What is shorter is no secret, and may be a part of a word.
_SHORTEST_SECRET: t.Final = 4


@dataclass(frozen=True, slots=True)
class Configuration:
    """One configuration, for publishing or for fetching. Secrets are left out of ``repr``.

    ``store.provider`` S3 has a region. ``swarm``: fetch from peers too. ``queue``: the URL of the
    SQS queue, for ``Notify.SQS``. ``channels``: one or more; one, if there is a ``signing_key``.
    ``poll_interval``: seconds of the shortest wait between two polls; the longest is twice that.
    ``handovers``: how former signing keys vouch for this one, the oldest first.
    ``output_dir``: an absolute path. ``encrypt_names`` is false for distsync01 with plain names only.
    ``daemon``: what a daemon does beside. ``swarm_settings``: how it takes part in the swarm.
    """

    secret: SharedSecret
    store: Endpoint
    swarm: bool = False
    format: Format = Format.LONGSHORE
    algorithm: Algorithm = AES_128_CBC_HMAC_SHA_256
    notify: Notify = Notify.S3_POLL
    queue: str | None = None
    channels: tuple[str, ...] = (DEFAULT_CHANNEL,)
    public_key: PublicKey | None = None
    signing_key: SigningKey | None = field(default=None, repr=False)
    handovers: tuple[Handover, ...] = ()
    delta: bool = False
    encrypt_names: bool = True
    poll_interval: float = 10.0
    output_dir: str | None = None
    daemon: DaemonOptions = DaemonOptions()
    swarm_settings: SwarmSettings = SwarmSettings()

    @property
    def secrets(self) -> list[str]:
        """What of it must be in no text that anybody reads."""
        store, key = self.store, self.signing_key
        written = [self.secret.encode(), store.secret, store.token]
        written.append(key.encode() if key is not None else None)
        return [one for one in written if one and len(one) >= _SHORTEST_SECRET]


class Parsed(t.NamedTuple):
    """``warnings``: sentences about what was read and does not count."""

    configuration: Configuration
    warnings: tuple[str, ...]


def parse_configuration(
    document: t.Mapping[str, object], label: str, *, needs: t.Collection[str] = ()
) -> Parsed:
    """The meaning of a TOML document's content; ``label``, its file, begins each text.

    ``needs``: keys such as ``OutputDir`` that the caller cannot do without. What only the format
    longshore has is not needed with distsync01. Raises ``ConfigurationError``.
    """
    warnings: list[str] = []
    found = proper_names(document, [*KEYS, *SECTIONS], label, "", warnings)
    given = {
        key: read_value(read, found[key], f"{label}: {key}")
        for key, read in KEYS.items()
        if key in found
    }
    store_format = _format(given)
    _check_keys(given, store_format, {"SharedSecret", "StorageBucket", *needs}, label)
    storage = given.get("Storage", Storage("S3"))
    store = read_store(given, storage, found, label, warnings)
    check_store(given, storage, store, label)
    names = _FIELD_OF_KEY.items()
    values: dict[str, t.Any] = {name: given[key] for key, name in names if key in given}
    values["format"] = store_format
    values["daemon"] = daemon_options(given)
    values["swarm_settings"] = swarm_settings(given)
    return Parsed(
        Configuration(store=store, swarm=storage.swarm, **values), tuple(warnings)
    )


def as_document(configuration: Configuration) -> dict[str, object]:
    """What ``parse_configuration`` understands as this: values first, then sections."""
    store = configuration.store
    swarm = f"+{BITTORRENT}" if configuration.swarm else ""
    document: dict[str, object] = {
        "SharedSecret": configuration.secret.encode(),
        "StorageBucket": store.container,
        "Encrypt": configuration.algorithm.name,
        "Notify": configuration.notify.value,
        "Storage": store.provider + swarm,
        "Format": configuration.format.value,
    }
    if store.url is not None:
        document["Endpoint"] = store.url
    for key, name in _FIELD_OF_KEY.items():
        value = getattr(configuration, name)
        if key not in document and value != _DEFAULTS[name]:
            document[key] = _written(value)
    document |= daemon_document(configuration.daemon)
    document |= swarm_document(configuration.swarm_settings)
    return document | sections_of(store)


#: Keys that are one field of Configuration each.
_FIELD_OF_KEY: t.Mapping[str, str] = {
    "SharedSecret": "secret",
    "Encrypt": "algorithm",
    "Notify": "notify",
    "Queue": "queue",
    "PollInterval": "poll_interval",
    "Channel": "channels",
    "PublicKey": "public_key",
    "SigningKey": "signing_key",
    "Handover": "handovers",
    "Delta": "delta",
    "EncryptNames": "encrypt_names",
    "OutputDir": "output_dir",
}

_DEFAULTS: t.Mapping[str, object] = {
    one.name: one.default for one in fields(Configuration)
}

#: What the format distsync01 has not.
_OURS_ALONE: t.Final = frozenset(
    {"Channel", "Delta", "Handover", "PublicKey", "SigningKey", "Status"}
)


def _written(value: object) -> object:
    """A field's value as TOML has it."""
    if isinstance(value, (SigningKey, PublicKey)):
        return value.encode()
    if isinstance(value, Handover):
        return written_handover(value)
    if isinstance(value, tuple):
        written = [_written(one) for one in value]
        return written[0] if len(written) == 1 else written
    return value


# --- rules between keys --------------------------------------------------------------------


def _format(given: t.Mapping[str, t.Any]) -> Format:
    """As written; else longshore where there is a key of its signatures, else the original's."""
    if "Format" in given:
        return t.cast(Format, given["Format"])
    signed = "PublicKey" in given or "SigningKey" in given
    return Format.LONGSHORE if signed else Format.DISTSYNC01


def _check_keys(
    given: t.Mapping[str, t.Any], store_format: Format, needs: set[str], label: str
) -> None:
    old = store_format is Format.DISTSYNC01
    for key in KEYS:
        if key in needs and key not in given and not (old and key in _OURS_ALONE):
            raise ConfigurationError(
                f"{label}: {key} is missing.",
                hint="Copy it from what distsync setup wrote, or run distsync setup.",
            )
    for key in sorted(_OURS_ALONE if old else ()):
        if given.get(key, False) is not False:
            raise ConfigurationError(
                f"{label}: {key} is nothing that the format distsync01 has.",
                hint=f'Leave it out, or write Format = "{Format.LONGSHORE.value}".',
            )
    check_daemon_keys(given, old, label)
    algorithm = given.get("Encrypt", AES_128_CBC_HMAC_SHA_256)
    if old and algorithm is not AES_128_CBC_HMAC_SHA_256:
        raise ConfigurationError(
            f"{label}: Encrypt must be {AES_128_CBC_HMAC_SHA_256.name} with the format distsync01, "
            f"not {algorithm.name}.",
            hint=f'Change it, or write Format = "{Format.LONGSHORE.value}".',
        )
    if not old and not given.get("EncryptNames", True):
        raise ConfigurationError(
            f"{label}: EncryptNames = false is for the format distsync01 alone.",
            hint="Leave it out: the format longshore encrypts every name.",
        )
    if "SigningKey" in given and len(given.get("Channel", ())) > 1:
        raise ConfigurationError(
            f"{label}: Channel must be one name where SigningKey is, since that is where artifacts are published."
        )
    if given.get("Notify") is Notify.SQS and "Queue" not in given:
        raise ConfigurationError(
            f"{label}: Queue is missing: Notify = {Notify.SQS.value} needs the queue's URL."
        )
