# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is mounted where: here, and as other processes see it.

A container, or a service with a view of its own, has a folder mounted itself, not its path: when another folder takes that
path, it keeps the old one. The kernel lists the mounts of each process, so who has what can be found where
processes can be seen: on the host for root, not from within a container.
"""

from __future__ import annotations

import contextlib
import os
import re
import typing as t

from ._walk import mount_of

_OWN: t.Final = "/proc/self/mountinfo"


class Mount(t.NamedTuple):
    """``root`` is what of a ``device`` is mounted at ``point``; ``kind`` of file system; ``source``, as it says itself."""

    number: str
    device: str
    root: str
    point: str
    kind: str
    source: str


class Mounted(t.NamedTuple):
    """``itself``: whether a file or folder is mounted somewhere as such. ``below``: a path in it that is; None: none."""

    itself: bool
    below: str | None


def mounts_in(lines: t.Iterable[str]) -> t.Iterator[Mount]:
    """Those of the lines of a ``mountinfo``."""
    for line in lines:
        before, _dash, after = line.partition(" - ")
        number, _parent, device, root, point, *_more = before.split(" ")
        kind, source, *_options = after.split(" ")
        yield Mount(number, device, _plain(root), _plain(point), kind, source)


def own_mounts(path: str = _OWN) -> list[Mount]:
    """As this process sees them. Raises ``OSError``."""
    with open(path, encoding="utf-8", errors="surrogateescape") as lines:
        return list(mounts_in(lines))


def point_below(path: str) -> str | None:
    """Where something is mounted below a path; None: nowhere."""
    begin = os.path.realpath(path).rstrip("/") + "/"
    points = (mount.point for mount in own_mounts())
    return next((point for point in points if point.startswith(begin)), None)


def mounted(path: str) -> Mounted:
    """Of what is at ``path``, what any process that can be seen has mounted as such. Raises ``OSError``."""
    place = _place_of(path)
    if place is None:
        return Mounted(False, None)
    device, root = place
    roots = {mount.root for mount in _all_mounts() if mount.device == device}
    begin = root.rstrip("/") + "/"
    inside = sorted(one for one in roots - {root} if one.startswith(begin))
    return Mounted(root in roots, inside[0][len(begin) :] if inside else None)


def _place_of(path: str) -> tuple[str, str] | None:
    """Its device, and its path there; None where the system does not tell."""
    descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        number = mount_of(descriptor).split()[1]
    finally:
        os.close(descriptor)
    real = os.path.realpath(path)
    for mount in own_mounts():
        if mount.number == number:
            below = os.path.relpath(real, mount.point)
            return mount.device, os.path.normpath(os.path.join(mount.root, below))
    return None


def _all_mounts() -> t.Iterator[Mount]:
    """Of every namespace that a process is in which this user may look at."""
    seen: set[str] = set()
    for name in os.listdir("/proc"):
        # it has ended, or is another user's
        with contextlib.suppress(OSError):
            if (
                name.isdigit()
                and (way := os.readlink(f"/proc/{name}/ns/mnt")) not in seen
            ):
                mounts = own_mounts(f"/proc/{name}/mountinfo")
                seen.add(way)
                yield from mounts


def _plain(text: str) -> str:
    """Without the escapes of ``mountinfo``."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
