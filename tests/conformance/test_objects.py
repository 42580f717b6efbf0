# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bodies: what was written is what is read, whole or in part, and nothing else."""

from __future__ import annotations

import hashlib
import itertools
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ObjectInfo,
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ObjectMissingError,
    SourceError,
)
from tests.conformance.conftest import Bench
from tests.conformance.helpers import (
    MIB,
    chunked,
    content,
    listed,
    multipart_threshold,
    part_size,
    read_all,
)

SMALL_SIZES = (0, 1, 2, 4095, 4096, 100_000, MIB - 1, MIB, MIB + 1)


def _large_sizes(store: Store) -> dict[str, int]:
    threshold, part = multipart_threshold(store), part_size(store)
    return {
        "threshold - 1": threshold - 1,
        "threshold": threshold,
        "threshold + 1": threshold + 1,
        "2 parts": max(2 * part, threshold),
        "2 parts + 1": max(2 * part + 1, threshold),
    }


LARGE_CASES = ("threshold - 1", "threshold", "threshold + 1", "2 parts", "2 parts + 1")


def _check(store: Store, key: str, data: bytes, written: ObjectInfo) -> None:
    """All four ways to look at an object agree on it."""
    assert written.key == key
    assert written.size == len(data)
    assert written.etag
    details = store.stat(key)
    opened = store.read(key)
    body = b"".join(opened.chunks)
    assert len(body) == len(data)
    assert body == data
    in_listing = listed(store, key)[key]
    for info in (details.info, opened.info, in_listing):
        assert (info.key, info.size, info.etag) == (key, len(data), written.etag)
    assert opened.attributes == details.attributes
    if store.features.digests:
        digests = store.digests(in_listing)
        assert digests.md5 == hashlib.md5(data).hexdigest()
        assert digests.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("size", SMALL_SIZES)
def test_small_object(store: Store, prefix: str, size: int) -> None:
    data = content(size)
    key = prefix + "bytes"
    _check(store, key, data, store.write(key, data))


@pytest.mark.parametrize("size", (0, 1, 100_000, MIB + 1))
def test_small_stream_of_unknown_length(store: Store, prefix: str, size: int) -> None:
    data = content(size)
    key = prefix + "stream"
    _check(store, key, data, store.write(key, chunked(data)))


@pytest.mark.parametrize("case", LARGE_CASES)
def test_large_stream_of_unknown_length(store: Store, prefix: str, case: str) -> None:
    data = content(_large_sizes(store)[case])
    key = prefix + "stream"
    _check(store, key, data, store.write(key, chunked(data)))


@pytest.mark.parametrize("case", ("threshold", "threshold + 1", "2 parts + 1"))
def test_large_stream_of_known_length(store: Store, prefix: str, case: str) -> None:
    data = content(_large_sizes(store)[case])
    key = prefix + "stream"
    _check(store, key, data, store.write(key, chunked(data, MIB), size=len(data)))


@pytest.mark.parametrize("case", ("threshold", "2 parts + 1"))
def test_large_bytes(store: Store, prefix: str, case: str) -> None:
    data = content(_large_sizes(store)[case])
    key = prefix + "bytes"
    _check(store, key, data, store.write(key, data))


@pytest.mark.parametrize(
    "chunks",
    (
        [],
        [b""],
        [b"", b"a", b"", b"", b"bc", b""],
        [bytes([byte]) for byte in range(256)] * 8,
        [content(3 * MIB)],
    ),
    ids=("none", "one empty", "empty between", "one byte each", "one large"),
)
def test_any_division_into_chunks(
    store: Store, prefix: str, chunks: t.Sequence[bytes]
) -> None:
    key = prefix + "chunks"
    _check(store, key, b"".join(chunks), store.write(key, chunks))


@pytest.mark.parametrize("hint", (0, 1, 99_999, 100_001, 20 * MIB))
def test_a_wrong_size_is_only_a_hint(store: Store, prefix: str, hint: int) -> None:
    data = content(100_000)
    key = prefix + "hint"
    _check(store, key, data, store.write(key, chunked(data, 30_000), size=hint))


def test_overwrite(store: Store, prefix: str) -> None:
    key = prefix + "again"
    etags = set()
    for seed, size in ((1, 1000), (2, 1000), (3, 10), (4, 0), (5, 5000)):
        data = content(size, seed)
        written = store.write(key, data)
        _check(store, key, data, written)
        etags.add(written.etag)
    assert len(etags) == 5


def test_md5_is_the_contents_or_none(store: Store, prefix: str) -> None:
    """An equal ``md5`` proves equal content, so it may be missing but never wrong."""
    data = content(1000)
    key = prefix + "md5"
    written = store.write(key, data)
    truth = hashlib.md5(data).hexdigest()
    in_listing = listed(store, key)[key]
    for info in (written, store.stat(key).info, store.read(key).info, in_listing):
        assert info.md5 in (None, truth)
    if store.features.listing_md5:
        assert in_listing.md5 == truth


def test_md5_of_a_large_object_is_never_another_contents(
    store: Store, prefix: str
) -> None:
    data = content(2 * part_size(store) + 1)
    key = prefix + "md5"
    store.write(key, chunked(data))
    md5 = listed(store, key)[key].md5
    assert md5 in (None, hashlib.md5(data).hexdigest())


class _BrokenSource(Exception):
    """What a body raises; no driver knows it."""


def _breaks(data: bytes, error: Exception) -> t.Iterator[bytes]:
    yield from chunked(data)
    raise error


@pytest.mark.parametrize(
    "error", (_BrokenSource("gone"), SourceError("gone")), ids=("foreign", "ours")
)
@pytest.mark.parametrize("announced", (False, True), ids=("unknown", "announced"))
@pytest.mark.parametrize("place", ("at once", "early", "late"))
def test_a_body_that_raises_writes_nothing(
    store: Store, prefix: str, place: str, announced: bool, error: Exception
) -> None:
    sent = {"at once": 0, "early": 150_000, "late": 2 * part_size(store) + 1}[place]
    data = content(sent)
    size = sent + 1000 if announced else None
    old, new = prefix + "old", prefix + "new"
    written = store.write(old, b"the old content")
    for key in (old, new):
        with pytest.raises(type(error)) as raised:
            store.write(key, _breaks(data, error), size=size)
        assert raised.value is error
    assert listed(store, prefix) == {
        old: written._replace(md5=listed(store, old)[old].md5)
    }
    assert read_all(store, old) == b"the old content"
    with pytest.raises(ObjectMissingError):
        store.stat(new)


def test_readers_see_the_old_object_until_the_new_one_is_complete(
    store: Store, prefix: str
) -> None:
    key = prefix + "object"
    old = content(1000)
    store.write(key, old)
    seen: list[bytes] = []

    def body() -> t.Iterator[bytes]:
        yield from chunked(content(2 * part_size(store) + 1, 1), MIB)
        seen.append(read_all(store, key))
        yield b"the last"

    store.write(key, body())
    assert seen == [old]
    assert read_all(store, key).endswith(b"the last")


@pytest.mark.parametrize("case", ("small", "large"))
def test_a_body_may_come_from_a_store(store: Store, prefix: str, case: str) -> None:
    """A copy: what is read is written while it is being read."""
    data = content(1000 if case == "small" else 2 * part_size(store) + 1)
    source, target = prefix + "source", prefix + "target"
    store.write(source, data)
    opened = store.read(source)
    written = store.write(target, opened.chunks, opened.attributes, size=len(data))
    _check(store, target, data, written)


SIZE = 100_000
RANGES = (
    (0, None),
    (0, 0),
    (0, 1),
    (0, 50_000),
    (1, None),
    (1, 1),
    (50_000, 10),
    (50_000, None),
    (SIZE - 1, None),
    (SIZE - 1, 1),
    (SIZE - 1, 2),
    (SIZE - 10, 1000),
    (0, SIZE),
    (0, SIZE + 1),
    (0, 10 * SIZE),
    (SIZE, None),
    (SIZE, 1),
    (SIZE, 0),
    (SIZE + 1, None),
    (SIZE + 1, 5),
    (10 * SIZE, 10),
)


def test_ranges(store: Store, prefix: str) -> None:
    data = content(SIZE)
    key = prefix + "ranges"
    store.write(key, data)
    for start, length in RANGES:
        end = None if length is None else start + length
        opened = store.read(key, start, length)
        assert b"".join(opened.chunks) == data[start:end], (start, length)
        assert opened.info == store.read(key).info, (start, length)
        assert opened.info.size == SIZE


def test_ranges_of_an_empty_object(store: Store, prefix: str) -> None:
    key = prefix + "empty"
    store.write(key, b"")
    for start, length in ((0, None), (0, 0), (0, 1), (1, None), (5, 5)):
        assert read_all(store, key, start, length) == b""


def test_ranges_across_parts(store: Store, prefix: str) -> None:
    part = part_size(store)
    data = content(2 * part + 1)
    key = prefix + "ranges"
    store.write(key, chunked(data))
    for start, length in (
        (part - 5, 10),
        (part, 1),
        (2 * part, None),
        (2 * part - 1, 9),
    ):
        end = None if length is None else start + length
        assert read_all(store, key, start, length) == data[start:end], (start, length)


def test_reads_that_are_given_up(store: Store, prefix: str) -> None:
    """A reader that stops half-way holds on to nothing that others need."""
    data = content(3 * MIB)
    key = prefix + "large"
    store.write(key, data)
    for _unused in range(30):
        first = next(store.read(key).chunks)
        assert data.startswith(first)
    assert read_all(store, key) == data


def test_chunks_are_bounded(store: Store, prefix: str) -> None:
    """A body is never handed over in one piece, whatever its size."""
    data = content(multipart_threshold(store) + 1)
    key = prefix + "large"
    store.write(key, data)
    sizes = [len(chunk) for chunk in store.read(key).chunks]
    assert sum(sizes) == len(data)
    assert max(sizes) <= 8 * MIB


def test_missing_object(store: Store, prefix: str) -> None:
    key = prefix + "nothing here"
    store.write(prefix + "nothing here/child", b"")
    for call in (store.stat, store.read):
        with pytest.raises(ObjectMissingError) as raised:
            call(key)
        assert key in str(raised.value)
        assert store.endpoint.container in str(raised.value)


def test_delete(store: Store, prefix: str) -> None:
    keys = [f"{prefix}{name}" for name in ("a", "b", "c/d", "c/e f+g%25")]
    for key in keys:
        store.write(key, b"x")
    assert store.delete(keys[1:]) == {}
    assert set(listed(store, prefix)) == {keys[0]}
    assert store.delete(keys) == {}
    assert listed(store, prefix) == {}


def test_delete_of_the_missing(store: Store, prefix: str) -> None:
    kept = prefix + "kept"
    store.write(kept, b"x")
    assert store.delete([]) == {}
    assert store.delete([prefix + "nothing"]) == {}
    assert store.delete([prefix + "nothing", prefix + "kept/x", prefix + "ke"]) == {}
    assert set(listed(store, prefix)) == {kept}


def test_every_operation_is_counted(bench: Bench, store: Store, prefix: str) -> None:
    key = prefix + "counted"
    calls: t.Sequence[t.Callable[[], object]] = (
        lambda: store.write(key, b"x"),
        lambda: store.stat(key),
        lambda: read_all(store, key),
        lambda: listed(store, prefix),
        lambda: store.delete([key]),
    )
    counts = [store.requests.count]
    for call in calls:
        call()
        counts.append(store.requests.count)
    if bench.subject.provider == "LOCAL":  # a file system is sent no requests
        assert set(counts) == {0}
    else:
        assert all(before < after for before, after in itertools.pairwise(counts))
