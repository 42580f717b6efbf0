# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What goes wrong with snapshots in a store."""

from __future__ import annotations

from .._errors import LongshoreError


class SnapshotError(LongshoreError):
    """Base of what this package raises about snapshots in a store."""


class SnapshotMissingError(SnapshotError):
    """There is no snapshot as it was asked for."""


class DamagedSnapshotError(SnapshotError):
    """What is stored is not what was saved: altered, cut, or in part gone."""

    def __init__(self, label: str, fault: str, *, hint: str = "") -> None:
        super().__init__(
            f"{label[:1].upper()}{label[1:]} {fault}.",
            hint=hint
            or "Nothing of it is in use. Try once more, and if that fails too, take an older snapshot.",
        )


class KeyMissingError(SnapshotError):
    """It is encrypted, and no key was given that opens it."""


class BusyError(SnapshotError):
    """Another process saves the same path to the same place at this moment."""
