# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds an object of S3 against being deleted, and what can be done about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ansible_collections.longshore.storage.plugins.module_utils._bucket._s3_locks import (
    Lock,
    advice,
    lock_in,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_lock_is_read_from_a_head() -> None:
    later = {"ObjectLockRetainUntilDate": NOW + timedelta(days=1)}
    held = {"ObjectLockLegalHoldStatus": "ON"}
    governed = {"ObjectLockMode": "GOVERNANCE", **later}
    assert lock_in({}, NOW) is None
    assert lock_in({"ObjectLockLegalHoldStatus": "OFF"}, NOW) is None
    assert lock_in(governed, NOW + timedelta(days=2)) is None
    assert (
        str(lock_in(governed, NOW))
        == "locked in GOVERNANCE mode until 2026-01-02T00:00:00Z"
    )
    assert str(lock_in({**governed, **held}, NOW)) == "under a legal hold"


def test_advice_counts_what_is_locked_until_when() -> None:
    governed = [Lock("GOVERNANCE", f"2026-01-0{day}T00:00:00Z") for day in (3, 1, 2)]
    held = [Lock("HOLD")] * 2
    assert advice([], bypassed=False) == ""
    assert advice([*governed, *held], bypassed=False) == (
        "3 are locked in GOVERNANCE mode until 2026-01-03T00:00:00Z at the latest: "
        "bypass_governance=true deletes it all the same, with the permission "
        "s3:BypassGovernanceRetention. 2 are under a legal hold: lift it first."
    )
    assert advice(governed[:1], bypassed=True) == (
        "1 is locked in GOVERNANCE mode until 2026-01-03T00:00:00Z: "
        "the credentials need the permission s3:BypassGovernanceRetention."
    )
    assert "nobody can" in advice([Lock("COMPLIANCE", "2026-01-03")], bypassed=True)
