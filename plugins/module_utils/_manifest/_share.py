# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Which part of a destination's names is one host's, where several do a sync together."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._errors import ConfigurationError
from ._format import MAX_SHARDS, shard_number

#: So many shards of the manifest for each host at least, so that their parts are about the same size.
_SHARDS_PER_HOST = 8

#: How many hosts can share a sync.
MAX_COUNT = MAX_SHARDS // _SHARDS_PER_HOST


@dataclass(frozen=True, slots=True)
class Share:
    """The part ``index`` of ``count``: whole shards of the manifest. Raises ``ConfigurationError``."""

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_COUNT:
            raise ConfigurationError(
                f"shard.count must be from 1 to {MAX_COUNT}, not {self.count}."
            )
        if not 0 <= self.index < self.count:
            raise ConfigurationError(
                f"shard.index must be from 0 to {self.count - 1} where shard.count is {self.count}, not {self.index}.",
                hint='In a playbook it is "{{ ansible_play_hosts.index(inventory_hostname) }}".',
            )

    @property
    def shards(self) -> int:
        """How many shards the manifest has at least: a power of two."""
        return 1 << (_SHARDS_PER_HOST * self.count - 1).bit_length()

    def owns(self, name: str) -> bool:
        """Whether the name is in this part; of all parts it is in one."""
        return shard_number(name, self.shards) % self.count == self.index

    def part(self, names: t.Iterable[str]) -> frozenset[str]:
        """Those of the names that are in this part."""
        return frozenset(name for name in names if self.owns(name))

    def numbers(self, shards: int) -> list[int]:
        """The numbers of this part's shards, of so many (a power of two, ``shards`` or more)."""
        each = shards // self.shards
        return [n for n in range(shards) if n // each % self.count == self.index]
