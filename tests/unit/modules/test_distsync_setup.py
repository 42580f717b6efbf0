# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup_options import (
    ROTATIONS,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup_report import (
    RoleReport,
    SetupReport,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    ALGORITHMS,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    PublicKey,
)
from ansible_collections.longshore.storage.plugins.modules import distsync_setup
from tests.conformance.faults import closed_port
from tests.integration.module import call
from tests.unit.documentation import agree, read_yaml

SECRET = "Hush/hush+very=secret"


def run(**arguments: t.Any) -> t.Mapping[str, t.Any]:
    return call(distsync_setup, **arguments).values


def test_documentation_and_arguments_agree() -> None:
    documented = read_yaml(distsync_setup.DOCUMENTATION)["options"]
    agree(documented, distsync_setup.ARGUMENT_SPEC)


def test_choices_are_those_of_the_engine() -> None:
    spec = distsync_setup.ARGUMENT_SPEC
    assert spec["encrypt"]["choices"] == [one.name for one in ALGORITHMS]
    assert tuple(spec["rotate"]["choices"]) == ROTATIONS


def test_examples_are_tasks_of_this_module() -> None:
    spec = distsync_setup.ARGUMENT_SPEC
    for task in read_yaml(distsync_setup.EXAMPLES):
        assert task.keys() == {"name", "longshore.storage.distsync_setup"}
        options = task["longshore.storage.distsync_setup"]
        assert options.keys() <= spec.keys()
        for role in ("uploader", "daemon"):
            assert options.get(role, {}).keys() <= spec[role]["options"].keys()


def test_returned_values_are_the_documented_ones() -> None:
    documented = read_yaml(distsync_setup.RETURN)
    roles = {role: RoleReport("/f") for role in ("uploader", "daemon")}
    result = SetupReport("b", "here", t.cast(t.Any, roles)).result()
    assert result.keys() - {"changed"} == documented.keys()
    for role in ("uploader", "daemon"):
        assert result[role].keys() == documented[role]["contains"].keys()
        assert result[role].keys() == documented[role]["sample"].keys()
    sample = PublicKey.decode(documented["public_key"]["sample"])
    assert sample.fingerprint == documented["public_key_fingerprint"]["sample"]


def test_no_secret_is_shown_or_logged(logged: list[str], tmp_path: Path) -> None:
    paths = {role: str(tmp_path / role) for role in ("uploader", "daemon")}
    with closed_port() as port:
        provider = {
            "id": "S3",
            "endpoint": f"http://127.0.0.1:{port}",
            "key": "AKIA",
            "secret": SECRET,
            "retries": 0,
        }
        files = {role: {"path": path} for role, path in paths.items()}
        ways: list[dict[str, t.Any]] = [
            {},
            {"identities": "given"},
            {"uploader": {"path": paths["uploader"], "key": "a", "secret": SECRET}},
            {"daemon": {"path": paths["daemon"], "secrte": SECRET}},
            {"secret": SECRET},
        ]
        for way in ways:
            given = {"bucket": "www", "provider": provider, **files, **way}
            result = run(**given)
            assert result["failed"]
            shown = json.dumps(result) + "\n".join(logged)
            assert SECRET not in shown and "Hush" not in shown
            assert result["invocation"]["module_args"]["bucket"] == "www"
    assert not any(tmp_path.iterdir())


def test_a_folder_is_a_bucket_too(logged: list[str], tmp_path: Path) -> None:
    given: dict[str, t.Any] = {
        "provider": {"id": "LOCAL", "container": str(tmp_path / "bucket")},
        "identities": "given",
        "uploader": {"path": str(tmp_path / "u")},
        "daemon": {"path": str(tmp_path / "d"), "output_dir": "/srv"},
        "encrypt": "AES_256_GCM",
        "_ansible_diff": True,
    }
    checked = run(**given, _ansible_check_mode=True)
    assert [*tmp_path.iterdir()] == []
    done = run(**given)
    assert checked["diff"] == done["diff"] and checked["changes"] == done["changes"]
    again = run(**given)
    assert not again["changed"]
    assert again["diff"]["before"] == again["diff"]["after"]
    shown = json.dumps([checked, done, again]) + "\n".join(logged)
    for line in (tmp_path / "u").read_text().splitlines():
        if line.startswith(("SharedSecret", "SigningKey")):
            assert line.split('"')[1] not in shown
    with_another = run(**given, rotate=["signing"])
    assert with_another["public_key"] != done["public_key"]
