# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plants a release that nobody has signed into the bucket, as who has the secret and the uploader's access key can.

Usage: plant.py CONFIGURATION FILE VERSION NOTE
       plant.py CONFIGURATION NOTE

The first one keeps the genuine feed in NOTE, the second one puts it back. PYTHONPATH has the program distsync.
"""

from __future__ import annotations

import dataclasses
import sys
import tempfile
from pathlib import Path

from longshore._distsync._configuration import Configuration
from longshore._distsync._configuration_file import read_configuration
from longshore._distsync._feed import Feed
from longshore._distsync._opening import publishing
from longshore._distsync._repository import LARGEST, Repository, read_small
from longshore._distsync._results import Publication
from longshore._distsync._signed import read_unverified
from longshore._drivers._base import Store
from longshore._drivers._catalogue import open_store
from longshore._encryption._message import seal_message
from longshore._encryption._signing import SIGNATURE_SIZE, SigningKey
from longshore._endpoint_parsing import parse_endpoint

#: A number that no genuine feed has reached.
SEQUENCE = 1_000_000


def plant(
    configuration: Configuration, store: Store, file: str, version: str, note: Path
) -> None:
    feed_key = key_of_feed(configuration, store)
    note.write_bytes(read_small(store, feed_key, LARGEST, "the feed")[0])
    with tempfile.TemporaryDirectory() as scratch:
        bucket = Path(scratch, "bucket")
        publish_elsewhere(configuration, bucket, Path(scratch, "notes"), file, version)
        for path in sorted(bucket.rglob("*")):
            key = path.relative_to(bucket).as_posix()
            if path.is_file() and key.startswith(("artifacts/", "releases/")):
                store.write(key, path.read_bytes())
        planted = unsigned(configuration, feed_key, (bucket / feed_key).read_bytes())
    store.write(feed_key, planted)


def publish_elsewhere(
    configuration: Configuration, bucket: Path, notes: Path, file: str, version: str
) -> None:
    """As ever, but into a folder, with a key of one's own."""
    bucket.mkdir()
    endpoint = {"id": "LOCAL", "container": str(bucket)}
    other = dataclasses.replace(
        configuration,
        store=parse_endpoint(
            endpoint, option="store", providers=None, default_provider=None
        ),
        signing_key=SigningKey.generate(),
        handovers=(),
    )
    with publishing(other, folder=str(notes)) as publisher:
        publisher.publish([Publication(file, version=version)])


def unsigned(configuration: Configuration, key: str, sealed: bytes) -> bytes:
    """The feed in the genuine publisher's name, with zeros where the signature is to be."""
    context = key.replace("/", " ", 1)
    payload = read_unverified(configuration.secret, context, sealed, label="the feed")
    feed = dataclasses.replace(Feed.decode(payload, "the feed"), sequence=SEQUENCE)
    genuine = configuration.signing_key
    if genuine is None:
        sys.exit("The configuration has no signing key to name.")
    message = genuine.public.raw + bytes(SIGNATURE_SIZE) + bytes(2) + feed.encode()
    return seal_message(configuration.secret, context, message, configuration.algorithm)


def key_of_feed(configuration: Configuration, store: Store) -> str:
    return Repository(store, configuration.secret, configuration.channels[0]).feed_key


def main(path: str, *rest: str) -> None:
    configuration = read_configuration(path).configuration
    with open_store(configuration.store) as store:
        if len(rest) == 1:
            genuine = Path(rest[0]).read_bytes()
            store.write(key_of_feed(configuration, store), genuine)
        else:
            file, version, note = rest
            plant(configuration, store, file, version, Path(note))


if __name__ == "__main__":
    main(*sys.argv[1:])
