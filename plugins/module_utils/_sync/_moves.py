# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""New names whose contents the destination has already under another name: they are copied there."""

from __future__ import annotations

import typing as t

from .._drivers._base import Digests, ObjectInfo
from .._manifest._format import Entry
from ._compare import speaks_of

Digest = t.Callable[[ObjectInfo], t.Optional[Digests]]


def candidates(
    new: t.Mapping[str, ObjectInfo], there: t.Mapping[str, ObjectInfo]
) -> dict[str, ObjectInfo]:
    """The new names of which some object of the destination has the size."""
    if not new:
        return {}
    sizes = {info.size for info in there.values()} - {0}
    return {name: info for name, info in new.items() if info.size in sizes}


def find_copies(
    new: t.Mapping[str, ObjectInfo],
    there: t.Mapping[str, ObjectInfo],
    entries: t.Mapping[str, Entry],
    digests: Digest,
) -> dict[str, ObjectInfo]:
    """Of each new name whose contents ``there`` has, an object that holds them.

    The listing's MD5 or the manifest's digest says what an object holds; one that is stored encoded
    holds something else.
    """
    sizes = {info.size for info in new.values()}
    by_content: dict[str, ObjectInfo] = {}
    for name, info in there.items():
        if info.size not in sizes:
            continue
        entry = entries.get(name)
        if speaks_of(entry, info):
            if entry.treatment.partition("/")[0]:
                continue
            by_content.setdefault(entry.digest, info)
        by_content.setdefault(info.md5 or "", info)
    by_content.pop("", None)
    found = {}
    for name, info in new.items():
        known = digests(info)
        contents = (
            (known.sha256, known.md5 or "") if known is not None else (info.md5 or "",)
        )
        for content in contents:
            original = by_content.get(content)
            if original is not None and original.size == info.size:
                found[name] = original
    return found
