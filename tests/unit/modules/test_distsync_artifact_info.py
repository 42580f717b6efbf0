# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._status import (
    ArtifactStatus,
    HostStatus,
    write_status,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.modules import (
    distsync_artifact,
    distsync_artifact_info,
)
from tests.integration.artifacts import endpoint_of
from tests.integration.module import call
from tests.unit.documentation import agree, read_yaml
from tests.unit.modules.test_distsync_artifact import documented_options

SPEC = distsync_artifact_info.ARGUMENT_SPEC


def test_documentation_and_arguments_agree() -> None:
    agree(documented_options(distsync_artifact_info.DOCUMENTATION), SPEC)


def test_examples_are_tasks_of_this_module() -> None:
    for task in read_yaml(distsync_artifact_info.EXAMPLES):
        options = task["longshore.storage.distsync_artifact_info"] or {}
        assert options.keys() <= SPEC.keys()


def test_returned_values_are_the_documented_ones(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    secret, key = SharedSecret.generate(), SigningKey.generate()
    (tmp_path / "bucket").mkdir()
    (tmp_path / "app").write_bytes(b"one")
    store = {"id": "LOCAL", "container": str(tmp_path / "bucket")}
    common = {"provider": store, "secret": secret.encode()}
    signing = {**common, "signing_key": key.encode()}
    public = {**common, "public_key": key.public.encode()}

    nothing = call(distsync_artifact_info, **public)
    assert nothing.values["artifacts"] == [] and nothing.values["sequence"] is None
    assert "Nothing was published" in nothing.warnings[0]
    made = call(
        distsync_artifact, state="published", src=str(tmp_path / "app"), **signing
    )
    has = ArtifactStatus(
        *("app", "stable", made.values["version"], made.values["digest"]),
        *(7, "current", made.values["version"], 0),
    )
    status = HostStatus("web1", "1", 9, ("stable",), (has,), 5)
    with open_store(endpoint_of(store)) as opened:
        write_status(opened, secret, "web1", status)

    documented = read_yaml(distsync_artifact_info.RETURN)
    for keys in (signing, public):
        result = call(distsync_artifact_info, hosts=True, **keys).values
        assert result.keys() - {"changed", "invocation"} == documented.keys()
        _same_fields(documented["artifacts"], result["artifacts"])
        _same_fields(documented["hosts"], result["hosts"])
        assert result["artifacts"][0]["releases"][0]["hosts"] == ["web1"]
    for name in ("artifacts", "hosts"):
        _same_fields(documented[name], documented[name]["sample"])


def _same_fields(documented: t.Any, entries: t.Any) -> None:
    [entry] = entries
    fields = documented["contains"]
    assert entry.keys() == fields.keys()
    for name, field in fields.items():
        if "contains" in field:
            _same_fields(field, entry[name])
