# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.longshore.storage.plugins.modules import static_container_info
from tests.integration.module import call, sync
from tests.unit.documentation import agree, read_yaml

NAME = "longshore.storage.static_container_info"


def test_documentation_and_arguments_agree() -> None:
    documented = read_yaml(static_container_info.DOCUMENTATION)["options"]
    agree(documented, static_container_info.ARGUMENT_SPEC)


def test_examples_are_tasks_of_this_module() -> None:
    for task in read_yaml(static_container_info.EXAMPLES):
        assert task[NAME].keys() <= static_container_info.ARGUMENT_SPEC.keys()


def _agree(found: t.Any, documented: t.Any) -> None:
    """Each field is documented, and each that is documented is there, in samples as well."""
    if "contains" in documented:
        for one in found if isinstance(found, list) else [found]:
            assert one.keys() == documented["contains"].keys()
            for name, inner in documented["contains"].items():
                _agree(one[name], inner)
    if "sample" in documented and isinstance(documented["sample"], (dict, list)):
        fields = {n: v for n, v in documented.items() if n != "sample"}
        _agree(documented["sample"], fields)


def test_returned_values_are_the_documented_ones(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "img").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "img/c.txt"):
        (site / name).write_text("the same")
    place = {"id": "LOCAL", "container": str(tmp_path / "www")}
    sync(
        str(site),
        place,
        cache_path=str(tmp_path / "cache"),
        release="1",
        manifest="always",
    )
    documented = read_yaml(static_container_info.RETURN)
    values = dict(call(static_container_info, destination=place).values)
    assert values.pop("changed") is False
    values.pop("invocation", None)
    assert values.keys() == documented.keys()
    for name, one in documented.items():
        assert values[name] or name == "requests"
        _agree(values[name], one)


def test_refusals(tmp_path: Path) -> None:
    place = {"id": "LOCAL", "container": str(tmp_path)}
    for option in ("sample", "prefixes"):
        refused = call(static_container_info, destination=place, **{option: -1})
        assert refused.failed and f"{option} is a whole number from 0" in refused.msg
