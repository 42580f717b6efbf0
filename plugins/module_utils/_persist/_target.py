# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where a volume is on this host, what its snapshots are called, and which places are nobody's to touch."""

from __future__ import annotations

import os
import re
import typing as t

from .._endpoint import Endpoint
from .._errors import PlanRefusedError
from ._archive_failures import readable
from ._engine import Engine
from ._mounts import Mount, own_mounts
from ._options import PersistOptions
from ._record import Series

#: Nothing in there is a file that is kept; what is below neither.
_KERNEL: t.Final = ("/proc", "/sys", "/dev")
#: The system itself, which must not be replaced while it runs; what is below may.
_SYSTEM: t.Final = frozenset(
    f"/{name}"
    for name in (
        *("bin", "boot", "etc", "lib", "lib32", "lib64", "libx32", "run", "sbin"),
        *("tmp", "usr", "usr/bin", "usr/lib", "usr/lib64", "usr/sbin", "usr/share"),
        *("var", "var/lib"),
    )
)


class Target(t.NamedTuple):
    """``path``: what is saved, restored or compared; ``series``: of its snapshots."""

    path: str
    series: Series


_VOLUME: t.Final = "volume:"


def series_of(options: PersistOptions) -> Series:
    """A volume's has its name, which is the same on every host."""
    if options.volume is not None:
        return Series(options.host, series_named(options.volume))
    return Series(options.host, options.path or "")


def series_named(volume: str) -> str:
    """What stands for the path in the snapshots of a volume."""
    return _VOLUME + volume


def volume_of(series: Series) -> str | None:
    """The volume's name; None: it is of a path."""
    path = series.path
    return path[len(_VOLUME) :] if path.startswith(_VOLUME) else None


def find_target(options: PersistOptions, *, writes: bool) -> Target:
    """``writes``: whether it is going to be changed.

    Raises ``PlanRefusedError`` for what must not be touched, ``VolumeMissingError``, ``EngineError``.
    """
    path = options.to
    if path is None and options.volume is not None:
        path = Engine(options.socket).mountpoint(options.volume)
    path = path or options.path or ""
    _refuse(path, options.store, writes=writes)
    return Target(path, series_of(options))


def _refuse(path: str, store: Endpoint, *, writes: bool) -> None:
    real = os.path.realpath(path)
    if real == "/":
        raise PlanRefusedError(
            "The whole system is no volume: the path is /.",
            hint="Name the folder that is to be kept.",
        )
    if any(_is_in(real, one) for one in _KERNEL) and not _is_in(real, "/dev/shm/"):
        raise PlanRefusedError(
            f"{readable(path)} is the kernel's, and holds no files.",
            hint="Name a folder with files.",
        )
    if writes and real in _SYSTEM:
        raise PlanRefusedError(
            f"{readable(path)} is part of the running system, and is not restored over it.",
            hint="Restore to another place with to, and take from there what is wanted.",
        )
    _refuse_store(path, real, store)


def _refuse_store(path: str, real: str, store: Endpoint) -> None:
    if store.provider == "LOCAL":
        folder = os.path.realpath(store.container)
        if _is_in(real, folder) or _is_in(folder, real):
            raise PlanRefusedError(
                f"{readable(path)} and the store, {store.place}, are one in the other.",
                hint="Keep snapshots elsewhere than in what they are of.",
            )
        return
    if is_mounted_container(own_mounts(), real, store.container):
        raise PlanRefusedError(
            f"{readable(path)} is the store itself: {store.place} is mounted there.",
            hint="Keep snapshots elsewhere than in what they are of.",
        )


def is_mounted_container(mounts: t.Iterable[Mount], path: str, container: str) -> bool:
    """Whether what ``path`` is in is a mount in user space (rclone, goofys …) that is called after the container.

    A mount that does not tell what it is of is not found.
    """
    longest, found = "", False
    for mount in mounts:
        if _is_in(path, mount.point) and len(mount.point) >= len(longest):
            names = re.split(r"[:/]", mount.source)
            longest = mount.point
            found = mount.kind.startswith("fuse") and container in names
    return found


def _is_in(path: str, folder: str) -> bool:
    """Whether it is the folder, or below."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
