# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Saves and restores that are killed, or under which the power fails, at as many moments as one likes.

``python -m tests.soak.volumes [--moments 100]``, as root. Ends with an error where something was not whole.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import typing as t
from pathlib import Path

from tests.integration.power import (
    MIB,
    Disk,
    Saves,
    fill,
    restores,
    unreliable_disk,
)
from tests.unit.machine import Child, small_disk_at

_ROOM: t.Final = 128 * MIB


def main(arguments: t.Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=100)
    moments = parser.parse_args(arguments).moments
    makers: dict[str, t.Callable[[Path], Disk]] = {
        "killed": Disk,
        "power failure": unreliable_disk,
    }
    with tempfile.TemporaryDirectory(prefix="longshore-soak-") as name:
        folder = Path(name)
        archives = fill(folder / "one", 1), fill(folder / "other", 2)
        for what, make in makers.items():
            for staging in ("beside", "inside"):
                seen = _apart(folder, _restoring(make, archives, staging, moments))
                print(f"restore, {staging}, {what}: {moments} moments, {seen}")
            for form in ("tar", "chunks"):
                seen = _apart(folder, _saving(make, form, moments))
                print(f"save, {form}, {what}: {moments} moments, {seen}")
    return 0


def _restoring(
    make: t.Callable[[Path], Disk],
    archives: tuple[bytes, bytes],
    staging: str,
    moments: int,
) -> t.Callable[[Path], set[str]]:
    return lambda room: restores(make(room), archives, staging, moments)


def _saving(
    make: t.Callable[[Path], Disk], form: str, moments: int
) -> t.Callable[[Path], set[str]]:
    return lambda room: Saves(make(room), room, form).run(moments)


def _apart(folder: Path, work: t.Callable[[Path], set[str]]) -> str:
    """With a disk of its own."""
    room = folder / "room"
    room.mkdir(exist_ok=True)
    return ", ".join(
        sorted(Child(lambda: work(room), small_disk_at(room, _ROOM)).result())
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
