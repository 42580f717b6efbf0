# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys: held exactly as they are written, or refused by name; never silently another one."""

from __future__ import annotations

import unicodedata

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    KeyRefusedError,
    ObjectMissingError,
)
from tests.conformance.conftest import Bench
from tests.conformance.helpers import content, listed, read_all
from tests.conformance.keys import KEYS
from tests.conformance.subjects import SUBJECTS


@pytest.mark.parametrize("case", KEYS)
def test_key(bench: Bench, keys_store: Store, case: str) -> None:
    store, key = keys_store, KEYS[case]
    before = listed(store)
    data = b"" if case == "folder marker" else content(500, len(case))
    if case in bench.subject.refuses:
        with pytest.raises(KeyRefusedError) as raised:
            store.write(key, data)
        assert _names(str(raised.value), key)
        with pytest.raises((KeyRefusedError, ObjectMissingError)):
            store.stat(key)
        with pytest.raises((KeyRefusedError, ObjectMissingError)):
            store.read(key)
        assert listed(store) == before
        return
    assert store.fault_of_key(key) is None
    written = store.write(key, data)
    try:
        assert written.key == key
        assert store.stat(key).info.key == key
        assert read_all(store, key) == data
        after = listed(store)
        assert set(after) - set(before) == {key}
        assert set(before) <= set(after)
        assert set(listed(store, key)) == {key}
    finally:
        failed = store.delete([key])
    assert failed == {}
    assert listed(store) == before


def test_every_exception_is_of_a_case_that_is_tried() -> None:
    for subject in SUBJECTS:
        assert set(subject.refuses) <= set(KEYS), subject


def _names(text: str, key: str) -> bool:
    """Whether an error text names the key: as it is or escaped, its beginning if it is long."""
    shown = {key[:40], repr(key)[1:-1][:40], ascii(key)[1:-1][:40]}
    return any(form in text for form in shown)


#: Keys that a server or a library may take for one.
ALIKE: dict[str, tuple[str, ...]] = {
    "slashes": ("a/b", "a//b", "/a/b", "a/b/", "a/b//"),
    "dots": ("c/d", "c/./d", "./c/d", "c/x/../d", "c/d/."),
    "case": ("name", "Name", "NAME"),
    "space": ("f", " f", "f ", "f\t"),
    "plus": ("g h", "g+h", "g%20h", "g%2Bh"),
    "percent": ("i%", "i%25", "i%2525"),
    "slash code": ("j/k", "j%2Fk", "j%2fk", "j\\k"),
    "unicode": (
        unicodedata.normalize("NFC", "é"),
        unicodedata.normalize("NFD", "é"),
        "e",
    ),
    "query": ("l", "l?", "l?x=1", "l#", "l;"),
}


@pytest.mark.parametrize("group", ALIKE)
def test_alike_keys_are_different(store: Store, prefix: str, group: str) -> None:
    """Whatever is done to one of them, held or refused, the others stay as they are."""
    keys = [prefix + key for key in ALIKE[group]]
    held = {key: key.encode() for key in keys if _is_written(store, key, key.encode())}

    def check(expected: dict[str, bytes], after: str) -> None:
        assert set(listed(store, prefix)) == set(expected), after
        for key, data in expected.items():
            assert read_all(store, key) == data, after

    check(held, "all were written")
    for key in keys:
        others = {other: data for other, data in held.items() if other != key}
        assert set(store.delete([key])) <= {key} - set(held)
        check(others, f"{key!r} was deleted")
        with pytest.raises((ObjectMissingError, KeyRefusedError)):
            store.stat(key)
        with pytest.raises((ObjectMissingError, KeyRefusedError)):
            store.read(key)
        assert _is_written(store, key, b"again") == (key in held)
        if key in held:
            held[key] = b"again"
    check(held, "all were written again")
    assert store.delete(list(held)) == {}


def _is_written(store: Store, key: str, data: bytes) -> bool:
    """Write, unless the store cannot hold the key: test_key says which those are."""
    try:
        store.write(key, data)
    except KeyRefusedError:
        return False
    return True


def test_an_object_above_another(store: Store, prefix: str) -> None:
    """``a`` and ``a/b`` are two objects; a file system refuses the second and keeps the first."""
    for first, second in (("a", "a/b"), ("c/d", "c"), ("e", "e/f/g"), ("h/i/j", "h")):
        first, second = prefix + first, prefix + second
        store.write(first, b"first")
        if store.features.hierarchical:
            with pytest.raises(KeyRefusedError) as raised:
                store.write(second, b"second")
            assert second in str(raised.value)
            assert set(listed(store, prefix)) == {first}
        else:
            store.write(second, b"second")
            assert set(listed(store, prefix)) == {first, second}
            assert read_all(store, second) == b"second"
            assert store.delete([second]) == {}
            assert set(listed(store, prefix)) == {first}
        assert read_all(store, first) == b"first"
        store.delete([first])
