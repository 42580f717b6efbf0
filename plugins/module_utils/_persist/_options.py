# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a task asks of a volume, checked."""

from __future__ import annotations

import math
import os
import socket
import typing as t
from dataclasses import dataclass

from .._encryption._secret import SharedSecret
from .._endpoint import Endpoint
from .._errors import ConfigurationError
from .._fields import listed
from .._quantities import bytes_of
from ._codecs import Compression, Encryption, Keys
from ._commands import Command
from ._retention import Retention
from ._saving import SaveOptions
from ._staging import StagingPlace
from ._walk import TreeOptions

State: t.TypeAlias = t.Literal["saved", "restored", "verified", "absent"]
Mode: t.TypeAlias = t.Literal["merge", "replace"]
Layout: t.TypeAlias = t.Literal["snapshots", "single"]

#: What ``absent`` takes for all snapshots.
ALL: t.Final = "all"

#: Options that say something for some states only.
_FOR_STATES: t.Final[t.Mapping[str, t.Sequence[State]]] = {
    "format": ("saved",),
    "compression": ("saved",),
    "compression_level": ("saved",),
    "checksum": ("saved",),
    "allow_unreadable": ("saved",),
    "exclude": ("saved", "verified"),
    "exclude_caches": ("saved", "verified"),
    "one_file_system": ("saved", "verified"),
    "mode": ("restored",),
    "include": ("restored",),
    "staging": ("restored",),
    "to": ("restored", "verified"),
    "compare": ("verified",),
    "retention": ("saved", "absent"),
    "snapshot": ("restored", "verified", "absent"),
    "collect_garbage": ("saved", "absent"),
}

#: Options without meaning in the layout ``single``, which keeps one object.
_NOT_SINGLE: t.Final = (
    *("snapshot", "retention", "encryption", "format", "collect_garbage"),
)


@dataclass(frozen=True, slots=True)
class ContainerOptions:
    """Which containers must not write meanwhile. ``action``: ``stop`` or ``pause``. ``timeout``: seconds for each to stop in."""

    names: tuple[str, ...] = ()
    label: str | None = None
    action: str = "stop"
    timeout: int = 30


@dataclass(frozen=True, slots=True)
class PersistOptions:
    """One of ``path`` and ``volume`` is set. ``host``: whose snapshots they are. ``socket``: of the container engine.

    ``snapshot``: ``latest``, an id or a time; for removing an id, ``all``, or None. ``folder``: what this host
    remembers. ``rate``: bytes a second. ``compare``: whether what is there is compared when a snapshot is verified;
    ``differences``: whether it is, too, when check mode says what would be restored.
    """

    store: Endpoint
    path: str | None = None
    volume: str | None = None
    host: str = ""
    to: str | None = None
    layout: Layout = "snapshots"
    snapshot: str | None = None
    mode: Mode = "replace"
    staging: StagingPlace = "beside"
    include: tuple[str, ...] = ()
    tree: TreeOptions = TreeOptions()
    checksum: bool = False
    compare: bool = True
    differences: bool = False
    allow_unreadable: bool = False
    saving: SaveOptions = SaveOptions()
    keys: Keys = Keys()
    retention: Retention | None = None
    collect_garbage: bool = False
    socket: str | None = None
    containers: ContainerOptions | None = None
    pre: tuple[Command, ...] = ()
    post: tuple[Command, ...] = ()
    rate: int | None = None
    folder: str = ""

    @property
    def is_single(self) -> bool:
        return self.layout == "single"

    @property
    def is_encrypted(self) -> bool:
        """Whether the user has said anything of encryption."""
        return bool(
            self.saving.encryption.name or self.keys.secret or self.keys.identities
        )


def options_of_task(
    params: t.Mapping[str, t.Any],
    store: Endpoint,
    folder: str,
    *,
    differences: bool = False,
) -> PersistOptions:
    """From a module's options; None stands for what was not written. Raises ``ConfigurationError``."""
    given = {name: value for name, value in params.items() if _is_said(name, value)}
    state: State = given.get("state", "saved")
    layout: Layout = given.get("layout", "snapshots")
    _check(given, state, layout)
    keys = _keys(given.get("encryption", {}))
    return PersistOptions(
        store=store,
        path=_path("path", given),
        volume=given.get("volume"),
        host=given.get("host") or socket.gethostname(),
        to=_path("to", given),
        layout=layout,
        snapshot=given.get("snapshot"),
        mode=given.get("mode", "replace"),
        staging=given.get("staging", "beside"),
        include=tuple(given.get("include", ())),
        tree=_tree(given),
        checksum=given.get("checksum", False),
        differences=differences,
        compare=given.get("compare", True),
        allow_unreadable=given.get("allow_unreadable", False),
        saving=_saving(given, state, layout, keys, folder),
        keys=keys,
        retention=Retention.parse(given["retention"]) if "retention" in given else None,
        collect_garbage=given.get("collect_garbage", False),
        socket=given.get("engine"),
        containers=_containers(given.get("containers")),
        pre=_commands("pre", given),
        post=_commands("post", given),
        rate=bytes_of("bandwidth_limit", given.get("bandwidth_limit")),
        folder=folder,
    )


def _is_said(name: str, value: object) -> bool:
    """Whether it is something else than what it is without a word."""
    if name == "compare":
        return value is False
    return value is not None and value != [] and value is not False


def _check(given: t.Mapping[str, t.Any], state: State, layout: Layout) -> None:
    """Whether all of it can be meant together."""
    if len(given.keys() & {"path", "volume"}) != 1:
        raise ConfigurationError("Either path or volume must be given.")
    _check_states(given, state)
    if layout == "single":
        _check_single(given)
    if state == "restored":
        _check_restored(given)
    if state == "absent":
        _check_absent(given, layout)
    if "encryption" in given:
        _check_keys(given["encryption"], state)


def _check_states(given: t.Mapping[str, t.Any], state: State) -> None:
    for name, states in _FOR_STATES.items():
        if name in given and state not in states:
            raise ConfigurationError(
                f"{name} has no meaning with state {state}.",
                hint=f"It goes with {listed(list(states), 'and')}.",
            )
    if state == "absent":
        for name in ("containers", "pre", "post"):
            if name in given:
                raise ConfigurationError(
                    f"{name} has no meaning with state absent, which does not touch the volume."
                )


def _check_single(given: t.Mapping[str, t.Any]) -> None:
    if "path" not in given:
        raise ConfigurationError(
            "The layout single goes by paths, which its objects are called after.",
            hint="Write the path of the volume instead of its name.",
        )
    for name in _NOT_SINGLE:
        if name in given:
            raise ConfigurationError(
                f"{name} has no meaning in the layout single, which is one plain object for each path.",
                hint="Leave it out, or use the layout snapshots.",
            )


def _check_restored(given: t.Mapping[str, t.Any]) -> None:
    if "mode" not in given:
        raise ConfigurationError(
            "mode is missing: it decides what becomes of what is there already.",
            hint="With replace, the path has afterwards what the snapshot has; with merge, what else is there stays.",
        )
    if given["mode"] == "replace" and given.get("include"):
        raise ConfigurationError(
            "include goes with mode merge: with mode replace all that is not included would be gone."
        )


def _check_absent(given: t.Mapping[str, t.Any], layout: Layout) -> None:
    snapshot = given.get("snapshot")
    named = [name for name in ("snapshot", "retention") if name in given]
    if layout == "snapshots" and len(named) != 1:
        raise ConfigurationError(
            "With state absent it must be said what goes.",
            hint="Either snapshot with an id, or with all; or retention, which removes what it does not keep.",
        )
    if snapshot is not None and (snapshot == "latest" or not _may_be_id(snapshot)):
        raise ConfigurationError(
            f"With state absent, snapshot cannot be {snapshot!r}: another run would remove another one.",
            hint="Name the snapshot by its id, which volume_persist_info tells, or write all.",
        )


def _may_be_id(text: str) -> bool:
    from ._record import is_id

    return text == ALL or is_id(text)


def _check_keys(encryption: t.Mapping[str, t.Any], state: State) -> None:
    """What was meant to be encrypted must not be plain because a variable is empty."""
    if state == "saved":
        useful, other = "recipients", "identities"
        why = "What is saved is encrypted for encryption.recipients; identities open it again."
    else:
        useful, other = "identities", "recipients"
        why = "What was encrypted for age recipients is opened with encryption.identities."
    if encryption.get(other):
        raise ConfigurationError(
            f"encryption.{other} has no meaning with state {state}.", hint=why
        )
    if encryption.get("secret") is None and not encryption.get(useful):
        raise ConfigurationError(
            f"encryption is given, and has neither secret nor {useful}.",
            hint="Write one of them, or leave out encryption.",
        )


def _tree(given: t.Mapping[str, t.Any]) -> TreeOptions:
    return TreeOptions(
        tuple(given.get("exclude", ())),
        given.get("exclude_caches", False),
        given.get("one_file_system", False),
    )


def _saving(
    given: t.Mapping[str, t.Any],
    state: State,
    layout: Layout,
    keys: Keys,
    folder: str,
) -> SaveOptions:
    recipients = given.get("encryption", {}).get("recipients") or ()
    return SaveOptions(
        format=given.get("format", "tar"),
        compression=_compression(given, layout),
        encryption=Encryption(
            keys.secret if state == "saved" else None, tuple(recipients)
        ),
        folder=folder,
    )


def _keys(encryption: t.Mapping[str, t.Any]) -> Keys:
    secret = encryption.get("secret")
    return Keys(
        SharedSecret.decode(secret) if secret is not None else None,
        tuple(encryption.get("identities") or ()),
    )


def _compression(given: t.Mapping[str, t.Any], layout: Layout) -> Compression:
    usual = "gzip" if layout == "single" else "zstd"
    if layout == "single" and given.get("compression") == "zstd":
        raise ConfigurationError(
            "The layout single is compressed with gzip or not at all.",
            hint="Its other readers know nothing else. Use the layout snapshots for zstd.",
        )
    return Compression(
        given.get("compression", usual), given.get("compression_level", 0)
    )


def _path(name: str, given: t.Mapping[str, t.Any]) -> str | None:
    path = given.get(name)
    if path is None:
        return None
    if not os.path.isabs(path) or "\0" in path:
        raise ConfigurationError(f"{name} must be an absolute path, not {path!r}.")
    return os.path.normpath(f"/{path.lstrip('/')}")


def _containers(given: t.Mapping[str, t.Any] | None) -> ContainerOptions | None:
    if given is None:
        return None
    fields = {name: value for name, value in given.items() if value is not None}
    if not (fields.get("names") or fields.get("label")):
        raise ConfigurationError(
            "containers must say which ones: by names, or by a label."
        )
    options = ContainerOptions(**{**fields, "names": tuple(fields.get("names", ()))})
    if options.timeout < 1:
        raise ConfigurationError(
            f"containers.timeout must be 1 second or more, not {options.timeout}."
        )
    return options


def _commands(name: str, given: t.Mapping[str, t.Any]) -> tuple[Command, ...]:
    commands = []
    for one in given.get(name, ()):
        timeout = one.get("timeout")
        command = Command(tuple(one["argv"]), 300.0 if timeout is None else timeout)
        if not command.argv:
            raise ConfigurationError(f"{name}: a command's argv is empty.")
        if not 0 < command.timeout < math.inf:
            raise ConfigurationError(
                f"{name}: timeout must be more than 0 seconds, not {command.timeout:g}."
            )
        commands.append(command)
    return tuple(commands)
