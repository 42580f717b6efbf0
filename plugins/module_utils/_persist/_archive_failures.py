# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What goes wrong between a tree and an archive, and how much of it is told."""

from __future__ import annotations

import collections
import contextlib
import errno
import threading
import typing as t

from .._errors import LocalWriteError, LongshoreError, SourceError
from ._capabilities import advice

#: How many problems or differences are told by name; all of them are counted.
SAMPLES: t.Final = 100
_DENIED: t.Final = (errno.EPERM, errno.EACCES)


class ArchiveError(LongshoreError):
    """It is not an archive that can be restored: damaged, cut off, of another format, or hostile."""

    def __init__(self, fault: str) -> None:
        super().__init__(
            f"The snapshot's archive cannot be restored: {fault}.",
            hint="Nothing of it was put in place. Restore another snapshot.",
        )
        self.fault = fault


class RestoreBusyError(LocalWriteError):
    """Another process restores there at this moment."""


class Problem(t.NamedTuple):
    """``path`` is relative to the tree ("." is the tree itself), ``what`` a word or phrase from a small set."""

    path: str
    what: str
    detail: str = ""

    def __str__(self) -> str:
        return (
            f"{readable(self.path)}: {self.what}{self.detail and f' ({self.detail})'}"
        )


class Problems:
    """Counts by ``what``, and the first of them by name; of any number of threads."""

    def __init__(self) -> None:
        self.counts: collections.Counter[str] = collections.Counter()
        self.samples: list[Problem] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return self.counts.total()

    def add(self, path: str, what: str, detail: str = "") -> None:
        with self._lock:
            self.counts[what] += 1
            if len(self.samples) < SAMPLES:
                self.samples.append(Problem(path or ".", what, detail))


def readable(path: str) -> str:
    """A name that may have any bytes, in one line of valid text."""
    return repr(path.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def said(error: OSError) -> str:
    """What the system said."""
    return error.strerror or str(error)


def read_error(path: str, error: OSError) -> SourceError:
    """What the system said when ``path`` was being read."""
    denied = error.errno in _DENIED
    return SourceError(
        f"Could not read {readable(path)}: {error.strerror}.",
        hint=advice() if denied else "",
    )


def write_error(path: str, error: OSError) -> LocalWriteError:
    """What the system said when ``path`` was being restored."""
    denied = error.errno in _DENIED
    hint = advice() if denied else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "Make room and run again."
    elif not hint and (denied or error.errno == errno.EROFS):
        hint = "Run it as a user who may write there."
    return LocalWriteError(
        f"Could not restore {readable(path)}: {error.strerror}.", hint=hint
    )


@contextlib.contextmanager
def writing(path: str) -> t.Iterator[None]:
    """Turns the system's errors into ours."""
    try:
        yield
    except OSError as error:
        raise write_error(path, error) from None
