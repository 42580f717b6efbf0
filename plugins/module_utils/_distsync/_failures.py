# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What can be wrong with a distribution, beside what can be wrong with stores, files and encryption.

``label`` is how the caller speaks of the thing, such as ``"the feed of channel 'stable'"``.
"""

from __future__ import annotations

from .._encryption._failures import capital
from .._errors import LongshoreError


class DistributionError(LongshoreError):
    """Base of what this package raises about releases and feeds."""


class RequestRefusedError(DistributionError):
    """A version, mode or file that cannot be published as asked; nothing was sent."""


class ReleaseMissingError(DistributionError):
    """There is no such artifact, version or channel."""


class VersionTakenError(DistributionError):
    """Another content was published under this version."""


class RolledBackError(DistributionError):
    """An older feed than the last one seen, or another one of the same number, was put in its place."""


class ExpiredError(DistributionError):
    """It was good until a time that has passed: perhaps somebody holds newer ones back."""


class FutureError(DistributionError):
    """It was made at a time that has not come, by this host's clock."""


class MismatchError(DistributionError):
    """What is stored is not what the signed feed or record says: parts of others, or cut, or endless."""

    def __init__(self, label: str, fault: str) -> None:
        super().__init__(
            f"{capital(label)} {fault}.",
            hint="Nothing of it is used. If that is so again in a minute, somebody else wrote it: publish it "
            "again, and find out who can write there.",
        )


class UnreadableError(DistributionError):
    """An object where only feeds and announcements are, and it is none that can be read here."""

    def __init__(self, key: str, fault: str) -> None:
        super().__init__(
            f"Object {key!r} cannot be read, so it is not known what it needs. {fault}",
            hint="Nothing was deleted. If it is of a former SharedSecret that no host has any more, or nobody's, "
            "run distsync prune --unreadable, which deletes it and all that only it names.",
        )


class BusyError(DistributionError):
    """Another process does the same at this moment."""
