# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""With which code the program ends, and why."""

from __future__ import annotations

import enum
import typing as t

from .._distsync._failures import (
    BusyError,
    DistributionError,
    ReleaseMissingError,
)
from .._encryption._failures import EncryptionError
from .._errors import (
    ConfigurationError,
    ContainerMissingError,
    LongshoreError,
    ObjectMissingError,
    PlanRefusedError,
    StoreError,
)


class Exit(enum.IntEnum):
    """The codes of ``MEANINGS``."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    NOT_FOUND = 4
    REFUSED = 5
    STORE = 6
    PARTIAL = 7
    INTERRUPTED = 130
    PIPE = 141
    TERMINATED = 143


#: What the documentation says of each.
MEANINGS: t.Final[t.Mapping[Exit, str]] = {
    Exit.DONE: "All is as it was asked for.",
    Exit.FAILED: "It failed for another reason than those below, such as a local file that cannot be read or written.",
    Exit.USAGE: "The command line, or an answer to setup, cannot be understood. Nothing was done.",
    Exit.CONFIGURATION: "The configuration is missing or wrong, or a Python library is missing.",
    Exit.NOT_FOUND: "There is no such artifact, version or channel, or the bucket is not there.",
    Exit.REFUSED: "Refused: what is stored is not signed by the right key, was altered, has expired or is older than what was "
    "seen before; or what was asked for is not allowed, such as a name, or other contents under a version that is taken.",
    Exit.STORE: "The store cannot be reached, refused the credentials, or failed.",
    Exit.PARTIAL: "Some of what was asked for is done, and some is not.",
    Exit.INTERRUPTED: "Stopped by Ctrl-C (SIGINT).",
    Exit.PIPE: "Nobody reads the output any more.",
    Exit.TERMINATED: "Stopped by SIGTERM.",
}


class UsageError(LongshoreError):
    """The command line or an answer asks for something that makes no sense; nothing was done."""


#: The first that fits counts.
_OF_ERRORS: t.Final[t.Sequence[tuple[tuple[type[LongshoreError], ...], Exit]]] = (
    ((UsageError,), Exit.USAGE),
    ((ConfigurationError,), Exit.CONFIGURATION),
    (
        (ReleaseMissingError, ObjectMissingError, ContainerMissingError),
        Exit.NOT_FOUND,
    ),
    ((BusyError,), Exit.FAILED),
    ((DistributionError, EncryptionError, PlanRefusedError), Exit.REFUSED),
    ((StoreError,), Exit.STORE),
)


def exit_of(error: LongshoreError) -> Exit:
    """With what a program ends that failed with this."""
    for kinds, code in _OF_ERRORS:
        if isinstance(error, kinds):
            return code
    return Exit.FAILED
