# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The actions that a bucket's policy may speak of: pure data, and patterns over them."""

from __future__ import annotations

import re
import typing as t

#: Actions on objects; their resources are objects' ARNs.
OBJECT_ACTIONS: t.Final = tuple(f"s3:{name}" for name in """
    AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging
    DeleteObjectVersion DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes
    GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent GetObjectVersion
    GetObjectVersionAcl GetObjectVersionAttributes GetObjectVersionForReplication
    GetObjectVersionTagging GetObjectVersionTorrent InitiateReplication ListMultipartUploadParts
    ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectLegalHold PutObjectRetention
    PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete ReplicateObject
    ReplicateTags RestoreObject UpdateObjectEncryption
    """.split())

#: Actions on the bucket; their resource is the bucket's ARN.
BUCKET_ACTIONS: t.Final = tuple(f"s3:{name}" for name in """
    CreateBucket DeleteBucket DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration
    GetAnalyticsConfiguration GetBucketAbac GetBucketAcl GetBucketCORS GetBucketLocation
    GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification
    GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy
    GetBucketPolicyStatus GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging
    GetBucketVersioning GetBucketWebsite GetEncryptionConfiguration
    GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration
    GetMetricsConfiguration GetReplicationConfiguration ListBucket ListBucketMultipartUploads
    ListBucketVersions ListTagsForResource PutAccelerateConfiguration PutAnalyticsConfiguration
    PutBucketAbac PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification
    PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy
    PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging PutBucketVersioning
    PutBucketWebsite PutEncryptionConfiguration PutIntelligentTieringConfiguration
    PutInventoryConfiguration PutLifecycleConfiguration PutMetricsConfiguration
    PutReplicationConfiguration TagResource UntagResource
    """.split())

#: All of them; what a pattern takes its spelling from is the first that it matches.
ACTIONS: t.Final = OBJECT_ACTIONS + BUCKET_ACTIONS


def matches(pattern: str, text: str, *, any_case: bool = False) -> bool:
    """Whether a pattern of policies (``*``, ``?``, ``${variable}``) may stand for ``text``."""
    flags = re.DOTALL | (re.IGNORECASE if any_case else 0)
    return re.fullmatch(_expression(pattern), text, flags) is not None


def spelt_as_documented(pattern: str) -> str:
    """An action, which may be written in any case, as the documentation has it.

    Servers other than Amazon's tell cases apart, so the spelling matters where it is sent. A
    pattern that matches no known action stays as it is.
    """
    expression = re.compile(_expression(pattern), re.IGNORECASE)
    found = next((m for action in ACTIONS if (m := expression.fullmatch(action))), None)
    if found is None:
        return pattern
    literals = iter(found.groups())
    return "".join(
        part if _WILD.fullmatch(part) else next(literals, "")
        for part in _parts(pattern)
    )


_WILD: t.Final = re.compile(r"(\*|\?|\$\{[^}]*\})")


def _parts(pattern: str) -> list[str]:
    return [part for part in _WILD.split(pattern) if part]


def _expression(pattern: str) -> str:
    """A regular expression with a group for each literal part."""
    return "".join(
        (
            ("." if part == "?" else ".*?")
            if _WILD.fullmatch(part)
            else f"({re.escape(part)})"
        )
        for part in _parts(pattern)
    )
