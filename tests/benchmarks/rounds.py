# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a case: in each round all tools run, each round beginning with another one."""

from __future__ import annotations

import abc
import contextlib
import filecmp
import os
import shutil
import tempfile
import typing as t
from dataclasses import replace
from pathlib import Path

from tests.servers.seaweedfs import SeaweedFS

from . import encrypted, volumes
from .buckets import Buckets
from .cases import Case
from .measure import BenchmarkError, Measure, Series, run
from .meter import Meter
from .tools import Job, Tool, cache_folder, tools
from .tree import Tree

#: Bytes written at a time.
_PIECE: t.Final = 1 << 20


def measure(
    case: Case, tree: Tree, runs: int, server: SeaweedFS, work: Path
) -> dict[str, Series]:
    """Every tool's series."""
    known = tools(server, work)
    rounds = _TASKS[case.task](tree, server, work, [known[name] for name in case.tools])
    rounds.prepare()
    results = {name: Series() for name in case.tools}
    for number in range(runs):
        shift = number % len(case.tools)
        for name in case.tools[shift:] + case.tools[:shift]:
            results[name].measures.append(rounds.run(known[name]))
    for name in case.tools:
        results[name].traffic = rounds.traffic(known[name])
    return results


class _Rounds(abc.ABC):
    """What the tasks have in common."""

    def __init__(
        self, tree: Tree, server: SeaweedFS, work: Path, chosen: t.Sequence[Tool]
    ) -> None:
        self.tree = tree
        self.work = work
        self.chosen = chosen
        self.buckets = Buckets(server)
        self.port = server.port

    def prepare(self) -> None:
        """What is done once, before all rounds."""

    @abc.abstractmethod
    def run(self, tool: Tool) -> Measure:
        """One run that counts."""

    def traffic(self, tool: Tool) -> int | None:
        """The bytes to and from the manifest in one more run; None where that says nothing."""
        return None

    def job(self, bucket: str, *, sizes: bool = False, port: int | None = None) -> Job:
        url = f"http://127.0.0.1:{port or self.port}"
        return Job(self.tree.folder, bucket, url, sizes)


class _Up(_Rounds):
    """To an empty bucket; ours have never seen the files."""

    def run(self, tool: Tool) -> Measure:
        shutil.rmtree(cache_folder(self.work), ignore_errors=True)
        with self.buckets.fresh() as bucket:
            found = _run(tool, self.job(bucket))
            self.buckets.check(bucket, self.tree.files, tool.name)
        return found


class _Prepared(_Rounds):
    """From one bucket for the tools that keep a manifest, and one for the others; both hold all files."""

    def prepare(self) -> None:
        # by manifest or not
        self.bucket: dict[bool, str] = {}
        for tool in self.chosen:
            if tool.manifest not in self.bucket:
                bucket = self.bucket[tool.manifest] = self.buckets.make()
                _run(tool, self.job(bucket))
                self.buckets.check(bucket, self.tree.files, tool.name)


class _Nothing(_Prepared):
    """All is there already; ours have seen that once."""

    def prepare(self) -> None:
        super().prepare()
        for tool in self.chosen:
            if tool.ours:
                self.run(tool)

    def run(self, tool: Tool) -> Measure:
        return _run(tool, self.job(self.bucket[tool.manifest], sizes=True))


class _Shared(_Nothing):
    """The same, from one bucket for all tools: it takes long to fill."""

    def prepare(self) -> None:
        keeper = next(tool for tool in self.chosen if tool.manifest)
        bucket = self.buckets.make()
        self.bucket = {True: bucket, False: bucket}
        for _twice in range(2):
            _run(keeper, self.job(bucket))


class _Changed(_Prepared):
    """All is there but one file, which is changed just before each run."""

    def prepare(self) -> None:
        super().prepare()
        self._behind: set[bool] = set()

    def run(self, tool: Tool) -> Measure:
        if tool.ours or tool.manifest in self._behind:
            self._catch_up(tool, self.port)
        return self._change_and_run(tool, self.port)

    def traffic(self, tool: Tool) -> int | None:
        if not tool.manifest:
            return None
        with Meter(self.port, "/.longshore/") as meter:
            # by the same address, which is a part of what ours remember
            self._catch_up(tool, meter.port)
            before = meter.passed
            self._change_and_run(tool, meter.port)
            return meter.passed - before

    def _catch_up(self, tool: Tool, port: int) -> None:
        self.tree.settle()
        _run(tool, self.job(self.bucket[tool.manifest], sizes=True, port=port))

    def _change_and_run(self, tool: Tool, port: int) -> Measure:
        bucket = self.bucket[tool.manifest]
        name = self.tree.change()
        self._behind = {kind for kind in self.bucket if kind != tool.manifest}
        found = _run(tool, self.job(bucket, sizes=True, port=port))
        size = (self.tree.folder / name).stat().st_size
        self.buckets.check_size(bucket, name, size, tool.name)
        return found


class _Down(_Prepared):
    """From a bucket that holds all files to an empty folder."""

    def run(self, tool: Tool) -> Measure:
        folder = self.work / "down"
        folder.mkdir()
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, folder)
            url = f"http://127.0.0.1:{self.port}"
            bucket = self.bucket[tool.manifest]
            found = _run(tool, Job(folder, bucket, url, sizes=False, down=True))
            sizes = [path.stat().st_size for path in folder.rglob("*.bin")]
            if sizes != [self.tree.size] * self.tree.files:
                raise BenchmarkError(f"{tool.name} left files of {sizes} bytes.")
        return found


class _Publish(_Rounds):
    """One file to an empty bucket."""

    def run(self, tool: Tool) -> Measure:
        _forget(self.work)
        with self.buckets.fresh() as bucket:
            found = _run(tool, self.job(bucket))
            self.buckets.check_bytes(bucket, self.tree.size, tool.name)
        return found


class _Fetch(_Rounds):
    """One file from a bucket of the tool's own, to an empty folder."""

    def prepare(self) -> None:
        self.bucket = {tool.name: self.buckets.make() for tool in self.chosen}
        for tool in self.chosen:
            _run(tool, self.job(self.bucket[tool.name]))

    def run(self, tool: Tool) -> Measure:
        _forget(self.work)
        folder = self.work / "down"
        folder.mkdir()
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, folder)
            url = f"http://127.0.0.1:{self.port}"
            bucket = self.bucket[tool.name]
            found = _run(tool, Job(folder, bucket, url, sizes=False, down=True))
            source, fetched = self.job(bucket).file, next(folder.rglob("*.bin"))
            if not filecmp.cmp(source, fetched, shallow=False):
                raise BenchmarkError(f"{tool.name} fetched something else.")
        return found


def _forget(work: Path) -> None:
    """What ours remember."""
    for folder in (cache_folder(work), encrypted.state_folder(work)):
        shutil.rmtree(folder, ignore_errors=True)


class _Save(_Rounds):
    """The folder as a snapshot, to an empty bucket."""

    def prepare(self) -> None:
        self.tree.warm()

    def run(self, tool: Tool) -> Measure:
        _forget(self.work)
        with self.buckets.fresh() as bucket:
            return self.save(tool, bucket)

    def save(self, tool: Tool, bucket: str) -> Measure:
        job = self.job(bucket)
        if tool.beginning is not None:
            run(tool.beginning(job), tool.environment, ours=False)
        found = _run(tool, job)
        # nothing compresses them to half
        size = self.tree.files * self.tree.size // 2
        self.buckets.check_bytes(bucket, size, tool.name)
        return found


class _Saved(_Save):
    """The latest snapshot is of the same, in a bucket of the tool's own."""

    def prepare(self) -> None:
        _forget(self.work)
        self.bucket = {tool.name: self.buckets.make() for tool in self.chosen}
        for tool in self.chosen:
            self.save(tool, self.bucket[tool.name])

    def run(self, tool: Tool) -> Measure:
        return _run(tool, self.job(self.bucket[tool.name]), unchanged=tool.ours)


class _Restore(_Saved):
    """The latest snapshot to an empty folder, where nobody has restored one before.

    Many files are left there: for minutes ext4 takes several times as long to make files where as many were deleted.
    """

    def run(self, tool: Tool) -> Measure:
        _forget(self.work)
        target = Path(tempfile.mkdtemp(prefix="down-", dir=self.work))
        # who waits for the disk waits for its own files alone, not for those that another left unwritten
        os.sync()
        with contextlib.ExitStack() as stack:
            if self.tree.files == 1:
                stack.callback(shutil.rmtree, target)
                _have_room(target, self.tree.size)
            job = replace(self.job(self.bucket[tool.name]), target=target)
            found = _run(tool, job)
            volumes.check_same(self.tree.folder, target, tool.name)
        return found


def _have_room(folder: Path, size: int) -> None:
    """Write so much there, and delete it.

    A virtual machine's memory that was not in use for a while comes from its host page by page, and slowly: no tool is
    to wait for what another one has had before.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        for left in range(size, 0, -_PIECE):
            file.write(bytes(min(left, _PIECE)))


class _Settings(_Rounds):
    """Of one bucket, which every tool has found, or made, as it should be."""

    def prepare(self) -> None:
        self.bucket = self.buckets.make()
        for tool in self.chosen:
            _run(tool, self.job(self.bucket))

    def run(self, tool: Tool) -> Measure:
        return _run(tool, self.job(self.bucket), unchanged=True)


class _Delete(_Rounds):
    """A bucket with all files, another one for each run."""

    def run(self, tool: Tool) -> Measure:
        bucket = self.buckets.make()
        self.buckets.fill(bucket, self.tree.folder)
        found = _run(tool, replace(self.job(bucket), state="absent"))
        self.buckets.check_gone(bucket, tool.name)
        return found


_TASKS: t.Mapping[str, type[_Rounds]] = {
    "up": _Up,
    "down": _Down,
    "nothing": _Nothing,
    "shared": _Shared,
    "changed": _Changed,
    "settings": _Settings,
    "delete": _Delete,
    "publish": _Publish,
    "fetch": _Fetch,
    "save": _Save,
    "saved": _Saved,
    "restore": _Restore,
}


def _run(tool: Tool, job: Job, *, unchanged: bool = False) -> Measure:
    command = tool.command(job)
    return run(command, tool.environment, ours=tool.ours, unchanged=unchanged)
