# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The formats once more, written after docs/encryption.md alone: whole in memory, step by step, slow.

HKDF and the CBC-HMAC construction are spelled out here with the standard library's ``hmac``; of
``cryptography`` only AES-CBC, AES-GCM and ChaCha20-Poly1305 are used. Nothing is taken from the engine.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import struct
import typing as t
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.padding import PKCS7

CBC, GCM, CHACHA = (
    "AEAD_AES_128_CBC_HMAC_SHA_256",
    "AES_256_GCM",
    "CHACHA20_POLY1305",
)
NUMBERS = {CBC: 1, GCM: 2, CHACHA: 3}
NONCE_SIZES = {CBC: 16, GCM: 12, CHACHA: 12}

Random = t.Callable[[int], bytes]


def counting() -> Random:
    """Random numbers that anybody can foretell: the bytes 0, 1, 2 … 255, 0, 1 …"""
    numbers = itertools.cycle(range(256))
    return lambda size: bytes(itertools.islice(numbers, size))


def pattern(size: int) -> bytes:
    """A plaintext: byte i is i modulo 251."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, hashlib.sha256)


def hkdf(secret: bytes, purpose: str, salt: bytes = b"", length: int = 32) -> bytes:
    info = b"longshore.storage/1/" + purpose.encode()
    extracted = _hmac(salt or bytes(32), secret)
    okm, block = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = _hmac(extracted, block + info + bytes([number]))
        okm += block
    return okm[:length]


def seal_chunk(
    name: str, key: bytes, nonce: bytes, plain: bytes, associated: bytes
) -> bytes:
    if name == GCM:
        return nonce + AESGCM(key).encrypt(nonce, plain, associated)
    if name == CHACHA:
        return nonce + ChaCha20Poly1305(key).encrypt(nonce, plain, associated)
    padder = PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key[:16]), modes.CBC(nonce)).encryptor()
    body = nonce + encryptor.update(padded) + encryptor.finalize()
    bits = struct.pack(">Q", len(associated) * 8)
    return body + _hmac(key[16:], associated + body + bits)[:16]


def capacity(name: str, chunk_size: int, index: int) -> int:
    """How much plaintext a chunk takes that is not the last."""
    rest = chunk_size - NONCE_SIZES[name] - 16 - (name == CBC)
    return rest - 80 if index == 0 else rest


def split(name: str, chunk_size: int, plain: bytes) -> list[bytes]:
    """The plaintexts of the chunks."""
    parts: list[bytes] = []
    while True:
        size = capacity(name, chunk_size, len(parts))
        parts.append(plain[:size])
        plain = plain[size:]
        if not plain:
            return parts


def seal(
    secret: bytes,
    context: str,
    name: str,
    chunk_size: int,
    plain: bytes,
    random: Random,
) -> bytes:
    salt = random(32)
    fields = b"longshore" + struct.pack(">BHI", 1, NUMBERS[name], chunk_size) + salt
    mac_key = hkdf(secret, "envelope header", salt)
    header = fields + _hmac(mac_key, fields + context.encode())
    key = hkdf(secret, f"envelope {name}", salt)
    parts = split(name, chunk_size, plain)
    sealed = header
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        associated = header + struct.pack(">QB", index, last)
        nonce = random(NONCE_SIZES[name])
        sealed += seal_chunk(name, key, nonce, part, associated)
    return sealed


def seal_message(
    secret: bytes, context: str, name: str, message: bytes, random: Random
) -> bytes:
    padded = message + b"\x80"
    padded += bytes(-len(padded) % 1024)
    chunk_size = 4096
    while capacity(name, chunk_size, 0) < len(padded):
        chunk_size *= 2
    return seal(secret, context, name, chunk_size, padded, random)


def keyed_id(secret: bytes, kind: str, *parts: str) -> str:
    message = b""
    for part in parts:
        message += struct.pack(">I", len(part.encode())) + part.encode()
    return _hmac(hkdf(secret, f"id {kind}"), message)[:20].hex()


def checked_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw + struct.pack(">I", zlib.crc32(raw))).decode()


def distsync01(secret: bytes, chunks: t.Iterable[bytes], random: Random) -> bytes:
    data = b"distsync01"
    for chunk in chunks:
        sealed = seal_chunk(CBC, secret, random(16), chunk, b"")
        data += struct.pack(">I", len(sealed)) + sealed
    data += bytes(4)
    return data + _hmac(secret, data)


def distsync01_name(secret: bytes, name: str, random: Random) -> str:
    sealed = seal_chunk(CBC, secret, random(16), name.encode(), b"")
    return base64.urlsafe_b64encode(b"d0" + sealed).decode()
