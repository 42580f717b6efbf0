#!/usr/bin/python

# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: libcloud_bucket_info
short_description: Look at buckets of an object store, whoever provides it
version_added: 1.0.0
author:
  - The longshore.storage authors (@longshore-storage)
description:
  - Tells of one bucket (a container), or of all buckets of an account, what the task asks for. That is settings, how much is in
    it, and whether everybody may reach it.
  - Settings have the same form as M(longshore.storage.libcloud_bucket) takes, at every provider.
  - Nothing is ever changed.
extends_documentation_fragment:
  - longshore.storage.endpoints
  - longshore.storage.libraries
  - longshore.storage.attributes
  - longshore.storage.attributes.info
options:
  provider:
    description:
      - Where the bucket is. An endpoint, or the name of an entry of O(providers).
      - Its C(prefix) restricts what O(count) counts.
    type: raw
    required: true
  name:
    description:
      - The bucket's name, where the endpoint does not have it as its C(container).
      - When neither names one, all buckets of the account are looked at; of V(LOCAL), all folders in the one that C(key) names.
        What fails at one of them is told in its RV(buckets[].error) and in a warning, and the others are looked at all the same.
      - An entry of O(providers) that names a container stands for the whole account when the task writes C(container) as an
        empty string beside it.
    type: str
  settings:
    description:
      - The settings to read. One that the provider has not is an error. One that the server does not know is V(null), with a
        warning.
    type: list
    elements: str
    choices:
      - versioning
      - object_lock
      - object_lock_default_retention
      - encryption
      - tags
      - ownership
      - public_access_block
      - acl
      - policy
      - cors_rules
      - lifecycle_rules
      - website
      - cdn
      - logging
      - notifications
      - requester_pays
      - accelerate
      - replication
    default: []
  count:
    description:
      - Count the objects and their bytes. That lists the whole bucket.
      - Current objects alone are counted, not their older versions nor unfinished uploads.
    type: bool
    default: false
  prefix_depth:
    description:
      - Count by prefix as well, and tell folders apart that are so many levels deep. With V(0) there are no prefixes; a higher
        number implies O(count).
    type: int
    default: 0
  exposure:
    description:
      - Tell what everybody may do with the bucket, as its C(policy), C(acl), C(public_access_block), C(ownership), C(website)
        and C(cdn) have it, those that the provider has.
      - Amazon's definition of public is followed. A policy is public when it allows something to everybody, and no condition
        restricts that to fixed addresses (a range no wider than /8, or /32 of IPv6), networks, accounts, organisations or the
        like. Statements that deny are not weighed against it.
      - Rights that single objects have, and what is blocked for a whole account, are not looked at.
    type: bool
    default: false
seealso:
  - module: longshore.storage.libcloud_bucket
  - name: Buckets
    description: The guide to this module.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/libcloud_bucket.md
"""

EXAMPLES = r"""
- name: Look at the settings of one bucket
  longshore.storage.libcloud_bucket_info:
    provider:
      id: S3
      region: eu-west-1
    name: www.example.com
    settings: [versioning, policy, website]
  register: www

- name: Nobody but us may reach any bucket of the account
  longshore.storage.libcloud_bucket_info:
    provider:
      id: S3
    exposure: true
  register: all
  failed_when: all.buckets | selectattr('exposure.public') | length > 0

- name: Find out what takes up the room
  longshore.storage.libcloud_bucket_info:
    provider:
      id: AZURE_BLOBS
      key: myaccount
      secret: "{{ azure_secret }}"
    name: archive
    prefix_depth: 1
"""

RETURN = r"""
buckets:
  description: The buckets, in the order of their names. One that does not exist is not among them.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: The bucket's name; of V(LOCAL), the path of the folder.
      type: str
    region:
      description: Where it is, as far as the provider says.
      type: str
    settings:
      description:
        - The O(settings) that were asked for, each in the form that M(longshore.storage.libcloud_bucket) takes.
        - A setting that is not set is V(null), or V(false) where it is on or off.
      type: dict
    objects:
      description: How many objects it holds.
      type: int
      returned: with O(count)
    bytes:
      description: How many bytes all of them have.
      type: int
      returned: with O(count)
    prefixes:
      description:
        - How much there is by prefix.
        - Every object is counted once, at the deepest of these prefixes that it is below; the empty one has those in no folder.
      type: list
      elements: dict
      returned: with O(count)
      contains:
        prefix:
          description: The prefix, with its final slash, after that of the endpoint.
          type: str
        objects:
          description: How many objects.
          type: int
        bytes:
          description: How many bytes.
          type: int
    exposure:
      description: What everybody may do with it.
      type: dict
      returned: with O(exposure)
      contains:
        public:
          description:
            - What everybody may do. That is C(list) names; C(read) contents; C(write), replace or delete objects; C(manage)
              settings and rights; C(inspect) them.
            - Empty when the bucket is not public.
          type: list
          elements: str
        reasons:
          description: What makes it so.
          type: list
          elements: str
        prevented:
          description: What would make it public, and what holds that back.
          type: list
          elements: str
    error:
      description: Why something that was asked for is missing here.
      type: str
      returned: when something failed, and all buckets are looked at
  sample:
    - name: www.example.com
      region: eu-west-1
      settings:
        versioning: true
        website:
          index: index.html
      objects: 312
      bytes: 1822031
      prefixes: []
      exposure:
        public: [read]
        reasons:
          - "policy: statement 'Everybody' lets everybody read"
          - "website: what everybody may read is served to browsers"
        prevented: []
requests:
  description: How many requests were sent.
  type: int
  returned: success
  sample: 5
seconds:
  description: How long it took.
  type: float
  returned: success
  sample: 0.312
"""

import typing as t

from ..module_utils._bucket._info import InfoOptions, InfoReport, look
from ..module_utils._bucket._settings import SETTINGS
from ..module_utils._module import ArgumentSpec, Module

ARGUMENT_SPEC: ArgumentSpec = {
    "provider": {"type": "raw", "required": True},
    "name": {"type": "str"},
    "settings": {
        "type": "list",
        "elements": "str",
        "choices": list(SETTINGS),
        "default": [],
    },
    "count": {"type": "bool", "default": False},
    "prefix_depth": {"type": "int", "default": 0},
    "exposure": {"type": "bool", "default": False},
}


def options_of(module: Module) -> InfoOptions:
    """The engine's options. Raises ``ConfigurationError``."""
    params = module.params
    return InfoOptions(
        endpoint=module.endpoint(
            "provider", any_container=True, container=params["name"]
        ),
        settings=tuple(dict.fromkeys(params["settings"])),
        count=params["count"],
        prefix_depth=params["prefix_depth"],
        exposure=params["exposure"],
    )


def main() -> t.NoReturn:
    """Run the module."""
    module = Module(ARGUMENT_SPEC)

    def work() -> InfoReport:
        return look(options_of(module))

    module.run(work)


if __name__ == "__main__":
    main()
