# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records: padded, sealed whole, opened whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
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
from ansible_collections.longshore.storage.plugins.module_utils._encryption._message import (
    open_message,
    seal_message,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from tests.unit.module_utils.encryption.helpers import SECRET

ALGORITHM = st.sampled_from(ALGORITHMS)


@given(ALGORITHM, st.one_of(st.binary(max_size=3000), st.integers(0, 9000).map(bytes)))
def test_there_and_back(algorithm: Algorithm, message: bytes) -> None:
    sealed = seal_message(SECRET, "record", message, algorithm)
    assert open_message(SECRET, "record", sealed, label="it") == message


@given(ALGORITHM, st.binary(max_size=1500), st.data())
def test_tampering(algorithm: Algorithm, message: bytes, data: st.DataObject) -> None:
    sealed = seal_message(SECRET, "record", message, algorithm)
    place = data.draw(st.integers(0, len(sealed) - 1))
    flipped = bytearray(sealed)
    flipped[place] ^= data.draw(st.integers(1, 255))
    for changed in (bytes(flipped), sealed[:place], sealed + b"\0", sealed * 2):
        with pytest.raises(EncryptionError, match="^It "):
            open_message(SECRET, "record", changed, label="it")
    with pytest.raises(EncryptionError):
        open_message(SECRET, "another", sealed, label="it")


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda a: a.name)
def test_sizes_tell_little(algorithm: Algorithm) -> None:
    sizes = [len(seal_message(SECRET, "r", bytes(n), algorithm)) for n in range(1024)]
    assert len(set(sizes)) == 1
    assert len(seal_message(SECRET, "r", bytes(1024), algorithm)) == sizes[0] + 1024


def test_a_message_too_large() -> None:
    with pytest.raises(ConfigurationError, match="too large"):
        seal_message(SECRET, "r", bytes(16 * 1024 * 1024), AES_256_GCM)


@pytest.mark.parametrize("padded", [b"", b"\0" * 1024, b"text", b"text\x80\0\1"])
def test_what_was_sealed_without_padding(padded: bytes) -> None:
    sealer = Sealer(SECRET, "r", AES_256_GCM, chunk_size=4096)
    sealed = sealer.seal(0, padded, bytes(12), last=True)
    with pytest.raises(DamagedError, match="not padded as a record is"):
        open_message(SECRET, "r", sealed, label="it")
