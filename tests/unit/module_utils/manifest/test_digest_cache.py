# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Digests,
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._local import (
    LocalStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LocalWriteError,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._digest_cache import (
    GRAIN,
    DigestCache,
    default_folder,
)
from tests.unit.machine import Child, small_disk_at

ONE = Digests("1" * 32, "a" * 64)
TWO = Digests("2" * 32, "b" * 64)


class Site:
    """A local tree whose files are known by a cache."""

    def __init__(self, base: Path) -> None:
        self.root = base / "site"
        self.root.mkdir()
        self.folder = base / "cache"

    def write(self, name: str, data: bytes = b"data", age: float = 60) -> ObjectInfo:
        path = self.root / name
        path.write_bytes(data)
        then = time.time() - age
        os.utime(path, (then, then))
        return self.info(name)

    def info(self, name: str) -> ObjectInfo:
        store = LocalStore(Endpoint("LOCAL", str(self.root)))
        return next(info for info in store.list() if info.key == name)

    def cache(self) -> DigestCache:
        return DigestCache(str(self.folder), str(self.root))

    def remember(self, *known: tuple[ObjectInfo, Digests]) -> None:
        cache = self.cache()
        with cache.saved(10):
            for info, digests in known:
                cache.put(info, digests, later())

    def file(self) -> Path:
        (file,) = self.folder.iterdir()
        return file


def later() -> int:
    return time.time_ns() + 2 * GRAIN


@pytest.fixture()
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_what_is_saved_is_known_in_the_next_run(site: Site) -> None:
    a, b = site.write("a"), site.write("b")
    site.remember((a, ONE), (b, TWO))
    cache = site.cache()
    assert (cache.get(a), cache.get(b)) == (ONE, TWO)
    assert os.stat(site.folder).st_mode & 0o777 == 0o700
    assert os.stat(site.file()).st_mode & 0o777 == 0o600


def test_what_is_not_asked_for_is_forgotten(site: Site) -> None:
    a, b = site.write("a"), site.write("b")
    site.remember((a, ONE), (b, TWO))
    cache = site.cache()
    with cache.saved(2):
        cache.get(a)
    assert site.cache().get(a) == ONE
    assert site.cache().get(b) is None


def test_without_a_folder_nothing_is_kept(site: Site) -> None:
    a = site.write("a")
    cache = DigestCache(None, str(site.root))
    with cache.saved(1):
        cache.put(a, ONE, later())
    assert cache.get(a) == ONE
    assert not site.folder.exists()


def test_trees_do_not_share_a_cache_and_links_to_one_do(
    site: Site, tmp_path: Path
) -> None:
    a = site.write("a")
    site.remember((a, ONE))
    other = tmp_path / "other"
    other.mkdir()
    assert DigestCache(str(site.folder), str(other)).get(a) is None
    (tmp_path / "link").symlink_to(site.root)
    assert DigestCache(str(site.folder), str(tmp_path / "link")).get(a) == ONE


def same_size_later(path: Path) -> None:
    path.write_bytes(b"DATA")


def same_size_same_mtime(path: Path) -> None:
    before = path.stat().st_mtime_ns
    path.write_bytes(b"DATA")
    os.utime(path, ns=(before, before))


def another_inode(path: Path) -> None:
    before = path.stat().st_mtime_ns
    new = path.with_name("new")
    new.write_bytes(b"DATA")
    os.utime(new, ns=(before, before))
    new.rename(path)


def another_size(path: Path) -> None:
    before = path.stat().st_mtime_ns
    path.write_bytes(b"more data")
    os.utime(path, ns=(before, before))


def older_mtime(path: Path) -> None:
    os.utime(path, (1, 1))


@pytest.mark.parametrize(
    "change",
    [same_size_later, same_size_same_mtime, another_inode, another_size, older_mtime],
)
def test_a_changed_file_is_not_known(
    site: Site, change: t.Callable[[Path], None]
) -> None:
    a = site.write("a")
    site.remember((a, ONE))
    change(site.root / "a")
    assert site.cache().get(site.info("a")) is None


def test_a_file_changed_within_the_clocks_grain_is_not_remembered(site: Site) -> None:
    info = site.write("a")
    changed = os.stat(site.root / "a").st_ctime_ns  # now, whatever the mtime says
    for began, known in (
        (changed - 1, None),
        (changed, None),
        (changed + GRAIN - 1, None),
        (changed + GRAIN, ONE),
    ):
        cache = site.cache()
        with cache.saved(1):
            cache.put(info, ONE, began)
        assert site.cache().get(info) == known


def test_a_file_from_the_future_is_not_remembered(site: Site) -> None:
    info = site.write("a", age=-1000)
    site.remember((info, ONE))
    assert site.cache().get(info) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"rubbish\n",
        lambda data: b"\xff" * 100,
        lambda data: data.replace(b"1\n", b"2\n", 1),
        lambda data: data[:-20],
        lambda data: data + b"\0" * 500,
        lambda data: data + b"one two three\n",
    ],
)
def test_a_damaged_cache_is_an_empty_one(
    site: Site, damage: t.Callable[[bytes], bytes]
) -> None:
    a = site.write("a")
    site.remember((a, ONE))
    file = site.file()
    file.write_bytes(damage(file.read_bytes()))
    assert site.cache().get(a) is None
    site.remember((a, ONE))
    assert site.cache().get(a) == ONE


def test_a_cache_that_is_a_folder_is_an_empty_one(site: Site) -> None:
    a = site.write("a")
    site.remember((a, ONE))
    file = site.file()
    file.unlink()
    file.mkdir()
    assert site.cache().get(a) is None
    site.remember((a, ONE))


def test_a_longer_cache_leaves_no_rest_behind(site: Site) -> None:
    infos = [site.write(f"f{n}") for n in range(30)]
    site.remember(*((info, ONE) for info in infos))
    cache = site.cache()
    with cache.saved(1000):
        cache.get(infos[0])
    lines = site.file().read_text().splitlines()
    assert len(lines) == 2
    assert os.listdir(site.folder) == [site.file().name]


def test_room_reckoned_for_is_enough_for_the_longest_row(site: Site) -> None:
    etag = "-".join(["f" * 16] * 5)
    infos = [ObjectInfo("k", 1, etag[:-2] + f"{n:02x}") for n in range(3)]
    cache = site.cache()
    with cache.saved(3):
        room = site.file().stat().st_size
        for info in infos:
            cache._used[info.etag or ""] = ONE.md5 + ONE.sha256
    assert site.file().stat().st_size <= room


def test_no_room_names_the_folder_before_anything_is_done(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()

    def work() -> tuple[str, bool, list[str]]:
        cache = DigestCache(str(disk / "c"), str(tmp_path))
        done = False
        with pytest.raises(LocalWriteError) as caught:
            with cache.saved(10_000):
                done = True
        return str(caught.value), done, os.listdir(disk / "c")

    message, done, left = Child(work, small_disk_at(disk, 100 * 1024)).result()
    assert str(disk / "c") in message and "No space left" in message
    assert not done and left == []


def test_what_the_body_raises_passes_and_what_was_learnt_is_kept(site: Site) -> None:
    a = site.write("a")
    cache = site.cache()
    with pytest.raises(KeyError), cache.saved(1):
        cache.put(a, ONE, later())
        raise KeyError
    assert site.cache().get(a) == ONE


def test_two_at_once_do_not_spoil_it(site: Site) -> None:
    a, b = site.write("a"), site.write("b")
    first, second = site.cache(), site.cache()
    with first.saved(2):
        first.put(a, ONE, later())
        with second.saved(2):
            second.put(b, TWO, later())
    assert site.cache().get(a) == ONE


def test_many_processes_at_once_leave_a_whole_cache(site: Site) -> None:
    infos = [site.write(f"f{n}") for n in range(50)]

    def work() -> int:
        for _unused in range(20):
            cache = site.cache()
            with cache.saved(len(infos)):
                for info in infos:
                    assert cache.get(info) in (None, ONE)
                    cache.put(info, ONE, later())
        return 0

    children = [Child(work) for _unused in range(3)]
    for child in children:
        child.result()
    site.remember(*((info, ONE) for info in infos))
    cache = site.cache()
    assert [cache.get(info) for info in infos] == [ONE] * len(infos)


def test_a_killed_writers_rest_is_taken_over(site: Site) -> None:
    a = site.write("a")

    def work() -> None:
        with site.cache().saved(5):
            os._exit(0)

    with pytest.raises(AssertionError, match="killed"):
        Child(work).result()
    assert [path.suffix for path in site.folder.iterdir()] == [".new"]
    site.remember((a, ONE))
    assert site.cache().get(a) == ONE
    assert [path.suffix for path in site.folder.iterdir()] == [".digests"]


def test_default_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/where")
    assert default_folder() == "/some/where/longshore"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert default_folder() == "/home/me/.cache/longshore"
