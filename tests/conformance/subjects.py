# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the suite runs on: a driver, the server behind it, and what that pair is known not to hold.

An exception is data here, with its reason, and the tests assert it: a key in ``refuses`` must be
refused by name and a gap must gape, so a line that is no longer true fails.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Store,
)


def _memory() -> type[Store]:
    from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
        MemoryStore,
    )

    return MemoryStore


def _local() -> type[Store]:
    from ansible_collections.longshore.storage.plugins.module_utils._drivers._local import (
        LocalStore,
    )

    return LocalStore


def _s3() -> type[Store]:
    from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3 import (
        S3Store,
    )

    return S3Store


def _s3_alone() -> type[Store]:
    from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3 import (
        S3Store,
    )

    class WithoutObstore(S3Store):
        """As on a host that has boto3 alone."""

        fast_lane = False

    return WithoutObstore


def _azure() -> type[Store]:
    from ansible_collections.longshore.storage.plugins.module_utils._drivers._azure import (
        AzureStore,
    )

    return AzureStore


def _gcs() -> type[Store]:
    from ansible_collections.longshore.storage.plugins.module_utils._drivers._gcs import (
        GcsStore,
    )

    return GcsStore


def _libcloud() -> type[Store]:
    from ansible_collections.longshore.storage.plugins.module_utils._drivers._libcloud import (
        LibcloudStore,
    )

    return LibcloudStore


@dataclass(frozen=True)
class Subject:
    """One driver on one server.

    ``server`` names a fixture of ``tests/conftest.py``; None: there is no network. ``refuses`` maps
    cases of ``keys.KEYS`` to why. ``gaps`` maps what the server (never the driver) does wrong to
    how. ``open_to_all`` says why the server looks at no secret.
    """

    id: str
    driver: t.Callable[[], type[Store]]
    provider: str
    server: str | None = None
    refuses: t.Mapping[str, str] = field(default_factory=dict)
    gaps: t.Mapping[str, str] = field(default_factory=dict)
    open_to_all: str = ""

    def __str__(self) -> str:
        return self.id


def _cases(names: str, reason: str) -> dict[str, str]:
    """One reason for several cases, which are separated by commas."""
    return dict.fromkeys((name.strip() for name in names.split(",")), reason)


_SLASHES = (
    "leading slash, double slash, trailing slash, trailing double slash, only a slash"
)
_DOTS = (
    "dot segment, dot dot segment, leading dot dot, trailing dot dot, only dot, "
    "only dot dot"
)
_CONTROLS = (
    "tab, newline, trailing newline, carriage return, escape, control 1, delete, nul"
)

_NO_UTF8 = {"undecodable": "a key travels as UTF-8, which this is not"}
_FILE_SYSTEM = {
    **_NO_UTF8,
    **_cases(f"empty, folder marker, {_SLASHES}", "a path has no empty segments"),
    **_cases(_DOTS, "a path's . and .. are not names"),
    "nul": "a file name has no NUL",
    "1024 bytes in one segment": "a file name has at most 255 bytes",
}
_S3 = {
    **_NO_UTF8,
    "empty": "S3: a key has at least one byte",
    "1025 bytes": "S3: a key has at most 1,024 bytes",
}
_S3_ON_SEAWEEDFS = {
    **_S3,
    **_cases("leading slash, double slash, only a slash", "it folds slashes"),
    **_cases(
        "trailing slash, trailing double slash",
        "it drops the content of what ends with a slash: a folder",
    ),
    **_cases(_DOTS, "it refuses them, or goes up"),
    "backslash": "it takes it for a slash",
    "nul": "it refuses it",
    "1024 bytes in one segment": "its file names have at most 255 bytes",
}
_S3_ON_MOTO = {**_S3, **_cases("newline, trailing newline", "it answers 404")}
_AZURE_RULES = {
    **_NO_UTF8,
    **_cases(_DOTS, "Azure resolves them, or drops the dot that ends a segment"),
    **_cases("trailing dot, three dots", "Azure may drop dots that end a segment"),
    **_cases(_CONTROLS, "Azure forbids control characters"),
    "noncharacter": "Azure forbids noncharacters",
    "backslash": "Azure takes it for a slash",
    "1025 bytes": "Azure: a name has at most 1,024 characters",
    "empty": "Azure: a name has at least one character",
}
_OBSTORE_SLASHES = _cases(
    f"folder marker, {_SLASHES}", "obstore drops empty segments from a key"
)
_AZURE = {**_AZURE_RULES, **_OBSTORE_SLASHES}
_LIBCLOUD_AZURE = {**_AZURE_RULES, "next line": "Azure forbids control characters"}
_GCS = {
    **_NO_UTF8,
    **_OBSTORE_SLASHES,
    **_cases(_DOTS, "obstore refuses . and .. segments"),
    **_cases(_CONTROLS, "obstore refuses control characters"),
    "1025 bytes": "Google: a name has at most 1,024 bytes",
    "empty": "Google: a name has at least one byte",
}
_SWIFT = {
    **_NO_UTF8,
    "nul": "Swift forbids it",
    "1025 bytes": "Swift: a name has at most 1,024 bytes",
    "empty": "Swift: no name means the container",
}
_MOTO_GAPS = {
    "large IfMatch": "it looks at no If-Match when a multipart upload is completed",
    "changed source": "it looks at no x-amz-copy-source-if-match",
    "no acl in parts": "it cannot show the ACL of a multipart upload that was given none",
}
_SEAWEEDFS_GAPS = {
    "acl": "it takes no ACL with an object",
    "redirect": "it keeps no redirect",
    "no storage_class in place": "the copy of an object onto itself keeps its class",
    "copy to folder marker": "it says that it copied, and has nothing",
}

SUBJECTS: t.Sequence[Subject] = (
    Subject("memory", _memory, "MEMORY"),
    Subject("local", _local, "LOCAL", refuses=_FILE_SYSTEM),
    Subject(
        "s3-seaweedfs", _s3, "S3", "seaweedfs", _S3_ON_SEAWEEDFS, gaps=_SEAWEEDFS_GAPS
    ),
    Subject("s3-moto", _s3, "S3", "moto", _S3_ON_MOTO, gaps=_MOTO_GAPS),
    Subject(
        "s3-alone-seaweedfs",
        _s3_alone,
        "S3",
        "seaweedfs",
        _S3_ON_SEAWEEDFS,
        gaps=_SEAWEEDFS_GAPS,
    ),
    Subject("libcloud-s3-seaweedfs", _libcloud, "S3", "seaweedfs", _S3_ON_SEAWEEDFS),
    Subject("libcloud-s3-moto", _libcloud, "S3", "moto", _S3_ON_MOTO, gaps=_MOTO_GAPS),
    Subject(
        "libcloud-minio-seaweedfs", _libcloud, "MINIO", "seaweedfs", _S3_ON_SEAWEEDFS
    ),
    Subject(
        "libcloud-minio-moto", _libcloud, "MINIO", "moto", _S3_ON_MOTO, gaps=_MOTO_GAPS
    ),
    Subject("azure-azurite", _azure, "AZURE_BLOBS", "azurite", _AZURE),
    Subject(
        "libcloud-azure-azurite", _libcloud, "AZURE_BLOBS", "azurite", _LIBCLOUD_AZURE
    ),
    Subject("gcs-emulator", _gcs, "GOOGLE_STORAGE", "gcs", _GCS),
    Subject("libcloud-swift", _libcloud, "OPENSTACK_SWIFT", "swift", _SWIFT),
)

ON_A_NETWORK: t.Sequence[Subject] = tuple(s for s in SUBJECTS if s.server)
ON_S3: t.Sequence[Subject] = tuple(
    s for s in SUBJECTS if s.server in ("seaweedfs", "moto")
)
