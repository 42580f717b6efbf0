# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine, on a provider that keeps its one bucket in memory."""

from __future__ import annotations

import threading
import typing as t
from dataclasses import dataclass, field

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bucket import (
    _run,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._emptying import (
    Counted,
    Emptied,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._run import (
    BucketOptions,
    BucketStoppedError,
    keep_bucket,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._service import (
    BucketService,
    Value,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._settings import (
    in_order,
    unset,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ConfigurationError,
    ContainerMissingError,
    ContainerTakenError,
    PlanRefusedError,
    StoreError,
)
from ansible_collections.longshore.storage.plugins.module_utils._progress import (
    UNWATCHED,
    Progress,
)

ENDPOINT = Endpoint("MEMORY", "www")


@dataclass
class Provider:
    """What the provider has, and does wrong. ``lag``: how many answers are old ones."""

    bucket: dict[str, Value] | None = None
    theirs: bool = False
    region: str | None = None
    objects: int = 0
    defaults: dict[str, Value] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    lag: int = 0
    deaf: set[str] = field(default_factory=set)
    steps: list[str] = field(default_factory=list)
    old: dict[str, Value] | None = None


class Service(BucketService):
    settings = frozenset(
        {"versioning", "tags", "policy", "acl", "ownership", "website"}
    )

    def __init__(self, endpoint: Endpoint, provider: Provider) -> None:
        super().__init__(endpoint)
        self._provider = provider
        self._lock = threading.Lock()

    def _does(self, step: str) -> None:
        with self._lock:
            self.requests.add()
            self._provider.steps.append(step)
        if step in self._provider.forbidden:
            raise AccessDeniedError(step, self.endpoint.place, "AccessDenied")

    def exists(self) -> bool:
        self._does("exists")
        if self._provider.theirs:
            raise ContainerTakenError("look", self.endpoint.place, "not yours")
        self.region = self._provider.region
        return self._provider.bucket is not None

    def create(self, wanted: t.Mapping[str, Value]) -> None:
        self._does("create")
        self._provider.bucket = dict(self._provider.defaults)

    def delete(self) -> None:
        self._does("delete")
        self._provider.bucket = None

    def count(self) -> Counted:
        self._does("count")
        return Counted(objects=self._provider.objects)

    def empty(self, bypass_governance: bool, progress: Progress = UNWATCHED) -> Emptied:
        self._does("empty, bypassing" if bypass_governance else "empty")
        emptied = Emptied(objects=self._provider.objects)
        self._provider.objects = 0
        return emptied

    def normalise(self, setting: str, written: t.Any) -> Value:
        if written == "nonsense":
            raise ConfigurationError(f"{setting} is nonsense.")
        return t.cast(Value, written or unset(setting))

    def read(self, setting: str) -> Value:
        self._does(f"read {setting}")
        with self._lock:
            there = self._provider.bucket
            if self._provider.lag:
                self._provider.lag -= 1
                there = self._provider.old
        if there is None:
            raise ContainerMissingError("read", self.endpoint.place, "NoSuchBucket")
        return there.get(setting, unset(setting))

    def write(self, setting: str, value: Value, current: Value) -> None:
        self._does(f"write {setting}")
        bucket = self._provider.bucket
        assert bucket is not None and bucket.get(setting, unset(setting)) == current
        self._provider.old = dict(bucket)
        if setting not in self._provider.deaf:
            bucket[setting] = value

    def links(self) -> t.Mapping[str, str]:
        return {"url": "https://www", "website_url": "http://site"}


@pytest.fixture()
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setattr(_run, "open_service", lambda endpoint: Service(endpoint, made))
    return made


def run(present: bool = True, **options: t.Any) -> dict[str, t.Any]:
    settings = options.pop("settings", {})
    return keep_bucket(
        BucketOptions(ENDPOINT, present=present, settings=settings, **options)
    ).result()


def test_what_is_right_is_left_alone(provider: Provider) -> None:
    provider.bucket = {"versioning": True, "tags": {"a": "b"}, "policy": {"x": 1}}
    result = run(settings={"versioning": True, "tags": {"a": "b"}})
    assert not result["changed"] and result["settings"] == {}
    assert sorted(provider.steps) == ["exists", "read tags", "read versioning"]
    assert result["requests"] == 3


def test_changes_are_written_in_order_and_read_again(provider: Provider) -> None:
    provider.bucket = {"tags": {"a": "b"}}
    result = run(settings={"policy": "p", "tags": {}, "versioning": True})
    assert provider.bucket == {"tags": None, "policy": "p", "versioning": True}
    assert list(result["settings"]) == ["versioning", "tags", "policy"]
    assert result["settings"]["tags"] == {"before": {"a": "b"}, "after": None}
    writes = [step for step in provider.steps if step.startswith("write")]
    assert writes == ["write versioning", "write tags", "write policy"]
    assert len(provider.steps) == 1 + 3 + 3 + 3


def test_a_check_tells_the_same_and_does_nothing(provider: Provider) -> None:
    settings = {"versioning": True, "tags": {"a": "b"}, "policy": ""}
    states: list[dict[str, Value] | None] = [None, {"tags": {"c": "d"}}]
    for there in states:
        provider.bucket = there
        provider.defaults = {"policy": "provider's own", "versioning": True}
        provider.steps.clear()
        before = keep_bucket(
            BucketOptions(ENDPOINT, settings=settings, check_mode=True)
        )
        assert provider.bucket is there
        assert not {"create", "delete"} & set(provider.steps)
        assert not any(step.startswith("write") for step in provider.steps)
        after = keep_bucket(BucketOptions(ENDPOINT, settings=settings))
        assert provider.bucket is not None
        assert provider.bucket["tags"] == {"a": "b"}
        assert before.diff() == after.diff()
        assert set(after.result()["settings"]) == {"versioning", "tags"}
        assert not run(settings=settings)["changed"]


def test_a_new_bucket_is_written_only_what_it_has_not(provider: Provider) -> None:
    provider.defaults = {"versioning": True, "acl": "open"}
    result = run(settings={"versioning": True, "acl": "", "tags": {"a": "b"}})
    assert result["created"]
    assert provider.bucket == {"versioning": True, "acl": None, "tags": {"a": "b"}}
    assert "write versioning" not in provider.steps
    assert result["settings"]["versioning"] == {"before": False, "after": True}


def test_a_new_bucket_that_shows_late(provider: Provider) -> None:
    provider.lag = 2
    assert run(settings={"tags": {"a": "b"}})["created"]
    assert provider.steps.count("read tags") == 4


def test_answers_that_lag_behind(provider: Provider) -> None:
    provider.bucket = {}
    run(settings={"versioning": False})
    provider.steps.clear()
    provider.old = {}
    provider.lag = 3
    run(settings={"tags": {"a": "b"}})
    assert provider.steps.count("read tags") == 4
    assert provider.steps.count("write tags") == 1


def test_a_provider_that_forgets(provider: Provider) -> None:
    provider.bucket = {}
    provider.deaf = {"policy"}
    with pytest.raises(BucketStoppedError) as caught:
        run(settings={"policy": "p", "tags": {"a": "b"}}, patience=0.01)
    assert "setting policy" in str(caught.value)
    assert "still answers None instead of 'p'" in str(caught.value)


def test_a_failure_midway_says_what_was_done(provider: Provider) -> None:
    provider.forbidden = {"write policy"}
    settings = {"tags": {"a": "b"}, "policy": "p", "website": "w"}
    with pytest.raises(BucketStoppedError) as caught:
        run(settings=settings)
    assert "Done until then: creating the bucket and tags." in str(caught.value)
    assert "Not done: policy and website." in str(caught.value)
    result = caught.value.report.result()
    assert result["changed"] and result["created"]
    assert list(result["settings"]) == ["tags"]
    assert result["requests"] == len(provider.steps)


def test_a_failure_before_anything_is_done_says_so(provider: Provider) -> None:
    provider.bucket = {}
    provider.forbidden = {"read policy"}
    with pytest.raises(AccessDeniedError):
        run(settings={"tags": {"a": "b"}, "policy": "p"})
    assert provider.bucket == {}
    provider.forbidden = {"write tags"}
    with pytest.raises(AccessDeniedError):
        run(settings={"tags": {"a": "b"}})


def test_tags_that_are_not_purged(provider: Provider) -> None:
    provider.bucket = {"tags": {"a": "1", "b": "2"}}
    run(settings={"tags": {"b": "3"}}, purge_tags=False)
    assert provider.bucket == {"tags": {"a": "1", "b": "3"}}
    assert not run(settings={"tags": {}}, purge_tags=False)["changed"]


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"cdn": True, "logging": {}}, "MEMORY has no setting cdn or logging"),
        ({"policy": "nonsense"}, "policy is nonsense"),
    ],
)
def test_what_is_wrong_is_refused_first(
    provider: Provider, settings: dict[str, t.Any], text: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        run(settings=settings)
    assert text in str(caught.value)
    assert provider.steps == []


def test_somebody_elses_bucket(provider: Provider) -> None:
    provider.theirs = True
    for present in (True, False):
        with pytest.raises(ContainerTakenError):
            run(present)


def test_a_bucket_stays_in_its_region(provider: Provider) -> None:
    provider.bucket, provider.region = {}, "here"
    with pytest.raises(ConfigurationError) as caught:
        run(region="there")
    assert "here" in str(caught.value) and "there" in str(caught.value)
    assert run(region="here")["region"] == "here"
    assert run()["region"] == "here"


def test_links_are_told_where_they_are_asked_for(provider: Provider) -> None:
    provider.bucket = {}
    assert run()["url"] == "https://www"
    assert "website_url" not in run(settings={"website": {}})
    assert run(settings={"website": "w"})["website_url"] == "http://site"


# -- absent


def test_nothing_to_delete(provider: Provider) -> None:
    assert not run(False)["changed"]
    assert provider.steps == ["exists"]


def test_what_is_not_empty_is_not_deleted(provider: Provider) -> None:
    provider.bucket, provider.objects = {}, 3
    for check_mode in (True, False):
        with pytest.raises(PlanRefusedError) as caught:
            run(False, check_mode=check_mode)
        assert "3 objects" in str(caught.value) and "force" in str(caught.value)
    assert provider.bucket == {}


@pytest.mark.parametrize("force", [False, True])
def test_an_empty_bucket_is_deleted(provider: Provider, force: bool) -> None:
    provider.bucket = {}
    check = run(False, force=force, check_mode=True)
    assert "delete" not in provider.steps
    result = run(False, force=force)
    assert "delete" in provider.steps
    assert (check["deleted"], check["changed"]) == (True, True)
    assert (result["deleted"], result["changed"]) == (True, True)


def test_force_empties_first(provider: Provider) -> None:
    provider.bucket, provider.objects = {}, 3
    result = run(False, force=True, bypass_governance=True)
    assert provider.steps == ["exists", "empty, bypassing", "delete", "exists"]
    assert result["emptied"] == {
        "objects": 3,
        "versions": 0,
        "delete_markers": 0,
        "uploads": 0,
    }


def test_a_bucket_that_cannot_be_deleted_is_said_to_be_empty(
    provider: Provider,
) -> None:
    provider.bucket, provider.objects = {}, 3
    provider.forbidden = {"delete"}
    with pytest.raises(BucketStoppedError) as caught:
        run(False, force=True)
    result = caught.value.report.result()
    assert result["changed"] and not result["deleted"]
    assert result["emptied"]["objects"] == 3


# -- order


def test_order() -> None:
    assert in_order(
        {"policy": "p", "versioning": True, "ownership": "ObjectWriter"}
    ) == [
        "versioning",
        "ownership",
        "policy",
    ]
    assert in_order({"replication": None, "versioning": False}) == [
        "replication",
        "versioning",
    ]
    assert in_order({"replication": {}, "versioning": True}) == [
        "versioning",
        "replication",
    ]
    enforced = {"acl": "private", "ownership": "BucketOwnerEnforced", "tags": None}
    assert in_order(enforced) == ["tags", "acl", "ownership"]
    assert in_order({**enforced, "ownership": "ObjectWriter"})[1:] == [
        "ownership",
        "acl",
    ]


def test_a_store_error_keeps_its_hint(provider: Provider) -> None:
    provider.forbidden = {"write policy"}
    with pytest.raises(BucketStoppedError) as caught:
        run(settings={"policy": "p"})
    assert caught.value.hint == AccessDeniedError.default_hint
    assert issubclass(AccessDeniedError, StoreError)
