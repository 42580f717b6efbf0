# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Digests,
    ObjectInfo,
)
from ansible_collections.longshore.storage.plugins.module_utils._manifest._format import (
    Entry,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._compare import (
    Verdict,
    judge,
    judge_content,
    provable,
    speaks_of,
)

SAME, DIFFERENT, UNKNOWN = Verdict.SAME, Verdict.DIFFERENT, Verdict.UNKNOWN

M1, M2 = "1" * 32, "2" * 32
ONE, TWO = Digests(M1, "a" * 64), Digests(M2, "b" * 64)


def info(size: int = 5, etag: str | None = "E", md5: str | None = None) -> ObjectInfo:
    return ObjectInfo("k", size, etag, md5)


def entry(
    size: int = 5,
    digest: str = ONE.sha256,
    source_etag: str = "",
    stored_size: int = 5,
    etag: str = "E",
) -> Entry:
    return Entry(size, digest, source_etag, stored_size, etag)


@pytest.mark.parametrize(
    ("known", "there", "speaks"),
    [
        (None, info(), False),
        (entry(), info(), True),
        (entry(), info(etag="other"), False),
        (entry(), info(size=6), False),
        (entry(etag=""), info(etag=None), False),
    ],
)
def test_an_entry_speaks_of_the_object_it_was_written_for(
    known: Entry | None, there: ObjectInfo, speaks: bool
) -> None:
    assert speaks_of(known, there) is speaks


@pytest.mark.parametrize(
    ("here", "there", "known", "verdict"),
    [
        (info(5), info(6), None, DIFFERENT),
        (info(5), info(5), None, UNKNOWN),
        (info(md5=M1), info(md5=M1), None, SAME),
        # a hash that differs proves nothing: an encrypting store's looks like an MD5
        (info(md5=M1), info(md5=M2), None, UNKNOWN),
        (info(md5=M1), info(md5=None), None, UNKNOWN),
        (info(md5=None), info(md5=None), None, UNKNOWN),
        # equal hashes of different sizes are no proof either
        (info(6, md5=M1), info(5, md5=M1), None, DIFFERENT),
        # a manifest knows the source's size where the stored one is another
        (info(9), info(5), entry(size=9), UNKNOWN),
        (info(5), info(9), entry(size=6, stored_size=9), DIFFERENT),
        (info(9, md5=M1), info(5, md5=M1), entry(size=9), UNKNOWN),
        # a remote source that was not written since
        (info(etag="S"), info(), entry(source_etag="S"), SAME),
        (info(etag="T"), info(), entry(source_etag="S"), UNKNOWN),
        (info(etag=""), info(), entry(source_etag=""), UNKNOWN),
        # an entry that is stale says nothing, not even of sizes
        (info(etag="S"), info(etag="new"), entry(source_etag="S"), UNKNOWN),
        (info(5), info(5, etag="new"), entry(size=6), UNKNOWN),
        (info(9), info(5, etag="new"), entry(size=9), DIFFERENT),
    ],
)
def test_judge(
    here: ObjectInfo, there: ObjectInfo, known: Entry | None, verdict: Verdict
) -> None:
    assert judge(here, there, known) is verdict


@pytest.mark.parametrize(
    ("here", "ours", "there", "theirs", "known", "verdict"),
    [
        (info(), ONE, info(), ONE, None, SAME),
        (info(), ONE, info(), TWO, None, DIFFERENT),
        # what was read goes before what listings and manifest say
        (info(md5=M1), ONE, info(md5=M1), TWO, entry(), DIFFERENT),
        (info(), ONE, info(), TWO, entry(), DIFFERENT),
        (info(), ONE, info(md5=M1), None, None, SAME),
        (info(md5=M1), None, info(), ONE, None, SAME),
        (info(), ONE, info(md5=M2), None, None, UNKNOWN),
        (info(6), ONE, info(5, md5=M1), None, None, UNKNOWN),
        (info(), ONE, info(md5=M2), None, entry(), SAME),
        (info(), TWO, info(md5=M1), None, entry(), DIFFERENT),
        (info(), TWO, info(), None, entry(), DIFFERENT),
        (info(), ONE, info(), None, entry(digest=""), UNKNOWN),
        (info(), ONE, info(etag="new"), None, entry(), UNKNOWN),
        (info(), None, info(), None, entry(), UNKNOWN),
        (info(), None, info(), None, None, UNKNOWN),
    ],
)
def test_judge_content(
    here: ObjectInfo,
    ours: Digests | None,
    there: ObjectInfo,
    theirs: Digests | None,
    known: Entry | None,
    verdict: Verdict,
) -> None:
    assert judge_content(here, ours, there, theirs, known) is verdict


@pytest.mark.parametrize(
    ("here", "md5", "there", "both", "proof"),
    [
        (info(), M1, info(md5=M1), (True, False), True),
        (info(), M1, info(), (True, True), True),
        (info(), M1, info(md5=M2), (True, False), False),
        (info(), M1, info(), (True, False), False),
        (info(md5=M1), M1, info(), (False, True), True),
        (info(md5=M2), M1, info(md5=M1), (False, False), False),
        (info(md5=M1), M1, info(md5=M1), (False, False), True),
        (info(), None, info(), (False, False), False),
        (info(), None, info(), (False, True), False),
    ],
)
def test_provable(
    here: ObjectInfo,
    md5: str | None,
    there: ObjectInfo,
    both: tuple[bool, bool],
    proof: bool,
) -> None:
    assert provable(here, md5, there, both=both) is proof
