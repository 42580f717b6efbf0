# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._module import (
    PROVIDER_OPTIONS,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._codecs import (
    _COMPRESSIONS,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._outcome import (
    PersistOutcome,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._retention import (
    Retention,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._run import (
    _OPERATIONS,
)
from ansible_collections.longshore.storage.plugins.modules import volume_persist
from tests.integration.module import Result, call
from tests.unit.documentation import agree, read_yaml

SPEC = volume_persist.ARGUMENT_SPEC
NAME = "longshore.storage.volume_persist"


def test_documentation_and_arguments_agree() -> None:
    agree(read_yaml(volume_persist.DOCUMENTATION)["options"], SPEC)


def test_choices_are_those_of_the_engine() -> None:
    assert set(SPEC["state"]["choices"]) == set(_OPERATIONS)
    assert SPEC["compression"]["choices"] == list(_COMPRESSIONS)
    rules = SPEC["retention"]["options"]
    assert rules.keys() == set(Retention.__dataclass_fields__)


def test_examples_are_tasks_of_this_module() -> None:
    for task in read_yaml(volume_persist.EXAMPLES):
        assert task.keys() == {"name", NAME}
        assert task[NAME].keys() <= SPEC.keys() | PROVIDER_OPTIONS.keys()


def test_returned_values_are_the_documented_ones() -> None:
    documented = read_yaml(volume_persist.RETURN)
    returned: set[str] = set()
    for state in _OPERATIONS:
        result = PersistOutcome(state).result()
        returned |= result.keys()
        for name in result.keys() - {"changed"}:
            when = documented[name]["returned"]
            assert when == "success" or f"V({state})" in when, (state, name)
    assert returned - {"changed"} == documented.keys()
    # Ansible would add what it knows of the file
    assert not returned & {"path", "dest"}


def test_secrets_are_not_logged() -> None:
    encryption = SPEC["encryption"]["options"]
    assert encryption["secret"]["no_log"] and encryption["identities"]["no_log"]


@pytest.fixture()
def task(tmp_path: Path) -> t.Callable[..., Result]:
    (tmp_path / "store").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a").write_text("one")

    def run(state: str, check: bool = False, **options: t.Any) -> Result:
        return call(
            volume_persist,
            state=state,
            path=str(tmp_path / "data"),
            store={"id": "LOCAL", "container": str(tmp_path / "store")},
            cache_path=str(tmp_path / "cache"),
            _ansible_check_mode=check,
            _ansible_diff=True,
            **options,
        )

    return run


def test_diffs(task: t.Callable[..., Result], tmp_path: Path) -> None:
    def diff(result: Result) -> t.Any:
        assert not result.failed, result.msg
        return result.values["diff"]

    one = {"counts": {"directory": 1, "file": 1}, "bytes": 3}
    foretold, done = diff(task("saved", True)), diff(task("saved"))
    assert foretold == done
    assert (done["before"], done["after"]) == ({}, one)
    again = diff(task("saved"))
    assert again["before"] == again["after"] == one

    (tmp_path / "data" / "b").write_text("mine")
    restored = {"mode": "replace"}
    foretold = diff(task("restored", True, **restored))
    assert "'b': extraneous" in foretold["after"]["differences"]
    done = diff(task("restored", **restored))
    assert done["before"]["counts"] == {"directory": 1, "file": 2}
    assert done["after"].items() >= one.items()

    (tmp_path / "data" / "b").write_text("mine")
    saved = task("saved", retention={"keep_last": 1})
    assert len(saved.values["diff"]["after"]["pruned"]) == 1


def test_a_failure_after_the_work_says_what_was_done(
    task: t.Callable[..., Result],
) -> None:
    result = task("saved", post=[{"argv": ["false"]}])
    assert result.failed and "'false' failed" in result.msg
    assert result.changed and result.values["snapshot"]
    assert not task("saved").changed


def test_texts_that_are_secrets_are_hidden(task: t.Callable[..., Result]) -> None:
    result = task("restored", mode="merge", encryption={"secrets": "hunter2hunter2"})
    assert result.failed and "hunter2" not in result.text
