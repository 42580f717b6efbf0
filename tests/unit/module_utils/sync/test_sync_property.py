# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever is on both sides: a check tells the truth, a run makes it so, a second one has nothing to do."""

from __future__ import annotations

import tempfile
import typing as t
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    PlanRefusedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._patterns import (
    Selection,
)
from ansible_collections.longshore.storage.plugins.module_utils._report import Report
from tests.unit.module_utils.sync.helpers import (
    Container,
    Folder,
    Place,
    Sync,
    Traits,
    Tree,
    counts,
)

NAMES = st.lists(st.sampled_from(["a", "b", "c.html"]), min_size=1, max_size=3)
TREES = st.dictionaries(
    NAMES.map("/".join), st.sampled_from([b"", b"1", b"2", b"33"]), max_size=6
)
KINDS = st.sampled_from(["folder", "memory", "true", "none", "false"])
PATTERNS = st.sampled_from([[], ["a"], ["/a/"], ["*.html"], ["*", "!b"]])
OPTIONS = st.fixed_dictionaries(
    {
        "delete": st.booleans(),
        "allow_empty": st.booleans(),
        "exclude": PATTERNS,
        "include": st.sampled_from([[], ["a", "b"]]),
        "manifest": st.sampled_from(["auto", "always", "never"]),
        "verify": st.sampled_from(["listing", "manifest", "content"]),
        "transfers": st.integers(1, 3),
    }
)


def make(kind: str, folder: Path, tree: Tree) -> Place:
    if kind == "folder":
        fit = {
            n: d
            for n, d in tree.items()
            if not any(o.startswith(f"{n}/") for o in tree)
        }
        return Folder(folder, fit)
    if kind == "memory":
        return Container(tree, prefix="web/")
    return Container(tree, prefix="web/", traits=Traits(md5=kind))  # type: ignore[arg-type]  # one of its words


def told(report: Report) -> dict[str, t.Any]:
    result = report.result()
    del result["requests"], result["seconds"]
    return {**result, **report.diff(), "warnings": report.warnings}


@settings(max_examples=150)
@given(KINDS, TREES, KINDS, TREES, OPTIONS)
def test_check_run_and_second_run(
    here_kind: str, here: Tree, there_kind: str, there: Tree, options: dict[str, t.Any]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = make(here_kind, Path(folder, "source"), here)
        destination = make(there_kind, Path(folder, "destination"), there)
        sync = Sync(Path(folder, "cache"))
        before, started = destination.tree(), source.snapshot()
        untouched = destination.snapshot()
        selection = Selection(options["include"], options["exclude"])
        wanted = {n: d for n, d in source.tree().items() if n in selection}
        stay = {
            n: d
            for n, d in before.items()
            if n not in selection or (not options["delete"] and n not in wanted)
        }

        try:
            predicted = told(sync(source, destination, check_mode=True, **options))
            refused = None
        except PlanRefusedError as error:
            refused = str(error)
        assert destination.snapshot() == untouched
        assert not sync.cache.exists()
        if refused is not None:
            try:
                sync(source, destination, **options)
            except PlanRefusedError as error:
                assert str(error) == refused
            assert destination.snapshot() == untouched
            return

        done = told(sync(source, destination, **options))
        assert source.snapshot() == started
        assert destination.tree() == wanted | stay
        assert done == predicted
        assert done["changed"] or destination.snapshot() == untouched

        comparable = {"folder", "memory", "true"}
        if (
            options["manifest"] != "never"
            or options["verify"] == "content"
            or {here_kind, there_kind} <= comparable
        ):
            untouched = destination.snapshot()
            for check_mode in (True, False):
                again = sync(source, destination, check_mode=check_mode, **options)
                assert not again.changed
                assert set(counts(again)) <= {"unchanged"} and not again.bytes
                assert again.unchanged == len(wanted)
            assert destination.snapshot() == untouched
