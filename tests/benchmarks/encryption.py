# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.benchmarks.encryption``: how fast files are sealed and opened, and how fast the library could.

Part of ``make bench``. The ceilings are measured in the same rounds: as many threads as the engine has, each in a loop over a
buffer of the size of a chunk with nothing but the cipher, then with nothing but the MAC. A byte that needs
both takes the time of both: that ceiling is ``1 / (1 / cipher + 1 / MAC)``. Rates are in GB/s (10^9 bytes of
plaintext), medians of the rounds; a ratio is the median of the rounds' own ratios, since other work on
the machine slows down both. Memory is what a process grows by that seals a stream and opens it again.
"""

from __future__ import annotations

import argparse
import functools
import io
import os
import statistics
import subprocess
import sys
import threading
import time
import typing as t
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Buffer,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_128_CBC_HMAC_SHA_256,
    AES_256_GCM,
    ALGORITHMS,
    Algorithm,
    algorithm_named,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._distsync01 import (
    open_distsync01,
    seal_distsync01,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._envelope import (
    CHUNK_SIZE,
    Sealer,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._pieces import (
    Pieces,
    Source,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._streams import (
    open_stream,
    seal_stream,
)
from ansible_collections.longshore.storage.plugins.module_utils._workers import Workers

from .tables import Table

_MIB: t.Final = 1024 * 1024
_KEY: t.Final = bytes(range(32))
_SECRET: t.Final = SharedSecret(_KEY)

#: How much each thread does to find a ceiling, bytes.
_SAMPLE: t.Final = 64 * _MIB


#: Does the work, as its pieces are used.
Run: t.TypeAlias = t.Callable[[], t.Iterator[Buffer]]


class Work(t.NamedTuple):
    """What is measured, and the primitives that it cannot do without."""

    name: str
    run: Run
    primitives: t.Sequence[t.Callable[[bytes], object]]


class Rates(t.NamedTuple):
    """GB/s of one round; ``processor`` is GB of a second of processor time, of all threads together."""

    engine: float
    processor: float
    ceiling: float


TITLE: t.Final = "Sealing and opening, without a store"
NOTE: t.Final = (
    "Rates are in GB/s (10^9 bytes of plaintext), medians of the rounds. The ceiling is what as many threads do "
    "with nothing but the cipher and the MAC; the ratio is the median of the rounds' own. Memory is what a "
    "process grows by that seals a stream and opens it again."
)


def main() -> None:
    """Measure, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", type=int, default=256, help="MiB of plaintext")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--chunk", type=int, default=CHUNK_SIZE // 1024, help="KiB")
    parser.add_argument("--growth-of", metavar="ALGORITHM", help=argparse.SUPPRESS)
    given = parser.parse_args()
    settings = Settings(given.size, given.rounds, given.threads, given.chunk)
    if given.growth_of:
        print(growth(algorithm_named(given.growth_of), settings))
        return
    for table in tables(settings):
        print(f"{table.text()}\n")


class Settings(t.NamedTuple):
    """``size`` in MiB, ``chunk`` in KiB."""

    size: int = 256
    rounds: int = 7
    threads: int = os.cpu_count() or 1
    chunk: int = CHUNK_SIZE // 1024


def tables(settings: Settings) -> list[Table]:
    """Rates, and memory."""
    return [_rates(settings), _growths(settings)]


def _rates(settings: Settings) -> Table:
    size, chunk_size = settings.size * _MIB, settings.chunk * 1024
    rows = [["work", "GB/s", "GB per processor second", "ceiling, GB/s", "ratio"]]
    plain = (os.urandom(16 * _MIB) * (settings.size // 16 + 1))[:size]
    with Workers(settings.threads) as workers:
        for work in works(plain, chunk_size, workers):
            rounds = [
                measure(work, size, chunk_size, settings.threads)
                for _unused in range(settings.rounds)
            ]
            figures = [statistics.median(rates) for rates in zip(*rounds, strict=True)]
            figures.append(statistics.median(r.engine / r.ceiling for r in rounds))
            rows.append([work.name, *(f"{one:.2f}" for one in figures)])
    caption = (
        f"{settings.size} MiB in chunks of {settings.chunk} KiB on {settings.threads} threads, "
        f"{settings.rounds} rounds:"
    )
    return Table(caption, rows)


def _growths(settings: Settings) -> Table:
    """Each in a process of its own."""
    rows = [["algorithm", "memory, MiB"]]
    for algorithm in ALGORITHMS:
        arguments = ["--growth-of", algorithm.name, "--size", str(settings.size)]
        arguments += ["--threads", str(settings.threads)]
        arguments += ["--chunk", str(settings.chunk)]
        command = [sys.executable, "-m", "tests.benchmarks.encryption", *arguments]
        grown = subprocess.run(command, check=True, capture_output=True, text=True)
        rows.append([algorithm.name, grown.stdout.strip()])
    return Table("Memory:", rows)


def works(plain: bytes, chunk_size: int, workers: Workers) -> t.Iterator[Work]:
    """All that is measured. What is opened is sealed before, and held in memory."""
    run: Run
    for algorithm in ALGORITHMS:
        run = functools.partial(_seal, plain, algorithm, chunk_size, workers)
        sealing, opening = _primitives(algorithm, chunk_size)
        yield Work(f"{algorithm.name} seal", run, sealing)
        sealed = list(run())
        run = functools.partial(open_stream, sealed, _SECRET, "x", workers)
        yield Work(f"{algorithm.name} open", run, opening)
    sealing, opening = _primitives(AES_128_CBC_HMAC_SHA_256, chunk_size)
    run = functools.partial(_seal_distsync01, plain, workers)
    yield Work("distsync01 seal", run, [*sealing, _mac])
    sealed = list(run())
    run = functools.partial(open_distsync01, sealed, _SECRET, workers)
    yield Work("distsync01 open", run, [*opening, _mac])


def measure(work: Work, size: int, chunk_size: int, threads: int) -> Rates:
    """One round: the engine, and its ceiling just after."""
    began, used = time.perf_counter(), time.process_time()
    for _piece in work.run():
        pass
    wall, processor = time.perf_counter() - began, time.process_time() - used
    ceiling = 1 / sum(1 / _rate(one, chunk_size, threads) for one in work.primitives)
    return Rates(size / wall / 1e9, size / processor / 1e9, ceiling)


def growth(algorithm: Algorithm, settings: Settings) -> int:
    """MiB that this process grows by when so many bytes are sealed, and opened as they come out."""
    piece = bytes(_MIB)
    before = _peak()
    source = Pieces(piece for _unused in range(settings.size))
    with Workers(settings.threads) as workers:
        sealed = _seal_from(source, algorithm, settings.chunk * 1024, workers)
        count = sum(len(one) for one in open_stream(sealed, _SECRET, "x", workers))
    if count != settings.size * _MIB:
        raise RuntimeError(f"{count} bytes came out of {settings.size} MiB")
    return (_peak() - before) // 1024


def _peak() -> int:
    """KiB that this process held at most. (What ``getrusage`` says includes the parent's before it.)"""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def _seal(
    plain: bytes, algorithm: Algorithm, chunk_size: int, workers: Workers
) -> t.Iterator[Buffer]:
    return _seal_from(io.BytesIO(plain), algorithm, chunk_size, workers)


def _seal_from(
    source: Source, algorithm: Algorithm, chunk_size: int, workers: Workers
) -> t.Iterator[Buffer]:
    sealer = Sealer(_SECRET, "x", algorithm, chunk_size=chunk_size)
    return seal_stream(source, sealer, workers)


def _seal_distsync01(plain: bytes, workers: Workers) -> t.Iterator[Buffer]:
    return seal_distsync01(io.BytesIO(plain), _SECRET, workers)


def _primitives(
    algorithm: Algorithm, chunk_size: int
) -> tuple[list[t.Callable[[bytes], object]], list[t.Callable[[bytes], object]]]:
    """What sealing takes, and what opening takes, of one buffer."""
    if algorithm is AES_128_CBC_HMAC_SHA_256:
        return [_encrypt_cbc, _mac], [_decrypt_cbc, _mac]
    kind = AESGCM if algorithm is AES_256_GCM else ChaCha20Poly1305
    aead, nonce = kind(_KEY), bytes(12)
    sealed = aead.encrypt(nonce, bytes(chunk_size), b"")
    return (
        [lambda buffer: aead.encrypt(nonce, buffer, b"")],
        [lambda buffer: aead.decrypt(nonce, sealed, b"")],
    )


def _encrypt_cbc(buffer: bytes) -> object:
    cipher = Cipher(algorithms.AES(_KEY[:16]), modes.CBC(bytes(16)))
    return cipher.encryptor().update(buffer)


def _decrypt_cbc(buffer: bytes) -> object:
    cipher = Cipher(algorithms.AES(_KEY[:16]), modes.CBC(bytes(16)))
    return cipher.decryptor().update(buffer)


def _mac(buffer: bytes) -> object:
    mac = HMAC(_KEY[16:], SHA256())
    mac.update(buffer)
    return mac.finalize()


def _rate(
    primitive: t.Callable[[bytes], object], chunk_size: int, threads: int
) -> float:
    """GB/s of all threads together."""
    buffer = os.urandom(chunk_size)
    count = max(1, _SAMPLE // chunk_size)

    def work() -> None:
        for _unused in range(count):
            primitive(buffer)

    running = [threading.Thread(target=work) for _unused in range(threads)]
    began = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return threads * count * chunk_size / (time.perf_counter() - began) / 1e9


if __name__ == "__main__":
    main()
