# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What each of a distribution's identities may do, as the documents that IAM takes: pure.

All may list the bucket, where the keys are ids; a missing object is a 404 to them for that, and
not a 403. None may do anything to the bucket itself, to another bucket, or to versions that a
versioned bucket keeps of overwritten and deleted objects.
"""

from __future__ import annotations

import typing as t

from .._bucket._policy import canonical_policy
from ._layout import ARTIFACTS, FEED, RELEASES, STATUS

Policy = dict[str, t.Any]

_BUCKET: t.Final = ""

#: Prefix (or one whole key) -> actions on the objects below it. Contents are written under the condition that they are
#: not there yet, which takes no permission to read; a head is replaced under the condition that it
#: is still the one that was read, which does. Large contents are sent in parts and resumed.
_UPLOADER: t.Final[t.Mapping[str, tuple[str, ...]]] = {
    _BUCKET: ("s3:ListBucket",),
    ARTIFACTS: (
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        # Of objects that is s3:ListMultipartUploadParts alone, whose name not every server knows.
        "s3:List*",
    ),
    RELEASES: ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
    FEED: ("s3:GetObject", "s3:PutObject"),
    STATUS: ("s3:GetObject",),
}
_READER: t.Final[t.Mapping[str, tuple[str, ...]]] = {
    _BUCKET: ("s3:ListBucket",),
    ARTIFACTS: ("s3:GetObject",),
    RELEASES: ("s3:GetObject",),
    FEED: ("s3:GetObject",),
}
_REPORT: t.Final = ("s3:PutObject",)


def uploader_policy(bucket: str, *, partition: str = "aws") -> Policy:
    """The document for who publishes: it cannot read contents, not even its own.

    ``partition`` is the first part of the region's ARNs, such as ``aws-cn``.
    """
    return _document(_UPLOADER, bucket, partition)


def reader_policy(
    bucket: str, *, reports: bool = False, partition: str = "aws"
) -> Policy:
    """The document for the daemons: they can only read; with ``reports`` also write their status.

    All hosts share the identity, so each may then replace every other's status.
    """
    status = {STATUS: _REPORT} if reports else {}
    return _document({**_READER, **status}, bucket, partition)


def host_policy(bucket: str, status: str, *, partition: str = "aws") -> Policy:
    """The document for one host's own identity: it can read, and write the status of this id alone."""
    return _document({**_READER, STATUS + status: _REPORT}, bucket, partition)


def same_policy(one: t.Mapping[str, t.Any], other: t.Mapping[str, t.Any]) -> bool:
    """Whether two documents mean the same, however a server has rewritten them."""
    return canonical_policy(one) == canonical_policy(other)


def _document(
    allowed: t.Mapping[str, tuple[str, ...]], bucket: str, partition: str
) -> Policy:
    arn = f"arn:{partition}:s3:::{bucket}"
    statements = [
        {
            "Effect": "Allow",
            "Action": list(actions),
            "Resource": _resource(arn, key),
        }
        for key, actions in allowed.items()
    ]
    return canonical_policy({"Version": "2012-10-17", "Statement": statements})


def _resource(arn: str, key: str) -> str:
    if key == _BUCKET:
        return arn
    return f"{arn}/{key}*" if key.endswith("/") else f"{arn}/{key}"
