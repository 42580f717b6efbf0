#!/usr/bin/python

# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: static_container
short_description: Keep a container's objects the same as a tree of files
version_added: 1.0.0
author:
  - The longshore.storage authors (@longshore-storage)
description:
  - Makes a container of an object store, or a folder, hold exactly the files of another folder or container.
  - Files are compared by their contents, never by their times. Where the two sides have no hash in common,
    a manifest kept in the destination remembers what was published.
  - New and changed files are written first, pages (C(*.html)) after what they refer to; only when all of
    that went well is anything deleted. A run that is cut off leaves only whole objects, and the next one
    goes on where it stopped.
  - Keys below C(.longshore/) in the destination are the module's own. They are never published, and never
    deleted as extraneous.
extends_documentation_fragment:
  - longshore.storage.endpoints
  - longshore.storage.libraries
  - longshore.storage.attributes
  - longshore.storage.attributes.full
  - longshore.storage.progress
options:
  source:
    description:
      - What to publish. A string is a local path (C(~) is expanded) on the host that runs the task, a folder or a single
        file; a mapping is an endpoint; the name of an entry of O(providers) is that endpoint.
      - A single file is published under its own name, and nothing else in the destination is touched.
      - Needed unless O(state=rolled_back), which has no use for it.
    type: raw
  destination:
    description:
      - Where to publish it. An endpoint, or the name of an entry of O(providers).
    type: raw
    required: true
  delete:
    description:
      - Delete what the source does not have. Nothing is deleted when anything else failed.
    type: bool
    default: true
  allow_empty:
    description:
      - Allow an empty source to delete everything in the destination.
    type: bool
    default: false
  max_delete:
    description:
      - Refuse to do anything when more than this would be deleted; a number of objects, or a share of what the
        destination holds such as V(10%).
    type: str
  prune_after:
    description:
      - Keep what the source does not have any more for this long before it is deleted, such as V(12h) or V(7d); the
        time counts from the run that first finds it superseded. Old assets stay while old pages are still open.
      - A manifest remembers it.
    type: str
  bandwidth_limit:
    description:
      - Send at most so many bytes a second, all transfers together, such as V(500k) or V(10M).
    type: str
  invalidate:
    description:
      - When something was published, have CloudFront distributions forget what they hold of it; the changed paths alone, or
        one wildcard when there are many.
      - When the run before was cut off, all that is published is invalidated. A manifest remembers that.
    type: dict
    suboptions:
      distributions:
        description: The distributions' ids.
        type: list
        elements: str
        required: true
      limit:
        description: How many paths are named before they collapse to a wildcard, from 1 to 3000.
        type: int
        default: 15
      path_prefix:
        description:
          - What viewers see before the names, where that is not just C(/). A distribution whose origin path is the
            destination's prefix needs none.
        type: str
      key:
        description: The access key; without it, the SDK's ordinary chain.
        type: str
      secret:
        description: The secret key.
        type: str
      token:
        description: A session token.
        type: str
      region:
        description: The region to sign for.
        type: str
      endpoint:
        description: Another address than CloudFront's own.
        type: str
  protect:
    description:
      - Never delete what matches one of these patterns in the destination, even if the source does not have it.
    type: list
    elements: str
    default: []
  rules:
    description:
      - How objects are published, by patterns of their names. Of each field the first rule that matches and has it wins.
      - What a rule sets is found and repaired when it changes, without sending the contents again where the store can
        copy within itself. A manifest remembers it, so O(manifest=never) and rules exclude each other.
    type: list
    elements: dict
    default: []
    suboptions:
      match:
        description: A pattern, or a list of patterns, written as in a C(.gitignore) file.
        type: raw
        required: true
      content_type:
        description: The media type; by default it is guessed from the name, the same on every host.
        type: str
      cache_control:
        description: How long others may keep it.
        type: str
      content_encoding:
        description: What the file is encoded in already.
        type: str
      content_disposition:
        description: Whether a browser shows or saves it.
        type: str
      content_language:
        description: The language it is in.
        type: str
      metadata:
        description: Further names and texts that are kept beside it.
        type: dict
      acl:
        description: A canned ACL, of stores that speak the protocol of Amazon S3.
        type: str
      storage_class:
        description: A storage class, of stores that speak the protocol of Amazon S3.
        type: str
      redirect:
        description: Where a website sends who asks for it, of stores that speak the protocol of Amazon S3.
        type: str
      compress:
        description:
          - Compress it, where that saves. In place, with one encoding, the object itself is stored so and carries it as
            its content encoding; with O(rules[].siblings), the object stays plain and each encoding is an object beside it.
          - V(br) needs the Python library brotli, V(zstd) the library zstandard.
        type: list
        elements: str
        choices: [gzip, br, zstd]
      siblings:
        description: Publish compressed contents beside the object, as C(app.js.gz), C(app.js.br) and C(app.js.zst).
        type: bool
  order:
    description:
      - Publish in this order. Each entry is a pattern, or a list of patterns; a group is begun when all before it is
        published, and what no group matches comes first. When a group fails, those after it are not begun.
      - By default, pages (C(*.html) and C(*.htm)) come after everything else.
    type: list
    elements: raw
  include:
    description:
      - Publish only what matches one of these patterns, written as in a C(.gitignore) file and matched
        against paths relative to the source.
      - What does not match is left alone in the destination, too.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Leave out what matches one of these patterns; a later pattern that begins with V(!) takes names back in.
      - Excluded names are never deleted in the destination.
    type: list
    elements: str
    default: []
  manifest:
    description:
      - Whether to keep a manifest of what was published in the destination.
      - With V(auto) one is written when the hashes of the two sides cannot be compared.
      - With V(rebuild) the manifest that is there is not read but replaced, whatever state it is in, and by every such run.
      - With V(never) files whose hashes cannot be compared are published again by each run.
    type: str
    choices: [auto, always, never, rebuild]
    default: auto
  verify:
    description:
      - What is believed of the destination's state.
      - V(listing) lists it, so that what somebody else changed or removed there is found and repaired.
      - V(manifest) believes the manifest without listing, which is fastest; where there is none, or a run was
        cut off since it was written, it lists all the same.
      - V(content) reads every object and compares the bytes.
    type: str
    choices: [manifest, listing, content]
    default: listing
  follow_links:
    description:
      - Publish what symbolic links in a local source lead to. Otherwise links are left out, with a warning.
      - Broken and circular links, sockets, pipes and devices are always left out, with a warning.
    type: bool
    default: false
  transfers:
    description:
      - How many objects are moved at the same time, from 1 to 256.
    type: int
    default: 16
  release:
    description:
      - Keep what is published as a release of this name, by copies that the destination's store makes within itself.
        One has 1 to 100 letters, digits and C(. _ - +), and begins with a letter or digit.
      - A name is a promise. When a release of it is kept already, the same state may be published again, and another one is
        refused.
      - With O(state=rolled_back), the release to return to; without it, the one before the live one.
      - The source is then a folder or a container, and O(manifest=never) is refused.
    type: str
  state:
    description:
      - With V(published), the destination holds what the source holds.
      - With V(rolled_back), it holds again what a release held, contents and headers. O(rules) and O(keep_releases) say
        nothing then; all else, as O(delete), O(exclude) and O(order), is as ever.
      - When no release is named, and the live one was returned to already, nothing is to be done.
    type: str
    choices: [published, rolled_back]
    default: published
  keep_releases:
    description:
      - When a release was published, remove those that need not be kept. The live one, and what any other needs, stay in any
        case. Without this option all are kept.
    type: dict
    suboptions:
      count:
        description: Keep so many of the newest releases, the one that is published counted.
        type: int
      age:
        description:
          - Keep releases that were published within this time, such as V(30d). With O(keep_releases.count), what
            either says is kept.
        type: str
  create_container:
    description:
      - Make the destination's container when it does not exist.
    type: bool
    default: true
  shard:
    description:
      - Share this sync with other hosts, which run the same task at the same time. Each does its part of the names, and
        they wait for each other between the phases, by way of small objects below C(.longshore/gathering/) in the destination.
      - Each host needs the whole source, such as a folder that all of them mount, or a container.
      - A manifest is kept then, whatever O(manifest) says; V(never) and V(rebuild) are refused. The destination has to
        know conditional writes.
      - In check mode each host tells what it would do, without waiting for others.
    type: dict
    suboptions:
      index:
        description: Which of them this host is, from 0 on.
        type: int
        required: true
      count:
        description: How many they are, from 1 to 512; the same number on each.
        type: int
        required: true
      wait:
        description:
          - How long a host may not be heard of before the others stop, such as V(90s) or V(10m). A host that works is
            heard of every few seconds.
        type: str
        default: 10m
  cache_path:
    description:
      - A folder in which the digests of local files are remembered, so that unchanged files are not read again.
      - By default C($XDG_CACHE_HOME/longshore), or C(~/.cache/longshore).
    type: path
  report:
    description:
      - When all is done, in check mode and after a failure as well, write a page about it to this file of the host that runs
        the task. It shows what changed, sizes by type, the biggest objects, and the time, requests and throughput of the run.
      - The page is HTML that needs nothing else. It has the names of objects, so it is for those who may know them.
      - One that cannot be written is a warning. It cannot lie in the source or the destination.
    type: path
requirements:
  - pathspec for patterns (O(include), O(exclude), O(rules), O(order), O(protect))
  - brotli and zstandard to compress with V(br) and V(zstd)
seealso:
  - name: Publishing a tree of files
    description: The guide to this module.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/static_container.md
"""

EXAMPLES = r"""
- name: Publish a site to Amazon S3, with the credentials of the environment
  longshore.storage.static_container:
    source: public/
    destination:
      id: S3
      region: eu-west-1
      container: www.example.com

- name: Publish to a store of one's own, and leave what users have put there alone
  longshore.storage.static_container:
    source: ~/site
    destination:
      id: S3
      endpoint: http://127.0.0.1:8333
      key: "{{ store_key }}"
      secret: "{{ store_secret }}"
      container: www
      prefix: docs
    exclude:
      - /uploads/
      - "*.map"

- name: Publish a site with headers, compressed, and safely
  longshore.storage.static_container:
    source: public/
    destination: www
    rules:
      - match: "*.html"
        cache_control: no-cache
      - match: /assets/
        cache_control: public, max-age=31536000, immutable
      - match: ["*.html", "*.css", "*.js", "*.svg"]
        compress: [gzip]
    max_delete: 10%
    protect: [/uploads/]
    prune_after: 7d
    invalidate:
      distributions: [E2EXAMPLE]

- name: Publish, and keep a page about it
  longshore.storage.static_container:
    source: public/
    destination: www
    report: ~/publication.html

- name: Publish a big folder, which all hosts of the play mount, by all of them together
  longshore.storage.static_container:
    source: /mnt/shared/archive
    destination: www
    shard:
      index: "{{ ansible_play_hosts.index(inventory_hostname) }}"
      count: "{{ ansible_play_hosts | length }}"

- name: Mirror a folder to another one
  longshore.storage.static_container:
    source: /srv/build
    destination:
      id: LOCAL
      container: /srv/www

- name: Publish a site, and keep what it was the last ten times
  longshore.storage.static_container:
    source: public/
    destination: www
    release: "{{ build_number }}"
    keep_releases:
      count: 10
      age: 30d

- name: Return to the release before
  longshore.storage.static_container:
    destination: www
    state: rolled_back

- name: Copy a container from one provider to another
  longshore.storage.static_container:
    source: old_home
    destination: new_home
    providers:
      old_home:
        type: libcloud.storage.types.Provider.S3_US_STANDARD_HOST
        user: "{{ amazon_key }}"
        key: "{{ amazon_secret }}"
        bucket: bucket-1
      new_home:
        id: AZURE_BLOBS
        key: myaccount
        secret: "{{ azure_secret }}"
        container: bucket-1
"""

RETURN = r"""
created:
  description: How many objects were new.
  type: int
  returned: always
  sample: 12
updated:
  description: How many objects were replaced, because their contents differed.
  type: int
  returned: always
  sample: 3
copied:
  description: How many new objects were copied within the destination, which had their contents under another name.
  type: int
  returned: always
  sample: 0
deleted:
  description: How many objects were deleted.
  type: int
  returned: always
  sample: 1
unchanged:
  description: How many objects were left as they were.
  type: int
  returned: always
  sample: 10240
bytes:
  description: How many bytes of contents were moved, or would be in check mode.
  type: int
  returned: always
  sample: 482133
requests:
  description: How many requests were sent to both stores together, not counting local files.
  type: int
  returned: always
  sample: 27
seconds:
  description: How long the work took.
  type: float
  returned: always
  sample: 1.214
container_created:
  description: Whether the destination's container was made.
  type: bool
  returned: always
  sample: false
invalidated:
  description: The paths, the first 100 of them, that each distribution of O(invalidate) was told to forget.
  type: list
  elements: str
  returned: always
  sample: [/index.html, /]
release:
  description: The name of the release that was published or returned to; empty where that was not asked for.
  type: str
  returned: always
  sample: "412"
releases_pruned:
  description: The names of the releases that are kept no longer.
  type: list
  elements: str
  returned: always
  sample: ["401"]
samples:
  description: The first 100 names of each kind.
  type: dict
  returned: always
  contains:
    created:
      description: Names of new objects.
      type: list
      elements: str
    updated:
      description: Names of replaced objects.
      type: list
      elements: str
    copied:
      description: Names of copied objects.
      type: list
      elements: str
    deleted:
      description: Names of deleted objects.
      type: list
      elements: str
  sample:
    created: [img/new.png]
    updated: [index.html]
    copied: []
    deleted: [img/old.png]
"""

import typing as t

from ..module_utils._errors import ConfigurationError
from ..module_utils._manifest._share import Share
from ..module_utils._module import PROGRESS_OPTION, ArgumentSpec, Module
from ..module_utils._report import Report
from ..module_utils._sync._options import ShardOptions, SyncOptions
from ..module_utils._sync._reporting import reporting
from ..module_utils._sync._roll_back import roll_back
from ..module_utils._sync._run import synchronise

ARGUMENT_SPEC: ArgumentSpec = {
    "source": {"type": "raw"},
    "destination": {"type": "raw", "required": True},
    "delete": {"type": "bool", "default": True},
    "allow_empty": {"type": "bool", "default": False},
    "max_delete": {"type": "str"},
    "prune_after": {"type": "str"},
    "bandwidth_limit": {"type": "str"},
    "invalidate": {
        "type": "dict",
        "options": {
            "distributions": {"type": "list", "elements": "str", "required": True},
            "limit": {"type": "int", "default": 15},
            "path_prefix": {"type": "str"},
            "key": {"type": "str", "no_log": False},
            "secret": {"type": "str", "no_log": True},
            "token": {"type": "str", "no_log": True},
            "region": {"type": "str"},
            "endpoint": {"type": "str"},
        },
    },
    "protect": {"type": "list", "elements": "str", "default": []},
    "rules": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "match": {"type": "raw", "required": True},
            "content_type": {"type": "str"},
            "cache_control": {"type": "str"},
            "content_encoding": {"type": "str"},
            "content_disposition": {"type": "str"},
            "content_language": {"type": "str"},
            "metadata": {"type": "dict"},
            "acl": {"type": "str"},
            "storage_class": {"type": "str"},
            "redirect": {"type": "str"},
            "compress": {
                "type": "list",
                "elements": "str",
                "choices": ["gzip", "br", "zstd"],
            },
            "siblings": {"type": "bool"},
        },
    },
    "order": {"type": "list", "elements": "raw"},
    "include": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "manifest": {
        "type": "str",
        "choices": ["auto", "always", "never", "rebuild"],
        "default": "auto",
    },
    "verify": {
        "type": "str",
        "choices": ["manifest", "listing", "content"],
        "default": "listing",
    },
    "follow_links": {"type": "bool", "default": False},
    "transfers": {"type": "int", "default": 16},
    "release": {"type": "str"},
    "state": {
        "type": "str",
        "choices": ["published", "rolled_back"],
        "default": "published",
    },
    "keep_releases": {
        "type": "dict",
        "options": {"count": {"type": "int"}, "age": {"type": "str"}},
    },
    "create_container": {"type": "bool", "default": True},
    "shard": {
        "type": "dict",
        "options": {
            "index": {"type": "int", "required": True},
            "count": {"type": "int", "required": True},
            "wait": {"type": "str", "default": "10m"},
        },
    },
    "cache_path": {"type": "path"},
    "report": {"type": "path"},
}

#: Each takes a thread and up to 8 MiB.
MAX_TRANSFERS = 256


def options_of(module: Module) -> SyncOptions:
    """The engine's options. Raises ``ConfigurationError``."""
    params = module.params
    if not 1 <= params["transfers"] <= MAX_TRANSFERS:
        raise ConfigurationError(
            f"transfers must be from 1 to {MAX_TRANSFERS}, not {params['transfers']}."
        )
    destination = module.endpoint("destination")
    rolled_back = params["state"] == "rolled_back"
    if params["source"] is None and not rolled_back:
        raise ConfigurationError(
            "source is missing: what is to be published.",
            hint="Only state=rolled_back does without it.",
        )
    return SyncOptions(
        source=destination if rolled_back else module.endpoint("source"),
        destination=destination,
        delete=params["delete"],
        allow_empty=params["allow_empty"],
        include=tuple(params["include"]),
        exclude=tuple(params["exclude"]),
        rules=tuple(params["rules"]),
        order=None if params["order"] is None else tuple(params["order"]),
        protect=tuple(params["protect"]),
        max_delete=params["max_delete"],
        prune_after=params["prune_after"],
        bandwidth_limit=params["bandwidth_limit"],
        invalidate=params["invalidate"],
        manifest=params["manifest"],
        verify=params["verify"],
        follow_links=params["follow_links"],
        transfers=params["transfers"],
        release=params["release"],
        keep_releases=params["keep_releases"],
        rolled_back=rolled_back,
        create_container=params["create_container"],
        cache_path=params["cache_path"],
        shard=_shard_of(params["shard"]),
        check_mode=module.check_mode,
    )


def _shard_of(written: t.Mapping[str, t.Any] | None) -> ShardOptions | None:
    if written is None:
        return None
    return ShardOptions(Share(written["index"], written["count"]), written["wait"])


def main() -> t.NoReturn:
    """Run the module."""
    module = Module(ARGUMENT_SPEC | PROGRESS_OPTION)

    def work() -> Report:
        options = options_of(module)
        page = reporting(module.params["report"], options, module.warn, module.hidden)
        with page as recorder:
            timeline = recorder.timeline if recorder is not None else None
            with module.progress(timeline) as progress:
                engine = roll_back if options.rolled_back else synchronise
                return engine(options, progress, recorder)

    module.run(work)


if __name__ == "__main__":
    main()
