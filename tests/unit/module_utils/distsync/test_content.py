# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rest of a big release, fetched in ranges: every byte from where one asked, or a refusal."""

from __future__ import annotations

import io
import random
import typing as t
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._bandwidth import (
    Bandwidth,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync import (
    _content,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._content import (
    Content,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    MismatchError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._layout import (
    artifact_context,
    new_id,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._release import (
    Release,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ReadResult,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
    MemoryStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_128_CBC_HMAC_SHA_256,
    AES_256_GCM,
    ALGORITHMS,
    Algorithm,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._envelope import (
    Sealer,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    DamagedError,
    EncryptionError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._streams import (
    seal_stream,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LongshoreError,
    StoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._ranges import (
    STEP,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers

KIB: t.Final = 1024
MIB: t.Final = 1024 * KIB
SECRET: t.Final = SharedSecret(bytes(range(32)))
ARTIFACT: t.Final = new_id()
KEY: t.Final = "artifacts/app"
#: Four ranges; the last one is short, and no whole number of chunks.
LAST: t.Final = 200_003
PLAIN: t.Final = random.Random(7).randbytes(3 * STEP + LAST)
#: Those of which a range has many, some, and one.
CHUNK_SIZES: t.Final = (64 * KIB, 256 * KIB, STEP)


class Bucket(MemoryStore):
    """Notes each read, and does something before it."""

    def __init__(self) -> None:
        super().__init__(Endpoint("MEMORY", f"b{uuid.uuid4().hex}"))
        self.create_container()
        self.begins: list[int] = []
        self.before: t.Callable[[int], object] = lambda start: None

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        self.begins.append(start)
        self.before(start)
        return super().read(key, start, length)


class Scene:
    """A sealed release in a bucket of its own."""

    def __init__(
        self,
        algorithm: Algorithm,
        chunk_size: int,
        workers: Workers,
        plain: bytes = PLAIN,
    ) -> None:
        self.plain = plain
        self.bucket = Bucket()
        self._algorithm = algorithm
        self._chunk_size = chunk_size
        self._workers = workers
        self.sealed = self.sealed_again()
        self.bucket.write(KEY, self.sealed)

    def sealed_again(self) -> bytes:
        """The same contents for the same artifact: another object."""
        context = artifact_context(ARTIFACT)
        sealer = Sealer(SECRET, context, self._algorithm, chunk_size=self._chunk_size)
        return b"".join(seal_stream(io.BytesIO(self.plain), sealer, self._workers))

    def content(self) -> Content:
        release = Release(
            name="app",
            version="1",
            channel="stable",
            artifact=ARTIFACT,
            size=len(self.plain),
            sealed_size=len(self.sealed),
            digest="",
            mode=0o644,
            created=0,
        )
        no_limit = Bandwidth(None)
        return Content(self.bucket, KEY, SECRET, release, self._workers, no_limit)

    def rest(self, start: int) -> bytes:
        return b"".join(bytes(piece) for piece in self.content().rest(start))

    def until(self, number: int) -> bytes:
        """What is in the ranges before that one."""
        offset = self.content().layout.plain_offset(number * STEP // self._chunk_size)
        return self.plain[:offset]

    def refused(self, sealed: bytes | bytearray) -> tuple[bytes, LongshoreError]:
        """What comes out of this instead of the genuine object before it is refused, and the refusal."""
        found = io.BytesIO()
        self.bucket.write(KEY, bytes(sealed))
        with pytest.raises(LongshoreError) as caught:
            for piece in self.content().rest(0):
                found.write(piece)
        self.bucket.write(KEY, self.sealed)
        return found.getvalue(), caught.value


@pytest.fixture(autouse=True)
def big(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read in ranges, without being as big as it takes."""
    monkeypatch.setattr(_content, "BIG", STEP + 1)


@pytest.fixture(scope="module", params=CHUNK_SIZES, ids=lambda size: f"{size // KIB}K")
def chunk_size(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module", params=ALGORITHMS, ids=lambda one: one.name)
def scene(request: pytest.FixtureRequest, chunk_size: int, workers: Workers) -> Scene:
    return Scene(request.param, chunk_size, workers)


def test_the_rest_from_anywhere(scene: Scene) -> None:
    layout = scene.content().layout
    chunk = layout.plain_offset(1)
    second = layout.plain_offset(STEP // layout.chunk_size)
    edges = (chunk, second, len(PLAIN) - LAST, len(PLAIN) - 1)
    for start in {0, second + chunk // 2}.union(
        *((at - 1, at, at + 1) for at in edges)
    ):
        is_right = scene.rest(start) == PLAIN[start:]
        assert is_right, start


def test_it_is_read_in_ranges(scene: Scene) -> None:
    scene.bucket.begins.clear()
    scene.rest(0)
    # the header first; the ranges are fetched side by side
    assert sorted(scene.bucket.begins) == [0, 0, STEP, 2 * STEP, 3 * STEP]


@settings(max_examples=8)
@given(data=st.data())
def test_damage_anywhere_is_refused(scene: Scene, data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(scene.sealed) - 1))
    sealed = bytearray(scene.sealed)
    sealed[position] ^= data.draw(st.integers(1, 255))
    found, error = scene.refused(sealed)
    assert isinstance(error, EncryptionError)
    # the ranges before it
    assert found == scene.until(position // STEP)


def test_a_range_from_elsewhere_is_refused(scene: Scene) -> None:
    sealed = scene.sealed
    head, tail = sealed[:STEP], sealed[3 * STEP :]
    second, third = sealed[STEP : 2 * STEP], sealed[2 * STEP : 3 * STEP]
    other = scene.sealed_again()[STEP : 2 * STEP]
    for middle in (third + second, second + second, other + third):
        found, error = scene.refused(head + middle + tail)
        assert isinstance(error, DamagedError)
        assert found == scene.until(2 if middle == second + second else 1)


def test_another_size_is_refused(scene: Scene) -> None:
    for sealed in (scene.sealed[:-1], scene.sealed + b"x", scene.sealed[: 2 * STEP]):
        assert isinstance(scene.refused(sealed)[1], MismatchError)


def test_an_object_that_is_replaced_meanwhile_is_refused(workers: Workers) -> None:
    scene = Scene(AES_256_GCM, 64 * KIB, workers)
    other = scene.sealed_again()
    content = scene.content()

    def replace(start: int) -> None:
        if start == STEP:
            scene.bucket.write(KEY, other)

    scene.bucket.before = replace
    with pytest.raises(StoreError, match="it changed while it was read"):
        for _unused in content.rest(0):
            pass


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda one: one.name)
def test_chunks_larger_than_a_range_come_by_one_request(
    workers: Workers, algorithm: Algorithm
) -> None:
    scene = Scene(algorithm, 16 * MIB, workers, PLAIN + PLAIN[: 4 * MIB])
    for start in (0, 1, STEP, 16 * MIB, len(scene.plain) - 1):
        scene.bucket.begins.clear()
        is_right = scene.rest(start) == scene.plain[start:]
        assert is_right, start
        assert len(scene.bucket.begins) == 2
    for position in (0, STEP, len(scene.sealed) - 1):
        sealed = bytearray(scene.sealed)
        sealed[position] ^= 1
        assert isinstance(scene.refused(sealed)[1], EncryptionError)


def test_smaller_ones_come_by_one_request(workers: Workers) -> None:
    scene = Scene(AES_128_CBC_HMAC_SHA_256, 64 * KIB, workers, PLAIN[:STEP])
    scene.bucket.begins.clear()
    # what is left counts: the first of these is in ranges, the second is not
    assert scene.rest(0) == scene.plain
    assert len(scene.bucket.begins) == 1 + 2
    assert scene.rest(200_000) == scene.plain[200_000:]
    assert len(scene.bucket.begins) == 1 + 2 + 2
