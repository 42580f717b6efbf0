# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever an archive says: nothing lands outside, and the target is as it was."""

from __future__ import annotations

import os
import random
import resource
import tarfile
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LocalWriteError,
    LongshoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._archive_failures import (
    ArchiveError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._tar_reader import (
    TarReader,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._tar_writer import (
    record,
)
from tests.unit.machine import Child, small_disk_at
from tests.unit.module_utils.persist.archive_helpers import (
    DIRECTORY,
    FILE,
    IS_ROOT,
    MIB,
    archive_of,
    fill_with_everything,
    hardlink,
    picture,
    pieces,
    put,
    symlink,
    tar_of,
)

Entries = list[tuple[str, dict[str, t.Any]]]
OUTSIDE = "/tmp/longshore-hostile-outside"
DEVICE = {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 3}

REFUSED: dict[str, Entries] = {
    "absolute": [(OUTSIDE, FILE)],
    "dots": [("../outside", FILE)],
    "dots inside": [("a", DIRECTORY), ("a/../../outside", FILE)],
    "dots at the end": [("a/..", DIRECTORY)],
    "write through a link": [("a", symlink("..")), ("a/outside", FILE)],
    "write through an absolute link": [("a", symlink("/tmp")), ("a/x", FILE)],
    "folder through a link": [("a", symlink("..")), ("a/outside", DIRECTORY)],
    "a link made a folder": [("a", symlink("..")), ("a", DIRECTORY)],
    "chain of links": [
        ("a", symlink(".")),
        ("a/b", symlink("..")),
        ("a/b/outside", FILE),
    ],
    "hard link out": [("a", hardlink("/etc/passwd"))],
    "hard link up": [("a", hardlink("../old"))],
    "hard link through a link": [("a", symlink("..")), ("b", hardlink("a/old"))],
    "hard link to a folder": [("a", DIRECTORY), ("b", hardlink("a"))],
    "hard link to the tree": [("b", hardlink("."))],
    "hard link to nothing": [("b", hardlink("a"))],
    "write through a hard link to a link": [
        ("a", symlink("../old")),
        ("b", hardlink("a")),
        ("b", FILE),
    ],
    "device over a file": [("a", FILE), ("a", DEVICE)],
    "file over a device": [("a", {"type": tarfile.FIFOTYPE}), ("a", FILE)],
    "twice": [("a", FILE), ("a", FILE)],
    "twice, written otherwise": [("a", FILE), ("./a", FILE)],
    "folder over a file": [("a", FILE), ("a", DIRECTORY)],
    "file over a folder": [("a", DIRECTORY), ("a", FILE)],
    "below a file": [("a", FILE), ("a/b", FILE)],
    "reserved": [(".longshore-restore/state", FILE)],
    "the tree a link": [("./", symlink("/tmp"))],
    "the tree a file": [(".", FILE)],
    "long part": [("n" * 256, FILE)],
    "long path": [("n/" * 20_000, DIRECTORY)],
    "empty link": [("a", symlink(""))],
    "unknown kind": [("a", {"type": b"V"})],
    "attribute without a name": [("a", {"pax_headers": {"SCHILY.xattr.": "x"}})],
    "acl": [("a", {"pax_headers": {"SCHILY.acl.access": "root:rwx"}})],
    "sparse": [
        (
            "a",
            {"data": b"1\n9\n9\n".ljust(512, b"\0")}
            | {
                "pax_headers": {
                    "GNU.sparse.major": "1",
                    "GNU.sparse.minor": "0",
                    "GNU.sparse.realsize": "5",
                }
            },
        )
    ],
    "sparse of too many pieces": [
        (
            "a",
            {"data": b"99999999\n".ljust(512, b"\0")}
            | {
                "pax_headers": {
                    "GNU.sparse.major": "1",
                    "GNU.sparse.minor": "0",
                    "GNU.sparse.realsize": "5",
                }
            },
        )
    ],
    "time": [("a", {"pax_headers": {"mtime": "9" * 19}})],
    "no time": [("a", {"pax_headers": {"mtime": "now"}})],
    "owner": [("a", {"pax_headers": {"uid": "99999999999"}})],
}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "old").write_text("outside")
    target = tmp_path / "target"
    target.mkdir()
    (target / "precious").write_text("precious")
    return target


def _is_refused(data: bytes, target: Path, mode: str) -> str:
    before = picture(target.parent)
    # the folder above has another time afterwards
    del before[b"."]
    with pytest.raises(LongshoreError) as error:
        put(data, target, mode)
    after = picture(target.parent)
    del after[b"."]
    assert after == before
    assert not os.path.lexists(OUTSIDE)
    return str(error.value)


@pytest.mark.parametrize("mode", ["replace", "merge"])
@pytest.mark.parametrize("entries", REFUSED.values(), ids=REFUSED.keys())
def test_refused(target: Path, entries: Entries, mode: str) -> None:
    data = tar_of(("./", DIRECTORY), *entries)
    assert "cannot be restored" in _is_refused(data, target, mode)


def test_what_looks_hostile_and_is_not(target: Path) -> None:
    data = tar_of(
        ("a//b/./c", FILE),
        ("link", symlink("/etc/passwd")),
        ("up", symlink("../../..")),
        ("line\nbreak", FILE),
        (os.fsdecode(b"\xff\xfe\x80"), FILE),
        ("...", FILE),
        ("-rf", FILE),
        encoding="utf-8",
        errors="surrogateescape",
    )
    put(data, target)
    assert (target / "a" / "b" / "c").read_bytes() == b"hostile"
    assert os.readlink(target / "up") == "../../.."
    assert b"\xff\xfe\x80" in os.listdir(os.fsencode(target))
    assert not (target / "precious").exists()


def test_a_merge_goes_through_no_link_that_is_there(target: Path) -> None:
    (target / "a").symlink_to(target.parent)
    for staging in ("beside", "none"):
        with pytest.raises(LongshoreError, match="folder"):
            put(tar_of(("a/outside", FILE)), target, "merge", staging=staging)
    assert not (target.parent / "outside").exists()


def test_a_petabyte_of_nothing(target: Path) -> None:
    size = 2**60
    records = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "a",
        "GNU.sparse.realsize": str(size),
    }
    sparse = {"data": b"0\n".ljust(512, b"\0"), "pax_headers": records}
    announced = bytearray(tar_of(("a", FILE)))
    announced[124:136] = b"77777777777\0"
    announced[148:156] = b"%06o\0 " % (
        sum(announced[:148]) + sum(announced[156:512]) + 256
    )

    def work() -> list[str]:
        texts = [_is_refused(bytes(announced), target, "replace")]
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**50, 2**50))
        texts.append(_is_refused(tar_of(("a", sparse)), target, "replace"))
        return texts

    cut, large = Child(work).result()
    assert "cut off" in cut
    assert "too large" in large


def _extended(data: bytes, kind: bytes = b"x") -> bytes:
    info = tarfile.TarInfo("././@PaxHeader")
    info.type = kind
    info.size = len(data)
    return info.tobuf(tarfile.USTAR_FORMAT) + data.ljust(
        -(-len(data) // 512) * 512, b"\0"
    )


@pytest.mark.parametrize(
    "data",
    [
        _extended(record(b"comment", bytes(5 * MIB))) + tar_of(("a", FILE)),
        _extended(record(b"path", b"b"), b"g") + tar_of(("a", FILE)),
        _extended(b"99 path=x\n") + tar_of(("a", FILE)),
        _extended(b"path=x\n") + tar_of(("a", FILE)),
        _extended(b"-9 path=x\n") + tar_of(("a", FILE)),
        _extended(record(b"path", b"../x")) + tar_of(("a", FILE)),
        _extended(record(b"path", b"a\0b")) + tar_of(("a", FILE)),
        _extended(record(b"size", b"1e9")) + tar_of(("a", FILE)),
        _extended(record(b"path", b"x")),
        _extended(b"../x\0", b"L") + tar_of(("a", FILE)),
        tar_of(("a", FILE)) + tar_of(("b", FILE)),
        tar_of(("a", FILE))[:1024],
        tar_of(("a", FILE))[:700],
        b"",
        b"no archive at all" * 100,
        b"\x1f\x8b" + bytes(1000),
    ],
    ids=lambda data: str(len(data)),
)
def test_not_well_formed(target: Path, data: bytes) -> None:
    _is_refused(data, target, "replace")


def test_memory_is_bounded() -> None:
    """Many entries, and extended headers of nearly the limit."""

    def bomb() -> t.Iterator[bytes]:
        extended = _extended(record(b"comment", b"x" * (3 * MIB)))
        entry = tar_of(("a", FILE))[:1024]
        for _unused in range(30):
            yield extended
            yield entry
        yield bytes(1024)

    def work() -> int:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert sum(1 for _entry in TarReader(bomb())) == 30
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert Child(work).result() < 40 * 1024


def test_cut_off_anywhere(target: Path) -> None:
    fill_with_everything(target.parent / "tree")
    data = archive_of(target.parent / "tree")
    dice = random.Random(5)
    for _unused in range(15):
        place = dice.choice((dice.randrange(20_000), dice.randrange(len(data) - 512)))
        with pytest.raises(ArchiveError, match=r"cut off|empty|goes on"):
            put(data[:place], target)
    assert os.listdir(target) == ["precious"]


def test_flipped_bits(target: Path) -> None:
    """A flip in a header is found; one in contents is the business of the stream's source."""
    data = bytearray(
        tar_of(
            ("a", DIRECTORY),
            *((f"a/{n}", FILE) for n in range(20)),
            format=tarfile.USTAR_FORMAT,
        )
    )
    dice = random.Random(6)
    for _unused in range(100):
        block = dice.choice((0, *range(1, 41, 2)))
        place = block * 512 + dice.randrange(500)
        data[place] ^= 1 << dice.randrange(7)
        with pytest.raises(ArchiveError):
            for _entry in TarReader(pieces(bytes(data))):
                pass
        data = bytearray(
            tar_of(
                ("a", DIRECTORY),
                *((f"a/{n}", FILE) for n in range(20)),
                format=tarfile.USTAR_FORMAT,
            )
        )


def test_noise(target: Path) -> None:
    dice = random.Random(7)
    whole = tar_of(("a", DIRECTORY), ("a/" + "n" * 120, FILE), ("b", symlink("c")))
    for _unused in range(300):
        data = bytearray(whole)
        for _change in range(dice.randrange(1, 5)):
            data[dice.randrange(4096)] = dice.randrange(256)
        # with right sums, so that what is behind them is looked at
        for begin in range(0, 4096, 512):
            block = data[begin : begin + 512]
            if block[257:262] == b"ustar":
                total = sum(block[:148]) + sum(block[156:]) + 256
                data[begin + 148 : begin + 156] = b"%06o\0 " % total
        try:
            for _entry in TarReader(pieces(bytes(data))):
                pass
        except ArchiveError:
            continue


def test_the_source_has_the_last_word(target: Path) -> None:
    def wrong() -> t.Iterator[bytes]:
        yield tar_of(("./", DIRECTORY), ("a", FILE))
        raise LongshoreError("The digest is another.")

    from ansible_collections.longshore.storage.plugins.module_utils._persist._restore import (
        restore,
    )

    with pytest.raises(LongshoreError, match="digest"):
        restore(wrong(), str(target), mode="replace")
    assert os.listdir(target) == ["precious"]
    assert sorted(os.listdir(target.parent)) == ["old", "target"]


@pytest.mark.parametrize("percent", [1, 50, 99])
@pytest.mark.parametrize("inside", [False, True])
def test_a_full_disk(tmp_path: Path, percent: int, inside: bool) -> None:
    """Its room ends after so much of the archive."""
    tree = tmp_path / "tree"
    tree.mkdir()
    for number in range(100):
        (tree / f"{number:02}").write_bytes(bytes([number + 1]) * 40_960)
    data = archive_of(tree)
    disk = tmp_path / "disk"
    disk.mkdir()

    def work() -> str:
        target = disk if inside else disk / "target"
        target.mkdir(exist_ok=True)
        (target / "precious").write_text("precious")
        before = picture(target)
        with pytest.raises(LocalWriteError, match="No space") as error:
            put(data, target)
        assert picture(target) == before
        assert len(os.listdir(disk)) == 1
        return str(error.value)

    room = 100 * 40_960 * percent // 100
    assert "Make room" in Child(work, small_disk_at(disk, room)).result()


if IS_ROOT:

    def test_devices_are_restored(target: Path) -> None:
        put(tar_of(("null", DEVICE)), target)
        assert os.lstat(target / "null").st_rdev == os.makedev(1, 3)
