#!/usr/bin/python

# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: distsync_artifact
short_description: Publish encrypted artifacts, and have them on hosts
version_added: 1.0.0
author:
  - The longshore.storage authors (@longshore-storage)
description:
  - Publishes a file as a release of an artifact, in a bucket that M(longshore.storage.distsync_setup) made. The contents are
    encrypted and the release is signed before anything leaves the host.
  - Has a release on a host, verified, with the mode and owner that it was published with. What somebody changed there is put
    right.
  - Withdraws releases, and rolls back to older ones.
  - A release becomes visible whole or not at all, to every reader.
extends_documentation_fragment:
  - longshore.storage.distsync
  - longshore.storage.endpoints
  - longshore.storage.libraries
  - longshore.storage.attributes
  - longshore.storage.progress
attributes:
  check_mode:
    support: full
    details:
      - With O(format=distsync01), O(state=present) fetches a file to know whether it is another than the one that is there, unless
        it was fetched by this host before. Check mode does not, and says that it changes.
  diff_mode:
    support: full
    details: Shows versions, digests and modes, and never contents.
  idempotent:
    support: partial
    details:
      - With O(state=rolled_back) and no O(version), every run goes one release further back.
      - With O(format=distsync01), O(force) publishes each time.
  action_group:
    support: full
options:
  state:
    description:
      - V(published) makes O(src) the latest release of the artifact. The same contents under the same version change nothing. It runs
        where the file is, such as a CI server.
      - V(present) has a release at O(dest) on the host that runs the module.
      - V(absent) withdraws a release, or without O(version) all of the artifact. Hosts keep the file that they have.
      - V(rolled_back) makes an older release the latest. Hosts that follow the latest go back to it.
    type: str
    choices: [published, present, absent, rolled_back]
    default: present
  name:
    description: The artifact, which is the name of a file. With O(state=published), by default the last part of O(src).
    type: str
  version:
    description:
      - 1 to 128 letters, digits, C(.), C(_), C(+), C(~) and C(-).
      - With O(state=published), by default the first 16 hex digits of the contents' SHA-256.
      - With O(state=present), V(latest) or a version; by default V(latest).
      - With O(state=absent), by default every version.
      - With O(state=rolled_back), by default the one that was published before the latest.
    type: str
  src:
    description: The file to publish. One that changes while it is published is an error, and nothing can be seen of it.
    type: path
  dest:
    description: The file to have the artifact in, or a folder that is there, to put it in under its name.
    type: path
  mode:
    description:
      - The mode that hosts are to give the file, as three octal digits in quotes, such as V('0644').
      - Without it a new release has the mode of O(src), and one that is there keeps its own.
    type: raw
  owner:
    description:
      - The name of the user that the file is to belong to on hosts. By default whoever fetches it.
      - Hosts need root's rights to set it.
    type: str
  group:
    description: The name of the group that the file is to belong to on hosts. By default that of whoever fetches it.
    type: str
  expires:
    description:
      - How long from now on hosts may fetch the release, such as V(90s), V(30m), V(12h), V(7d) or V(2w). By default for ever.
      - Published again while more than half of it is left, the release keeps the time that it has.
    type: str
  force:
    description:
      - Replace a release of the same version that has other contents. Hosts that have it fetch the new ones.
      - Also go on from whatever the bucket has, when its feed is older than the last one seen here, or gone.
    type: bool
    default: false
  encrypt:
    description: The algorithm to encrypt with. By default what the configuration says.
    type: str
    choices: [AEAD_AES_128_CBC_HMAC_SHA_256, AES_256_GCM, CHACHA20_POLY1305]
  delta:
    description:
      - Whether to cut what is published, so that a host that has an older version fetches only what changed, and to fetch in that
        way. By default what the configuration says.
    type: bool
  config:
    description:
      - The configuration file that M(longshore.storage.distsync_setup) wrote, on the host that runs the module. It cannot go
        together with O(provider).
      - By default V(~/.distsyncd) with O(state=present), which is that of a daemon, else V(~/.distsync).
    type: path
notes:
  - The host remembers the newest feed that it has seen, below V(~/.cache/longshore), and refuses an older one.
seealso:
  - module: longshore.storage.distsync_artifact_info
    description: What is published, and who has what.
  - module: longshore.storage.distsync_setup
    description: Makes the bucket and the configuration files.
  - name: Publishing artifacts
    description: The guide to this module.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/distsync_artifact.md
  - name: How releases are distributed
    description: What is in the bucket, and what each key can do in the wrong hands.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/distribution.md
"""

EXAMPLES = r"""
- name: Publish a build
  longshore.storage.distsync_artifact:
    state: published
    src: dist/app.tar.gz
    version: 1.4.2
    mode: "0640"
    owner: app

- name: Have the latest on this host
  longshore.storage.distsync_artifact:
    name: app.tar.gz
    dest: /srv/releases

- name: Have one that was tried in another channel
  longshore.storage.distsync_artifact:
    config: /etc/distsync/daemon.toml
    channel: canary
    name: app.tar.gz
    version: 1.5.0
    dest: /srv/releases/app-canary.tar.gz

- name: Back to the version before
  longshore.storage.distsync_artifact:
    state: rolled_back
    name: app.tar.gz
    version: 1.4.1

- name: Withdraw a release that nobody should have
  longshore.storage.distsync_artifact:
    state: absent
    name: app.tar.gz
    version: 1.4.2

- name: Fetch without a file of secrets on the host
  longshore.storage.distsync_artifact:
    provider:
      id: S3
      region: eu-west-1
      container: example-artifacts
      key: "{{ reader_key }}"
      secret: "{{ reader_secret }}"
    secret: "{{ shared_secret }}"
    public_key: "{{ public_key }}"
    name: app.tar.gz
    dest: /srv/releases
"""

RETURN = r"""
name:
  description: The artifact.
  type: str
  returned: success
  sample: app.tar.gz
channel:
  description: The channel; null with O(format=distsync01).
  type: str
  returned: success
  sample: stable
version:
  description: The version that was published, fetched or rolled back to; null with O(format=distsync01).
  type: str
  returned: success and O(state) is not V(absent)
  sample: 1.4.2
latest:
  description: The version that hosts are to have after this run; null where there is none.
  type: str
  returned: success and O(state) is not V(present)
  sample: 1.4.2
sequence:
  description:
    - The number of the channel's feed, which rises with every change; null with O(format=distsync01).
    - In check mode it is the number that is there.
  type: int
  returned: success and O(state) is not V(present)
  sample: 17
digest:
  description: SHA-256 of the contents. It is null in check mode where only fetching would tell, with O(format=distsync01).
  type: str
  returned: success and O(state) is V(published) or V(present)
  sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
size:
  description: The contents' size in bytes, null where RV(digest) is.
  type: int
  returned: success and O(state) is V(published) or V(present)
  sample: 48213054
sent:
  description: Whether the contents were sent, and not only the release changed.
  type: bool
  returned: success and O(state) is V(published)
  sample: true
renewed:
  description: Whether all that changed is that the channel's feed is good for longer.
  type: bool
  returned: success and O(state) is not V(present)
  sample: false
file:
  description: Where the file is.
  type: str
  returned: success and O(state) is V(present)
  sample: /srv/releases/app.tar.gz
received:
  description: How many bytes of the contents were fetched; what was there already does not count.
  type: int
  returned: success and O(state) is V(present)
  sample: 1048576
withdrawn:
  description: The versions that were withdrawn; a null stands for the only one with O(format=distsync01).
  type: list
  elements: str
  returned: success and O(state) is V(absent)
  sample: [1.4.2]
"""

import typing as t

from ..module_utils._distsync._artifact import ArtifactOptions, keep_artifact
from ..module_utils._distsync._artifact_report import ArtifactReport
from ..module_utils._distsync._configuration_file import DAEMON_PATH, UPLOADER_PATH
from ..module_utils._distsync._task import CONFIGURATION_OPTIONS, task_configuration
from ..module_utils._module import PROGRESS_OPTION, ArgumentSpec, Module

ARGUMENT_SPEC: ArgumentSpec = {
    **CONFIGURATION_OPTIONS,
    "state": {
        "type": "str",
        "choices": ["published", "present", "absent", "rolled_back"],
        "default": "present",
    },
    "name": {"type": "str"},
    "version": {"type": "str"},
    "src": {"type": "path"},
    "dest": {"type": "path"},
    "mode": {"type": "raw"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "expires": {"type": "str"},
    "force": {"type": "bool", "default": False},
    "encrypt": {
        "type": "str",
        "choices": [
            "AEAD_AES_128_CBC_HMAC_SHA_256",
            "AES_256_GCM",
            "CHACHA20_POLY1305",
        ],
    },
    "delta": {"type": "bool"},
}


def main() -> t.NoReturn:
    """Run the module."""
    module = Module(ARGUMENT_SPEC | PROGRESS_OPTION)

    def work() -> ArtifactReport:
        params = module.params
        fetches = params["state"] == "present"
        configuration, warnings = task_configuration(
            params,
            module.endpoint("provider") if params["provider"] is not None else None,
            DAEMON_PATH if fetches else UPLOADER_PATH,
        )
        options = ArtifactOptions.of_task(params, configuration, module.check_mode)
        with module.progress() as progress:
            report = keep_artifact(options, progress)
        report.warnings[:0] = warnings
        return report

    module.run(work)


if __name__ == "__main__":
    main()
