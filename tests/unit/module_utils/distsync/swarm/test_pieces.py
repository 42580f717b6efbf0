# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The torrent of an object: against the library, and by any portions."""

from __future__ import annotations

import random
import typing as t

import libtorrent
import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._swarm._pieces import (
    PieceHasher,
    metainfo,
    piece_size,
    torrent_name,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    FormatError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)

MIB = 1024 * 1024
SECRET = SharedSecret(bytes(range(32)))


def hashes_of(data: bytes, portion: int) -> bytes:
    hasher = PieceHasher(len(data))
    for at in range(0, len(data), portion):
        hasher.update(data[at : at + portion])
    return hasher.finish()


@pytest.mark.parametrize("size", [4 * MIB, 4 * MIB + 1, 5 * MIB - 1, 7 * MIB + 16384])
def test_the_library_makes_the_same_of_the_object(size: int, tmp_path: object) -> None:
    data = random.Random(size).randbytes(size)
    made: t.Any = libtorrent.bdecode(
        metainfo(SECRET, "a" * 40, size, hashes_of(data, 100_000), "it")
    )
    file = f"{tmp_path}/{torrent_name(SECRET, 'a' * 40)}"
    with open(file, "wb") as out:
        out.write(data)
    flags = libtorrent.create_torrent_flags_t.v2_only
    torrent = libtorrent.create_torrent(
        libtorrent.list_files(file), piece_size(size), flags
    )
    torrent.set_priv(True)
    libtorrent.set_piece_hashes(torrent, str(tmp_path))
    theirs: t.Any = torrent.generate()
    assert made[b"piece layers"] == theirs[b"piece layers"]
    for key in (b"file tree", b"meta version", b"name", b"piece length", b"private"):
        assert made[b"info"][key] == theirs[b"info"][key]


def test_portions_make_no_difference() -> None:
    data = random.Random(1).randbytes(MIB + 77)
    expected = hashes_of(data, len(data))
    for portion in (1000, 16383, 16384, 16385, 300_000):
        assert hashes_of(data, portion) == expected


def test_who_lacks_the_secret_has_another_torrent() -> None:
    hashes = hashes_of(bytes(MIB), MIB)
    one, other = (
        metainfo(secret, "a" * 40, MIB, hashes, "it")
        for secret in (SECRET, SharedSecret(bytes(32)))
    )
    ours, theirs = (
        libtorrent.load_torrent_buffer(data).info_hashes.v2 for data in (one, other)
    )
    assert ours != theirs


@pytest.mark.parametrize("hashes", [b"", bytes(32), bytes(3 * 32), bytes(65 * 32 + 1)])
def test_hashes_of_another_number_are_refused(hashes: bytes) -> None:
    with pytest.raises(FormatError, match="^The record"):
        metainfo(SECRET, "a" * 40, 2 * 256 * 1024, hashes, "the record")


def test_larger_objects_have_larger_pieces() -> None:
    sizes = [piece_size(10**power) for power in range(6, 13)]
    assert sizes == sorted(sizes) and sizes[0] == 256 * 1024
    assert all(size & (size - 1) == 0 for size in sizes)
    assert sizes[-1] == 16 * MIB
