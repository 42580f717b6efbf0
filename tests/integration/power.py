# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores and saves that end at any moment: their process is killed, or the power of the disk fails.

A power failure is real as far as the file system goes: ext4, in a file, is told to shut down without another word to its
disk, and mounted again, which replays its journal. Where no loop device can be had, files that nobody had brought to the
disk lose what is in them instead.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import random
import shutil
import signal
import struct
import subprocess
import time
import typing as t
from functools import partial
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._bandwidth import (
    Bandwidth,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist import (
    _staging,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._archive import (
    Archive,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._codecs import (
    Keys,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._compare import (
    compare,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._opening import (
    open_snapshot,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._options import (
    PersistOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._record import (
    Snapshot,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._restore import (
    recover,
    restore,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._retention import (
    Retention,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._run import (
    save,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._saving import (
    SaveOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshots import (
    Catalogue,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._target import (
    series_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._walk import (
    TreeOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers

MIB: t.Final = 1024 * 1024
ALL: t.Final = TreeOptions()
#: ext4's EXT4_IOC_SHUTDOWN, and: do not even write the journal.
_SHUTDOWN: t.Final = 0x8004587D
_NO_LOG_FLUSH: t.Final = 2


class Disk:
    """A folder of which nothing is lost when a process is killed: for SIGKILL alone."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "disk"
        self.path.mkdir()

    def ended(self, work: t.Callable[[], object], wait: t.Callable[[], object]) -> bool:
        """Has work done in a process that ends when the waiting does; whether it was done by then."""
        self.before()
        process = os.fork()
        if not process:
            code = 1
            # without power it fails; whatever it is, it ends here
            with contextlib.suppress(BaseException):
                self.inside()
                work()
                code = 0
            os._exit(code)
        wait()
        self.cut()
        os.kill(process, signal.SIGKILL)
        status = os.waitpid(process, 0)[1]
        self.after()
        return status == 0

    def before(self) -> None:
        """A process is about to begin."""

    def inside(self) -> None:
        """In that process."""

    def cut(self) -> None:
        """The moment."""

    def after(self) -> None:
        """The process is gone."""


class Ext4(Disk):
    """Loses what its file system had not brought to the disk. Raises ``OSError`` where it cannot be mounted."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._image = folder / "image"
        with open(self._image, "wb") as file:
            file.truncate(64 * MIB)
        _call("mkfs.ext4", "-q", "-F", self._image)
        self._mount()

    def cut(self) -> None:
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, _SHUTDOWN, struct.pack("=I", _NO_LOG_FLUSH))
        finally:
            os.close(folder)

    def after(self) -> None:
        _call("umount", self.path)
        self._mount()

    def _mount(self) -> None:
        _call("mount", "-t", "ext4", "-o", "loop", self._image, self.path)


class Forgetful(Disk):
    """Empties the files that nobody had brought to the disk, one or the other of which might have survived."""

    def before(self) -> None:
        self._begun = time.time_ns()
        self._noted, self._noting = os.pipe()

    def inside(self) -> None:
        sync_all, sync_one = _staging.sync_file_system, os.fsync

        def of_all(descriptor: int) -> None:
            now = time.time_ns()
            sync_all(descriptor)
            os.write(self._noting, struct.pack("=qq", now, 0))

        def of_one(descriptor: int) -> None:
            sync_one(descriptor)
            number = os.fstat(descriptor).st_ino
            os.write(self._noting, struct.pack("=qq", 0, number))

        vars(_staging).update(sync_file_system=of_all)
        vars(os).update(fsync=of_one)

    def after(self) -> None:
        os.close(self._noting)
        with open(self._noted, "rb") as noted:
            notes = list(struct.iter_unpack("=qq", noted.read()))
        durable = max([self._begun, *(now for now, _number in notes)])
        synced = {number for _now, number in notes}
        for path in self.path.rglob("*"):
            status = path.lstat()
            is_new = status.st_ctime_ns > durable and status.st_ino not in synced
            if is_new and path.is_file() and not path.is_symlink():
                os.truncate(path, 0)


def _call(program: str, *arguments: str | Path) -> None:
    way = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    found = shutil.which(program, path=way)
    if found is None:
        raise OSError(f"There is no program {program}.")
    run = subprocess.run([found, *arguments], capture_output=True, check=False)
    if run.returncode:
        raise OSError(run.stderr.decode(errors="replace"))


def unreliable_disk(folder: Path) -> Disk:
    """One whose power can fail, in a folder that is a ``small_disk_at`` of this process."""
    try:
        (folder / "real").mkdir()
        return Ext4(folder / "real")
    except OSError:
        (folder / "pretended").mkdir()
        return Forgetful(folder / "pretended")


# -- restores


def fill(tree: Path, seed: int, files: int = 60) -> bytes:
    """A tree of many names, and its archive."""
    dice = random.Random(seed)
    tree.mkdir()
    for number in range(files):
        folder = tree / f"{dice.randrange(9)}" / f"{dice.randrange(3)}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}").write_bytes(dice.randbytes(dice.randrange(20_000)))
        (tree / f"at the top {seed} {number}").write_text(str(seed))
    tree.chmod(0o700 + seed)
    with Archive(str(tree), ALL) as archive:
        return b"".join(archive.stream())


def restores(
    disk: Disk, archives: tuple[bytes, bytes], staging: t.Any, moments: int
) -> set[str]:
    """So many ends of restores: after each one tree or the other is there, whole. What was seen."""
    target = disk.path / "target"
    dice = random.Random(f"{moments} {staging}")

    def put(data: bytes) -> float:
        begun = time.monotonic()
        restore([data], str(target), mode="replace", staging=staging)
        return time.monotonic() - begun

    old, new = archives
    longest = max(put(data) for data in (old, new, old))
    seen = set()
    for _unused in range(moments):
        moment = dice.random() * longest
        done = disk.ended(partial(put, new), partial(time.sleep, moment))
        seen.add("done" if done else recover(str(target)) or "untouched")
        if differences(old, target) or done:
            assert differences(new, target) == set()
            old, new = new, old
    put(new)
    assert differences(new, target) == set()
    assert os.listdir(target.parent).count("target") == 1
    return seen


def merges(disk: Disk, archives: tuple[bytes, bytes], moments: int) -> None:
    """So many ends of merges: after each one every file is the old or the new one, whole."""
    target = disk.path / "target"
    dice = random.Random(moments)
    old, new = archives
    trees = []
    for data in archives:
        restore([data], str(target), mode="replace")
        trees.append(files(target))
    begun = time.monotonic()
    restore([old], str(target), mode="merge")
    longest = time.monotonic() - begun
    for _unused in range(moments):
        restore([old], str(target), mode="replace")
        merge = partial(restore, [new], str(target), mode="merge")
        disk.ended(merge, partial(time.sleep, dice.uniform(0.3, 1) * longest))
        recover(str(target))
        there = files(target)
        assert there.keys() >= trees[0].keys()
        for path, data in there.items():
            assert data in (tree.get(path) for tree in trees), path


def files(tree: Path) -> dict[str, bytes]:
    """What is in each of them."""
    return {
        os.path.relpath(os.path.join(folder, name), tree): Path(
            folder, name
        ).read_bytes()
        for folder, _unused, names in os.walk(tree)
        for name in names
    }


def differences(data: bytes, target: Path) -> set[str]:
    """With a staging folder inside, the folder's own time changes with the end of that."""
    found = compare([data], str(target), ALL)
    return {
        f"{problem}"
        for problem in found.samples
        if (problem.path, problem.what) != (".", "time")
    }


# -- saves


class Saves:
    """Of a folder that is always another one, to a store in a folder; what is older than the latest one is removed."""

    def __init__(self, disk: Disk, folder: Path, form: str) -> None:
        self._disk = disk
        self._dice = random.Random(form)
        self._volume = folder / f"volume {form}"
        self._volume.mkdir()
        store = disk.path / f"store {form}"
        store.mkdir()
        endpoint = parse_endpoint(
            {"id": "LOCAL", "container": str(store)},
            option="store",
            providers=None,
            default_provider=None,
        )
        self._options = PersistOptions(
            store=endpoint,
            path=str(self._volume),
            host="h",
            folder=str(folder / "cache"),
            saving=SaveOptions(format=form, object_size=MIB // 4),
            retention=Retention(keep_last=1),
        )

    def run(self, moments: int) -> set[str]:
        """So many ends: after each what is listed as good is whole, and one always is. What was seen."""
        longest = max(self._save() for _unused in range(3))
        seen = set()
        for _unused in range(moments):
            before = self._good()[0].id
            self._change()
            moment = self._dice.random() * longest
            work = partial(save, self._options)
            done = self._disk.ended(work, partial(time.sleep, moment))
            is_new = self._good()[0].id > before
            assert is_new or not done
            seen.add("done" if done else "new" if is_new else "old")
        self._save()
        (good,) = self._good()
        assert good.verified
        return seen

    def _save(self) -> float:
        self._change()
        begun = time.monotonic()
        save(self._options)
        return time.monotonic() - begun

    def _change(self) -> None:
        path = self._volume / str(self._dice.randrange(3))
        path.write_bytes(self._dice.randbytes(self._dice.randrange(MIB)))

    def _good(self) -> list[Snapshot]:
        with open_store(self._options.store) as store, Workers(2) as workers:
            good, broken = Catalogue(store, series_of(self._options)).all(workers)
            assert not broken
            for one in good:
                for _piece in open_snapshot(
                    store, one, Keys(), workers, Bandwidth(None)
                ):
                    pass
        return list(good)
