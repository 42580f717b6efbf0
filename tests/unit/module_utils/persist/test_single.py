# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layout of micro-s3-persistence: one object, known by two entries of its metadata."""

from __future__ import annotations

import gzip
import io
import tarfile
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
    ObjectInfo,
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    LongshoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._codecs import (
    Compression,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._single import (
    find_single,
    open_single,
    remove_single,
    save_single,
    single_key,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshot_failures import (
    DamagedSnapshotError,
    SnapshotMissingError,
)
from tests.unit.module_utils.persist.snapshot_scene import (
    UNLIMITED,
    Denying,
    local_store,
    memory_store,
    noise,
)


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("."))
        member = tarfile.TarInfo("./a")
        member.size = 70_000
        archive.addfile(member, io.BytesIO(noise(70_000)))
    return out.getvalue()


def put(store: Store, data: bytes, compression: str, fingerprint: str = "f") -> t.Any:
    return save_single(
        store,
        "/var/www/",
        is_directory=True,
        fingerprint=fingerprint,
        stream=[data[:1000], data[1000:]],
        compression=Compression(compression),
        bandwidth=UNLIMITED,
    )


@pytest.mark.parametrize(
    ("compression", "content_type", "flag"),
    [("gzip", "application/x-gtar", "true"), ("none", "application/x-tar", "false")],
)
def test_what_is_written(compression: str, content_type: str, flag: str) -> None:
    store = memory_store()
    saved = put(store, tar(), compression)
    stored = store.read("backup/var/www")
    body = b"".join(stored.chunks)
    assert (gzip.decompress(body) if flag == "true" else body) == tar()
    assert stored.attributes == Attributes(
        content_type=content_type,
        metadata={"iscompressed": flag, "isdirectory": "true", "fingerprint": "f"},
    )
    assert saved == (True, len(body), True)


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("directory", [True, False])
def test_what_the_original_wrote(compressed: bool, directory: bool) -> None:
    store = memory_store()
    metadata = {
        "iscompressed": str(compressed).lower(),
        "isdirectory": str(directory).lower(),
    }
    body = gzip.compress(tar()) if compressed else tar()
    store.write("backup/var/www", body, Attributes(metadata=metadata))
    found, stream = open_single(store, "/var/www", UNLIMITED)
    assert b"".join(stream) == tar()
    assert (found.is_directory, found.is_compressed) == (directory, compressed)
    assert found.size == len(body) and found.fingerprint is None


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_without_metadata_the_bytes_tell(compression: str, tmp_path: Path) -> None:
    store = local_store(tmp_path / "store")
    put(store, tar(), compression)
    found, stream = open_single(store, "/var/www", UNLIMITED)
    assert b"".join(stream) == tar()
    assert found.is_directory is None


def test_nothing_is_sent_when_nothing_changed() -> None:
    store = memory_store()
    assert put(store, tar(), "gzip").changed
    before = store.stat("backup/var/www")
    again = save_single(
        store,
        "/var/www",
        is_directory=True,
        fingerprint="f",
        stream=(pytest.fail("the stream was read") for _unused in [1]),
        compression=Compression("gzip"),
        bandwidth=UNLIMITED,
    )
    assert not again.changed and store.stat("backup/var/www") == before
    assert put(store, tar(), "gzip", "g").changed


def test_the_store_is_told_how_long_it_will_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that parts of a large object need not grow, and memory with them."""
    store, told = memory_store(), list[int | None]()
    write = store.write

    def noted(*arguments: t.Any, size: int | None = None) -> ObjectInfo:
        told.append(size)
        return write(*arguments, size=size)

    monkeypatch.setattr(store, "write", noted)
    save_single(
        store,
        "/var/www",
        is_directory=True,
        fingerprint="f",
        stream=[tar()],
        compression=Compression("gzip"),
        bandwidth=UNLIMITED,
        size=len(tar()),
    )
    assert told == [len(tar())]


def test_what_breaks_off_leaves_what_was_there() -> None:
    store = memory_store()
    put(store, tar(), "gzip")

    def broken() -> t.Iterator[bytes]:
        yield b"half"
        raise LongshoreError("the source broke")

    with pytest.raises(LongshoreError, match="the source broke"):
        save_single(
            store,
            "/var/www",
            is_directory=True,
            fingerprint="g",
            stream=broken(),
            compression=Compression("none"),
            bandwidth=UNLIMITED,
        )
    assert b"".join(open_single(store, "/var/www", UNLIMITED)[1]) == tar()


def test_who_may_only_write(tmp_path: Path) -> None:
    store = memory_store()
    writer = Denying(store, "stat", "read", "list", "delete")
    assert put(writer, tar(), "gzip") == (True, pytest.approx(70_500, abs=900), True)
    assert put(writer, tar(), "gzip").changed


def test_cut_and_missing() -> None:
    store = memory_store()
    with pytest.raises(SnapshotMissingError, match="no object 'backup/var/www'"):
        open_single(store, "/var/www", UNLIMITED)
    put(store, tar(), "gzip")
    body = b"".join(store.read("backup/var/www").chunks)
    flags = {"iscompressed": "true"}
    store.write("backup/var/www", body[:-1], Attributes(metadata=flags))
    with pytest.raises(DamagedSnapshotError, match="ends too early"):
        list(open_single(store, "/var/www", UNLIMITED)[1])
    assert remove_single(store, "/var/www") == {}
    assert find_single(store, "/var/www") is None


def test_keys() -> None:
    store = memory_store()
    assert single_key(store, "/var//www/./x/") == "backup/var/www/x"
    for path in ("/", "var/www", "", "//"):
        with pytest.raises(ConfigurationError, match="in the layout single"):
            single_key(store, path)


def test_its_readers_know_no_zstd() -> None:
    with pytest.raises(ConfigurationError, match="gzip or not at all"):
        put(memory_store(), tar(), "zstd")
