# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Whether a destination's object is what the source has: pure, on what is known of both."""

from __future__ import annotations

import enum
import typing as t

from .._drivers._base import Digests, ObjectInfo
from .._manifest._format import Entry


class Verdict(enum.Enum):
    """``UNKNOWN``: it takes the contents' digests to tell."""

    SAME = enum.auto()
    DIFFERENT = enum.auto()
    UNKNOWN = enum.auto()


def speaks_of(entry: Entry | None, there: ObjectInfo) -> t.TypeGuard[Entry]:
    """Whether a manifest entry is about the object as it is now in the destination."""
    return (
        entry is not None
        and entry.etag == there.etag
        and entry.stored_size == there.size
    )


def judge(here: ObjectInfo, there: ObjectInfo, entry: Entry | None) -> Verdict:
    """Compare by sizes, manifest and the listings' hashes, without reading anything.

    A listing's hash proves equality only: an encrypting store's looks like an MD5 and is none.
    """
    if speaks_of(entry, there):
        if entry.size != here.size:
            return Verdict.DIFFERENT
        if entry.source_etag and entry.source_etag == here.etag:
            return Verdict.SAME
    elif here.size != there.size:
        return Verdict.DIFFERENT
    if here.md5 is not None and here.md5 == there.md5 and here.size == there.size:
        return Verdict.SAME
    return Verdict.UNKNOWN


def judge_content(
    here: ObjectInfo,
    here_digests: Digests | None,
    there: ObjectInfo,
    there_digests: Digests | None,
    entry: Entry | None,
) -> Verdict:
    """Compare by contents, of two objects on which :func:`judge` could not decide.

    ``UNKNOWN``: even so it cannot be told.
    """
    if here_digests is not None and there_digests is not None:
        same = here_digests.sha256 == there_digests.sha256
        return Verdict.SAME if same else Verdict.DIFFERENT
    here_md5 = here_digests.md5 if here_digests is not None else here.md5
    there_md5 = there_digests.md5 if there_digests is not None else there.md5
    if here_md5 is not None and here_md5 == there_md5 and here.size == there.size:
        return Verdict.SAME
    if here_digests is not None and speaks_of(entry, there) and entry.digest:
        same = entry.digest == here_digests.sha256
        return Verdict.SAME if same else Verdict.DIFFERENT
    return Verdict.UNKNOWN


def provable(
    here: ObjectInfo,
    here_md5: str | None,
    there: ObjectInfo,
    *,
    both: tuple[bool, bool],
) -> bool:
    """Whether a later run can see that these two are the same without a manifest.

    ``here_md5`` is the content's, if it is known; ``both`` says whether source and destination can
    hash their objects themselves.
    """
    source_hashes, destination_hashes = both
    here_knows = source_hashes or (here.md5 is not None and here.md5 == here_md5)
    there_knows = destination_hashes or (
        there.md5 is not None and there.md5 == here_md5
    )
    return here_knows and there_knows


def treated_so(
    entry: Entry | None, there: ObjectInfo, wanted: str
) -> t.Literal["so", "attributes", "encoding"]:
    """Whether the destination's object is published as the treatment ``wanted`` says (empty: no rule).

    Otherwise, what of it differs: the attributes alone, or how its bytes are encoded. Of an object
    that no entry speaks of nothing is known, and nothing expected unless a rule says so.
    """
    known = entry.treatment if speaks_of(entry, there) else ""
    if known == wanted:
        return "so"
    if known.partition("/")[0] == wanted.partition("/")[0]:
        return "attributes"
    return "encoding"
