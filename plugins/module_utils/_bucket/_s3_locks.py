# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What keeps a version of an S3 object from being deleted, and what can be done about it."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

_HOLD: t.Final = "HOLD"


class Lock(t.NamedTuple):
    """GOVERNANCE or COMPLIANCE until a moment; or a legal hold, whatever else there is."""

    kind: str
    until: str = ""

    def __str__(self) -> str:
        if self.kind == _HOLD:
            return "under a legal hold"
        return f"locked in {self.kind} mode until {self.until}"


def lock_in(answer: t.Mapping[str, t.Any], now: datetime) -> Lock | None:
    """The lock that the SDK's answer to a HEAD shows, if it still holds."""
    if answer.get("ObjectLockLegalHoldStatus") == "ON":
        return Lock(_HOLD)
    mode, until = answer.get("ObjectLockMode"), answer.get("ObjectLockRetainUntilDate")
    if not mode or until is None or until <= now:
        return None
    return Lock(mode, until.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def advice(locks: t.Iterable[Lock], *, bypassed: bool) -> str:
    """How many are locked until when, and what to do; empty where none is.

    ``bypassed``: GOVERNANCE locks were meant to be bypassed.
    """
    by_kind: dict[str, list[Lock]] = {}
    for lock in sorted(locks):
        by_kind.setdefault(lock.kind, []).append(lock)
    return " ".join(
        f"{_summary(alike)}: {_remedy(kind, bypassed)}."
        for kind, alike in by_kind.items()
    )


def _summary(alike: t.Sequence[Lock]) -> str:
    last = alike[-1]
    until = " at the latest" if alike[0] != last else ""
    return f"{len(alike)} {'is' if len(alike) == 1 else 'are'} {last}{until}"


def _remedy(kind: str, bypassed: bool) -> str:
    if kind == _HOLD:
        return "lift it first"
    if kind != "GOVERNANCE":
        return "nobody can delete what is so locked before"
    if bypassed:
        return "the credentials need the permission s3:BypassGovernanceRetention"
    return (
        "bypass_governance=true deletes it all the same, "
        "with the permission s3:BypassGovernanceRetention"
    )
