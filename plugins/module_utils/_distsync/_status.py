# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a host reports of itself: one sealed message under ``status/<id>``, which it replaces.

Whoever has the secret can seal one, so it is the store's policy that keeps a host from writing in
another's name. The message is bound to its key: one host's report is none under another's.
"""

from __future__ import annotations

import dataclasses
import typing as t
from dataclasses import dataclass

from .._drivers._base import Attributes, Store
from .._encryption._algorithms import AES_256_GCM, Algorithm
from .._encryption._failures import EncryptionError
from .._encryption._message import open_message, seal_message
from .._encryption._secret import SharedSecret
from .._errors import ConfigurationError, ObjectMissingError
from .._workers import Workers
from ._failures import MismatchError
from ._layout import STATUS, is_id, status_id
from ._release import decode_json, decoding, encode_json, typed
from ._repository import read_small

#: Of an artifact on a host. ``current``: what the feed says is in place. ``fetching``: it is on its way.
#: ``failed``: it could not be put in place. ``rolled back``: it was, its hook failed, and the one
#: before is in its place again.
State = t.Literal["current", "fetching", "failed", "rolled back"]
STATES: t.Final[tuple[State, ...]] = t.get_args(State)

#: No status is larger, bytes.
LARGEST_STATUS: t.Final = 4 * 1024 * 1024
#: Of a text that is kept of an error, characters; of any other, what a name of a file can have.
_LONGEST_ERROR: t.Final = 1000
_LONGEST: t.Final = 255

_ATTRIBUTES: t.Final = Attributes("application/octet-stream", "no-cache")
_READERS: t.Final = 16
_FORMAT: t.Final = 1


@dataclass(frozen=True, slots=True)
class ArtifactStatus:
    """One artifact on a host. Times are seconds since the epoch by the host's clock.

    ``version`` and ``digest`` (SHA-256 of the contents, hex) are what is in place ``since`` then;
    empty and 0 while there is nothing. ``wanted``: the version that the feed says is the latest.
    ``late``: seconds from its publication until it was in place, or until now while it is not.
    ``error``: the last one, without secrets; empty once it was got over.
    """

    name: str
    channel: str
    version: str
    digest: str
    since: int
    state: State
    wanted: str
    late: int
    error: str = ""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """What a host says at ``time``, seconds since the epoch by its clock.

    ``daemon``: the version of the program. ``free``: bytes that are free where artifacts are kept.
    ``error``: the last one that is of no single artifact, such as a store that is away; empty once it
    was got over. ``takes``: the names of the artifacts that it keeps; none are all of its channels.
    """

    host: str
    daemon: str
    time: int
    channels: tuple[str, ...]
    artifacts: tuple[ArtifactStatus, ...]
    free: int
    error: str = ""
    takes: tuple[str, ...] = ()

    def encode(self) -> bytes:
        return encode_json({**dataclasses.asdict(self), "format": _FORMAT})

    @classmethod
    def decode(cls, payload: bytes, label: str) -> t.Self:
        """Raises ``FormatError``. No text of it has characters that cannot be printed."""
        with decoding(label):
            document = decode_json(payload, _FORMAT)
            artifacts = typed(document, "artifacts", list)
            return cls(
                host=_text(document, "host"),
                daemon=_text(document, "daemon"),
                time=typed(document, "time", int),
                channels=_texts(document, "channels"),
                artifacts=tuple(_artifact(one) for one in artifacts),
                free=typed(document, "free", int),
                error=_text(document, "error", _LONGEST_ERROR),
                takes=_texts(document, "takes"),
            )


class Statuses(t.NamedTuple):
    """Every host's report by name, as they were at ``time`` by the reader's clock.

    ``left_out``: objects among them that are no reports, or that cannot be opened with this secret.
    """

    hosts: list[HostStatus]
    left_out: int
    time: float


def write_status(
    store: Store,
    secret: SharedSecret,
    host: str,
    status: HostStatus,
    algorithm: Algorithm = AES_256_GCM,
) -> None:
    """Replace what the host has reported before. It takes permission to write this one key.

    Raises ``ConfigurationError`` for more than 4 MiB, and ``StoreError``.
    """
    if status.host != host:
        raise ValueError(f"a status of {status.host!r} for {host!r}")
    name = status_id(secret, host)
    sealed = seal_message(secret, _context(name), status.encode(), algorithm)
    if len(sealed) > LARGEST_STATUS:
        raise ConfigurationError(
            f"The status of {host!r} has {len(sealed):,} bytes, and may have {LARGEST_STATUS:,}: it has too many artifacts."
        )
    store.write(store.endpoint.prefix + STATUS + name, sealed, _ATTRIBUTES)


def read_statuses(
    store: Store, secret: SharedSecret, clock: t.Callable[[], float]
) -> Statuses:
    """What all hosts report, read side by side. It takes permission to list and to read them.

    Raises ``StoreError``.
    """
    prefix = store.endpoint.prefix + STATUS

    def read(name: str) -> HostStatus | None:
        return _read(store, secret, prefix + name, name)

    names = [info.key[len(prefix) :] for info in store.list(prefix)]
    ours = [name for name in names if is_id(name)]
    if not ours:
        return Statuses([], len(names), clock())
    with Workers(min(_READERS, len(ours))) as workers:
        found = [status for _name, status in workers.run(read, ours)]
    hosts = sorted((one for one in found if one is not None), key=lambda one: one.host)
    return Statuses(hosts, len(names) - len(hosts), clock())


def plain_text(text: str, limit: int) -> str:
    """At most ``limit`` characters, all of which can be shown on a terminal and do nothing there."""
    shown = "".join(one if one.isprintable() else "\ufffd" for one in text[:limit])
    return f"{shown[:-1]}…" if len(text) > limit else shown


def _context(name: str) -> str:
    return f"status {name}"


def _read(store: Store, secret: SharedSecret, key: str, name: str) -> HostStatus | None:
    """None for what is not a report under its own key, and for what was deleted meanwhile."""
    label = f"the status {name!r}"
    try:
        sealed, _etag = read_small(store, key, LARGEST_STATUS, label)
        payload = open_message(secret, _context(name), sealed, label=label)
        status = HostStatus.decode(payload, label)
    except (EncryptionError, MismatchError, ObjectMissingError):
        return None
    return status if status_id(secret, status.host) == name else None


def _artifact(document: t.Any) -> ArtifactStatus:
    if not isinstance(document, dict):
        raise ValueError("one of its artifacts is none")
    state = typed(document, "state", str)
    if state not in STATES:
        raise ValueError("one of its artifacts is in a state that is not known")
    return ArtifactStatus(
        name=_text(document, "name"),
        channel=_text(document, "channel"),
        version=_text(document, "version"),
        digest=_text(document, "digest"),
        since=typed(document, "since", int),
        state=t.cast(State, state),
        wanted=_text(document, "wanted"),
        late=typed(document, "late", int),
        error=_text(document, "error", _LONGEST_ERROR),
    )


def _text(document: t.Mapping[str, t.Any], name: str, limit: int = _LONGEST) -> str:
    return plain_text(typed(document, name, str), limit)


def _texts(document: t.Mapping[str, t.Any], name: str) -> tuple[str, ...]:
    found = typed(document, name, list)
    return tuple(plain_text(str(one), _LONGEST) for one in found)
