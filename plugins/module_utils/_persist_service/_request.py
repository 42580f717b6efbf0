# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is to be done with a path, as the service passes it to the process that does it."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from dataclasses import dataclass, field

#: What a client can begin.
Kind: t.TypeAlias = t.Literal["save", "restore", "verify", "delete", "prune"]
KINDS: t.Final[t.Sequence[Kind]] = ("save", "restore", "verify", "delete", "prune")
#: ``prepare``: what is done once, before there are clients; ``list``: the snapshots of a path.
Work: t.TypeAlias = t.Literal[
    "save", "restore", "verify", "delete", "prune", "prepare", "list"
]
Layout: t.TypeAlias = t.Literal["snapshots", "single"]
Mode: t.TypeAlias = t.Literal["merge", "replace"]


@dataclass(frozen=True, slots=True)
class Request:
    """``path`` is a normal one. ``check``: only say what would be done.

    ``snapshot``: ``latest``, an id or a time. ``keep``: a retention by its names in an API; empty: none. ``if_empty``:
    restore nothing over anything, whatever there is of the path. ``prompt``: somebody waits for the answer, and is told soon
    that the store is away.
    """

    work: Work
    path: str = ""
    layout: Layout = "snapshots"
    snapshot: str | None = None
    mode: Mode | None = None
    include: tuple[str, ...] = ()
    check: bool = False
    compare: bool = True
    keep: t.Mapping[str, t.Any] = field(default_factory=dict)
    if_empty: bool = False
    prompt: bool = False

    def encode(self) -> bytes:
        """In one line."""
        return json.dumps(dataclasses.asdict(self)).encode() + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> t.Self:
        fields = json.loads(line)
        return cls(**{**fields, "include": tuple(fields["include"])})
