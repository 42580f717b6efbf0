# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._persist._info_run import (
    VolumesInfo,
)
from ansible_collections.longshore.storage.plugins.modules import (
    volume_persist,
    volume_persist_info,
)
from tests.integration.module import call
from tests.unit.documentation import agree, read_yaml

NAME = "longshore.storage.volume_persist_info"


def test_documentation_and_arguments_agree() -> None:
    documented = read_yaml(volume_persist_info.DOCUMENTATION)["options"]
    agree(documented, volume_persist_info.ARGUMENT_SPEC)


def test_examples_are_tasks_of_this_module() -> None:
    for task in read_yaml(volume_persist_info.EXAMPLES):
        assert task[NAME].keys() <= volume_persist_info.ARGUMENT_SPEC.keys()


def test_returned_values_are_the_documented_ones(tmp_path: Path) -> None:
    documented = read_yaml(volume_persist_info.RETURN)
    assert VolumesInfo([], False).result().keys() - {"changed"} == documented.keys()
    store = tmp_path / "store"
    data = tmp_path / "data"
    data.mkdir()
    store.mkdir()
    endpoint = {"id": "LOCAL", "container": str(store)}
    call(
        volume_persist,
        path=str(data),
        host="h",
        store=endpoint,
        cache_path=str(tmp_path / "cache"),
    )
    (found,) = call(volume_persist_info, store=endpoint).values["volumes"]
    contained = documented["volumes"]["contains"]
    assert found.keys() == contained.keys()
    assert found["snapshots"][0].keys() == contained["snapshots"]["contains"].keys()
    for sample in documented["volumes"]["sample"]:
        assert sample.keys() == found.keys()

    # one that is not whole does not count, and is told
    (record,) = store.rglob("snapshot.json")
    text = record.read_text()
    record.write_text("{")
    (broken,) = call(
        volume_persist_info, store=endpoint, path=str(data), host="h"
    ).values["volumes"]
    assert broken["snapshots"] == [] and broken["latest"] is None
    assert broken["broken"][0].keys() == contained["broken"]["contains"].keys()
    record.write_text(text)
    next(store.rglob("data.tar.zst.0001")).unlink()
    (broken,) = call(volume_persist_info, store=endpoint).values["volumes"]
    assert "lacks its object" in broken["broken"][0]["fault"]
    record.unlink()
    late = call(
        volume_persist_info, store=endpoint, path=str(data), host="h", max_age="1d"
    )
    assert late.values["late"] is True


def test_refusals(tmp_path: Path) -> None:
    endpoint = {"id": "LOCAL", "container": str(tmp_path)}
    both = call(volume_persist_info, store=endpoint, path="/x", volume="y")
    assert both.failed and "cannot go together" in both.msg
    age = call(volume_persist_info, store=endpoint, max_age="soon")
    assert age.failed and "max_age" in age.msg
