# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small objects of a folder that others write to at the same time."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._repository import (
    read_small,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ReadResult,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._local import (
    LocalStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    SourceError,
)


class _Restless(LocalStore):
    """Replaces what is read while it is read, so many times."""

    times = 0

    def read(self, key: str, start: int = 0, length: int | None = None) -> ReadResult:
        opened = super().read(key, start, length)
        if self.times:
            self.times -= 1
            self.write(key, b"new %d" % self.times)
        return opened


@pytest.fixture()
def store(tmp_path: Path) -> t.Iterator[_Restless]:
    with _Restless(Endpoint("LOCAL", str(tmp_path))) as opened:
        opened.write("feed", b"old")
        yield opened


def test_what_is_replaced_just_then_is_read_again(store: _Restless) -> None:
    store.times = 2
    data, etag = read_small(store, "feed", 100, "the feed")
    assert (data, etag) == (b"new 0", store.stat("feed").info.etag)


def test_what_is_never_at_rest_is_an_error(store: _Restless) -> None:
    store.times = 100
    with pytest.raises(SourceError, match="changed while it was read"):
        read_small(store, "feed", 100, "the feed")
