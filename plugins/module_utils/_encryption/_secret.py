# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""The secret that those who publish and those who fetch share."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass, field

from . import _checked_text
from ._primitives import derive

_HINT: t.Final = (
    "Copy the whole SharedSecret from the configuration that the setup wrote."
)


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """32 random bytes, the seed's ``SharedSecret``. Its ``repr`` does not show them.

    ``raw`` itself is the key of the format distsync01, and of nothing else: everything of ours uses
    keys that are derived from it.
    """

    raw: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.raw) != _checked_text.SIZE:
            raise ValueError(f"a secret has {_checked_text.SIZE} bytes")

    @classmethod
    def generate(cls) -> t.Self:
        """A new one from the system's random source."""
        return cls(os.urandom(_checked_text.SIZE))

    @classmethod
    def decode(cls, text: str) -> t.Self:
        """From the 48 characters of a configuration. Raises ``SecretError``, which does not show them."""
        return cls(_checked_text.decode(text, "SharedSecret", _HINT))

    def encode(self) -> str:
        """The 48 characters for a configuration, exactly as distsync wrote them."""
        return _checked_text.encode(self.raw)

    def derive(self, purpose: str, salt: bytes = b"", length: int = 32) -> bytes:
        """A key of ``length`` bytes for one purpose. Raises ``MissingLibraryError``."""
        return derive(self.raw, purpose, salt, length)
