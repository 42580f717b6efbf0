# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compression and encryption of streams, against the programs that everybody has."""

from __future__ import annotations

import gzip
import itertools
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    DamagedError,
    WrongSecretError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    LongshoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._age import (
    age_decrypt,
    age_encrypt,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._codecs import (
    Compression,
    Encryption,
    Keys,
    compress,
    decompress,
    decrypt,
    encrypt,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshot_failures import (
    DamagedSnapshotError,
    KeyMissingError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.persist.snapshot_scene import MIB, flipped, identity, noise

ALL = [Compression(name) for name in ("zstd", "gzip", "none")]


def pieces(data: bytes, size: int = 100_000) -> t.Iterator[bytes]:
    return (data[at : at + size] for at in range(0, len(data), size))


@settings(max_examples=40)
@given(
    data=st.lists(st.binary(max_size=3000), max_size=5),
    compression=st.sampled_from(ALL),
    size=st.integers(1, 500),
)
def test_what_comes_out_went_in(
    data: list[bytes], compression: Compression, size: int
) -> None:
    stored = b"".join(compress(data, compression))
    again = decompress(pieces(stored, size), compression.name, "it")
    assert b"".join(again) == b"".join(data)


@pytest.mark.parametrize("level", [1, 6, 9])
def test_gzip_reads_it_and_we_read_gzip(level: int) -> None:
    data = noise(100_000) + bytes(3 * MIB)
    stored = b"".join(compress(pieces(data), Compression("gzip", level)))
    unpacked = subprocess.run(
        ["gzip", "-dc"], input=stored, capture_output=True, check=True
    )
    assert unpacked.stdout == data
    theirs = gzip.compress(data[:50]) + gzip.compress(b"") + gzip.compress(data)
    assert b"".join(decompress([theirs], "gzip", "it")) == data[:50] + data


@pytest.mark.parametrize("threads", [1, 2])
def test_zstd_reads_it_and_we_read_zstd(threads: int) -> None:
    data = noise(4 * MIB) + bytes(30 * MIB)
    stored = b"".join(compress(pieces(data, MIB), Compression(), threads))
    run = subprocess.run(["zstd", "-dc"], input=stored, capture_output=True, check=True)
    assert run.stdout == data
    theirs = subprocess.run(
        ["zstd", "-c"], input=data, capture_output=True, check=True
    ).stdout
    assert b"".join(decompress(pieces(theirs * 2), "zstd", "it")) == data * 2
    # written with a checksum of its own
    damaged = flipped(-2)(stored)
    assert subprocess.run(["zstd", "-t"], input=damaged, check=False).returncode


@pytest.mark.parametrize("name", ["zstd", "gzip"])
def test_little_that_becomes_much_comes_in_small_pieces(name: str) -> None:
    bomb = b"".join(compress(itertools.repeat(bytes(MIB), 200), Compression(name)))
    assert len(bomb) < MIB
    sizes = [len(piece) for piece in decompress([bomb], name, "it")]
    assert sum(sizes) == 200 * MIB and max(sizes) <= MIB


@pytest.mark.parametrize("name", ["zstd", "gzip"])
def test_what_is_damaged_is_said_to_be(name: str) -> None:
    stored = b"".join(compress(pieces(noise(MIB)), Compression(name)))
    for altered in (b"no such thing at all", flipped(len(stored) // 2)(stored)):
        with pytest.raises(DamagedSnapshotError, match="It is damaged"):
            list(decompress([altered], name, "it"))


def test_gzip_that_ends_early() -> None:
    stored = b"".join(compress(pieces(noise(MIB)), Compression("gzip")))
    for length in (0, 5, 1000, len(stored) - 1):
        with pytest.raises(DamagedSnapshotError, match="ends too early"):
            list(decompress([stored[:length]], "gzip", "it"))


@pytest.mark.parametrize(
    ("name", "level", "message"),
    [
        ("lz4", 0, "'lz4' is not a compression"),
        ("zstd", 23, "zstd has no level 23"),
        ("gzip", 10, "gzip has no level 10"),
        ("gzip", -1, "gzip has no level -1"),
        ("none", 3, "none has no level 3"),
    ],
)
def test_what_cannot_be_had(name: str, level: int, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Compression(name, level)


# -- the envelope


def test_an_envelope_opens_for_its_secret_and_what_it_is(workers: Workers) -> None:
    secret, data = SharedSecret.generate(), noise(3 * MIB)
    encryption = Encryption(secret)
    sealed = b"".join(encrypt(pieces(data), encryption, "this", workers))

    def opened(keys: Keys, context: str) -> bytes:
        stream = decrypt(pieces(sealed), "envelope", keys, context, workers, "it")
        return b"".join(stream)

    assert opened(Keys(secret), "this") == data
    with pytest.raises(WrongSecretError):
        opened(Keys(secret), "that")
    with pytest.raises(WrongSecretError):
        opened(Keys(SharedSecret.generate()), "this")
    with pytest.raises(KeyMissingError, match="shared secret, and none was given"):
        decrypt([], "envelope", Keys(), "this", workers, "it")
    with pytest.raises(DamagedError):
        list(decrypt([sealed[:-1]], "envelope", Keys(secret), "this", workers, "it"))
    assert secret.encode() not in repr(Keys(secret)) + repr(encryption)


# -- age


def test_age_reads_it_and_we_read_age(tmp_path: Path) -> None:
    secret, public = identity()
    data = noise(3 * MIB + 17)
    sealed = b"".join(age_encrypt(pieces(data), [identity()[1], public]))
    (tmp_path / "key").write_text(secret + "\n")
    age = shutil.which("age") or "age"
    run = subprocess.run(
        [age, "-d", "-i", tmp_path / "key"],
        input=sealed,
        capture_output=True,
        check=True,
    )
    assert run.stdout == data
    theirs = subprocess.run(
        [age, "-r", public], input=data, capture_output=True, check=True
    )
    assert b"".join(age_decrypt(pieces(theirs.stdout), [secret], "it")) == data
    assert (
        b"".join(age_decrypt([b"".join(age_encrypt([], [public]))], [secret], ""))
        == b""
    )


def test_age_with_keys_of_ssh(tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True
    )
    public = key.with_suffix(".pub").read_text()
    sealed = b"".join(age_encrypt([b"hello"], [public]))
    assert b"".join(age_decrypt([sealed], [key.read_text()], "it")) == b"hello"


def test_the_wrong_identity_and_none(workers: Workers) -> None:
    _secret, public = identity()
    sealed = b"".join(age_encrypt([b"hello"], [public]))
    with pytest.raises(KeyMissingError, match="None of the age identities opens it"):
        list(age_decrypt([sealed], [identity()[0]], "it"))
    with pytest.raises(KeyMissingError, match="no identity was given"):
        decrypt([], "age", Keys(), "", workers, "it")


def test_damaged_age_files() -> None:
    secret, public = identity()
    sealed = b"".join(age_encrypt([noise(200_000)], [public]))
    for altered in (
        b"",
        sealed[:100],
        sealed[:-1],
        sealed[:70_000],
        flipped(-5)(sealed),
    ):
        with pytest.raises(DamagedSnapshotError):
            list(age_decrypt([altered], [secret], "it"))


def test_what_the_source_raises_passes_through_age() -> None:
    def broken() -> t.Iterator[bytes]:
        yield noise(MIB)
        raise LongshoreError("the source broke")

    _secret, public = identity()
    with pytest.raises(LongshoreError, match="^the source broke$"):
        list(age_encrypt(broken(), [public]))


def test_a_stream_that_is_left_ends_its_thread() -> None:
    ended = []

    def endless() -> t.Generator[bytes, None, None]:
        try:
            while True:
                yield noise(MIB)
        finally:
            ended.append(True)

    source = endless()
    stream = t.cast(
        t.Generator[bytes, None, None], age_encrypt(source, [identity()[1]])
    )
    next(stream)
    stream.close()
    source.close()  # would raise if it was still running
    assert ended


@pytest.mark.parametrize(
    "text", ["age1nonsense", "", "ssh-ed25519 nonsense", "AGE-SECRET-KEY-1SECRET"]
)
def test_recipients_that_are_none(text: str) -> None:
    with pytest.raises(ConfigurationError, match="not a recipient"):
        Encryption(recipients=(text,))


def test_identities_that_are_none_are_not_shown() -> None:
    for text in ("AGE-SECRET-KEY-1SECRET", "-----BEGIN SECRET"):
        with pytest.raises(ConfigurationError) as caught:
            age_decrypt([], [text], "it")
        assert "SECRET" not in caught.value.message


def test_one_kind_of_encryption_only() -> None:
    with pytest.raises(ConfigurationError, match="either"):
        Encryption(SharedSecret.generate(), (identity()[1],))
