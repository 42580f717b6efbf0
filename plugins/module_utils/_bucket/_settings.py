# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""The settings of a bucket: their names, how they are written, and in which order they are applied.

What ``BucketService.normalise`` is given for each, as the module's options have it. Fields that were
not written may be None or missing; what follows the arrow takes the setting away.

=============================  =========================================================================
versioning                     bool -> False
object_lock                    bool; it cannot be taken away
object_lock_default_retention  mapping: mode (GOVERNANCE, COMPLIANCE), days or years -> {}
encryption                     mapping: algorithm, key_id, bucket_key -> algorithm "none"
tags                           mapping of texts -> {}
ownership                      BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter -> "none"
public_access_block            mapping of bools: block_public_acls, ignore_public_acls,
                               block_public_policy, restrict_public_buckets -> {}
acl                            a canned ACL: private, public-read …; it cannot be taken away
policy                         JSON text -> "", "null" or "{}"
cors_rules                     list of mappings: id, allowed_origins, allowed_methods, allowed_headers,
                               expose_headers (lists of texts), max_age_seconds -> []
lifecycle_rules                list of mappings: rule_id, status (enabled, disabled), prefix, tags,
                               object_size_greater_than, object_size_less_than, expiration_days,
                               expiration_date, expire_object_delete_marker,
                               noncurrent_version_expiration_days, noncurrent_version_keep_newer,
                               abort_incomplete_multipart_upload_days,
                               transitions (transition_days or transition_date, storage_class),
                               noncurrent_version_transitions (transition_days, keep_newer,
                               storage_class) -> []
website                        mapping: index, error, redirect_all_requests (host, or URL without path),
                               redirects (list: key_prefix, error_code, protocol, host,
                               replace_key_prefix, replace_key, status) -> {}
cdn                            bool -> False
logging                        mapping: target_bucket, target_prefix -> {}
notifications                  list of mappings: id, arn (of a queue, topic or function, or
                               "eventbridge"), events, prefix, suffix -> []
requester_pays                 bool -> False
accelerate                     bool -> False
replication                    mapping: role, rules (list: rule_id, status, priority, prefix, tags,
                               destination_bucket, destination_account, storage_class,
                               replica_kms_key_id, delete_markers) -> {}
=============================  =========================================================================

Bools are bools in their normal form; of all others the normal form of what is not set is None.
"""

from __future__ import annotations

import typing as t

#: All settings, in the order in which they are applied: what others stand on comes first.
SETTINGS: t.Final = (
    "versioning",
    "object_lock",
    "object_lock_default_retention",
    "encryption",
    "tags",
    "ownership",
    "public_access_block",
    "acl",
    "policy",
    "cors_rules",
    "lifecycle_rules",
    "website",
    "cdn",
    "logging",
    "notifications",
    "requester_pays",
    "accelerate",
    "replication",
)

#: Those that are on or off.
SWITCHES: t.Final = frozenset(
    {"versioning", "object_lock", "cdn", "requester_pays", "accelerate"}
)


def unset(setting: str) -> t.Literal[False] | None:
    """The normal form of the setting where it is not set."""
    return False if setting in SWITCHES else None


def in_order(changes: t.Mapping[str, object]) -> list[str]:
    """The settings that change (to these values), in the order to apply them in."""
    ordered = [setting for setting in SETTINGS if setting in changes]
    if "replication" in changes and changes["replication"] is None:
        # versioning can be suspended only when nothing is replicated any more
        ordered.sort(key=lambda setting: setting != "replication")
    if changes.get("ownership") == "BucketOwnerEnforced" and "acl" in changes:
        # ACLs that grant anything have to go before they are switched off
        ordered.remove("acl")
        ordered.insert(ordered.index("ownership"), "acl")
    return ordered
