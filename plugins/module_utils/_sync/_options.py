# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What a user asks of a sync."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._endpoint import Endpoint
from .._manifest._share import Share

#: When a manifest is written: when the sides' hashes cannot be compared, always, never; or always,
#: without reading the one that is there.
ManifestMode = t.Literal["auto", "always", "never", "rebuild"]

#: How the destination's state is known: by its manifest alone, a listing, or reading every object.
VerifyMode = t.Literal["manifest", "listing", "content"]


@dataclass(frozen=True, slots=True)
class ShardOptions:
    """``share`` of the names is this host's. ``wait``: how long another host may be silent, such as ``10m``."""

    share: Share
    wait: str = "10m"


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """The options of ``static_container``, checked; ``transfers`` is how many objects move at once.

    With ``rolled_back`` the source is the destination itself, which keeps releases.
    """

    source: Endpoint
    destination: Endpoint
    delete: bool = True
    allow_empty: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    manifest: ManifestMode = "auto"
    verify: VerifyMode = "listing"
    follow_links: bool = False
    transfers: int = 16
    create_container: bool = True
    cache_path: str | None = None
    rules: tuple[t.Mapping[str, t.Any], ...] = ()
    order: tuple[object, ...] | None = None
    protect: tuple[str, ...] = ()
    max_delete: str | None = None
    prune_after: str | None = None
    bandwidth_limit: str | None = None
    invalidate: t.Mapping[str, t.Any] | None = None
    release: str | None = None
    keep_releases: t.Mapping[str, t.Any] | None = None
    rolled_back: bool = False
    shard: ShardOptions | None = None
    check_mode: bool = False
