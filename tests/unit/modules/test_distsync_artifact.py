# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.doc_fragments.distsync import (
    ModuleDocFragment,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._artifact import (
    STATES,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._artifact_report import (
    ArtifactReport,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    ALGORITHMS,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.modules import distsync_artifact
from tests.integration.module import Result, call
from tests.unit.documentation import agree, read_yaml

SPEC = distsync_artifact.ARGUMENT_SPEC


def documented_options(documentation: str) -> dict[str, t.Any]:
    """Those of the module and of the fragment that it shares."""
    own = read_yaml(documentation)
    assert "longshore.storage.distsync" in own["extends_documentation_fragment"]
    shared = read_yaml(ModuleDocFragment.DOCUMENTATION)["options"]
    assert not own["options"].keys() & shared.keys()
    return {**own["options"], **shared}


def test_documentation_and_arguments_agree() -> None:
    agree(documented_options(distsync_artifact.DOCUMENTATION), SPEC)


def test_choices_are_those_of_the_engine() -> None:
    assert tuple(SPEC["state"]["choices"]) == STATES
    assert SPEC["encrypt"]["choices"] == [one.name for one in ALGORITHMS]
    assert SPEC["format"]["choices"] == [one.value for one in Format]


def test_examples_are_tasks_of_this_module() -> None:
    for task in read_yaml(distsync_artifact.EXAMPLES):
        assert task.keys() == {"name", "longshore.storage.distsync_artifact"}
        assert task["longshore.storage.distsync_artifact"].keys() <= SPEC.keys()


def test_returned_values_are_the_documented_ones() -> None:
    documented = read_yaml(distsync_artifact.RETURN)
    returned: set[str] = set()
    for state in STATES:
        result = ArtifactReport(state, "here", "app", "stable").result()
        returned |= result.keys()
        for name in result.keys() - {"changed", "name", "channel"}:
            when = documented[name]["returned"]
            assert (f"V({state})" in when) is ("not" not in when), (state, name)
    assert returned - {"changed"} == documented.keys()


def test_secrets_are_not_logged() -> None:
    assert SPEC["secret"]["no_log"] and SPEC["signing_key"]["no_log"]


@pytest.fixture()
def task(tmp_path: Path) -> t.Callable[..., Result]:
    """A task on a bucket that is a folder, as who publishes or who fetches writes it."""
    (tmp_path / "bucket").mkdir()
    key = SigningKey.generate()
    secret = SharedSecret.generate().encode()
    store = {"id": "LOCAL", "container": str(tmp_path / "bucket")}

    def run(state: str, check: bool = False, **options: t.Any) -> Result:
        keys = {"public_key": key.public.encode()}
        if state != "present":
            keys = {"signing_key": key.encode()}
        given = {"provider": store, "secret": secret, **keys, **options}
        result = call(
            distsync_artifact,
            state=state,
            _ansible_check_mode=check,
            _ansible_diff=True,
            **given,
        )
        assert secret not in result.text and key.encode() not in result.text
        return result

    return run


@pytest.fixture(autouse=True)
def _own_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))


def test_diffs(task: t.Callable[..., Result], tmp_path: Path) -> None:
    source, dest = tmp_path / "app", tmp_path / "placed"
    source.write_bytes(b"one")
    source.chmod(0o600)
    publish = {"src": str(source), "version": "1"}

    def diff(state: str, **options: t.Any) -> tuple[t.Any, t.Any]:
        checked = task(state, check=True, **options)
        done = task(state, **options)
        assert not done.failed, done.msg
        assert checked.values["diff"] == done.values["diff"]
        assert checked.changed == done.changed
        return done.values["diff"]["before"], done.values["diff"]["after"]

    before, after = diff("published", **publish)
    one = {"version": "1", "digest": after["releases"][0]["digest"], "size": 3}
    assert (before, after) == ({}, {"latest": "1", "releases": [one]})
    assert diff("published", **publish) == (after, after)
    _before, after = diff("published", **publish, mode="0644", expires="1d")
    asked = {"mode": "0644", "expires in": 86400}
    assert after["releases"] == [{**one, "attributes": asked}]

    before, after = diff("present", name="app", dest=str(dest))
    assert before == {}
    assert (after["digest"], after["size"], after["mode"]) == (
        one["digest"],
        3,
        "0644",
    )
    dest.chmod(0o600)
    before, after = diff("present", name="app", dest=str(dest))
    assert before == {**after, "mode": "0600"}
    assert diff("present", name="app", dest=str(dest)) == ({}, {})
    dest.unlink()
    dest.symlink_to("elsewhere")
    assert diff("present", name="app", dest=str(dest))[0] == {"kind": "no regular file"}

    source.write_bytes(b"two!")
    _before, after = diff("published", src=str(source), version="2")
    assert [release["version"] for release in after["releases"]] == ["1", "2"]
    before, after = diff("rolled_back", name="app")
    assert (before["latest"], after["latest"]) == ("2", "1")
    before, after = diff("absent", name="app", version="1")
    assert (before["latest"], after["latest"]) == ("1", "2")
    assert diff("absent", name="app") == (after, {})
    assert diff("absent", name="app") == ({}, {})


def test_a_feed_that_was_put_back(
    task: t.Callable[..., Result], tmp_path: Path
) -> None:
    """Refused; publishing with force gets over it."""
    source = tmp_path / "app"
    source.write_bytes(b"one")
    task("published", src=str(source), version="1")
    [feed] = (tmp_path / "bucket" / "feed").iterdir()
    old = feed.read_bytes()
    task("published", src=str(source), version="2")
    feed.write_bytes(old)
    for state, options in (
        ("published", {"src": str(source), "version": "3"}),
        ("absent", {"name": "app"}),
        ("rolled_back", {"name": "app"}),
    ):
        msg = task(state, **options).msg
        assert "number 1" in msg and "number 2" in msg
    assert task("published", src=str(source), version="3", force=True).changed
    result = task("present", name="app", dest=str(tmp_path / "placed"))
    assert result.values["version"] == "3"
