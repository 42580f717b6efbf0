# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which error ends with which code."""

from __future__ import annotations

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    BusyError,
    DistributionError,
    ExpiredError,
    MismatchError,
    ReleaseMissingError,
    RolledBackError,
    VersionTakenError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._exits import (
    Exit,
    UsageError,
    exit_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    DamagedError,
    NameRefusedError,
    SecretError,
    SignatureError,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ConfigurationError,
    ContainerMissingError,
    LocalWriteError,
    LongshoreError,
    MissingLibraryError,
    PlanRefusedError,
    SourceError,
    UnreachableError,
)

STORE = ("read object 'x'", "bucket b", "no")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), Exit.USAGE),
        (ConfigurationError("x"), Exit.CONFIGURATION),
        (SecretError("x"), Exit.CONFIGURATION),
        (MissingLibraryError(["boto3"], "to try"), Exit.CONFIGURATION),
        (ReleaseMissingError("x"), Exit.NOT_FOUND),
        (ContainerMissingError(*STORE), Exit.NOT_FOUND),
        (RolledBackError("x"), Exit.REFUSED),
        (ExpiredError("x"), Exit.REFUSED),
        (MismatchError("x", "is cut"), Exit.REFUSED),
        (DamagedError("x", "is cut"), Exit.REFUSED),
        (SignatureError("x"), Exit.REFUSED),
        (NameRefusedError("x"), Exit.REFUSED),
        (VersionTakenError("x"), Exit.REFUSED),
        (DistributionError("x"), Exit.REFUSED),
        (PlanRefusedError("x"), Exit.REFUSED),
        (AccessDeniedError(*STORE), Exit.STORE),
        (UnreachableError(*STORE), Exit.STORE),
        (BusyError("x"), Exit.FAILED),
        (SourceError("x"), Exit.FAILED),
        (LocalWriteError("x"), Exit.FAILED),
        (LongshoreError("x"), Exit.FAILED),
    ],
)
def test_codes(error: LongshoreError, code: Exit) -> None:
    assert exit_of(error) is code
