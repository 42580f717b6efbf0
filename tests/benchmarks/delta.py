# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.benchmarks.delta``: how much of a new version crosses the network, by what changed in it.

Part of ``make bench``. Each case is a tar of many files (sizes log-normal, contents random) and the next version of it. The share is
what a host fetches that has the version before, sealed bytes and index together, of the whole sealed object. Nothing
goes over a network here: ranges are read from the new file itself.

Changed files are anywhere in the tar; half of them have new contents of another size, the others a few bytes
more somewhere. Rates are in GB/s (10^9 bytes), medians of the rounds, on one thread.
"""

from __future__ import annotations

import argparse
import dataclasses
import io
import os
import random
import statistics
import tarfile
import tempfile
import time
import typing as t
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._chunks._assembly import (
    assemble,
)
from ansible_collections.longshore.storage.plugins.module_utils._chunks._cutter import (
    Cutter,
)
from ansible_collections.longshore.storage.plugins.module_utils._chunks._delta import (
    DeltaPlan,
    plan_delta,
)
from ansible_collections.longshore.storage.plugins.module_utils._chunks._index import (
    Index,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._layout import (
    HEADER_SIZE,
    Layout,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers

from .tables import Table

_MIB: t.Final = 1024 * 1024
_COLUMNS: t.Final = (
    "case",
    "envelope chunk, KiB",
    "share, %",
    "requests",
    "index, %",
    "from the old, MiB",
    "plan, s",
    "assembly, s",
)
_CUTTER: t.Final = Cutter(b"benchmark"[:8])

#: Of file sizes: the standard deviation of their logarithms.
_SPREAD: t.Final = 1.5


@dataclasses.dataclass(frozen=True, slots=True)
class Member:
    """A file of the tar. ``seed`` makes its contents; ``more`` is inserted at the offset ``at``."""

    name: str
    seed: int
    size: int
    mtime: int = 1_700_000_000
    at: int = 0
    more: bytes = b""

    def contents(self) -> bytes:
        data = random.Random(self.seed).randbytes(self.size)
        return data[: self.at] + self.more + data[self.at :]


class Case(t.NamedTuple):
    name: str
    members: list[Member]


TITLE: t.Final = "A new version to a host that has the one before"
NOTE: t.Final = (
    "Tars of many files; the share is what a host fetches, sealed bytes and index together, of the whole "
    "sealed object. Nothing goes over a network here. Rates are in GB/s (10^9 bytes) on one thread, medians of the rounds."
)


class Settings(t.NamedTuple):
    """``size`` of the tar in MiB, ``changed`` in percent of its files, ``envelope`` chunks in KiB."""

    size: int = 256
    files: int = 8000
    changed: float = 1.0
    envelope: t.Sequence[int] = (64, 256)
    rounds: int = 3
    seed: int = 1


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    usual = Settings()
    parser.add_argument("--size", type=int, default=usual.size, help="MiB of the tar")
    parser.add_argument("--files", type=int, default=usual.files)
    parser.add_argument(
        "--changed", type=float, default=usual.changed, help="%% of the files"
    )
    parser.add_argument(
        "--envelope", type=int, nargs="+", default=usual.envelope, help="KiB"
    )
    parser.add_argument("--rounds", type=int, default=usual.rounds)
    parser.add_argument("--seed", type=int, default=usual.seed)
    for table in tables(Settings(**vars(parser.parse_args()))):
        print(f"{table.text()}\n")


def tables(settings: Settings) -> list[Table]:
    """How fast files are cut, and what each kind of change costs."""
    rng = random.Random(settings.seed)
    members = first_version(rng, settings.size * _MIB, settings.files)
    rows = [[*_COLUMNS]]
    with (
        tempfile.TemporaryDirectory() as folder,
        Workers(os.cpu_count() or 1) as workers,
    ):
        old = write(Path(folder, "old.tar"), members)
        cutting = rates(old, settings.rounds)
        have = _index(old)
        for case in cases(rng, members, round(settings.files * settings.changed / 100)):
            new = write(Path(folder, "new.tar"), case.members)
            index = _index(new)
            for size in settings.envelope:
                layout = Layout(AES_256_GCM, size * 1024)
                figures = row(old, new, have, index, layout, workers)
                rows.append([case.name, str(size), *figures])
    return [cutting, Table("The next version:", rows)]


def first_version(rng: random.Random, size: int, count: int) -> list[Member]:
    """So many files that make a tar of about that size, each with its header and padding."""
    weights = [rng.lognormvariate(0, _SPREAD) for _unused in range(count)]
    unit = (size - count * (tarfile.BLOCKSIZE * 3 // 2)) / sum(weights)
    return [
        Member(f"app/part{n % 97}/file{n}", rng.getrandbits(64), int(weight * unit))
        for n, weight in enumerate(weights)
    ]


def cases(rng: random.Random, old: list[Member], count: int) -> t.Iterator[Case]:
    """What the next version may be; ``count`` files change."""
    yield Case("nothing changed", old)
    changed = change(rng, old, rng.sample(range(len(old)), count))
    yield Case(f"{count} files changed", changed)
    few = max(1, count // 4)
    gone = set(rng.sample(range(len(changed)), few))
    mixed = [one for n, one in enumerate(changed) if n not in gone]
    for n in range(few):
        size = rng.choice(old).size
        added = Member(f"app/new{n}", rng.getrandbits(64), size)
        mixed.insert(rng.randrange(len(mixed) + 1), added)
    yield Case(f"{count} changed, {few} added, {few} removed", mixed)
    begin = rng.randrange(len(old) - count)
    together = change(rng, old, range(begin, begin + count))
    yield Case(f"{count} neighbours changed", together)
    touched = [dataclasses.replace(one, mtime=one.mtime + 86400) for one in old]
    yield Case("every file's time changed", touched)


def change(
    rng: random.Random, members: list[Member], which: t.Iterable[int]
) -> list[Member]:
    """The members, of which some have other contents."""
    changed = list(members)
    for turn, number in enumerate(which):
        one = changed[number]
        if turn % 2:
            size, seed = int(one.size * rng.uniform(0.8, 1.25)), rng.getrandbits(64)
            changed[number] = dataclasses.replace(one, size=size, seed=seed)
        else:
            at, more = rng.randint(0, one.size), rng.randbytes(rng.randint(1, 100))
            changed[number] = dataclasses.replace(one, at=at, more=more)
    return changed


def write(path: Path, members: t.Iterable[Member]) -> Path:
    """The tar of these files."""
    with tarfile.open(path, "w") as tar:
        for member in members:
            contents = member.contents()
            info = tarfile.TarInfo(member.name)
            info.size, info.mtime = len(contents), member.mtime
            tar.addfile(info, io.BytesIO(contents))
    return path


def rates(path: Path, rounds: int) -> Table:
    """How fast files are cut, from the page cache."""
    size = path.stat().st_size
    chunks = sum(1 for _chunk in _cut(path))
    rows = [["work", "GB/s", "GB per processor second"]]
    for name, work in (
        ("cut, SHA-256 of each chunk", lambda: sum(1 for _chunk in _cut(path))),
        ("index: the same, and SHA-256 of all", lambda: len(_index(path))),
    ):
        wall, processor = _rates(work, size, rounds)
        rows.append([name, f"{wall:.2f}", f"{processor:.2f}"])
    encoded = len(_index(path).encode())
    caption = (
        f"{size / _MIB:.1f} MiB, {chunks} chunks of {size / chunks / 1024:.1f} KiB on average, "
        f"the index has {encoded} bytes, {100 * encoded / size:.3f} %:"
    )
    return Table(caption, rows)


def row(
    old: Path, new: Path, have: Index, index: Index, layout: Layout, workers: Workers
) -> list[str]:
    """The figures of one case, after the new file was made and verified."""
    began = time.perf_counter()
    plan = plan_delta(index, have, layout)
    planned = time.perf_counter()
    with (
        old.open("rb") as source,
        new.open("rb") as stored,
        tempfile.TemporaryFile() as out,
    ):

        def read_range(offset: int, length: int) -> t.Iterator[bytes]:
            yield os.pread(stored.fileno(), length, offset)

        done = assemble(plan, source, read_range, out, workers)
    assembled = time.perf_counter()
    encoded = len(index.encode())
    share = (sealed_bytes(plan) + encoded) / layout.sealed_size(index.size)
    return [
        f"{100 * share:.2f}",
        f"{len(plan.fetches)}",
        f"{100 * encoded / index.size:.2f}",
        f"{done.copied / _MIB:.0f}",
        f"{planned - began:.2f}",
        f"{assembled - planned:.2f}",
    ]


def sealed_bytes(plan: DeltaPlan) -> int:
    """What is read of the stored object: the header, and the chunks of the envelope."""
    layout, total = plan.layout, HEADER_SIZE
    last = layout.chunk_at(plan.new.size - 1)
    for part in plan.fetches:
        first, stop = layout.chunk_at(part.offset), layout.chunk_at(part.end - 1) + 1
        end = layout.sealed_offset(stop)
        if stop > last:
            end = layout.sealed_size(plan.new.size)
        total += end - layout.sealed_offset(first)
    return total


def _cut(path: Path) -> t.Iterator[object]:
    with path.open("rb") as stream:
        yield from _CUTTER.cut(stream)


def _index(path: Path) -> Index:
    with path.open("rb") as stream:
        return Index.of(stream, _CUTTER)


def _rates(work: t.Callable[[], int], size: int, rounds: int) -> tuple[float, float]:
    """GB/s, and GB of a second of processor time."""
    walls, processors = [], []
    for _unused in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        work()
        walls.append(time.perf_counter() - began)
        processors.append(time.process_time() - used)
    wall, processor = statistics.median(walls), statistics.median(processors)
    return size / wall / 1e9, size / processor / 1e9


if __name__ == "__main__":
    main()
