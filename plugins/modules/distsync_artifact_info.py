#!/usr/bin/python

# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: distsync_artifact_info
short_description: What artifacts are published, and who has them
version_added: 1.0.0
author:
  - The longshore.storage authors (@longshore-storage)
description:
  - Tells of the artifacts of one channel, their releases, and which of each is the latest; and if asked, what every host that
    reports has of them.
  - Nothing is ever changed. The host remembers the newest feed that it has seen, and refuses an older one.
extends_documentation_fragment:
  - longshore.storage.distsync
  - longshore.storage.endpoints
  - longshore.storage.libraries
  - longshore.storage.attributes
  - longshore.storage.attributes.info
options:
  name:
    description: Tell of this artifact alone.
    type: str
  hosts:
    description:
      - Whether to read what hosts report of themselves. It takes permission to list the bucket and to read C(status/), which the uploader has.
    type: bool
    default: false
  config:
    description:
      - The configuration file that M(longshore.storage.distsync_setup) wrote, on the host that runs the module. It cannot go
        together with O(provider).
      - By default V(~/.distsync). With a daemon's, which has no signing key, a feed that has expired is an error.
    type: path
seealso:
  - module: longshore.storage.distsync_artifact
    description: Publishes and fetches.
  - name: Publishing artifacts
    description: The guide to this module.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/distsync_artifact.md
"""

EXAMPLES = r"""
- name: What is published
  longshore.storage.distsync_artifact_info:
  register: published

- name: Who has which release of one artifact
  longshore.storage.distsync_artifact_info:
    name: app.tar.gz
    hosts: true
"""

RETURN = r"""
format:
  description: How artifacts are stored.
  type: str
  returned: success
  sample: longshore
channel:
  description: The channel; null with V(distsync01).
  type: str
  returned: success
  sample: stable
sequence:
  description: The number of the channel's feed, which rises with every change; null with V(distsync01), and where there is no feed.
  type: int
  returned: success
  sample: 17
expires:
  description: Until when the feed is good, in seconds since the epoch; null with V(distsync01), and where there is no feed.
  type: int
  returned: success
  sample: 1803859200
artifacts:
  description: The artifacts by name.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: The artifact.
      type: str
    current:
      description: The version that hosts are to have; null with V(distsync01).
      type: str
    releases:
      description: Its releases in the order of their publication.
      type: list
      elements: dict
      contains:
        version:
          description: The version; null with V(distsync01).
          type: str
        latest:
          description: Whether this is the one that hosts are to have.
          type: bool
        size:
          description: The contents' size in bytes; null with V(distsync01).
          type: int
        sealed_size:
          description: The encrypted object's size in bytes.
          type: int
        digest:
          description: SHA-256 of the contents; null with V(distsync01).
          type: str
        created:
          description: When it was published, in seconds since the epoch; null with V(distsync01).
          type: int
        age:
          description: How many seconds ago that was; null with V(distsync01).
          type: int
        hosts:
          description: With O(hosts), the hosts that report to have it.
          type: list
          elements: str
  sample:
    - name: app.tar.gz
      current: 1.4.2
      releases:
        - version: 1.4.2
          latest: true
          size: 48213054
          sealed_size: 48223328
          digest: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
          created: 1796083200
          age: 3600
          hosts: [web1.example.com]
hosts:
  description: What every host reports of itself, by name. It may be old, which RV(hosts[].age) tells.
  type: list
  elements: dict
  returned: success and O(hosts)
  contains:
    host:
      description: Its name.
      type: str
    daemon:
      description: The version of its program.
      type: str
    time:
      description: When it reported, by its own clock, in seconds since the epoch.
      type: int
    age:
      description: How many seconds ago that was, by the clock of the host that runs the module.
      type: int
    channels:
      description: The channels that it watches.
      type: list
      elements: str
    takes:
      description: The artifacts that it keeps; none stand for all of its channels.
      type: list
      elements: str
    free:
      description: How many bytes are free where it keeps artifacts.
      type: int
    error:
      description: Its last error that is of no single artifact; empty once it was got over.
      type: str
    artifacts:
      description: What it has.
      type: list
      elements: dict
      contains:
        name:
          description: The artifact.
          type: str
        channel:
          description: The channel that it comes from.
          type: str
        version:
          description: The version that is in place; empty while there is none.
          type: str
        digest:
          description: SHA-256 of the contents that are in place; empty while there are none.
          type: str
        since:
          description: Since when, in seconds since the epoch.
          type: int
        state:
          description: V(current), V(fetching), V(failed) or V(rolled back).
          type: str
        wanted:
          description: The version that it knows to be the latest.
          type: str
        late:
          description: Seconds from the publication until it was in place, or until the report while it was not.
          type: int
        error:
          description: The last error; empty once it was got over.
          type: str
  sample:
    - host: web1.example.com
      daemon: 1.0.0
      time: 1796086740
      age: 60
      channels: [stable]
      takes: []
      free: 21474836480
      error: ""
      artifacts:
        - name: app.tar.gz
          channel: stable
          version: 1.4.2
          digest: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
          since: 1796083204
          state: current
          wanted: 1.4.2
          late: 4
          error: ""
"""

import typing as t

from ..module_utils._distsync._artifact_info import ArtifactsInfo, InfoOptions, look
from ..module_utils._distsync._configuration_file import UPLOADER_PATH
from ..module_utils._distsync._task import CONFIGURATION_OPTIONS, task_configuration
from ..module_utils._module import ArgumentSpec, Module

ARGUMENT_SPEC: ArgumentSpec = {
    **CONFIGURATION_OPTIONS,
    "name": {"type": "str"},
    "hosts": {"type": "bool", "default": False},
}


def main() -> t.NoReturn:
    """Run the module."""
    module = Module(ARGUMENT_SPEC)

    def work() -> ArtifactsInfo:
        params = module.params
        configuration, warnings = task_configuration(
            params,
            module.endpoint("provider") if params["provider"] is not None else None,
            UPLOADER_PATH,
        )
        info = look(InfoOptions(configuration, params["name"], params["hosts"]))
        info.warnings[:0] = warnings
        return info

    module.run(work)


if __name__ == "__main__":
    main()
