# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is on its way into the bucket is announced there, so that nobody prunes it meanwhile."""

from __future__ import annotations

import json
import typing as t

from .._encryption._algorithms import Algorithm
from .._encryption._failures import FormatError, capital
from .._encryption._message import open_message, seal_message
from ._layout import ANNOUNCEMENTS, is_id
from ._repository import LARGEST, SEALED, Repository, read_small

#: Objects that were announced longer ago (seconds), and are named by nothing, are litter.
ANNOUNCED_FOR: t.Final = 7 * 86400


class Announcement(t.NamedTuple):
    """Ids of contents and record that are about to be there; ``created``: seconds since the epoch."""

    artifact: str
    record: str
    created: int


def announce(
    repository: Repository, name: str, artifact: str, record: str, algorithm: Algorithm
) -> None:
    """``name``: the announcement's own id."""
    announcement = Announcement(artifact, record, int(repository.clock()))
    document = json.dumps(announcement._asdict()).encode()
    data = seal_message(repository.secret, f"announcement {name}", document, algorithm)
    repository.store.write(repository.key(ANNOUNCEMENTS, name), data, SEALED)


def read_announcement(repository: Repository, name: str) -> Announcement:
    """Raises ``ObjectMissingError``, ``MismatchError``, and what cannot be opened."""
    label = f"the announcement {name}"
    key = repository.key(ANNOUNCEMENTS, name)
    data, _etag = read_small(repository.store, key, LARGEST, label)
    context = f"announcement {name}"
    payload = open_message(repository.secret, context, data, label=label)
    try:
        announcement = Announcement(**json.loads(payload))
        ids = announcement.artifact, announcement.record
        if not all(map(is_id, ids)) or not isinstance(announcement.created, int):
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise FormatError(
            f"{capital(label)} is none that this program can read."
        ) from None
    return announcement
