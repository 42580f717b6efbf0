#!/usr/bin/python

# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: volume_persist
short_description: Save a volume to an object store, and put it back
version_added: 1.0.0
author:
  - The longshore.storage authors (@longshore-storage)
description:
  - Keeps snapshots of a folder, a file or a container's volume in any object store, and restores them.
  - What is saved is sent as a stream, verified in the store before anything old is removed, and not sent at all when nothing
    changed.
  - A restore fetches and verifies everything aside before it touches what is there. Killed at any moment, it leaves
    the old or the new tree, or what the next run makes that of.
  - Owners, modes, times, extended attributes, ACLs, capabilities, hard links, holes, devices and pipes are kept.
extends_documentation_fragment:
  - longshore.storage.endpoints
  - longshore.storage.libraries
  - longshore.storage.attributes
  - longshore.storage.attributes.full
  - longshore.storage.progress
options:
  path:
    description:
      - The folder or file, an absolute path on the host that runs the task. It names the snapshots, too.
      - Exactly one of O(path) and O(volume) is needed.
    type: path
  volume:
    description:
      - A volume of Docker or Podman by its name, which names the snapshots, too; where it is, the engine is asked.
    type: str
  store:
    description:
      - Where snapshots are kept. An endpoint, or the name of an entry of O(providers).
    type: raw
    required: true
  host:
    description:
      - Whose snapshots they are. By default the name of the host that runs the task. Another one's are restored with its name.
    type: str
  state:
    description:
      - V(saved) keeps a snapshot of what is there now, unless the latest one is of the same.
      - V(restored) puts a snapshot back, unless that was done and nothing changed since.
      - V(verified) reads a snapshot to its end, compares it with what is there, and fails when that is something else.
      - V(absent) removes snapshots, and never touches the volume.
    type: str
    choices: [saved, restored, verified, absent]
    default: saved
  snapshot:
    description:
      - Which snapshot is restored or verified. V(latest), which is the default, an id, or a time such as V(2026-11-21T05:00:00+01:00)
        for the newest of then; without a zone it is UTC.
      - With O(state=absent) an id, or V(all).
    type: str
  mode:
    description:
      - With O(state=restored), needed, what becomes of what is there. With V(replace) there is afterwards what the snapshot has, and nothing
        else. With V(merge) what else is there stays.
    type: str
    choices: [merge, replace]
  to:
    description:
      - Restore to this absolute path, or compare with it, instead of where the volume is.
    type: path
  include:
    description:
      - With O(mode=merge), restore only what matches one of these patterns, written as in a C(.gitignore) file.
    type: list
    elements: str
    default: []
  staging:
    description:
      - Where a restore puts what it fetches, before it is in place.
      - With V(beside), the default, in a folder beside the target, or in it where it is a mount point. It takes the room of both trees.
      - With V(inside) in the target itself. That folder then stays, and what is in it is exchanged one name after the other. So it is done
        anyway where it is a mount point, or a container or service is seen that has it mounted, who would otherwise keep the old folder. Say it
        where they cannot be seen, such as from within a container, or when not run by root.
      - With V(none) each file is put in place as it comes, after O(mode=replace) has emptied the target. That takes no room twice, and gives
        up that a cut-off restore leaves the old tree.
    type: str
    choices: [beside, inside, none]
  compare:
    description:
      - With O(state=verified), whether to compare with what is there. Otherwise the snapshot alone is read, and found whole or not.
    type: bool
    default: true
  layout:
    description:
      - V(snapshots) keeps many, each with a record.
      - V(single) keeps one object called after O(path), replaced by each save, as micro-s3-persistence wrote and reads it.
    type: str
    choices: [snapshots, single]
    default: snapshots
  format:
    description:
      - How a snapshot is stored. V(tar), the default, is one stream that standard tools unpack. With V(chunks) snapshots share what they have in
        common.
    type: str
    choices: [tar, chunks]
  compression:
    description:
      - How it is compressed. By default V(zstd), with O(layout=single) V(gzip).
    type: str
    choices: [zstd, gzip, none]
  compression_level:
    description:
      - From 1 to 19 for V(zstd), where 3 is the default, from 1 to 9 for V(gzip), where it is 6.
    type: int
  encryption:
    description:
      - How it is encrypted; by default not at all. When it is given to restore, a snapshot that is not encrypted is refused.
    type: dict
    suboptions:
      secret:
        description:
          - A SharedSecret of 48 characters, as M(longshore.storage.distsync_setup) makes them. It encrypts and decrypts.
        type: str
      recipients:
        description:
          - To save, public keys of C(age) or SSH for which it is encrypted. The host itself then cannot read what it saved.
        type: list
        elements: str
      identities:
        description:
          - To restore, the private keys of C(age) or SSH that belong to them.
        type: list
        elements: str
  exclude:
    description:
      - When saving or comparing, leave out what matches one of these patterns, written as in a C(.gitignore) file; a later one
        that begins with V(!) takes it back in.
    type: list
    elements: str
    default: []
  exclude_caches:
    description:
      - When saving or comparing, leave out what is in folders with a valid C(CACHEDIR.TAG).
    type: bool
    default: false
  one_file_system:
    description:
      - When saving or comparing, leave out what is mounted below.
    type: bool
    default: false
  checksum:
    description:
      - Read all contents to see whether anything changed, instead of believing in the times that the system keeps.
    type: bool
    default: false
  allow_unreadable:
    description:
      - Save what can be read when something cannot. The result and the snapshot say what it was.
    type: bool
    default: false
  containers:
    description:
      - Containers that are not to write meanwhile. Those of them that run are stopped or paused, and run again whatever happens.
      - To save, only when something changed; to restore, only when all is fetched and verified.
    type: dict
    suboptions:
      names:
        description: Their names or ids.
        type: list
        elements: str
      label:
        description: A label that they have, as C(name) or C(name=value).
        type: str
      action:
        description: What is done with them. A paused one writes nothing, but may have half of something in its memory.
        type: str
        choices: [stop, pause]
        default: stop
      timeout:
        description: How many seconds each has to stop in, before the engine kills it.
        type: int
        default: 30
  engine:
    description:
      - The unix socket of Docker or Podman. By default that of E(DOCKER_HOST), or a usual one.
    type: path
  pre:
    description:
      - Commands that are run before, in order, such as one that dumps a database into the volume. The first that fails ends the task.
    type: list
    elements: dict
    default: []
    suboptions:
      argv:
        description: A program and its arguments, run without a shell. Do not write passwords here.
        type: list
        elements: str
        required: true
      timeout:
        description: After how many seconds it is ended, with all that it started.
        type: float
        default: 300
  post:
    description:
      - Commands that are run afterwards, whatever happened, once O(pre) was begun.
    type: list
    elements: dict
    default: []
    suboptions:
      argv:
        description: A program and its arguments, run without a shell. Do not write passwords here.
        type: list
        elements: str
        required: true
      timeout:
        description: After how many seconds it is ended, with all that it started.
        type: float
        default: 300
  retention:
    description:
      - Which snapshots are kept; those that none of these keeps are removed, when the latest one was verified.
      - With O(state=absent) that is all that is done.
      - Numbers are of snapshots, the newest of each period, and V(-1) is all.
    type: dict
    suboptions:
      keep_last:
        description: The newest.
        type: int
      keep_hourly:
        description: One of each hour that has one.
        type: int
      keep_daily:
        description: One of each day that has one.
        type: int
      keep_weekly:
        description: One of each week that has one.
        type: int
      keep_monthly:
        description: One of each month that has one.
        type: int
      keep_yearly:
        description: One of each year that has one.
        type: int
      keep_within:
        description: All that are not older than this, counted from the newest, such as V(36h), V(14d) or V(1y6m).
        type: str
  collect_garbage:
    description:
      - Remove chunks that no snapshot needs any more. It takes two runs, a day apart, of which the first only notes them.
      - It looks at all below the prefix, and takes permission to list, read, write and delete.
    type: bool
    default: false
  bandwidth_limit:
    description:
      - Move at most so many bytes a second to or from the store, such as V(500k) or V(10M).
    type: str
  cache_path:
    description:
      - A folder in which this host remembers what it restored, and which uploads it began.
      - By default C($XDG_CACHE_HOME/longshore), or C(~/.cache/longshore).
    type: path
notes:
  - Run it as root, who may read everything, and give everything back to its owner.
requirements:
  - zstandard for O(compression=zstd)
  - cryptography for a shared secret, pyrage for C(age)
  - pathspec for patterns (O(include), O(exclude))
seealso:
  - module: longshore.storage.volume_persist_info
    description: What is kept, and what is late.
  - name: Saving and restoring volumes
    description: The guide to this module.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/volume_persist.md
  - name: How volumes are stored
    description: What is in the store, and how to get it back without us.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/volumes.md
"""

EXAMPLES = r"""
- name: Save a volume each night, with its container stopped while it is read
  longshore.storage.volume_persist:
    volume: wiki_data
    store: backups
    containers:
      names: [wiki]
    retention:
      keep_daily: 7
      keep_weekly: 4
      keep_monthly: 12

- name: Save a database's dumps so that this host cannot read them again
  longshore.storage.volume_persist:
    path: /srv/dumps
    store: backups
    encryption:
      recipients: "{{ backup_recipients }}"
    pre:
      - argv: [/usr/local/bin/dump-databases, /srv/dumps]
        timeout: 1800

- name: Put it back as it was this morning
  longshore.storage.volume_persist:
    state: restored
    volume: wiki_data
    store: backups
    mode: replace
    snapshot: "2026-11-21T05:00:00+01:00"
    containers:
      names: [wiki]

- name: Have a look at one folder of it elsewhere
  longshore.storage.volume_persist:
    state: restored
    volume: wiki_data
    store: backups
    mode: merge
    to: /tmp/wiki
    include: [/images/]

- name: See that the latest snapshot can be read
  longshore.storage.volume_persist:
    state: verified
    volume: wiki_data
    store: backups
    compare: false

- name: Remove one snapshot
  longshore.storage.volume_persist:
    state: absent
    path: /srv/dumps
    store: backups
    snapshot: 20261121T053707.123456Z-1a2b3c4d
"""

RETURN = r"""
target:
  description: What was saved, restored or compared, on this host; with O(state=absent) what the snapshots are of.
  type: str
  returned: success
  sample: /var/lib/docker/volumes/wiki_data/_data
snapshot:
  description:
    - The id of the snapshot that is the latest one now, or was restored or verified.
    - It is null for one that check mode would make, with O(layout=single) and with O(state=absent).
  type: str
  returned: success
  sample: 20261121T053707.123456Z-1a2b3c4d
counts:
  description: How many files, directories and so on it has. Null where only reading would tell, and with O(state=absent).
  type: dict
  returned: success
  sample:
    directory: 12
    file: 480
    symlink: 3
bytes:
  description: The size of all its files. Null where RV(counts) is.
  type: int
  returned: success
  sample: 48213054
containers:
  description: The containers that were stopped or paused meanwhile, or in check mode would be.
  type: list
  elements: str
  returned: success
  sample: [wiki]
problems:
  description: How many files changed, vanished or could not be read while they were saved, or could not be restored as they were.
  type: int
  returned: success
  sample: 0
stored_bytes:
  description: How many bytes were sent to the store; null in check mode, when something would be.
  type: int
  returned: success and O(state) is V(saved)
  sample: 12004312
verified:
  description: Whether the store was seen to have what was sent. Null where nothing was sent.
  type: bool
  returned: success and O(state) is V(saved)
  sample: true
pruned:
  description: How many snapshots were removed, or in check mode would be.
  type: int
  returned: success and O(state) is V(saved) or V(absent)
  sample: 1
kept:
  description: How many snapshots there are then; null where nobody asked for any to be removed.
  type: int
  returned: success and O(state) is V(saved) or V(absent)
  sample: 7
collected:
  description:
    - With O(collect_garbage), how many packs of chunks were C(condemned), C(pardoned) and C(removed), and how many C(bytes) that freed; else null.
  type: dict
  returned: success and O(state) is V(saved) or V(absent)
  sample:
    condemned: 3
    pardoned: 0
    removed: 12
    bytes: 70201344
recovered:
  description: What was done about an earlier restore that was cut off, V(finished) or V(removed); empty where there was none.
  type: str
  returned: success and O(state) is V(restored)
  sample: ""
differences:
  description:
    - How many differences there are between the snapshot and what is there. They are counted by O(state=verified), also when it fails, and with
      O(state=restored) in check mode when a diff is asked for; else null.
  type: int
  returned: success and O(state) is V(restored) or V(verified)
  sample: 0
samples:
  description: The first 100 of each kind.
  type: dict
  returned: success
  contains:
    problems:
      description: What went wrong with which file.
      type: list
      elements: str
    differences:
      description: What is not the same of which file.
      type: list
      elements: str
    pruned:
      description: The ids of the snapshots that were removed.
      type: list
      elements: str
  sample:
    problems: ["'cache/index': changed"]
    differences: []
    pruned: [20261114T053707.123456Z-5e6f7a8b]
"""

import typing as t

from ..module_utils._manifest._tree_cache import default_folder
from ..module_utils._module import PROGRESS_OPTION, ArgumentSpec, Module
from ..module_utils._persist._options import options_of_task
from ..module_utils._persist._outcome import PersistOutcome
from ..module_utils._persist._run import run

_COMMANDS: t.Final[dict[str, t.Any]] = {
    "type": "list",
    "elements": "dict",
    "default": [],
    "options": {
        "argv": {"type": "list", "elements": "str", "required": True},
        "timeout": {"type": "float", "default": 300},
    },
}

ARGUMENT_SPEC: ArgumentSpec = {
    "path": {"type": "path"},
    "volume": {"type": "str"},
    "store": {"type": "raw", "required": True},
    "host": {"type": "str"},
    "state": {
        "type": "str",
        "choices": ["saved", "restored", "verified", "absent"],
        "default": "saved",
    },
    "snapshot": {"type": "str"},
    "mode": {"type": "str", "choices": ["merge", "replace"]},
    "to": {"type": "path"},
    "include": {"type": "list", "elements": "str", "default": []},
    "staging": {"type": "str", "choices": ["beside", "inside", "none"]},
    "compare": {"type": "bool", "default": True},
    "layout": {
        "type": "str",
        "choices": ["snapshots", "single"],
        "default": "snapshots",
    },
    "format": {"type": "str", "choices": ["tar", "chunks"]},
    "compression": {"type": "str", "choices": ["zstd", "gzip", "none"]},
    "compression_level": {"type": "int"},
    "encryption": {
        "type": "dict",
        "options": {
            "secret": {"type": "str", "no_log": True},
            "recipients": {"type": "list", "elements": "str"},
            "identities": {"type": "list", "elements": "str", "no_log": True},
        },
    },
    "exclude": {"type": "list", "elements": "str", "default": []},
    "exclude_caches": {"type": "bool", "default": False},
    "one_file_system": {"type": "bool", "default": False},
    "checksum": {"type": "bool", "default": False},
    "allow_unreadable": {"type": "bool", "default": False},
    "containers": {
        "type": "dict",
        "options": {
            "names": {"type": "list", "elements": "str"},
            "label": {"type": "str"},
            "action": {
                "type": "str",
                "choices": ["stop", "pause"],
                "default": "stop",
            },
            "timeout": {"type": "int", "default": 30},
        },
    },
    "engine": {"type": "path"},
    "pre": _COMMANDS,
    "post": _COMMANDS,
    "retention": {
        "type": "dict",
        "options": {
            "keep_last": {"type": "int"},
            "keep_hourly": {"type": "int"},
            "keep_daily": {"type": "int"},
            "keep_weekly": {"type": "int"},
            "keep_monthly": {"type": "int"},
            "keep_yearly": {"type": "int"},
            "keep_within": {"type": "str"},
        },
    },
    "collect_garbage": {"type": "bool", "default": False},
    "bandwidth_limit": {"type": "str"},
    "cache_path": {"type": "path"},
}

#: What is being done, in words, for somebody who waits.
_PHASES: t.Final = {
    "saved": "saving",
    "restored": "restoring",
    "verified": "verifying",
    "absent": "removing",
}


def main() -> t.NoReturn:
    """Run the module."""
    module = Module(ARGUMENT_SPEC | PROGRESS_OPTION)

    def work() -> PersistOutcome:
        params = module.params
        options = options_of_task(
            params,
            module.endpoint("store"),
            params["cache_path"] or default_folder(),
            differences=module.check_mode and module._diff,
        )
        with module.progress() as progress:
            progress.begin(_PHASES[params["state"]])
            return run(
                params["state"],
                options,
                check=module.check_mode,
                progress=progress.advance,
                expect=progress.expect if progress.is_watched else None,
            )

    module.run(work)


if __name__ == "__main__":
    main()
