# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Streams that are made in a thread of their own."""

from __future__ import annotations

import itertools
import threading
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._persist._ahead import (
    ahead,
)


class Stream:
    """Counts for ever, or until it fails; notes how far it came, in which thread, and that it was closed."""

    def __init__(
        self, until: int | None = None, error: Exception | None = None
    ) -> None:
        self._until = until
        self._error = error
        self.made = 0
        self.thread: threading.Thread | None = None
        self.is_closed = False

    def __call__(self) -> t.Iterator[bytes]:
        try:
            for number in itertools.count():
                if number == self._until:
                    break
                self.thread = threading.current_thread()
                self.made += 1
                yield b"%d" % number
            if self._error is not None:
                raise self._error
        finally:
            self.is_closed = True


def test_all_of_it_in_order() -> None:
    stream = Stream(1000)
    assert list(ahead(stream())) == [b"%d" % number for number in range(1000)]
    assert list(ahead([])) == []
    assert list(ahead([b"a"])) == [b"a"]


def test_a_failure_comes_behind_what_came_before() -> None:
    stream = Stream(10, ValueError("broken"))
    pieces = ahead(stream())
    assert len(list(itertools.islice(pieces, 10))) == 10
    with pytest.raises(ValueError, match="broken"):
        next(pieces)
    assert stream.is_closed
    assert stream.thread is not None and not stream.thread.is_alive()


@pytest.mark.parametrize("taken", [1, 7])
def test_one_that_is_given_up(taken: int) -> None:
    stream = Stream()
    pieces = ahead(stream())
    assert len(list(itertools.islice(pieces, taken))) == taken
    pieces.close()
    assert stream.is_closed
    assert stream.thread is not None and not stream.thread.is_alive()
    assert stream.made < taken + 10, "it does not go on without bounds"


def test_one_that_is_never_read_is_never_begun() -> None:
    stream = Stream()
    ahead(stream()).close()
    assert stream.made == 0


def test_one_behind_the_other() -> None:
    stream = Stream()
    second = ahead(piece * 2 for piece in ahead(stream()))
    assert next(second) == b"00"
    second.close()
    assert stream.thread is not None and not stream.thread.is_alive()
