# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Known answers: the engine, the slow reference and the file of vectors say the same."""

from __future__ import annotations

import base64
import hashlib
import io
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_128_CBC_HMAC_SHA_256,
    algorithm_named,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._distsync01 import (
    open_distsync01,
    seal_distsync01,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._distsync01_names import (
    encrypt_name,
    read_name,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._envelope import (
    Opener,
    Sealer,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._message import (
    open_message,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._names import (
    keyed_id,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    PublicKey,
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._streams import (
    open_stream,
    seal_stream,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers
from tests.unit.module_utils.encryption import reference
from tests.unit.module_utils.encryption.helpers import VECTORS

RAW = bytes.fromhex(VECTORS["secret"])
SECRET = SharedSecret(RAW)
DISTSYNC01 = VECTORS["distsync01"]
OLD_SECRET = SharedSecret(bytes.fromhex(DISTSYNC01["secret"]))


def ivs() -> t.Callable[[int], bytes]:
    """The nth call gives bytes of value n."""
    number = iter(range(256))
    return lambda size: bytes([next(number)]) * size


def matches(vector: t.Mapping[str, t.Any], data: bytes, name: str) -> bool:
    if name in vector:
        return bool(vector[name] == data.hex())
    digest = hashlib.sha256(data).hexdigest()
    return bool((vector["size"], vector["sha256"]) == (len(data), digest))


def test_the_aead_of_rfc_7518_with_its_key_turned_round() -> None:
    vector = {
        name: bytes.fromhex(value) for name, value in VECTORS["rfc7518_b1"].items()
    }
    aead = AES_128_CBC_HMAC_SHA_256.make(vector["etm_key_enc_then_mac"])
    sealed = aead.seal(vector["iv"], vector["plaintext"], vector["aad"])
    assert sealed == vector["iv_ciphertext_tag"]
    assert aead.open(vector["iv_ciphertext_tag"], vector["aad"]) == vector["plaintext"]


@pytest.mark.parametrize("vector", VECTORS["derived"], ids=lambda v: v["purpose"])
def test_derived_keys(vector: dict[str, t.Any]) -> None:
    arguments = vector["purpose"], bytes.fromhex(vector["salt"]), vector["length"]
    assert SECRET.derive(*arguments).hex() == vector["key"]
    assert reference.hkdf(RAW, *arguments).hex() == vector["key"]


@pytest.mark.parametrize(
    "vector",
    VECTORS["envelopes"],
    ids=lambda v: f"{v['algorithm']}-{v['plaintext_size']}",
)
def test_envelopes(vector: dict[str, t.Any], workers: Workers) -> None:
    plain = reference.pattern(vector["plaintext_size"])
    name, context = vector["algorithm"], vector["context"]
    sealer = Sealer(
        SECRET,
        context,
        algorithm_named(name),
        chunk_size=vector["chunk_size"],
        random=reference.counting(),
    )
    envelope = b"".join(seal_stream(io.BytesIO(plain), sealer, workers))
    assert matches(vector, envelope, "envelope")
    again = reference.seal(
        RAW, context, name, vector["chunk_size"], plain, reference.counting()
    )
    assert envelope == again
    assert sealer.layout.sealed_size(len(plain)) == len(envelope)
    opened = open_stream([envelope], SECRET, context, workers)
    assert b"".join(opened) == plain


@pytest.mark.parametrize(
    "vector",
    VECTORS["messages"],
    ids=lambda v: f"{v['algorithm']}-{v['message_size']}",
)
def test_messages(vector: dict[str, t.Any]) -> None:
    message = reference.pattern(vector["message_size"])
    name, context = vector["algorithm"], vector["context"]
    sealed = reference.seal_message(RAW, context, name, message, reference.counting())
    assert matches(vector, sealed, "message")
    assert open_message(SECRET, context, sealed, label="x") == message


@pytest.mark.parametrize("vector", VECTORS["ids"], ids=lambda v: v["id"])
def test_ids(vector: dict[str, t.Any]) -> None:
    assert keyed_id(SECRET, vector["kind"], *vector["parts"]) == vector["id"]
    assert reference.keyed_id(RAW, vector["kind"], *vector["parts"]) == vector["id"]


@pytest.mark.parametrize("vector", VECTORS["signatures"])
def test_signatures(vector: dict[str, t.Any]) -> None:
    key = SigningKey.decode(vector["signing_key"])
    message, signature = (bytes.fromhex(vector[k]) for k in ("message", "signature"))
    assert key.encode() == vector["signing_key"]
    assert key.public.encode() == vector["public_key"]
    assert key.public.fingerprint == vector["fingerprint"]
    assert key.sign(vector["purpose"], message) == signature
    public = PublicKey.decode(vector["public_key"])
    public.verify(vector["purpose"], message, signature, label="x")


def test_shared_secrets() -> None:
    for raw, text in (
        (RAW, VECTORS["shared_secret"]),
        (OLD_SECRET.raw, DISTSYNC01["shared_secret"]),
    ):
        assert SharedSecret(raw).encode() == text == reference.checked_text(raw)
        assert SharedSecret.decode(text).raw == raw
    assert OLD_SECRET.raw == b"hellohelloworld1hellohelloworld1"


@pytest.mark.parametrize("number", range(len(DISTSYNC01["files"])))
def test_distsync01_files(number: int, workers: Workers) -> None:
    vector = DISTSYNC01["files"][number]
    plain = bytes(vector.get("zeros", 0)) or bytes.fromhex(vector.get("plaintext", ""))
    source = io.BytesIO(plain)
    file = b"".join(seal_distsync01(source, OLD_SECRET, workers, random=ivs()))
    assert matches(vector, file, "file")
    parts = [plain[at : at + 1_000_000] for at in range(0, len(plain), 1_000_000)]
    assert file == reference.distsync01(OLD_SECRET.raw, parts, ivs())
    assert b"".join(open_distsync01([file], OLD_SECRET, workers)) == plain


@pytest.mark.parametrize("vector", DISTSYNC01["names"], ids=lambda v: v["name"])
def test_distsync01_names(vector: dict[str, str]) -> None:
    name, key = vector["name"], vector["key"]
    assert encrypt_name(OLD_SECRET, name, random=ivs()) == key
    assert reference.distsync01_name(OLD_SECRET.raw, name, ivs()) == key
    assert read_name(OLD_SECRET, key) == name
    assert base64.urlsafe_b64decode(key)[:2] == b"d0"


def test_the_header_as_the_page_has_it() -> None:
    vector = next(v for v in VECTORS["envelopes"] if v["plaintext_size"] == 11)
    data = bytes.fromhex(vector["envelope"])
    assert data[:10] == b"longshore\x01"
    header = Opener(SECRET, vector["context"], data[:80]).header
    assert header.algorithm.number == int.from_bytes(data[10:12], "big")
    assert header.chunk_size == int.from_bytes(data[12:16], "big") == 4096
    assert header.salt == data[16:48] == bytes(range(32))
    assert header.encode() == data[:80]
