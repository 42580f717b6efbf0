# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How far a run has come: told in a small file while it works, for whoever reads that meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import threading
import time
import typing as t

from ._errors import LongshoreError
from ._timeline import Timeline

#: The environment variable that names the file; without it nobody reads it.
VARIABLE: t.Final = "LONGSHORE_PROGRESS"

#: Bytes of a file that is one of ours, at most.
SNAPSHOT_LIMIT: t.Final = 1000

#: Seconds before the file is written again, unless another phase begins.
_PAUSE: t.Final = 1.0
#: Seconds after which it is worth some work to be able to say how long it will be.
_LONG: t.Final = 2.0
#: Larger numbers are nobody's.
_LARGEST: t.Final = 1 << 62
#: Those that a process is told by what to do.
_SIGNALS: t.Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
_WORDS: t.Final = re.compile("[a-z ]{1,40}")

Found = t.TypeVar("Found")


class Amount(t.NamedTuple):
    """``total``: None: nobody knows."""

    done: int = 0
    total: int | None = None


class Snapshot(t.NamedTuple):
    """``phase``: what is being done, in words, for so many ``seconds``.

    ``size``: bytes. ``items``: things called ``unit``, such as objects.
    """

    phase: str
    seconds: float
    size: Amount
    items: Amount
    unit: str

    def encode(self) -> str:
        return json.dumps(self._asdict())

    @classmethod
    def decode(cls, text: str) -> t.Self | None:
        """None for what is no snapshot: the file is where others can write, too."""
        try:
            found = json.loads(text[:SNAPSHOT_LIMIT])
            made = cls(
                _words(found["phase"]),
                float(_number(int(found["seconds"] * 1000))) / 1000,
                _amount(*found["size"]),
                _amount(*found["items"]),
                _words(found["unit"]),
            )
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
            return None
        return made


def _words(found: object) -> str:
    if not isinstance(found, str) or not _WORDS.fullmatch(found):
        raise ValueError(found)
    return found


def _amount(done: object, total: object) -> Amount:
    return Amount(_number(done), None if total is None else _number(total))


def _number(found: object) -> int:
    if not isinstance(found, int) or not 0 <= found < _LARGEST:
        raise ValueError(found)
    return found


class Progress:
    """Use it as a context, after which the file is gone. All may be called from any thread.

    ``path``: of the file, which does not exist yet; None: nobody reads it, and nothing is done. It has nothing but
    words of ours and numbers, and everybody may read it. Where it cannot be written, nothing is told.
    ``timeline`` is told of it all, too, whether there is a file or not.
    """

    def __init__(
        self,
        path: str | None = None,
        clock: t.Callable[[], float] = time.monotonic,
        timeline: Timeline | None = None,
    ) -> None:
        self._path = path
        self._timeline = timeline
        self._is_idle = path is None and timeline is None
        self._clock = clock
        self._lock = threading.Lock()
        self._phase, self._unit = "starting", "objects"
        self._began = clock()
        if timeline is not None:
            timeline.begin(self._phase, self._began)
        self._size = self._items = 0
        self._size_total: int | None = None
        self._items_total: int | None = None
        self._is_written = True
        self._ended = threading.Event()
        self._writing: threading.Thread | None = None

    def __enter__(self) -> t.Self:
        with self._lock:
            self._write()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended.set()
        if self._writing is not None:
            self._writing.join()
        with self._lock:
            self._give_up()
            if self._timeline is not None:
                self._timeline.end(self._clock())

    @property
    def is_watched(self) -> bool:
        return self._path is not None

    @property
    def items(self) -> int:
        """How many are done in this phase."""
        return self._items

    def begin(
        self,
        phase: str,
        *,
        items: int | None = None,
        sizes: t.Iterable[int] | None = None,
        unit: str = "objects",
    ) -> None:
        """Another phase, of so many items and bytes altogether; None: nobody knows, or there are none."""
        if self._is_idle:
            return
        size = None if sizes is None else sum(sizes)
        with self._lock:
            self._phase, self._unit = phase, unit
            self._began = self._clock()
            self._size, self._size_total = 0, size
            self._items, self._items_total = 0, items
            if self._timeline is not None:
                self._timeline.begin(phase, self._began)
            self._write()
            if self._writing is None and self._path is not None:
                self._start()

    def part(self, number: int) -> None:
        """The phase goes on with this part of it, which only a timeline tells apart."""
        if self._timeline is not None:
            with self._lock:
                self._timeline.begin(self._phase, self._clock(), number)

    def expect(self, size: int | None = None, items: int | None = None) -> None:
        """It has become known how much there is in this phase, about."""
        if self._is_idle:
            return
        with self._lock:
            if size is not None:
                self._size_total = size
            if items is not None:
                self._items_total = items
            self._is_written = False

    def advance(self, size: int = 0, items: int = 0) -> None:
        """So much more is done."""
        if self._is_idle:
            return
        with self._lock:
            self._size = max(0, self._size + size)
            self._items += items
            if self._timeline is not None:
                self._timeline.advance(self._clock(), size, items)
            self._is_written = False

    def item(
        self, size: int
    ) -> contextlib.AbstractContextManager[t.Callable[[int], object]]:
        """Within it one item of so many bytes is done. What is yielded may be told of them as they go by."""
        if self._is_idle:
            return contextlib.nullcontext(_ignore)
        return self._item(size)

    @contextlib.contextmanager
    def _item(self, size: int) -> t.Iterator[t.Callable[[int], object]]:
        left = size
        lock = threading.Lock()

        def tell(passed: int) -> None:
            nonlocal left
            with lock:
                passed = min(passed, left)
                left -= passed
            self.advance(passed)

        yield tell
        # some bytes never went by: they were there, or became fewer
        self.advance(left, 1)

    def counted(self, found: t.Iterable[Found]) -> t.Iterable[Found]:
        """The same, each an item that is done as it goes by."""
        return found if self._is_idle else self._counting(found)

    def _counting(self, found: t.Iterable[Found]) -> t.Iterator[Found]:
        for one in found:
            self.advance(items=1)
            yield one

    def _start(self) -> None:
        # a thread: who advances may be kept waiting right after, and for long
        self._writing = threading.Thread(target=self._keep_writing, daemon=True)
        start(self._writing)

    def _keep_writing(self) -> None:
        while not self._ended.wait(_PAUSE):
            with self._lock:
                if not self._is_written:
                    self._write()

    # -- with the lock

    def _write(self) -> None:
        if self._path is None:
            return
        self._is_written = True
        try:
            _replace(self._path, self._snapshot().encode())
        except OSError:
            self._give_up()

    def _snapshot(self) -> Snapshot:
        return Snapshot(
            self._phase,
            round(self._clock() - self._began, 3),
            Amount(self._size, self._size_total),
            Amount(self._items, self._items_total),
            self._unit,
        )

    def _give_up(self) -> None:
        if self._path is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._path)
        self._path = None
        self._is_idle = self._timeline is None


#: For who does not want to know.
UNWATCHED: t.Final = Progress()


@contextlib.contextmanager
def if_long(
    work: t.Callable[[t.Callable[[], bool]], object],
) -> t.Iterator[None]:
    """Within it, once that has lasted long, ``work`` is done beside it: to find out how much there is, say.

    It is given what tells whether the end has come, when it is waited for. What it cannot find out is not told.
    """
    ended = threading.Event()

    def run() -> None:
        if not ended.wait(_LONG):
            with contextlib.suppress(LongshoreError, OSError):
                work(ended.is_set)

    thread = threading.Thread(target=run, name="longshore-beside", daemon=True)
    start(thread)
    try:
        yield
    finally:
        ended.set()
        thread.join()


def start(thread: threading.Thread) -> None:
    """Start a thread that no signal goes to: Python's handlers run in the main one, and only that wakes it."""
    former = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, former)


def _ignore(_size: int) -> None:
    """Nobody watches."""


def _replace(path: str, text: str) -> None:
    """In a folder where everybody may write, and nobody may make another's file ours. Raises ``OSError``."""
    aside = f"{path}.new"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(aside, flags, 0o600)
    try:
        with open(descriptor, "w") as file:
            file.write(text)
            # whom the connection logs in as may be another user
            os.fchmod(descriptor, 0o644)
        os.replace(aside, path)
    except OSError:
        os.unlink(aside)
        raise
