#!/usr/bin/python

# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: volume_persist_info
short_description: What snapshots of volumes are kept, and which are late
version_added: 1.0.0
author:
  - The longshore.storage authors (@longshore-storage)
description:
  - Tells of the snapshots that M(longshore.storage.volume_persist) keeps in a store, by their records; no key is needed for those that are
    encrypted. Nothing is ever changed.
  - A snapshot counts when its record can be read and all its objects are there in their sizes. Whether they can be read to the end, C(state=verified)
    of that module tells.
extends_documentation_fragment:
  - longshore.storage.endpoints
  - longshore.storage.libraries
  - longshore.storage.attributes
  - longshore.storage.attributes.info
options:
  store:
    description:
      - Where snapshots are kept. An endpoint, or the name of an entry of O(providers).
    type: raw
    required: true
  path:
    description:
      - Tell of this path alone. Without it and O(volume), of all that is kept.
    type: path
  volume:
    description:
      - Tell of this volume alone. It cannot go together with O(path).
    type: str
  host:
    description:
      - Tell of this host's snapshots alone. By default of every host's.
    type: str
  max_age:
    description:
      - How old the latest good snapshot may be, such as V(26h) or V(8d). Older ones are late.
    type: str
seealso:
  - module: longshore.storage.volume_persist
    description: Saves and restores.
  - name: Saving and restoring volumes
    description: The guide to these modules.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/volume_persist.md
"""

EXAMPLES = r"""
- name: What is kept of every host
  longshore.storage.volume_persist_info:
    store: backups
  register: kept

- name: Fail when last night's snapshot is missing
  longshore.storage.volume_persist_info:
    store: backups
    host: wiki1
    volume: wiki_data
    max_age: 26h
  register: wiki
  failed_when: wiki.late
"""

RETURN = r"""
late:
  description: Whether one of RV(volumes) is late, or there is none at all although O(max_age) was given.
  type: bool
  returned: success
  sample: false
volumes:
  description: What is kept of each path and volume of each host. What was asked for by name and host is there even if nothing is kept.
  type: list
  elements: dict
  returned: success
  contains:
    host:
      description: Whose it is.
      type: str
    path:
      description: The path; null for a volume.
      type: str
    volume:
      description: The volume's name; null for a path.
      type: str
    latest:
      description: The id of the latest good snapshot; null where there is none.
      type: str
    age:
      description: How many seconds ago it was begun, by the clock of the host that runs the module; null where there is none.
      type: int
    late:
      description: Whether that is more than O(max_age), or there is none; null where that was not asked.
      type: bool
    stored_bytes:
      description: What the good ones added to the store.
      type: int
    snapshots:
      description: The good ones, the newest first.
      type: list
      elements: dict
      contains:
        id:
          description: Its id.
          type: str
        time:
          description: When it was begun, in UTC.
          type: str
        counts:
          description: How many files, directories and so on it has.
          type: dict
        bytes:
          description: The size of all its files.
          type: int
        stored_bytes:
          description: What it added to the store.
          type: int
        format:
          description: V(tar) or V(chunks).
          type: str
        compression:
          description: V(zstd), V(gzip) or V(none).
          type: str
        encryption:
          description: V(envelope), V(age) or null.
          type: str
        verified:
          description: Whether the store was seen to have what was sent.
          type: bool
        problems:
          description: How many files changed, vanished or could not be read meanwhile.
          type: int
    broken:
      description: Those that have a record, and are not whole.
      type: list
      elements: dict
      contains:
        id:
          description: Its id.
          type: str
        fault:
          description: Why it cannot be used.
          type: str
    unfinished:
      description: The ids of those that are being saved now, or whose save was killed.
      type: list
      elements: str
  sample:
    - host: wiki1
      path:
      volume: wiki_data
      latest: 20261121T053707.123456Z-1a2b3c4d
      age: 3600
      late: false
      stored_bytes: 12004312
      snapshots:
        - id: 20261121T053707.123456Z-1a2b3c4d
          time: "2026-11-21T05:37:07+00:00"
          counts:
            directory: 12
            file: 480
          bytes: 48213054
          stored_bytes: 12004312
          format: tar
          compression: zstd
          encryption:
          verified: true
          problems: 0
      broken: []
      unfinished: []
"""

import os
import typing as t

from ..module_utils._errors import ConfigurationError
from ..module_utils._module import ArgumentSpec, Module
from ..module_utils._persist._info_run import InfoOptions, VolumesInfo, inform
from ..module_utils._quantities import seconds_of

ARGUMENT_SPEC: ArgumentSpec = {
    "store": {"type": "raw", "required": True},
    "path": {"type": "path"},
    "volume": {"type": "str"},
    "host": {"type": "str"},
    "max_age": {"type": "str"},
}


def options_of(module: Module) -> InfoOptions:
    """The engine's options. Raises ``ConfigurationError``."""
    params = module.params
    path = params["path"]
    if path is not None and params["volume"] is not None:
        raise ConfigurationError("path and volume cannot go together.")
    return InfoOptions(
        module.endpoint("store"),
        os.path.normpath(path) if path is not None else None,
        params["volume"],
        params["host"],
        seconds_of("max_age", params["max_age"]),
    )


def main() -> t.NoReturn:
    """Run the module."""
    module = Module(ARGUMENT_SPEC)

    def work() -> VolumesInfo:
        return inform(options_of(module))

    module.run(work)


if __name__ == "__main__":
    main()
