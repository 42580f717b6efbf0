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

import difflib
import re
import typing as t
from dataclasses import dataclass, field, fields

from .._encryption._algorithms import AES_128_CBC_HMAC_SHA_256, Algorithm
from .._encryption._secret import SharedSecret
from .._encryption._signing import PublicKey, SigningKey
from .._endpoint import Endpoint, parse_endpoint
from .._errors import ConfigurationError
from .._fields import did_you_mean, listed, read_fields
from .._providers import ALIASES, PROVIDERS
from ._configuration_daemon import (
    DAEMON_KEYS,
    DaemonOptions,
    check_daemon_keys,
    daemon_document,
    daemon_options,
)
from ._configuration_swarm import SWARM_KEYS, swarm_document, swarm_settings
from ._configuration_values import (
    BITTORRENT,
    SHOWN_LENGTH,
    Format,
    Notify,
    Storage,
    read_value,
    written_handover,
)
from ._configuration_values import KEYS as SHARED_KEYS
from ._signed import Handover
from ._swarm._settings import SwarmSettings

DEFAULT_CHANNEL: t.Final = "stable"
DEFAULT_REGION: t.Final = "us-east-1"

#: Every key outside of sections and what reads it.
KEYS: t.Final = {**SHARED_KEYS, **DAEMON_KEYS, **SWARM_KEYS}


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
    found = _proper_names(document, [*KEYS, *_SECTIONS], label, "", warnings)
    given = {
        key: read_value(read, found[key], f"{label}: {key}")
        for key, read in KEYS.items()
        if key in found
    }
    store_format = _format(given)
    _check_keys(given, store_format, {"SharedSecret", "StorageBucket", *needs}, label)
    storage = given.get("Storage", Storage("S3"))
    store = _store(given, storage, found, label, warnings)
    _check_store(given, storage, store, label)
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
    return document | _sections_of(store)


_REGION: t.Final = re.compile(r"[a-z]{2,}(-[a-z]+)+-[0-9]+")
#: For suggestions; Amazon opens new ones, so others are as good.
_REGIONS: t.Final = (
    *("ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "cn-north-1"),
    *("eu-central-1", "eu-west-1", "sa-east-1", "us-east-1", "us-east-2"),
    *("us-gov-west-1", "us-west-1", "us-west-2"),
)

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


# --- names ---------------------------------------------------------------------------------


def _option_name(name: str) -> str:
    """A field of an endpoint as [Store] has it: ``ca_path`` as ``CaPath``."""
    return "".join(word.capitalize() for word in name.split("_"))


_AWS: t.Final = {"Region": "region", "AccessKey": "key", "SecretKey": "secret"}
_STORE: t.Final = {
    _option_name(one.name): one.name
    for one in fields(Endpoint)
    if one.name not in ("provider", "container")
}

#: Section -> its keys -> the endpoint's fields.
_SECTIONS: t.Mapping[str, t.Mapping[str, str]] = {
    "Aws": _AWS,
    "AwsCreds": _AWS,
    "Rackspace": {"Region": "region", "Username": "key", "ApiKey": "secret"},
    "Store": _STORE,
}


def _fold(name: str) -> str:
    return name.replace("_", "").casefold()


def _proper_names(
    table: t.Mapping[str, object],
    known: t.Sequence[str],
    label: str,
    section: str,
    warnings: list[str],
) -> dict[str, object]:
    """A table's values by the names that ``known`` has for them; the others make warnings."""
    by_folded = {_fold(name): name for name in known}
    found: dict[str, object] = {}
    for written, value in table.items():
        name = by_folded.get(_fold(written))
        if name is None:
            warnings.append(_unknown(written, by_folded, label, section))
        elif name in found:
            raise ConfigurationError(
                f"{label}: {_dotted(section, name)} is there twice: upper and lower case are one.",
                hint="Keep one of them.",
            )
        else:
            found[name] = value
    return {name: value for name, value in found.items() if value != ""}


def _dotted(section: str, name: str) -> str:
    return f"{section}.{name}" if section else name


def _unknown(
    written: str, by_folded: t.Mapping[str, str], label: str, section: str
) -> str:
    if section == "" and _fold(written) == "peerdist":
        return f"{label}: [PeerDist] is ignored: distsync never used it."
    # What is long, or no word, may be a secret that got to the wrong side of the "=".
    word = re.fullmatch(rf"[A-Za-z][\w-]{{0,{SHOWN_LENGTH - 1}}}", written)
    name = f"the key {_dotted(section, written)}" if word else "a key"
    outside = {_fold(key): key for key in KEYS}.get(_fold(written))
    if section and outside:
        hint = f"{outside} goes before the first section."
    else:
        hint = _closest(_fold(written), by_folded)
    return f"{label}: {name} is unknown and ignored. {hint}".strip()


def _closest(written: str, by_folded: t.Mapping[str, str]) -> str:
    close = difflib.get_close_matches(written, by_folded, n=1)
    return f"Did you mean {by_folded[close[0]]}?" if close else ""


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


def _check_store(
    given: t.Mapping[str, t.Any], storage: Storage, store: Endpoint, label: str
) -> None:
    if store.family == "s3":
        return
    if storage.swarm:
        raise ConfigurationError(
            f"{label}: Storage {storage.id} cannot be used with {BITTORRENT}, which takes a store of S3's kind.",
            hint=f"Leave out +{BITTORRENT}.",
        )
    if given.get("Notify") is Notify.SQS:
        raise ConfigurationError(
            f"{label}: Notify = {Notify.SQS.value} takes a store of S3's kind, not {storage.id}.",
            hint=f'Write Notify = "{Notify.S3_POLL.value}".',
        )


# --- the store -----------------------------------------------------------------------------


def _store(
    given: t.Mapping[str, t.Any],
    storage: Storage,
    found: t.Mapping[str, object],
    label: str,
    warnings: list[str],
) -> Endpoint:
    """The endpoint that Storage, StorageBucket, Endpoint and the sections describe."""
    options: dict[str, object] = {}
    credentials = "[Store]"
    if "Endpoint" in given:
        _take(options, "endpoint", given["Endpoint"], f"{label}: Endpoint")
    for section in _used_sections(storage, found, label, warnings):
        if section != "Store":
            credentials = f"[{section}]"
        names = _SECTIONS[section]
        table = _table(section, found[section], label)
        values = _proper_names(table, [*names], label, section, warnings)
        _check_pair(section, values, label)
        for key, value in values.items():
            _take(options, names[key], value, f"{label}: {section}.{key}")
    if storage.id == "S3":
        options.setdefault("region", DEFAULT_REGION)
        if not options.keys() & {"endpoint", "host"}:
            _check_region(options["region"], label)
    try:
        return parse_endpoint(
            {"id": storage.id, "container": given["StorageBucket"], **options},
            option=f"{label}: the store",
            providers=None,
            default_provider=None,
        )
    except ConfigurationError as error:
        words = f"Here container is StorageBucket, id is Storage, and credentials are in {credentials}."
        raise ConfigurationError(
            _without(options.values(), error.message),
            hint=f"{error.hint} {words}".strip(),
        ) from None


def _used_sections(
    storage: Storage, found: t.Mapping[str, object], label: str, warnings: list[str]
) -> list[str]:
    if "Aws" in found and "AwsCreds" in found:
        raise ConfigurationError(
            f"{label}: both [Aws] and [AwsCreds] are there, which are two names of one section.",
            hint="Keep the one with the access key that is in use.",
        )
    provider = ALIASES[storage.id].provider if storage.id in ALIASES else storage.id
    family = PROVIDERS[provider].family
    fits = {
        "Aws": family == "s3",
        "AwsCreds": family == "s3",
        "Rackspace": provider == "CLOUDFILES",
        "Store": True,
    }
    warnings.extend(
        f"{label}: [{section}] is ignored, because Storage is {storage.id}."
        for section in fits
        if section in found and not fits[section]
    )
    return [section for section in fits if section in found and fits[section]]


def _table(section: str, value: object, label: str) -> t.Mapping[str, object]:
    if isinstance(value, list):
        raise ConfigurationError(
            f"{label}: {section} is a list of sections; there can be one.",
            hint=f"Write [{section}] in single brackets, once.",
        )
    if not isinstance(value, dict):
        raise ConfigurationError(
            f"{label}: {section} must be a section.",
            hint=f"Write [{section}] on a line of its own, and its keys below.",
        )
    return value


def _check_pair(section: str, values: t.Mapping[str, object], label: str) -> None:
    """Of an original's section's two credentials both must be there, or none."""
    pair = [name for name in _SECTIONS[section] if name != "Region"]
    missing = [name for name in pair if name not in values]
    if section != "Store" and len(missing) == 1:
        raise ConfigurationError(
            f"{label}: {section}.{missing[0]} is missing.",
            hint=f"{listed(pair, 'and')} go together.",
        )


def _take(options: dict[str, object], name: str, value: object, label: str) -> None:
    """Add a field of the endpoint once, checked by itself so that an error names its key."""
    try:
        read_fields({name: value}, "")
    except ConfigurationError as error:
        rest = error.message.removeprefix(f".{name}")
        raise ConfigurationError(
            label + _without([value], rest), hint=error.hint
        ) from None
    if name in options:
        raise ConfigurationError(
            f"{label} is written in another section too.", hint="Keep one of them."
        )
    options[name] = value


def _without(values: t.Iterable[object], text: str) -> str:
    """The text without those of the values that may be a secret in the wrong place."""
    for value in values:
        if isinstance(value, str) and len(value) > SHOWN_LENGTH:
            text = text.replace(repr(value), "what is written")
    return text


def _check_region(region: object, label: str) -> None:
    if _REGION.fullmatch(str(region)) is None:
        raise ConfigurationError(
            f"{label}: Region must be one of Amazon's, such as {DEFAULT_REGION} or eu-central-1"
            + (f", not {region!r}." if len(str(region)) <= SHOWN_LENGTH else "."),
            hint=did_you_mean(str(region), _REGIONS)
            or "For another service of S3's kind, write Endpoint.",
        )


def _sections_of(store: Endpoint) -> dict[str, dict[str, object]]:
    """The options of a store that no other key says, in their sections; none that is empty."""
    own = _AWS if store.provider == "S3" else {}
    in_url = {"host", "port", "secure"} if store.url is not None else set()
    sections: dict[str, dict[str, object]] = {"AwsCreds": {}, "Store": {}}
    for key, name in own.items():
        value = getattr(store, name)
        if value is not None:
            sections["AwsCreds"][key] = value
    defaults = {one.name: one.default for one in fields(Endpoint)}
    for key, name in _STORE.items():
        value = getattr(store, name)
        if name not in (*own.values(), *in_url) and value != defaults[name]:
            sections["Store"][key] = value
    return {section: values for section, values in sections.items() if values}
