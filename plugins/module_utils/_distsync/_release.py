# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One release: a version of an artifact, and what a host must know to put it in its place."""

from __future__ import annotations

import base64
import dataclasses
import json
import re
import typing as t
from dataclasses import dataclass

from .._encryption._failures import FormatError, capital
from ._failures import RequestRefusedError

#: What ``version`` may be asked for instead of a version.
LATEST: t.Final = "latest"

_VERSION: t.Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+~-]{0,127}")
_OWNER: t.Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}\$?")
_FORMAT: t.Final = 1


@dataclass(frozen=True, slots=True)
class Release:
    """What the signed record says. Sizes are bytes, times seconds since the epoch.

    ``artifact``: the id of the encrypted object, of ``sealed_size`` bytes. ``digest``: SHA-256 of the
    plaintext, hex. ``mode``: permission bits. ``owner`` and ``group``: names, or None for those of who
    fetches. ``expires``: None for never. ``index``: where the plaintext can be cut, as ``_chunks``
    encodes it, so that who has an older file reads only ranges of the object; empty where there is none.
    ``torrent``: the hashes of the object's pieces, as ``_swarm`` makes them; empty where there are none.
    """

    name: str
    version: str
    channel: str
    artifact: str
    size: int
    sealed_size: int
    digest: str
    mode: int
    created: int
    owner: str | None = None
    group: str | None = None
    expires: int | None = None
    index: bytes = b""
    torrent: bytes = b""

    def encode(self) -> bytes:
        document = {
            one.name: getattr(self, one.name) for one in dataclasses.fields(self)
        }
        document["format"] = _FORMAT
        for name in _BYTES:
            document[name] = base64.b64encode(getattr(self, name)).decode()
        if not self.torrent:
            del document["torrent"]
        return encode_json(document)

    @classmethod
    def decode(cls, payload: bytes, label: str) -> t.Self:
        """Raises ``FormatError``, and ``RequestRefusedError`` for a mode or an owner that is refused."""
        with decoding(label):
            document = decode_json(payload, _FORMAT)
            check_mode(typed(document, "mode", int))
            for name in ("owner", "group"):
                check_owner(typed(document, name, _TYPES[name]))
            return cls(
                **{
                    one.name: typed(document, one.name, _TYPES[one.name])
                    for one in dataclasses.fields(cls)
                    if one.name not in _BYTES
                },
                index=_decoded(document, "index"),
                torrent=_decoded({"torrent": "", **document}, "torrent"),
            )


#: Fields that are written as base64; the last is left out where it is empty.
_BYTES: t.Final = ("index", "torrent")

_TYPES: t.Final[t.Mapping[str, type | tuple[type, ...]]] = {
    **dict.fromkeys(("name", "version", "channel", "artifact", "digest"), str),
    **dict.fromkeys(("size", "sealed_size", "mode", "created"), int),
    **dict.fromkeys(("owner", "group"), (str, type(None))),
    "expires": (int, type(None)),
}


def _decoded(document: t.Mapping[str, t.Any], name: str) -> bytes:
    return base64.b64decode(typed(document, name, str), validate=True)


def check_version(version: str) -> str:
    """The version, if it is one. Raises ``RequestRefusedError``."""
    if _VERSION.fullmatch(version) is None or version == LATEST:
        raise RequestRefusedError(
            f"The version {ascii(version[:80])} is refused.",
            hint="A version is 1 to 128 letters, digits, '.', '_', '+', '~' and '-', begins with a letter or digit, "
            f"and is not {LATEST!r}.",
        )
    return version


def check_mode(mode: int) -> int:
    """The mode, if it is one of nothing but permissions. Raises ``RequestRefusedError``."""
    if not 0 <= mode <= 0o777:
        raise RequestRefusedError(
            f"The mode {mode:#o} is refused: it is not one from 0000 to 0777.",
            hint="Files that run as their owner are made by the host, not by a distribution.",
        )
    return mode


def check_owner(name: str | None) -> str | None:
    """The name of a user or group, if it is one. Raises ``RequestRefusedError``."""
    if name is not None and _OWNER.fullmatch(name) is None:
        raise RequestRefusedError(
            f"{ascii(name[:80])} is refused: no user and no group has such a name."
        )
    return name


# -- JSON, for the feed too


def encode_json(document: t.Mapping[str, t.Any]) -> bytes:
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def decode_json(payload: bytes, known: int) -> dict[str, t.Any]:
    """An object of the format ``known``; for use within ``decoding``."""
    document = json.loads(payload)
    if not isinstance(document, dict) or document.get("format") != known:
        raise ValueError("it is in a format that this program does not know")
    return document


def typed(document: t.Mapping[str, t.Any], name: str, kind: t.Any) -> t.Any:
    """A field of that type (``bool`` is no ``int``); for use within ``decoding``."""
    value = document.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"its {name} is missing or of another kind")
    if isinstance(value, int) and not 0 <= value < 2**63:
        raise ValueError(f"its {name} is out of range")
    return value


class decoding:
    """Around decoding: turns what is wrong into ``FormatError``."""

    def __init__(self, label: str) -> None:
        self._label = label

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _tb: object) -> None:
        if isinstance(error, (ValueError, RecursionError)):
            no_text = (json.JSONDecodeError, UnicodeDecodeError, RecursionError)
            text = "it is no JSON" if isinstance(error, no_text) else str(error)
            raise FormatError(
                f"{capital(self._label)} is signed, and cannot be read: {text}.",
                hint="It was written by a newer release of longshore.storage: update here.",
            ) from None
