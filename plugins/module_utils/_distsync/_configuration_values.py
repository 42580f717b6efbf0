# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What single values of a configuration may be, and what they are then.

What reads one raises ValueError with what it must be, or ``ConfigurationError`` where there is more to say.
"""

from __future__ import annotations

import base64
import binascii
import enum
import re
import typing as t

from .._encryption._algorithms import (
    AES_128_CBC_HMAC_SHA_256,
    ALGORITHMS,
    Algorithm,
    algorithm_named,
)
from .._encryption._secret import SharedSecret
from .._encryption._signing import PublicKey, SigningKey
from .._errors import ConfigurationError
from .._fields import did_you_mean, has_control_characters, listed, local_path
from .._providers import ALIASES, PROVIDERS, REFUSED
from ._signed import Handover


class Format(enum.Enum):
    """How artifacts are stored."""

    LONGSHORE = "longshore"
    DISTSYNC01 = "distsync01"


class Notify(enum.Enum):
    """How a daemon learns of news. The two polls are one: the store decides how it is asked."""

    S3_POLL = "S3Poll"
    CLOUDFILES_POLL = "CloudFilesPoll"
    SQS = "SQS"


class Storage(t.NamedTuple):
    """A provider's constant or alias, and whether hosts fetch from each other."""

    id: str
    swarm: bool = False


BITTORRENT: t.Final = "BitTorrent"
#: Bytes: two keys and two signatures.
HANDOVER_SIZE: t.Final = 192
#: Longer names and values are not shown: a secret may have got there.
SHOWN_LENGTH: t.Final = 32
_CHANNEL: t.Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("text in quotes")
    if has_control_characters(value):
        raise ValueError("text without line breaks and other control characters")
    return value


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false, without quotes")
    return value


def _seconds(value: object) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not 1 <= t.cast(float, value) <= 86400:
        raise ValueError("a number of seconds from 1 to 86400")
    return float(t.cast(float, value))


def _one_of(kind: type[enum.Enum]) -> t.Callable[[object], enum.Enum]:
    allowed = [member.value for member in kind]
    by_folded = {member.value.upper(): member for member in kind}

    def read(value: object) -> enum.Enum:
        member = by_folded.get(_text(value).strip().upper())
        if member is None:
            raise ValueError(listed(allowed, "or"))
        return member

    return read


def _algorithm(value: object) -> Algorithm:
    name = _text(value).strip().upper()
    if name == "AEAD_CHACHA20_POLY1305":
        raise ConfigurationError(
            "AEAD_CHACHA20_POLY1305 cannot be used: distsync did not store what it takes to decrypt, "
            "so that nobody can read what it encrypted in this way.",
            hint=f'Write Encrypt = "{AES_128_CBC_HMAC_SHA_256.name}", in every configuration that has this secret.',
        )
    try:
        return algorithm_named(name)
    except ConfigurationError:
        names = [algorithm.name for algorithm in ALGORITHMS]
        raise ValueError(listed(names, "or")) from None


def _storage(value: object) -> Storage:
    provider, _plus, extra = _text(value).strip().partition("+")
    constant = re.sub(r"[ -]", "_", provider.upper())
    if constant in REFUSED:
        raise ConfigurationError(f"{constant} cannot be used.", hint=REFUSED[constant])
    if extra.upper() not in ("", BITTORRENT.upper()) or not (
        constant in PROVIDERS or constant in ALIASES
    ):
        close = did_you_mean(constant, [*PROVIDERS, *ALIASES])
        raise ValueError(
            "S3, S3+BitTorrent, CloudFiles or another provider of this collection"
            + (f" ({close})" if close and not extra else "")
        )
    return Storage(constant, bool(extra))


def _channels(value: object) -> tuple[str, ...]:
    written = value if isinstance(value, list) else [value]
    good = [
        name
        for name in written
        if isinstance(name, str) and _CHANNEL.fullmatch(name) is not None
    ]
    if not good or len(good) < len(written) or len(set(good)) < len(good):
        raise ValueError(
            "a name of 1 to 64 letters, digits, '.', '_' and '-' that begins with a letter or digit, "
            "or a list of such names, each once"
        )
    return tuple(good)


def _handovers(value: object) -> tuple[Handover, ...]:
    written = value if isinstance(value, list) else [value]
    try:
        read = [base64.b64decode(_text(one), b"-_", validate=True) for one in written]
    except (ValueError, binascii.Error):
        read = [b""]
    if any(len(one) != HANDOVER_SIZE for one in read):
        raise ValueError("what distsync setup wrote, or a list of it")
    return tuple(Handover.decode(one) for one in read)


def written_handover(one: Handover) -> str:
    """As a configuration has it."""
    return base64.urlsafe_b64encode(one.encode()).decode()


def _queue(value: object) -> str:
    text = _text(value)
    if re.fullmatch(r"https?://[^/@\s]+/\S+", text) is None:
        raise ValueError(
            "the queue's URL, such as https://sqs.eu-west-1.amazonaws.com/123456789012/news"
        )
    return text


def read_value(read: t.Callable[[object], object], value: object, label: str) -> t.Any:
    """One value as ``read`` has it. Raises ``ConfigurationError`` that names ``label``."""
    try:
        return read(value)
    except ConfigurationError as error:
        raise ConfigurationError(f"{label}: {error.message}", hint=error.hint) from None
    except ValueError as error:
        shown = repr(value) if isinstance(value, (str, bool, int, float)) else ""
        but = f", not {shown}" if 0 < len(shown) <= SHOWN_LENGTH else ""
        raise ConfigurationError(f"{label} must be {error}{but}.") from None


#: Every key outside of sections and what reads it, raising ValueError with what it must be.
KEYS: t.Mapping[str, t.Callable[[object], object]] = {
    "SharedSecret": lambda value: SharedSecret.decode(_text(value)),
    "StorageBucket": _text,
    "Encrypt": _algorithm,
    "Notify": _one_of(Notify),
    "Storage": _storage,
    "OutputDir": lambda value: local_path(_text(value)),
    "Format": _one_of(Format),
    "Endpoint": _text,
    "Channel": _channels,
    "PublicKey": lambda value: PublicKey.decode(_text(value)),
    "SigningKey": lambda value: SigningKey.decode(_text(value)),
    "Handover": _handovers,
    "Delta": _boolean,
    "EncryptNames": _boolean,
    "PollInterval": _seconds,
    "Queue": _queue,
}
