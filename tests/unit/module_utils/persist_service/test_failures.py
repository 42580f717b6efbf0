# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients are told of what the engine raises."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ConfigurationError,
    ContainerTakenError,
    KeyRefusedError,
    LocalWriteError,
    LongshoreError,
    MissingLibraryError,
    PlanRefusedError,
    SourceError,
    UnreachableError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._archive_failures import (
    ArchiveError,
    RestoreBusyError,
    writing,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._outcome import (
    PersistError,
    PersistOutcome,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._snapshot_failures import (
    BusyError,
    DamagedSnapshotError,
    KeyMissingError,
    SnapshotMissingError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._stoppable import (
    StoppedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._failures import (
    STATUS,
    document_of,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SnapshotMissingError("none"), 404),
        (SourceError("vanished"), 404),
        (BusyError("busy"), 409),
        (RestoreBusyError("busy"), 409),
        (PlanRefusedError("mounted"), 400),
        (ConfigurationError("wrong"), 400),
        (KeyRefusedError("write", "there", "no"), 400),
        (UnreachableError("write", "there", "away"), 502),
        (AccessDeniedError("write", "there", "no"), 502),
        (ContainerTakenError("make", "there", "taken"), 502),
        (DamagedSnapshotError("snapshot", "is damaged"), 502),
        (ArchiveError("it is none"), 502),
        (StoppedError("stopped"), 503),
        (KeyMissingError("no key"), 500),
        (MissingLibraryError(["zstandard"], "for that"), 500),
        (LocalWriteError("no permission"), 500),
        (LongshoreError("whatever"), 500),
    ],
)
def test_statuses(tmp_path: Path, error: LongshoreError, status: int) -> None:
    path = str(tmp_path / "gone")
    found = document_of(error, path)
    assert STATUS[found["code"]] == status
    assert found["error"] == error.message and found["hint"] == error.hint
    # the same, after something was done
    assert document_of(PersistError(error, PersistOutcome("saved")), path) == found


def test_a_source_that_is_there(tmp_path: Path) -> None:
    assert document_of(SourceError("unreadable"), str(tmp_path))["code"] == "failed"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "no_space"),
        (errno.EDQUOT, "no_space"),
        (errno.EROFS, "failed"),
    ],
)
def test_a_disk_that_is_full(number: int, code: str) -> None:
    with pytest.raises(LocalWriteError) as caught:
        with writing("/srv"):
            raise OSError(number, "said")
    assert document_of(caught.value, "/srv")["code"] == code
