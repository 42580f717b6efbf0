# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One store, many threads."""

from __future__ import annotations

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
    Store,
)
from tests.conformance.helpers import content, listed, on_threads, read_all

THREADS = 8
EACH = 15


def test_threads_do_not_mix_up_their_objects(store: Store, prefix: str) -> None:
    def work(thread: int) -> list[str]:
        keys = [f"{prefix}{thread}/{number}" for number in range(EACH)]
        for number, key in enumerate(keys):
            data = content(1000 * thread + number, thread)
            store.write(key, data, Attributes(content_type=f"text/x-{thread}"))
            assert read_all(store, key) == data
            if store.features.attributes:
                found = store.stat(key).attributes.content_type
                assert found == f"text/x-{thread}"
        assert store.delete(keys[1:]) == {}
        return keys[:1]

    kept = on_threads(THREADS, work, range(THREADS))
    assert set(listed(store, prefix)) == {key for keys in kept for key in keys}


def test_writers_of_one_key_leave_one_of_their_bodies(
    store: Store, prefix: str
) -> None:
    key = prefix + "contended"
    bodies = [content(50_000, number) for number in range(THREADS)]
    on_threads(THREADS, lambda body: store.write(key, body), bodies)
    assert read_all(store, key) in bodies
    assert set(listed(store, prefix)) == {key}
