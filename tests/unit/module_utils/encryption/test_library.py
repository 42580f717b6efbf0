# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The library is imported when it is needed, and asked for when it is missing."""

from __future__ import annotations

import functools
import io
import sys
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
    ALGORITHMS,
    Aead,
    Algorithm,
    algorithm_named,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._distsync01 import (
    open_distsync01,
    seal_distsync01,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._distsync01_names import (
    encrypt_name,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._envelope import (
    Sealer,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    MissingLibraryError,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.encryption.helpers import NAMES, SECRET


def _make(algorithm: Algorithm, workers: Workers) -> Aead:
    return algorithm.make(bytes(32))


USES: dict[str, t.Callable[[Workers], object]] = {
    "derive": lambda workers: SECRET.derive("x"),
    "seal": lambda workers: Sealer(SECRET, "x", AES_256_GCM),
    "write distsync01": lambda workers: list(
        seal_distsync01(io.BytesIO(b"x"), SECRET, workers)
    ),
    "read distsync01": lambda workers: list(
        open_distsync01([b"distsync01"], SECRET, workers)
    ),
    "name": lambda workers: encrypt_name(SECRET, "x"),
    "sign": lambda workers: SigningKey.generate().sign("x", b"x"),
    "public": lambda workers: SigningKey.generate().public,
    **{algorithm.name: functools.partial(_make, algorithm) for algorithm in ALGORITHMS},
}


@pytest.mark.parametrize("use", USES)
def test_a_missing_library_is_named(
    use: str, monkeypatch: pytest.MonkeyPatch, workers: Workers
) -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] == "cryptography":
            monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingLibraryError, match="pip install cryptography"):
        USES[use](workers)


def test_secrets_need_no_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert SharedSecret.decode(SharedSecret.generate().encode())


@pytest.mark.parametrize("name", NAMES)
def test_algorithms_by_name(name: str) -> None:
    assert algorithm_named(f" {name.lower()} ").name == name


def test_an_unknown_algorithm() -> None:
    with pytest.raises(ConfigurationError) as caught:
        algorithm_named("ROT13")
    for name in NAMES:
        assert name in caught.value.hint
