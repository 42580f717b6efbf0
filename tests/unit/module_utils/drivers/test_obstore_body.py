# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The handover of a body to obstore."""

from __future__ import annotations

import threading
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._body import (
    PART_SIZE,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._obstore_body import (
    Handover,
    _BodyFailed,
    hand_over,
    part_size,
)


@pytest.mark.parametrize(
    "size", (0, 1, 10**9, 80 * 10**9, 5 * 10**12), ids=lambda size: f"{size:.0e}"
)
def test_never_too_many_parts(size: int) -> None:
    length = part_size(size)
    assert length >= PART_SIZE
    assert -(-size // length) <= 10_000


def test_a_body_is_handed_over_in_order() -> None:
    handover = Handover()
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.extend(handover.receive()))
    reader.start()
    sent = [bytes([number]) for number in range(100)]
    assert all(handover.send(chunk) for chunk in sent)
    handover.end()
    reader.join()
    assert received == sent


def test_who_sends_never_waits_for_a_reader_that_left() -> None:
    handover = Handover()

    def read_one() -> None:
        next(handover.receive())
        handover.leave()

    reader = threading.Thread(target=read_one)
    reader.start()
    taken = [handover.send(b"x") for _unused in range(100)]
    handover.end()
    reader.join()
    assert taken[-1] is False


def test_a_body_that_failed_ends_the_reading() -> None:
    handover = Handover()
    handover.send(b"x")
    handover.fail()
    with pytest.raises(_BodyFailed):
        list(handover.receive())
    handover.leave()


def test_what_the_body_raises_passes_through() -> None:
    read: list[bytes] = []

    def broken() -> t.Iterator[bytes]:
        yield b"x"
        raise KeyError("a")

    with pytest.raises(KeyError):
        hand_over(broken(), read.extend)
    assert read == [b"x"]


def test_what_the_reader_raises_is_in_its_future() -> None:
    def refuse(chunks: t.Iterator[bytes]) -> None:
        next(chunks)
        raise KeyError("a")

    future = hand_over([b"x"] * 100, refuse)
    with pytest.raises(KeyError):
        future.result()
    assert hand_over([b"x", b"y"], b"".join).result() == b"xy"
