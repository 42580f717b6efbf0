#!/usr/bin/python

# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: libcloud_bucket
short_description: Keep a bucket and its settings as declared, at any provider
version_added: 1.0.0
author:
  - The longshore.storage authors (@longshore-storage)
description:
  - Makes a bucket (a container) of an object store exist, set up as the task says; or makes it not exist.
  - Only settings that the task names are read and changed. They are compared by what they mean, so that a second run
    changes nothing. A setting that the provider has not is an error before anything is changed.
  - An empty value, such as V({}) or V([]), takes a setting away.
extends_documentation_fragment:
  - longshore.storage.endpoints
  - longshore.storage.attributes
  - longshore.storage.attributes.full
  - longshore.storage.progress
options:
  provider:
    description:
      - Where the bucket is. An endpoint, or the name of an entry of O(providers). Its C(prefix) does not matter here.
    type: raw
    required: true
  name:
    description:
      - The bucket's name, where the endpoint does not have it as its C(container).
    type: str
  state:
    description:
      - Whether the bucket is to be there. A bucket that belongs to somebody else is an error.
    type: str
    choices: [present, absent]
    default: present
  region:
    description:
      - The region in which the bucket has to be; it is made there. Without it, the endpoint's, and an existing bucket is
        found wherever it is.
    type: str
  force:
    description:
      - With O(state=absent), delete all that is in the bucket as well. That covers objects, versions, delete markers and
        unfinished multipart uploads.
      - A run that is cut off is continued by the next one.
    type: bool
    default: false
  bypass_governance:
    description:
      - With O(force), delete also what an object lock in mode C(GOVERNANCE) keeps. What one in mode C(COMPLIANCE) keeps
        nobody can delete.
    type: bool
    default: false
  versioning:
    description: Keep old versions of objects. V(false) suspends it.
    type: bool
  object_lock:
    description:
      - Let objects be locked. It is switched on for good. Many servers allow it only for a bucket that is being made.
    type: bool
    aliases: [object_lock_enabled]
  object_lock_default_retention:
    description: How new objects are locked, where nobody says otherwise; needs O(object_lock).
    type: dict
    suboptions:
      mode:
        description: Whether some may lift the lock (V(GOVERNANCE)), or nobody may (V(COMPLIANCE)).
        type: str
        choices: [GOVERNANCE, COMPLIANCE]
      days:
        description: For so many days. Exclusive with O(object_lock_default_retention.years).
        type: int
      years:
        description: For so many years.
        type: int
  encryption:
    description:
      - How new objects are encrypted by default.
      - V(none) takes the setting away, which at Amazon means V(AES256).
    type: str
    choices: [none, AES256, "aws:kms", "aws:kms:dsse"]
  encryption_key_id:
    description:
      - The key, for O(encryption=aws:kms). Without it, the account's own.
      - At Google, the name of the key, without O(encryption).
    type: str
  bucket_key_enabled:
    description: Whether a key of the bucket saves requests to the key service. Without it, what is set stays.
    type: bool
  tags:
    description: The bucket's tags (at Google, labels).
    type: dict
    aliases: [resource_tags]
  purge_tags:
    description: Whether tags that are not in O(tags) are removed.
    type: bool
    default: true
  ownership:
    description:
      - Whose the objects are that others write. V(BucketOwnerEnforced) switches ACLs off.
      - V(none) takes the setting away.
    type: str
    choices: [BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter, none]
    aliases: [object_ownership]
  public_access_block:
    description: What makes a bucket public, and is not to do so. What is left out is not blocked.
    type: dict
    aliases: [public_access]
    suboptions:
      block_public_acls:
        description: Refuse new ACLs that are public.
        type: bool
      ignore_public_acls:
        description: Ignore ACLs that are public.
        type: bool
      block_public_policy:
        description: Refuse a new policy that is public.
        type: bool
      restrict_public_buckets:
        description: Let a public policy count for the account and for services alone.
        type: bool
  acl:
    description:
      - A canned ACL, of those that the provider has.
      - At Azure and Swift V(public-read) lets everybody list and read objects, V(public-read-objects) read them alone.
        Elsewhere it lets everybody list them.
    type: str
    choices:
      - private
      - public-read
      - public-read-objects
      - public-read-write
      - authenticated-read
      - log-delivery-write
  policy:
    description:
      - The bucket's policy, as a mapping or in JSON. It is compared by what it means; the order of statements and lists,
        or one value for a list of one, makes no difference.
    type: json
  cors_rules:
    description: What pages of other origins may do with the bucket. The first rule that matches counts.
    type: list
    elements: dict
    suboptions:
      id:
        description: A name of the rule.
        type: str
      allowed_origins:
        description: Origins, such as V(https://www.example.com) or V(*).
        type: list
        elements: str
      allowed_methods:
        description: Methods, such as V(GET).
        type: list
        elements: str
      allowed_headers:
        description: Headers that requests may have.
        type: list
        elements: str
      expose_headers:
        description: Headers that pages may see.
        type: list
        elements: str
      max_age_seconds:
        description: How long a browser may remember the answer.
        type: int
  lifecycle_rules:
    description:
      - When objects expire, or move to another storage class. All rules of the bucket.
      - Two rules that would do the same to one object are refused.
    type: list
    elements: dict
    suboptions:
      rule_id:
        description: The rule's name. By default one is made of what the rule says.
        type: str
        aliases: [id]
      status:
        description: Whether the rule is in force.
        type: str
        choices: [enabled, disabled]
        default: enabled
      prefix:
        description: Only for keys that begin so.
        type: str
      tags:
        description: Only for objects that have all these tags.
        type: dict
      object_size_greater_than:
        description: Only for objects of more bytes.
        type: int
      object_size_less_than:
        description: Only for objects of fewer bytes.
        type: int
      expiration_days:
        description: Delete objects when they are so many days old.
        type: int
      expiration_date:
        description: Delete objects from this day on, such as V(2030-12-31).
        type: str
      expire_object_delete_marker:
        description: Delete markers that have no version left.
        type: bool
      noncurrent_version_expiration_days:
        description: Delete versions so many days after they were superseded.
        type: int
      noncurrent_version_keep_newer:
        description: But keep so many of the newest of them.
        type: int
      abort_incomplete_multipart_upload_days:
        description: Delete multipart uploads that are not finished after so many days.
        type: int
      transitions:
        description: To which storage class objects move.
        type: list
        elements: dict
        suboptions:
          transition_days:
            description: After so many days. Exclusive with O(lifecycle_rules[].transitions[].transition_date).
            type: int
          transition_date:
            description: From this day on.
            type: str
          storage_class:
            description: The storage class.
            type: str
            required: true
      noncurrent_version_transitions:
        description: To which storage class superseded versions move.
        type: list
        elements: dict
        suboptions:
          transition_days:
            description: So many days after they were superseded.
            type: int
            required: true
          keep_newer:
            description: But leave so many of the newest of them.
            type: int
          storage_class:
            description: The storage class.
            type: str
            required: true
  website:
    description: Serve the bucket as a website.
    type: dict
    suboptions:
      index:
        description: What is shown for a folder, such as V(index.html).
        type: str
        aliases: [suffix]
      error:
        description: The object that is shown for an error.
        type: str
        aliases: [error_key]
      redirect_all_requests:
        description: A host, such as V(https://www.example.com), to which all requests go. Exclusive with all other fields.
        type: str
      redirects:
        description: Which requests go elsewhere. The first that matches counts.
        type: list
        elements: dict
        suboptions:
          key_prefix:
            description: Requests for keys that begin so.
            type: str
          error_code:
            description: Requests that would end in this error, such as V(404).
            type: str
          protocol:
            description: With this protocol.
            type: str
            choices: [http, https]
          host:
            description: To this host.
            type: str
          replace_key_prefix:
            description: With this in the place of the prefix.
            type: str
          replace_key:
            description: To this key.
            type: str
          status:
            description: The redirect's status, such as V(302).
            type: str
  cdn:
    description: Whether the provider's content delivery network serves the bucket, where Apache Libcloud can tell it to.
    type: bool
  logging:
    description: Where a log of all requests goes.
    type: dict
    suboptions:
      target_bucket:
        description: The bucket that the log is written to.
        type: str
      target_prefix:
        description: What its keys begin with.
        type: str
  notifications:
    description: Who is told of what happens in the bucket. All of them.
    type: list
    elements: dict
    suboptions:
      id:
        description: A name. By default one is made of the entry.
        type: str
      arn:
        description: A queue (SQS), a topic (SNS), a function (Lambda), or V(eventbridge).
        type: str
        required: true
      events:
        description: Of which events, such as V(s3:ObjectCreated:*).
        type: list
        elements: str
      prefix:
        description: Only of keys that begin so.
        type: str
      suffix:
        description: Only of keys that end so.
        type: str
  requester_pays:
    description: Whether those who ask for objects pay for it.
    type: bool
  accelerate:
    description: Whether the bucket can be reached by Amazon's transfer acceleration.
    type: bool
    aliases: [accelerate_enabled]
  replication:
    description: To which buckets objects are copied. Needs O(versioning) of both buckets.
    type: dict
    suboptions:
      role:
        description: The role by which they are copied.
        type: str
      rules:
        description: What is copied where.
        type: list
        elements: dict
        suboptions:
          rule_id:
            description: The rule's name. By default one is made of what the rule says.
            type: str
            aliases: [id]
          status:
            description: Whether the rule is in force.
            type: str
            choices: [enabled, disabled]
            default: enabled
          priority:
            description: Of two rules for one object, that of the higher number counts.
            type: int
            default: 0
          prefix:
            description: Only keys that begin so.
            type: str
          tags:
            description: Only objects that have all these tags.
            type: dict
          destination_bucket:
            description: The name, or the ARN, of the bucket that gets the copies.
            type: str
            required: true
          destination_account:
            description: The account that it belongs to.
            type: str
          storage_class:
            description: The copies' storage class.
            type: str
          replica_kms_key_id:
            description: The key that copies of encrypted objects are encrypted with.
            type: str
          delete_markers:
            description: Whether deletions are copied.
            type: bool
            default: false
requirements:
  - python >= 3.11
  - boto3 for Amazon S3 and everything that speaks its protocol
  - apache-libcloud for Swift and all providers that are not named otherwise
seealso:
  - module: longshore.storage.static_container
  - name: Setting up a bucket
    description: The guide to this module.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/libcloud_bucket.md
"""

EXAMPLES = r"""
- name: A private bucket that keeps old versions for a month
  longshore.storage.libcloud_bucket:
    provider:
      id: S3
      region: eu-west-1
    name: my-backups
    versioning: true
    encryption: AES256
    public_access_block:
      block_public_acls: true
      ignore_public_acls: true
      block_public_policy: true
      restrict_public_buckets: true
    lifecycle_rules:
      - rule_id: old versions
        noncurrent_version_expiration_days: 30
      - rule_id: unfinished uploads
        abort_incomplete_multipart_upload_days: 7
    tags:
      owner: operations

- name: A website at a store of one's own
  longshore.storage.libcloud_bucket:
    provider:
      id: MINIO
      endpoint: http://127.0.0.1:9000
      key: "{{ store_key }}"
      secret: "{{ store_secret }}"
    name: www
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: "*"
          Action: s3:GetObject
          Resource: arn:aws:s3:::www/*

- name: Let pages of another site load fonts
  longshore.storage.libcloud_bucket:
    provider: www
    cors_rules:
      - allowed_origins: [https://www.example.com]
        allowed_methods: [GET]

- name: Take the policy and all tags away, and leave everything else as it is
  longshore.storage.libcloud_bucket:
    provider: www
    policy: {}
    tags: {}

- name: Delete a bucket and all that is in it
  longshore.storage.libcloud_bucket:
    provider: www
    state: absent
    force: true
"""

RETURN = r"""
name:
  description: The bucket's name.
  type: str
  returned: always
  sample: my-backups
region:
  description: The region that the bucket is in, as far as the provider said.
  type: str
  returned: always
  sample: eu-west-1
url:
  description: Where the bucket's objects are, where that is known.
  type: str
  returned: when the provider has such an address
  sample: https://my-backups.s3.eu-west-1.amazonaws.com
website_url:
  description: Where the bucket is served as a website.
  type: str
  returned: when the task has O(website), and the provider has such an address
  sample: http://www.example.com.s3-website-eu-west-1.amazonaws.com
cdn_url:
  description: Where a content delivery network serves the bucket.
  type: str
  returned: when the task has O(cdn), and the provider tells
  sample: https://0123abcd.r1.cf1.rackcdn.com
created:
  description: Whether the bucket was made.
  type: bool
  returned: always
  sample: true
deleted:
  description: Whether the bucket was deleted.
  type: bool
  returned: always
  sample: false
emptied:
  description: What was deleted from the bucket. In check mode, what the first page of its listing shows.
  type: dict
  returned: with O(force), when there was a bucket to delete
  contains:
    objects:
      description: How many current objects.
      type: int
    versions:
      description: How many older versions.
      type: int
    delete_markers:
      description: How many delete markers.
      type: int
    uploads:
      description: How many unfinished multipart uploads.
      type: int
  sample:
    objects: 1200
    versions: 3
    delete_markers: 0
    uploads: 1
settings:
  description:
    - The settings that were changed, by name, with their values C(before) and C(after) in one normal form.
    - A failed task has those that were changed before it failed.
  type: dict
  returned: always
  sample:
    versioning:
      before: false
      after: true
requests:
  description: How many requests were sent.
  type: int
  returned: always
  sample: 7
seconds:
  description: How long the work took.
  type: float
  returned: always
  sample: 0.214
"""

import typing as t

from ..module_utils._bucket._report import BucketReport
from ..module_utils._bucket._run import BucketOptions, keep_bucket
from ..module_utils._bucket._settings import SETTINGS
from ..module_utils._errors import ConfigurationError
from ..module_utils._module import (
    PROGRESS_OPTION,
    ArgumentSpec,
    Module,
    by_proper_names,
)

_TEXT = {"type": "str"}
_NUMBER = {"type": "int"}
_BOOL = {"type": "bool"}
_TEXTS = {"type": "list", "elements": "str"}
_STATUS = {"type": "str", "choices": ["enabled", "disabled"], "default": "enabled"}

ARGUMENT_SPEC: ArgumentSpec = {
    "provider": {"type": "raw", "required": True},
    "name": _TEXT,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "region": _TEXT,
    "force": {"type": "bool", "default": False},
    "bypass_governance": {"type": "bool", "default": False},
    "versioning": _BOOL,
    "object_lock": {"type": "bool", "aliases": ["object_lock_enabled"]},
    "object_lock_default_retention": {
        "type": "dict",
        "options": {
            "mode": {"type": "str", "choices": ["GOVERNANCE", "COMPLIANCE"]},
            "days": _NUMBER,
            "years": _NUMBER,
        },
    },
    "encryption": {
        "type": "str",
        "choices": ["none", "AES256", "aws:kms", "aws:kms:dsse"],
    },
    "encryption_key_id": {"type": "str", "no_log": False},
    "bucket_key_enabled": {"type": "bool", "no_log": False},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
    "ownership": {
        "type": "str",
        "choices": [
            "BucketOwnerEnforced",
            "BucketOwnerPreferred",
            "ObjectWriter",
            "none",
        ],
        "aliases": ["object_ownership"],
    },
    "public_access_block": {
        "type": "dict",
        "aliases": ["public_access"],
        "options": {
            "block_public_acls": _BOOL,
            "ignore_public_acls": _BOOL,
            "block_public_policy": _BOOL,
            "restrict_public_buckets": _BOOL,
        },
    },
    "acl": {
        "type": "str",
        "choices": [
            "private",
            "public-read",
            "public-read-objects",
            "public-read-write",
            "authenticated-read",
            "log-delivery-write",
        ],
    },
    "policy": {"type": "json"},
    "cors_rules": {
        "type": "list",
        "elements": "dict",
        "options": {
            "id": _TEXT,
            "allowed_origins": _TEXTS,
            "allowed_methods": _TEXTS,
            "allowed_headers": _TEXTS,
            "expose_headers": _TEXTS,
            "max_age_seconds": _NUMBER,
        },
    },
    "lifecycle_rules": {
        "type": "list",
        "elements": "dict",
        "options": {
            "rule_id": {"type": "str", "aliases": ["id"]},
            "status": _STATUS,
            "prefix": _TEXT,
            "tags": {"type": "dict"},
            "object_size_greater_than": _NUMBER,
            "object_size_less_than": _NUMBER,
            "expiration_days": _NUMBER,
            "expiration_date": _TEXT,
            "expire_object_delete_marker": _BOOL,
            "noncurrent_version_expiration_days": _NUMBER,
            "noncurrent_version_keep_newer": _NUMBER,
            "abort_incomplete_multipart_upload_days": _NUMBER,
            "transitions": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "transition_days": _NUMBER,
                    "transition_date": _TEXT,
                    "storage_class": {"type": "str", "required": True},
                },
            },
            "noncurrent_version_transitions": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "transition_days": {"type": "int", "required": True},
                    "keep_newer": _NUMBER,
                    "storage_class": {"type": "str", "required": True},
                },
            },
        },
    },
    "website": {
        "type": "dict",
        "options": {
            "index": {"type": "str", "aliases": ["suffix"]},
            "error": {"type": "str", "aliases": ["error_key"]},
            "redirect_all_requests": _TEXT,
            "redirects": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "key_prefix": {"type": "str", "no_log": False},
                    "error_code": _TEXT,
                    "protocol": {"type": "str", "choices": ["http", "https"]},
                    "host": _TEXT,
                    "replace_key_prefix": {"type": "str", "no_log": False},
                    "replace_key": {"type": "str", "no_log": False},
                    "status": _TEXT,
                },
            },
        },
    },
    "cdn": _BOOL,
    "logging": {
        "type": "dict",
        "options": {"target_bucket": _TEXT, "target_prefix": _TEXT},
    },
    "notifications": {
        "type": "list",
        "elements": "dict",
        "options": {
            "id": _TEXT,
            "arn": {"type": "str", "required": True},
            "events": _TEXTS,
            "prefix": _TEXT,
            "suffix": _TEXT,
        },
    },
    "requester_pays": _BOOL,
    "accelerate": {"type": "bool", "aliases": ["accelerate_enabled"]},
    "replication": {
        "type": "dict",
        "options": {
            "role": _TEXT,
            "rules": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "rule_id": {"type": "str", "aliases": ["id"]},
                    "status": _STATUS,
                    "priority": {"type": "int", "default": 0},
                    "prefix": _TEXT,
                    "tags": {"type": "dict"},
                    "destination_bucket": {"type": "str", "required": True},
                    "destination_account": _TEXT,
                    "storage_class": _TEXT,
                    "replica_kms_key_id": {"type": "str", "no_log": False},
                    "delete_markers": {"type": "bool", "default": False},
                },
            },
        },
    },
}


def options_of(module: Module) -> BucketOptions:
    """The engine's options. Raises ``ConfigurationError``."""
    params = module.params
    # the engine knows better than an endpoint which names are allowed, and proposes one
    endpoint = module.endpoint(
        "provider",
        any_container=True,
        container=params["name"],
        region=params["region"],
    )
    if not endpoint.container:
        raise ConfigurationError(
            "It is not said which bucket.",
            hint="Write its name as name, or as container in provider.",
        )
    return BucketOptions(
        endpoint=endpoint,
        present=params["state"] == "present",
        settings=settings_of(params),
        purge_tags=params["purge_tags"],
        region=params["region"],
        force=params["force"],
        bypass_governance=params["bypass_governance"],
        check_mode=module.check_mode,
    )


def settings_of(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The settings that the task names, as written."""
    encryption = {
        "algorithm": params["encryption"],
        "key_id": params["encryption_key_id"],
        "bucket_key": params["bucket_key_enabled"],
    }
    written = {
        name: by_proper_names(params[name], ARGUMENT_SPEC[name])
        for name in SETTINGS
        if name != "encryption"
    }
    if any(value is not None for value in encryption.values()):
        written["encryption"] = encryption
    return {name: value for name, value in written.items() if value is not None}


def main() -> t.NoReturn:
    """Run the module."""
    module = Module(ARGUMENT_SPEC | PROGRESS_OPTION)

    def work() -> BucketReport:
        with module.progress() as progress:
            return keep_bucket(options_of(module), progress)

    module.run(work)


if __name__ == "__main__":
    main()
