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
from ansible_collections.longshore.storage.plugins.module_utils._manifest._tree_cache import (
    GRAIN,
    Receipt,
    TreeCache,
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

    def cache(self) -> TreeCache:
        return TreeCache(str(self.folder), str(self.root))

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


def test_what_is_not_seen_any_more_is_forgotten(site: Site) -> None:
    a, b = site.write("a"), site.write("b")
    (site.root / "folder").mkdir()
    c = site.write("folder/c")
    site.remember((a, ONE), (b, TWO), (c, TWO))
    cache = site.cache()
    with cache.saved(0):
        cache.see([a], later())
    assert site.cache().get(a) == ONE
    assert site.cache().get(b) is None
    assert site.cache().get(c) is None


def test_without_a_folder_nothing_is_kept(site: Site) -> None:
    a = site.write("a")
    cache = TreeCache(None, str(site.root))
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
    assert TreeCache(str(site.folder), str(other)).get(a) is None
    (tmp_path / "link").symlink_to(site.root)
    assert TreeCache(str(site.folder), str(tmp_path / "link")).get(a) == ONE


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
        lambda data: data[:4096],
        lambda data: data[:100] + bytes(1000) + data[1100:],
        lambda data: data.replace(bytes.fromhex("1" * 32), bytes.fromhex("2" * 32)),
        lambda data: data.replace(b"-", b"+"),
    ],
)
def test_a_damaged_cache_is_an_empty_one(
    site: Site, damage: t.Callable[[bytes], bytes]
) -> None:
    a = site.write("a")
    site.remember((a, ONE))
    file = site.file()
    damaged = damage(file.read_bytes())
    assert damaged != file.read_bytes()
    file.write_bytes(damaged)
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


def test_room_that_was_not_needed_is_given_back(site: Site) -> None:
    info = site.write("a")
    cache = site.cache()
    with cache.saved(10_000):
        room = next(site.folder.iterdir()).stat().st_size
        cache.put(info, ONE, later())
    assert room > 10_000 * 200
    assert site.file().stat().st_size < 100_000


def test_room_reckoned_for_is_enough(site: Site) -> None:
    etag = "-".join(["f" * 16] * 3 + ["0" * 16] * 2)
    infos = [ObjectInfo(f"{n // 100:>030}/{n:>060}", 1, etag) for n in range(1000)]
    cache = site.cache()
    with cache.saved(len(infos)):
        room = next(site.folder.iterdir()).stat().st_size
        for info in infos:
            cache.put(info, ONE, later())
    assert site.file().stat().st_size <= room


def test_no_room_names_the_folder_before_anything_is_done(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()

    def work() -> tuple[str, bool, list[str]]:
        cache = TreeCache(str(disk / "c"), str(tmp_path))
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


def test_what_two_learnt_one_after_the_other_does_not_mix(site: Site) -> None:
    (site.root / "folder").mkdir()
    a, b = site.write("a"), site.write("folder/b")
    first, second, third = site.cache(), site.cache(), site.cache()
    with first.saved(0):
        first.see([a, b], later())
    with second.saved(0):
        second.see([a], later())
        second.agree("subject", Receipt("state", 1, 1))
    assert site.cache().receipt("subject") == Receipt("state", 1, 1)
    assert site.cache().survey().keys() == {""}
    with third.saved(0):
        third.see_folder("folder/", [b], later())
        third.agree("subject", Receipt("another", 1, 1))
    assert site.cache().receipt("subject") == Receipt("state", 1, 1)


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
    assert [path.suffix for path in site.folder.iterdir()] == [".tree"]


def test_default_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/where")
    assert default_folder() == "/some/where/longshore"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert default_folder() == "/home/me/.cache/longshore"


def test_a_receipt_holds_while_the_tree_is_remembered_as_it_was(site: Site) -> None:
    a, b = site.write("a"), site.write("b")
    said = Receipt("state", 2, 3)
    cache = site.cache()
    with cache.saved(0):
        cache.see([a, b], later())
        cache.agree("subject", said)
    assert site.cache().receipt("subject") == said
    assert site.cache().receipt("another") is None
    cache = site.cache()
    with cache.saved(0):
        cache.put(a, ONE, later())  # to know more of it makes no difference
    assert site.cache().receipt("subject") == said
    cache = site.cache()
    with cache.saved(0):
        cache.see([a], later())
    assert site.cache().receipt("subject") is None


def test_what_changed_in_a_folder(site: Site) -> None:
    a, b, c = site.write("a"), site.write("b"), site.write("c")
    cache = site.cache()
    with cache.saved(0):
        cache.see([a, b, c], later())
    (site.root / "b").unlink()
    a, d = site.write("a", b"more"), site.write("d")
    cache = site.cache()
    assert sorted(cache.files("")) == ["a", "b", "c"]
    with cache.saved(0):
        assert cache.see_folder("", [a, c, d], later()) == {"a": a, "d": d}
    cache = site.cache()
    assert sorted(cache.files("")) == ["a", "c", "d"]
    assert cache.see_folder("", [a, c, d], later()) == {}


def test_a_file_in_motion_never_counts_as_unchanged(site: Site) -> None:
    a = site.write("a")
    for _unused in range(2):
        cache = site.cache()
        with cache.saved(0):
            assert cache.see_folder("", [a], time.time_ns()) == {"a": a}
