# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Where everything of a distribution is in its bucket: the one owner of its keys."""

from __future__ import annotations

import re
import secrets
import typing as t

from .._encryption._names import keyed_id
from .._encryption._secret import SharedSecret

#: The encrypted contents, under ids that say nothing.
ARTIFACTS: t.Final = "artifacts/"
#: The encrypted and signed records: which contents a version of an artifact is made of.
RELEASES: t.Final = "releases/"
#: What is on its way: objects that no record names yet, and that are to be left alone.
ANNOUNCEMENTS: t.Final = f"{RELEASES}announced/"
#: The signed heads that daemons watch, one for each channel.
FEED: t.Final = "feed/"
#: What hosts report of themselves, one object for each host.
STATUS: t.Final = "status/"

PREFIXES: t.Final = (ARTIFACTS, RELEASES, FEED, STATUS)

_ID: t.Final = re.compile("[0-9a-f]{40}")


def new_id() -> str:
    """40 hex digits for a new object: random, so it is nobody's yet and says nothing."""
    return secrets.token_hex(20)


def is_id(text: str) -> bool:
    """Whether it could be an id of ours, random or keyed."""
    return _ID.fullmatch(text) is not None


def feed_id(secret: SharedSecret, channel: str) -> str:
    """What stands for a channel's name."""
    return keyed_id(secret, "channel", channel)


def status_id(secret: SharedSecret, host: str) -> str:
    """What stands for a host's name."""
    return keyed_id(secret, "host", host)


def artifact_context(artifact: str) -> str:
    """What the object of that id is sealed for."""
    return f"artifact {artifact}"
