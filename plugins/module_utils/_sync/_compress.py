# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Encodings that a browser undoes, made so that equal contents give equal bytes."""

from __future__ import annotations

import tempfile
import typing as t
import zlib
from dataclasses import dataclass

from .._drivers._base import CHUNK_SIZE
from .._errors import MissingLibraryError

Encoding = t.Literal["gzip", "br", "zstd"]

#: Each encoding's file name extension.
EXTENSIONS: t.Mapping[Encoding, str] = {"gzip": ".gz", "br": ".br", "zstd": ".zst"}

#: Extensions of files that are compressed already, whatever with.
ENCODED = frozenset({".gz", ".br", ".zst", ".tgz", ".xz", ".bz2", ".zip", ".7z"})

#: Bytes of an encoded body that are held in memory; a larger one goes to a temporary file.
IN_MEMORY = 8 * 1024 * 1024


class _Compressor(t.Protocol):
    def compress(self, data: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


@dataclass(slots=True)
class Encoded:
    """An encoded body: its size, and its chunks, once."""

    size: int
    chunks: t.Iterator[bytes]


def encode(chunks: t.Iterable[bytes], encoding: Encoding) -> Encoded:
    """Encode a body at the strongest level. Raises ``MissingLibraryError``."""
    compressor = _open(encoding)
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)
    for chunk in chunks:
        file.write(compressor.compress(chunk))
    file.write(compressor.finish())
    size = file.tell()
    file.seek(0)

    def read() -> t.Iterator[bytes]:
        with file:
            while chunk := file.read(CHUNK_SIZE):
                yield chunk

    return Encoded(size, read())


def require(encodings: t.Iterable[Encoding]) -> None:
    """Raise ``MissingLibraryError`` unless all of them can be made here."""
    for encoding in encodings:
        _open(encoding)


class _Gzip:
    def __init__(self) -> None:
        # zlib's own gzip header has neither a time nor a name
        self._object = zlib.compressobj(9, zlib.DEFLATED, 31)
        self.compress = self._object.compress

    def finish(self) -> bytes:
        return self._object.flush()


def _open(encoding: Encoding) -> _Compressor:
    if encoding == "gzip":
        return _Gzip()
    if encoding == "br":
        return _open_brotli()
    return _open_zstd()


def _open_brotli() -> _Compressor:
    try:
        import brotli
    except ImportError:
        raise MissingLibraryError(["brotli"], "to compress with br") from None
    compressor: _Compressor = _Renamed(
        brotli.Compressor(quality=11), "process", "finish"
    )
    return compressor


def _open_zstd() -> _Compressor:
    try:
        import zstandard
    except ImportError:
        raise MissingLibraryError(["zstandard"], "to compress with zstd") from None
    compressor: _Compressor = _Renamed(
        zstandard.ZstdCompressor(level=19).compressobj(), "compress", "flush"
    )
    return compressor


class _Renamed:
    """A library's compressor by our names."""

    def __init__(self, compressor: t.Any, compress: str, finish: str) -> None:
        self.compress: t.Callable[[bytes], bytes] = getattr(compressor, compress)
        self.finish: t.Callable[[], bytes] = getattr(compressor, finish)
