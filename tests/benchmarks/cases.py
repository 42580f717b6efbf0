# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is measured: every case, as data."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .tools import (
    AGE,
    AWS,
    BUCKET,
    COMMAND,
    DISTSYNC_CBC,
    DISTSYNC_GCM,
    MANIFEST,
    MODULE,
    PIPELINE,
    RCLONE,
    RCLONE_CRYPT,
    RESTIC,
    RESTIC_SYNC,
    S3_BUCKET,
    S3_SYNC,
    S5CMD,
    VOLUME_PERSIST,
)

#: ``up``: to an empty bucket. ``down``: to an empty folder. ``nothing``: the bucket holds it all already.
#: ``changed``: it does but for one file, another one for each run. ``settings``: of a bucket that has them
#: already. ``delete``: a bucket with all that is in it.
#: ``shared``: as ``nothing``, from one bucket for all tools. ``publish`` and ``fetch``: one file, to a bucket and
#: from it, which each tool keeps there in its own way. ``save``, ``saved`` and ``restore``: the folder as a snapshot,
#: the first one, one more of what has not changed, and back to an empty folder.
Task = t.Literal[
    "up",
    "down",
    "nothing",
    "shared",
    "changed",
    "settings",
    "delete",
    "publish",
    "fetch",
    "save",
    "saved",
    "restore",
]

_MIB = 1 << 20

_ENCRYPTED = (
    "*static_container* does not encrypt: it is what the same engine does with the plain file. "
    "distsync also verifies and signs; of its memory no more than 150 MB are allowed."
)

_SNAPSHOT = (
    "The files are a third random bytes and two thirds hexadecimal digits. "
    "All compress with zstd, level 3 or what they call so, and have their own number of connections. "
    "*volume_persist* verifies what it sent, and its restore is on disk, as a whole, when it ends, "
    "which the others wait for with *sync* only; of its memory no more than 200 MB are allowed. restic is Debian's, also encrypts, "
    "and its repository is made before."
)


@dataclass(frozen=True, slots=True)
class Case:
    """``files`` of ``size`` bytes each.

    ``smaller`` are further counts of files, with their runs, which show what one file more costs.
    ``rate``: it is the bytes that take the time; the store is in memory, if there is room. ``plain``: the tool
    whose rate the others' are held against. ``text``: files that a compressor can do something about.
    ``on_demand``: only run when it is named.
    """

    name: str
    title: str
    task: Task
    files: int
    size: int
    tools: tuple[str, ...]
    runs: int = 5
    smaller: tuple[tuple[int, int], ...] = ()
    rate: bool = False
    plain: str | None = None
    text: bool = False
    on_demand: bool = False
    note: str = ""

    def sized(self, files: int) -> Case:
        """The same with so many files."""
        smaller = tuple(step for step in self.smaller if step[0] < files)
        return replace(self, files=files, smaller=smaller)

    def steps(self) -> list[tuple[int, int]]:
        """All counts of files, with their runs."""
        return [*self.smaller, (self.files, self.runs)]


_NOTHING = Case(
    "nothing",
    "Nothing to do, 100,000 files",
    "nothing",
    100_000,
    200,
    (MODULE, COMMAND, RCLONE, S5CMD, AWS),
)
_BIG = Case(
    "big-up",
    "4 files of 256 MiB, up",
    "up",
    4,
    256 * _MIB,
    (MODULE, RCLONE, S5CMD, AWS),
    runs=3,
    rate=True,
)
_SEALED = Case(
    "encrypted-up",
    "1 file of 1 GiB, encrypted and up",
    "publish",
    1,
    1024 * _MIB,
    (DISTSYNC_GCM, DISTSYNC_CBC, MODULE, RCLONE_CRYPT, AGE),
    rate=True,
    plain=MODULE,
    note=_ENCRYPTED,
)
_TREE = Case(
    "volume-tree-save",
    "A volume of 77,000 files, 1 GB, saved for the first time",
    "save",
    77_000,
    13_000,
    (VOLUME_PERSIST, PIPELINE, RESTIC),
    runs=3,
    text=True,
    note=_SNAPSHOT,
)
_FILE = Case(
    "volume-file-save",
    "A volume of one file of 4 GiB, saved for the first time",
    "save",
    1,
    4096 * _MIB,
    (VOLUME_PERSIST, PIPELINE, RESTIC),
    runs=3,
    rate=True,
    text=True,
    note=_SNAPSHOT,
)
_SMALL = Case(
    "s3_sync-first",
    "First sync, 1,000 files of 10 KiB, whole ansible commands",
    "up",
    1_000,
    10_240,
    (COMMAND, S3_SYNC),
)

CASES = (
    Case(
        "first",
        "First sync, 10,000 files of 4 KiB",
        "up",
        10_000,
        4096,
        (MODULE, COMMAND, RCLONE, S5CMD, AWS),
        runs=3,
    ),
    _NOTHING,
    replace(
        _NOTHING,
        name="manifest",
        title="Nothing to do, 100,000 files, by the manifest",
        tools=(MANIFEST, RCLONE, S5CMD, AWS),
    ),
    replace(
        _NOTHING,
        name="one-changed",
        title="One file changed of 100,000",
        task="changed",
        tools=(MODULE, MANIFEST, RCLONE, S5CMD, AWS),
        runs=3,
    ),
    _BIG,
    replace(_BIG, name="big-down", title="4 files of 256 MiB, down", task="down"),
    _SEALED,
    replace(
        _SEALED,
        name="encrypted-down",
        title="1 file of 1 GiB, down and decrypted",
        task="fetch",
    ),
    _TREE,
    replace(
        _TREE,
        name="volume-tree-saved",
        title="A volume of 77,000 files, 1 GB, saved again unchanged",
        task="saved",
        tools=(VOLUME_PERSIST, RESTIC),
        runs=5,
    ),
    replace(
        _TREE,
        name="volume-tree-restore",
        title="A volume of 77,000 files, 1 GB, restored",
        task="restore",
        tools=(VOLUME_PERSIST, PIPELINE, RESTIC, RESTIC_SYNC),
    ),
    _FILE,
    replace(
        _FILE,
        name="volume-file-saved",
        title="A volume of one file of 4 GiB, saved again unchanged",
        task="saved",
        tools=(VOLUME_PERSIST, RESTIC),
        runs=5,
        rate=False,
    ),
    replace(
        _FILE,
        name="volume-file-restore",
        title="A volume of one file of 4 GiB, restored",
        task="restore",
    ),
    _SMALL,
    replace(
        _SMALL,
        name="s3_sync-nothing",
        title="Nothing to do, 1,000 files, whole ansible commands",
        task="nothing",
    ),
    Case(
        "bucket-settings",
        "A bucket whose 6 settings are as they should be, whole ansible commands",
        "settings",
        0,
        0,
        (BUCKET, S3_BUCKET),
        runs=5,
    ),
    Case(
        "bucket-delete",
        "A bucket deleted with 10,000 objects of 4 KiB, whole ansible commands",
        "delete",
        10_000,
        4096,
        (BUCKET, S3_BUCKET),
    ),
    Case(
        "million",
        "Nothing to do, 1,000,000 files",
        "shared",
        1_000_000,
        200,
        (MANIFEST, RCLONE),
        runs=1,
        smaller=((0, 5), (10_000, 5), (100_000, 3)),
        on_demand=True,
        note="s5cmd and aws s3 sync were not measured at this size.",
    ),
)


def choose(names: t.Sequence[str]) -> list[Case]:
    """The cases that are called so, or whose names begin so; without names, all but those on demand."""
    return [
        case
        for case in CASES
        if (case.name.startswith(tuple(names)) if names else not case.on_demand)
    ]
