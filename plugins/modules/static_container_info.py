#!/usr/bin/python

# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: static_container_info
short_description: What a container holds, and whether that is what was published
version_added: 1.0.0
author:
  - The longshore.storage authors (@longshore-storage)
description:
  - Tells of a container, or of what it has below a prefix, or of a folder, how much it holds by type and by prefix, which objects are the
    biggest, what is there more than once, and which releases M(longshore.storage.static_container) keeps of it.
  - Where that module keeps a manifest, it tells what became of the destination since that was written.
  - It takes one listing, the manifest and the releases. What it needs of memory does not grow with the number of objects;
    a temporary file of some 200 bytes for each holds the listing. Nothing is ever changed.
extends_documentation_fragment:
  - longshore.storage.endpoints
  - longshore.storage.libraries
  - longshore.storage.attributes
  - longshore.storage.attributes.info
options:
  destination:
    description:
      - The container to look at. An endpoint, or the name of an entry of O(providers).
    type: raw
    required: true
  sample:
    description:
      - How many names are told of what there may be many of. That goes for the biggest objects, for groups of duplicates, and for each
        kind of drift.
    type: int
    default: 10
  prefixes:
    description:
      - How many prefixes are told, the largest first.
    type: int
    default: 10
  duplicates:
    description:
      - Tell what is there more than once. Contents are told apart by the hashes that the listing shows, or else by the digests of
        the manifest.
      - In a folder, files that no manifest knows are read when another one has the same size.
    type: bool
    default: true
seealso:
  - module: longshore.storage.static_container
  - module: longshore.storage.libcloud_bucket_info
    description: Tells how a bucket is set up, and of all buckets of an account.
  - name: Publishing a tree of files
    description: The guide to these modules.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/static_container.md
"""

EXAMPLES = r"""
- name: What takes up the room
  longshore.storage.static_container_info:
    destination:
      id: S3
      region: eu-west-1
      container: www.example.com
    prefixes: 50
  register: www

- name: Nobody but us may have changed the site
  longshore.storage.static_container_info:
    destination: www
    duplicates: false
  register: site
  failed_when: site.manifest is none or site.manifest.changed != 0 or site.manifest.vanished != 0

- name: Which releases can be returned to
  longshore.storage.static_container_info:
    destination: www
    sample: 0
  register: kept
"""

RETURN = r"""
exists:
  description: Whether the container is there. If it is not, there is nothing in it.
  type: bool
  returned: success
  sample: true
objects:
  description: How many objects there are, without those of RV(reserved).
  type: int
  returned: success
  sample: 312
bytes:
  description: How many bytes all of them have, as they are stored.
  type: int
  returned: success
  sample: 1822031
types:
  description: How much there is by type, the one with the most bytes first. Types are those that names tell.
  type: list
  elements: dict
  returned: success
  contains:
    type:
      description: The media type.
      type: str
    objects:
      description: How many objects.
      type: int
    bytes:
      description: How many bytes.
      type: int
  sample:
    - type: image/jpeg
      objects: 120
      bytes: 1500000
prefixes:
  description: How much there is by the first folder of the names, the largest O(prefixes) of them first.
  type: list
  elements: dict
  returned: success
  contains:
    prefix:
      description: The folder, with its slash, after the endpoint's prefix; empty for what is in none.
      type: str
    objects:
      description: How many objects.
      type: int
    bytes:
      description: How many bytes.
      type: int
  sample:
    - prefix: img/
      objects: 120
      bytes: 1500000
prefix_count:
  description: How many such prefixes there are.
  type: int
  returned: success
  sample: 4
biggest:
  description: The biggest objects.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Its name.
      type: str
    type:
      description: Its media type.
      type: str
    bytes:
      description: Its size.
      type: int
  sample:
    - name: img/tour.jpg
      type: image/jpeg
      bytes: 240312
duplicates:
  description: What is there more than once, empty objects aside; null where that was not asked for.
  type: dict
  returned: success
  contains:
    groups:
      description: How many contents.
      type: int
    objects:
      description: How many objects have one of them.
      type: int
    wasted_bytes:
      description: How many bytes there would be less with each content once.
      type: int
    unknown:
      description: Of how many objects it cannot be told. There are others of their size, and no hash of their content is known.
      type: int
    sample:
      description: Those that waste most.
      type: list
      elements: dict
      contains:
        objects:
          description: How many objects.
          type: int
        bytes:
          description: The size of each.
          type: int
        names:
          description: The first ten of their names.
          type: list
          elements: str
  sample:
    groups: 1
    objects: 2
    wasted_bytes: 5120
    unknown: 0
    sample:
      - objects: 2
        bytes: 5120
        names: [favicon.ico, img/favicon.ico]
manifest:
  description: What became of the destination since its manifest was written; null where there is none.
  type: dict
  returned: success
  contains:
    settled:
      description: Whether the last run came to its end, and none was publishing meanwhile. Otherwise some drift may be its own.
      type: bool
    fault:
      description: Why the manifest cannot be read; otherwise null. Then nothing is known of a drift.
      type: str
    entries:
      description: Of how many objects it speaks.
      type: int
    changed:
      description: How many objects are not what was published.
      type: int
    changed_sample:
      description: The first of their names.
      type: list
      elements: str
    vanished:
      description: How many objects are not there any more.
      type: int
    vanished_sample:
      description: The first of their names.
      type: list
      elements: str
    beside:
      description: How many objects it does not know.
      type: int
    beside_sample:
      description: The first of their names.
      type: list
      elements: str
  sample:
    settled: true
    fault:
    entries: 312
    changed: 1
    changed_sample: [index.html]
    vanished: 0
    vanished_sample: []
    beside: 0
    beside_sample: []
releases:
  description: The releases that are kept, the newest first; null where they cannot be read, with a warning.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Its name.
      type: str
    live:
      description: Whether it was the last to be published or returned to.
      type: bool
    published:
      description: When it was published, in UTC.
      type: str
    objects:
      description: How many objects it has.
      type: int
    bytes:
      description: How many bytes these have, as they are stored.
      type: int
  sample:
    - name: "412"
      live: true
      published: "2026-11-21T05:37:07Z"
      objects: 312
      bytes: 1822031
reserved:
  description: What the manifest and releases take.
  type: dict
  returned: success
  contains:
    objects:
      description: How many objects.
      type: int
    bytes:
      description: How many bytes.
      type: int
  sample:
    objects: 3
    bytes: 12004
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

from ..module_utils._module import ArgumentSpec, Module
from ..module_utils._sync._info import ContainerInfo, InfoOptions, survey_container

ARGUMENT_SPEC: ArgumentSpec = {
    "destination": {"type": "raw", "required": True},
    "sample": {"type": "int", "default": 10},
    "prefixes": {"type": "int", "default": 10},
    "duplicates": {"type": "bool", "default": True},
}


def options_of(module: Module) -> InfoOptions:
    """The engine's options. Raises ``ConfigurationError``."""
    params = module.params
    return InfoOptions(
        module.endpoint("destination"),
        params["sample"],
        params["prefixes"],
        params["duplicates"],
    )


def main() -> t.NoReturn:
    """Run the module."""
    module = Module(ARGUMENT_SPEC)

    def work() -> ContainerInfo:
        return survey_container(options_of(module))

    module.run(work)


if __name__ == "__main__":
    main()
