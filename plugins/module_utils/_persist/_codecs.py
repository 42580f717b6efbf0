# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Streams of bytes, compressed and encrypted, and back."""

from __future__ import annotations

import typing as t
import zlib
from dataclasses import dataclass, field

from .._encryption._algorithms import AES_256_GCM
from .._encryption._envelope import Sealer
from .._encryption._pieces import Pieces
from .._encryption._secret import SharedSecret
from .._encryption._streams import open_stream, seal_stream
from .._errors import ConfigurationError, MissingLibraryError
from .._workers import Workers
from ._age import age_decrypt, age_encrypt, check_recipients
from ._snapshot_failures import DamagedSnapshotError, KeyMissingError

#: In pieces of this size compressed bytes come out, bytes.
_PIECE: t.Final = 1024 * 1024

#: And decompressed ones: a processor's own cache holds them until they are written.
_PLAIN: t.Final = 256 * 1024

#: What each thread of zstd works on at once: by default it would be four times the window, bytes.
_JOB: t.Final = 2 * 1024 * 1024

#: The window that a reader of ours accepts: that of ``zstd`` itself, bytes.
_MAX_WINDOW: t.Final = 128 * 1024 * 1024

#: Name -> default level, lowest, highest, ending of a file's name.
_COMPRESSIONS: t.Final = {
    "zstd": (3, 1, 19, ".zst"),
    "gzip": (6, 1, 9, ".gz"),
    "none": (0, 0, 0, ""),
}


@dataclass(frozen=True, slots=True)
class Compression:
    """How a stream is compressed. ``level`` 0 takes the usual one. Raises ``ConfigurationError``."""

    name: str = "zstd"
    level: int = 0

    def __post_init__(self) -> None:
        if self.name not in _COMPRESSIONS:
            raise ConfigurationError(
                f"{self.name!r} is not a compression.",
                hint=f"There are {', '.join(_COMPRESSIONS)}.",
            )
        usual, least, most, _ending = _COMPRESSIONS[self.name]
        if self.level == 0:
            object.__setattr__(self, "level", usual)
        if not least <= self.level <= most:
            raise ConfigurationError(
                f"{self.name} has no level {self.level}.",
                hint=f"Its levels are {least} to {most}.",
            )

    @property
    def ending(self) -> str:
        """Of the name of a file, such as ``.zst``."""
        return _COMPRESSIONS[self.name][3]


@dataclass(frozen=True, slots=True)
class Encryption:
    """How a stream is encrypted: by a secret for our envelope, or for recipients in the format of age.

    With neither it is not. Raises ``ConfigurationError`` and ``MissingLibraryError``.
    """

    secret: SharedSecret | None = None
    recipients: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.secret is not None and self.recipients:
            raise ConfigurationError(
                "A snapshot is encrypted either with a shared secret or for age recipients.",
                hint="Leave out one of them.",
            )
        if self.recipients:
            check_recipients(self.recipients)

    @property
    def name(self) -> str | None:
        """As a record has it: ``envelope``, ``age``, or None."""
        if self.secret is not None:
            return "envelope"
        return "age" if self.recipients else None

    @property
    def readers(self) -> tuple[str, ...]:
        """Who can read what is encrypted so: the recipients, or what tells one secret from another."""
        if self.secret is not None:
            return (self.secret.derive("volume secret id")[:8].hex(),)
        return tuple(sorted(self.recipients))

    @property
    def ending(self) -> str:
        """Of the name of a file, such as ``.age``."""
        return {"envelope": ".sealed", "age": ".age", None: ""}[self.name]


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens encrypted snapshots. Its ``repr`` shows nothing of it."""

    secret: SharedSecret | None = field(default=None, repr=False)
    identities: tuple[str, ...] = field(default=(), repr=False)


def compress(
    stream: t.Iterable[bytes], compression: Compression, threads: int = 1
) -> t.Iterator[bytes]:
    """The stream as ``zstd`` or ``gzip`` would have it, in one frame; ``threads`` is for zstd.

    Memory at the usual levels: about 20 MB for each thread of zstd. Raises ``MissingLibraryError``.
    """
    if compression.name == "none":
        return iter(stream)
    if compression.name == "gzip":
        return _gzip(stream, compression.level)
    return _zstd(stream, compression.level, threads, _zstandard())


def decompress(stream: t.Iterable[bytes], name: str, label: str) -> t.Iterator[bytes]:
    """The inverse, in pieces of 256 KiB at most, whatever the stream would become.

    Raises ``DamagedSnapshotError`` and ``MissingLibraryError``. That a zstd stream was cut is for
    the caller to find out.
    """
    if name == "none":
        return iter(stream)
    if name == "gzip":
        return _gunzip(stream, label)
    return _unzstd(stream, label, _zstandard())


def encrypt(
    stream: t.Iterable[bytes], encryption: Encryption, context: str, workers: Workers
) -> t.Iterator[bytes]:
    """The stream encrypted. ``context`` says what it is; an envelope opens for no other one."""
    if encryption.secret is not None:
        sealer = Sealer(encryption.secret, context, AES_256_GCM)
        return map(bytes, seal_stream(Pieces(stream), sealer, workers))
    if encryption.recipients:
        return age_encrypt(stream, encryption.recipients)
    return iter(stream)


def decrypt(
    stream: t.Iterable[bytes],
    name: str | None,
    keys: Keys,
    context: str,
    workers: Workers,
    label: str,
) -> t.Iterator[bytes]:
    """The inverse; ``name`` is the encryption's. Nothing comes out that was not verified.

    Raises ``KeyMissingError`` at once when the kind of key is missing, and what ``open_stream`` and
    ``age_decrypt`` raise.
    """
    if name is None:
        return iter(stream)
    if name == "envelope":
        if keys.secret is None:
            raise KeyMissingError(
                f"{label[:1].upper()}{label[1:]} is encrypted with a shared secret, and none was given.",
                hint="Give the secret that it was saved with.",
            )
        opened = open_stream(stream, keys.secret, context, workers, label=label)
        return map(bytes, opened)
    if not keys.identities:
        raise KeyMissingError(
            f"{label[:1].upper()}{label[1:]} is encrypted for age recipients, and no identity was given.",
            hint="Give the secret key that belongs to one of its recipients.",
        )
    return age_decrypt(stream, keys.identities, label)


def _gzip(stream: t.Iterable[bytes], level: int) -> t.Iterator[bytes]:
    compressor = zlib.compressobj(level, zlib.DEFLATED, 31)
    for piece in stream:
        if data := compressor.compress(piece):
            yield data
    yield compressor.flush()


def _zstd(
    stream: t.Iterable[bytes], level: int, threads: int, zstandard: t.Any
) -> t.Iterator[bytes]:
    several = {"threads": threads, "job_size": _JOB} if threads > 1 else {}
    parameters = zstandard.ZstdCompressionParameters.from_level(
        level, write_checksum=True, **several
    )
    # Pieces of one size: of those of any size, memory would be kept in ever larger holes.
    chunker = zstandard.ZstdCompressor(compression_params=parameters).chunker(
        chunk_size=_PIECE
    )
    for piece in stream:
        yield from chunker.compress(piece)
    yield from chunker.finish()


def _gunzip(stream: t.Iterable[bytes], label: str) -> t.Iterator[bytes]:
    """Any number of members, as gzip itself reads them."""
    decompressor, whole = zlib.decompressobj(31), False
    for piece in stream:
        data, out = piece, b""
        # With a full piece out, more may be held back although nothing is left to put in.
        while data or len(out) == _PLAIN:
            if decompressor.eof:
                decompressor = zlib.decompressobj(31)
            try:
                out = decompressor.decompress(data, _PLAIN)
            except zlib.error as error:
                raise DamagedSnapshotError(label, f"is damaged ({error})") from None
            if out:
                yield out
            whole = decompressor.eof
            data = decompressor.unused_data if whole else decompressor.unconsumed_tail
            if whole:
                out = b""
    if not whole:
        raise DamagedSnapshotError(label, "is incomplete: it ends too early")


def _unzstd(
    stream: t.Iterable[bytes], label: str, zstandard: t.Any
) -> t.Iterator[bytes]:
    reader = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).stream_reader(
        Pieces(stream), read_size=_PIECE, read_across_frames=True
    )
    while True:
        try:
            data = reader.read(_PLAIN)
        except zstandard.ZstdError as error:
            raise DamagedSnapshotError(label, f"is damaged ({error})") from None
        if not data:
            return
        yield data


def _zstandard() -> t.Any:
    try:
        import zstandard
    except ImportError:
        raise MissingLibraryError(["zstandard"], "to compress with zstd") from None
    return zstandard
