#!/usr/bin/python

# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: distsync_setup
short_description: Make the bucket, the two identities and the keys with which artifacts are distributed
version_added: 1.0.0
author:
  - The longshore.storage authors (@longshore-storage)
description:
  - Makes what it takes to distribute encrypted artifacts through a bucket. That is the bucket, an identity that may
    publish and one that may fetch, an access key of each, a secret for encryption, a key for signatures, and the two configuration
    files that hold all this.
  - The files are written on the host that runs the module, readable by their owner alone. The daemon's is for every
    host that fetches; the uploader's is for those who publish.
  - A second run changes nothing. What drifted is repaired, such as a policy that somebody changed, an access key that was switched
    off, a file that is gone or open to others. Secret and signing key are never replaced unless O(rotate) says so.
extends_documentation_fragment:
  - longshore.storage.endpoints
  - longshore.storage.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Of secrets and access keys it shows only whether they are replaced.
  idempotent:
    support: partial
    details: With O(rotate), every run makes something new.
  action_group:
    support: full
options:
  provider:
    description:
      - Where the bucket is or is to be, with the credentials of an administrator. An endpoint, or the name of an entry of
        O(providers). These credentials get into no file.
      - With O(identities=managed) they may manage IAM users, and the bucket is a whole one, without C(prefix).
    type: raw
    required: true
  bucket:
    description:
      - The bucket's name, where the endpoint does not have it as its C(container).
    type: str
  state:
    description:
      - Whether there is to be a distribution. V(absent) deletes the identities that are managed, and both files.
    type: str
    choices: [present, absent]
    default: present
  identities:
    description:
      - V(managed) makes two users with IAM, named after the bucket, with one inline policy each.
      - V(given) is for stores without IAM. Credentials are in O(uploader) and O(daemon), or in the environment of those
        who use the files, and nothing of IAM is called.
    type: str
    choices: [managed, given]
    default: managed
  uploader:
    description: The configuration of those who publish.
    type: dict
    suboptions:
      path:
        description: The file. By default V(~/.distsync).
        type: path
      owner:
        description: The user that it is to belong to, by name or number.
        type: str
      group:
        description: The group that it is to belong to, by name or number.
        type: str
      key:
        description: The access key, with O(identities=given). Without it, the one in the file stays.
        type: str
      secret:
        description: The secret that goes with O(uploader.key).
        type: str
  daemon:
    description: The configuration of those who fetch.
    type: dict
    suboptions:
      path:
        description: The file. By default V(~/.distsyncd).
        type: path
      owner:
        description: The user that it is to belong to, by name or number.
        type: str
      group:
        description: The group that it is to belong to, by name or number.
        type: str
      key:
        description: The access key, with O(identities=given). Without it, the one in the file stays.
        type: str
      secret:
        description: The secret that goes with O(daemon.key).
        type: str
      output_dir:
        description: The folder that a daemon puts artifacts into. Without it, what the file has stays.
        type: path
  host:
    description:
      - Makes an identity and a configuration of this one host alone, in a distribution that is there already, with
        O(identities=managed). The file of O(daemon) is that host's; the one of O(uploader) is read.
      - Its daemon reports its status under this name, which no other host's own identity can write. With O(state=absent) only this
        identity and this file are deleted.
    type: str
  encrypt:
    description:
      - The algorithm that artifacts are encrypted with. Without it, what the files have stays; new ones get
        V(AEAD_AES_128_CBC_HMAC_SHA_256).
    type: str
    choices: [AEAD_AES_128_CBC_HMAC_SHA_256, AES_256_GCM, CHACHA20_POLY1305]
  channel:
    description:
      - The channel that is published to, which daemons watch. Without it, what the files have stays; new ones get V(stable).
    type: str
  delta:
    description:
      - Whether new versions are cut so that a host fetches only what changed. Without it, what the files have stays; in new ones it is off.
    type: bool
  reports:
    description: Whether daemons may write their status into the bucket, with O(identities=managed).
    type: bool
    default: false
  rotate:
    description:
      - What is to be replaced by something new.
      - V(keys) makes new access keys, writes the files, then deletes the old ones (see O(old_keys)).
      - V(secret) makes a new secret. Nothing that was published before can be read with it, so it has to be published again.
      - V(signing) makes a new signing key, which the old one vouches for, so that daemons with the old one follow.
    type: list
    elements: str
    choices: [keys, secret, signing]
  old_keys:
    description:
      - What happens to access keys of the two users that are not in the files. V(delete) deletes them, V(keep) does not.
      - By default, O(rotate=keys) deletes them, and any other run keeps them, with a warning.
      - With V(keep), daemons go on while the new file gets to them; a later run with V(delete) ends that.
    type: str
    choices: [delete, keep]
  delete_bucket:
    description: With O(state=absent), delete the bucket as well. One that holds anything is refused without O(force).
    type: bool
    default: false
  force:
    description: With O(delete_bucket), delete all that is in the bucket for good.
    type: bool
    default: false
requirements:
  - python >= 3.11
  - cryptography
  - boto3 for IAM, Amazon S3 and everything that speaks its protocol
  - apache-libcloud for Swift and all providers that are not named otherwise
seealso:
  - module: longshore.storage.libcloud_bucket
    description: For other settings of the bucket.
  - name: Setting up a distribution
    description: The guide to this module, with the policies.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/distsync_setup.md
  - name: The configuration of distsync
    description: What the files say.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/distsync_configuration.md
"""

EXAMPLES = r"""
- name: All that it takes to distribute artifacts
  longshore.storage.distsync_setup:
    provider:
      id: S3
      region: eu-west-1
    bucket: example-artifacts
    daemon:
      path: /etc/distsync/daemon.toml
      output_dir: /srv/releases

- name: The same at a store without IAM, with users that somebody made there
  longshore.storage.distsync_setup:
    provider:
      id: MINIO
      endpoint: http://127.0.0.1:9000
      key: "{{ store_key }}"
      secret: "{{ store_secret }}"
    bucket: artifacts
    identities: given
    uploader:
      key: ci
      secret: "{{ ci_secret }}"
    daemon:
      key: hosts
      secret: "{{ hosts_secret }}"

- name: An identity of one host, which reports as itself and as nobody else
  longshore.storage.distsync_setup:
    provider: artifacts
    host: web1.example.com
    daemon:
      path: /etc/distsync/hosts/web1.example.com.toml

- name: New access keys, beside the old ones
  longshore.storage.distsync_setup:
    provider: artifacts
    rotate: [keys]
    old_keys: keep

- name: When every host has the new file
  longshore.storage.distsync_setup:
    provider: artifacts
    old_keys: delete

- name: Away with all of it
  longshore.storage.distsync_setup:
    provider: artifacts
    state: absent
    delete_bucket: true
    force: true
"""

RETURN = r"""
bucket:
  description: The bucket's name.
  type: str
  returned: always
  sample: example-artifacts
bucket_created:
  description: Whether the bucket was made.
  type: bool
  returned: always
  sample: true
bucket_deleted:
  description: Whether the bucket was deleted.
  type: bool
  returned: always
  sample: false
uploader:
  description: Who publishes.
  type: dict
  returned: always
  contains:
    path:
      description: The configuration file.
      type: str
    user:
      description: The IAM user; null with O(identities=given).
      type: str
    key_made:
      description: Whether a new access key was made.
      type: bool
    written:
      description: Whether the file was written.
      type: bool
  sample:
    path: /home/ci/.distsync
    user: example-artifacts-uploader
    key_made: true
    written: true
daemon:
  description: Who fetches, with the fields of RV(uploader).
  type: dict
  returned: always
  contains:
    path:
      description: The configuration file.
      type: str
    user:
      description: The IAM user; null with O(identities=given).
      type: str
    key_made:
      description: Whether a new access key was made.
      type: bool
    written:
      description: Whether the file was written.
      type: bool
  sample:
    path: /etc/distsync/daemon.toml
    user: example-artifacts-reader
    key_made: true
    written: true
public_key:
  description:
    - The key that releases are verified with. It is no secret.
    - It is null where there is none, and in check mode where a new one would be made.
  type: str
  returned: always
  sample: ed25519:1_eakPt4oIoL7OH0ZOsQ7NL6Ju2Jt03FgHLfwBp9bzzgPHBS
public_key_fingerprint:
  description: 16 hex digits to tell public keys apart by.
  type: str
  returned: always
  sample: 352b2d6e0947ffed
changes:
  description: What was done, in order. A failed task has what was done before it failed.
  type: list
  elements: str
  returned: always
  sample:
    - make the bucket 'example-artifacts'
    - make user 'example-artifacts-uploader'
next_steps:
  description: What is left to do by hand, such as copying the daemon's file to the hosts.
  type: list
  elements: str
  returned: always
  sample:
    - Copy /etc/distsync/daemon.toml to every host that fetches, readable by its daemon alone.
"""

import typing as t

from ..module_utils._distsync._configuration_file import DAEMON_PATH, UPLOADER_PATH
from ..module_utils._distsync._setup import set_up
from ..module_utils._distsync._setup_files import FileOptions
from ..module_utils._distsync._setup_host import set_up_host
from ..module_utils._distsync._setup_options import SetupOptions
from ..module_utils._distsync._setup_report import SetupReport
from ..module_utils._encryption._algorithms import algorithm_named
from ..module_utils._module import ArgumentSpec, Module

_FILE: ArgumentSpec = {
    "path": {"type": "path"},
    "owner": {"type": "str"},
    "group": {"type": "str"},
    "key": {"type": "str", "no_log": False},
    "secret": {"type": "str", "no_log": True},
}

ARGUMENT_SPEC: ArgumentSpec = {
    "provider": {"type": "raw", "required": True},
    "bucket": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "identities": {
        "type": "str",
        "choices": ["managed", "given"],
        "default": "managed",
    },
    "uploader": {"type": "dict", "options": _FILE},
    "daemon": {"type": "dict", "options": {**_FILE, "output_dir": {"type": "path"}}},
    "host": {"type": "str"},
    "encrypt": {
        "type": "str",
        "choices": [
            "AEAD_AES_128_CBC_HMAC_SHA_256",
            "AES_256_GCM",
            "CHACHA20_POLY1305",
        ],
    },
    "channel": {"type": "str"},
    "delta": {"type": "bool"},
    "reports": {"type": "bool", "default": False},
    "rotate": {
        "type": "list",
        "elements": "str",
        "choices": ["keys", "secret", "signing"],
    },
    "old_keys": {"type": "str", "choices": ["delete", "keep"], "no_log": False},
    "delete_bucket": {"type": "bool", "default": False},
    "force": {"type": "bool", "default": False},
}


def options_of(module: Module) -> SetupOptions:
    """The engine's options. Raises ``ConfigurationError``."""
    params = module.params
    daemon = params["daemon"] or {}
    encrypt = params["encrypt"]
    return SetupOptions(
        endpoint=module.endpoint("provider", container=params["bucket"]),
        uploader=_file(params["uploader"] or {}, UPLOADER_PATH),
        daemon=_file(daemon, DAEMON_PATH),
        present=params["state"] == "present",
        managed=params["identities"] == "managed",
        algorithm=algorithm_named(encrypt) if encrypt else None,
        channel=params["channel"],
        delta=params["delta"],
        output_dir=daemon.get("output_dir"),
        reports=params["reports"],
        rotate=frozenset(params["rotate"] or ()),
        delete_old_keys={"delete": True, "keep": False}.get(params["old_keys"]),
        delete_bucket=params["delete_bucket"],
        force=params["force"],
        check_mode=module.check_mode,
    )


def _file(params: t.Mapping[str, t.Any], path: str) -> FileOptions:
    return FileOptions(
        params.get("path") or path,
        owner=params.get("owner"),
        group=params.get("group"),
        key=params.get("key"),
        secret=params.get("secret"),
    )


def main() -> t.NoReturn:
    """Run the module."""
    module = Module(ARGUMENT_SPEC)

    def work() -> SetupReport:
        options, host = options_of(module), module.params["host"]
        return set_up(options) if host is None else set_up_host(options, host)

    module.run(work)


if __name__ == "__main__":
    main()
