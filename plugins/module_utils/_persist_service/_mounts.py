# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is mounted in this container, without what the system itself has mounted."""

from __future__ import annotations

import typing as t

from .._persist._mounts import Mount

#: What is below is the system's.
_SYSTEM: t.Final = ("/proc", "/sys", "/dev", "/run", "/var/run", "/tmp")
#: Files that container engines mount.
_FILES: t.Final = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
#: What ends with the container, or is the container's own.
_PASSING: t.Final = frozenset(
    ("cgroup", "cgroup2", "devpts", "mqueue", "overlay", "proc", "ramfs", "sysfs")
    + ("tmpfs", "devtmpfs", "securityfs", "nsfs", "bpf", "tracefs", "debugfs")
)


def mounted_volumes(
    mounts: t.Iterable[Mount], private: t.Collection[str] = ()
) -> list[str]:
    """Where volumes are mounted, in order.

    ``private`` are paths that belong to the service: a mount that holds one, or is in one, is no volume.
    """
    found = set()
    for mount in mounts:
        path = mount.point
        if mount.kind in _PASSING or path == "/" or path in _FILES:
            continue
        if any(is_in(path, one) for one in _SYSTEM):
            continue
        if not any(is_in(one, path) or is_in(path, one) for one in private):
            found.add(path)
    return sorted(found)


def is_in(path: str, folder: str) -> bool:
    """Whether it is the folder, or below."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")
