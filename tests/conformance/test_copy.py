# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies that the server makes: the same bytes, other attributes, and nothing of a source that changed."""

from __future__ import annotations

import dataclasses
import typing as t

import boto3
import botocore.config
import botocore.exceptions
import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    NO_ATTRIBUTES,
    Attributes,
    ObjectInfo,
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConditionFailedError,
    ContainerMissingError,
    KeyRefusedError,
    ObjectMissingError,
    StoreError,
)
from tests.conformance.conftest import Bench
from tests.conformance.helpers import MIB, chunked, content, listed, read_all
from tests.conformance.keys import KEYS

OLD = Attributes(
    content_type="text/plain", cache_control="no-cache", metadata={"old": "1"}
)
NEW = Attributes(
    content_type="text/css; charset=utf-8",
    content_encoding="gzip",
    content_disposition="attachment",
    content_language="de",
    metadata={"new": "2"},
)
DATA = content(5000)
#: In three parts, where the source is written in two.
LARGE = content(12 * MIB)
PART = 5 * MIB


def _check(store: Store, result: ObjectInfo, data: bytes, expected: Attributes) -> None:
    """The object is what the copy said, to everyone who asks, with these attributes alone."""
    assert result.size == len(data)
    assert result.etag
    details = store.stat(result.key)
    shown = listed(store, result.key)[result.key]
    assert shown == result
    assert details.info._replace(md5=shown.md5) == shown  # not every HEAD tells it
    opened = store.read(result.key)
    assert b"".join(opened.chunks) == data
    for found in (details.attributes, opened.attributes):
        if expected.content_type is None:  # a server may put its own default
            assert found.content_type != OLD.content_type
            found = dataclasses.replace(found, content_type=None)
        assert dataclasses.replace(found, metadata=dict(found.metadata)) == expected


def _check_nothing_is_unfinished(store: Store) -> None:
    if store.endpoint.provider == "S3":
        answer = _client(store).list_multipart_uploads(Bucket=store.endpoint.container)
        assert not answer.get("Uploads")


def _in_parts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    copier = getattr(store, "_provider", store)
    monkeypatch.setattr(copier, "copy_threshold", PART, raising=False)
    monkeypatch.setattr(copier, "copy_part_size", PART, raising=False)


def _missing(key: str) -> ObjectInfo:
    return ObjectInfo(key, len(LARGE), "1234567890123456")


def test_stores_that_cannot_copy_say_so(store: Store, prefix: str) -> None:
    if store.features.server_side_copy:
        return
    source = store.write(prefix + "source", DATA)
    with pytest.raises(StoreError) as raised:
        store.copy(source, prefix + "copy", NEW)
    assert source.key in str(raised.value)
    assert set(listed(store, prefix)) == {source.key}


@pytest.mark.parametrize("data", (DATA, b""), ids=("content", "empty"))
@pytest.mark.parametrize("attributes", (NEW, NO_ATTRIBUTES), ids=("new", "none"))
@pytest.mark.parametrize("target", ("new", "existing", "in place"))
def test_copy(
    store: Store, prefix: str, data: bytes, attributes: Attributes, target: str
) -> None:
    if not store.features.server_side_copy:
        return
    source = store.write(prefix + "source", data, OLD)
    key = source.key if target == "in place" else prefix + "copy"
    if target == "existing":
        store.write(key, b"another", dataclasses.replace(OLD, content_language="fr"))
    result = store.copy(source, key, attributes)
    assert result.key == key
    _check(store, result, data, attributes)
    if target != "in place":
        _check(store, source, data, OLD)


@pytest.mark.parametrize("target", ("new", "in place"))
def test_copy_of_a_listed_large_object(store: Store, prefix: str, target: str) -> None:
    if not store.features.server_side_copy:
        return
    store.write(prefix + "source", chunked(LARGE), OLD)
    source = listed(store, prefix)[prefix + "source"]
    key = source.key if target == "in place" else prefix + "copy"
    _check(store, store.copy(source, key, NEW), LARGE, NEW)


@pytest.mark.parametrize("attributes", (NEW, NO_ATTRIBUTES), ids=("new", "none"))
@pytest.mark.parametrize("target", ("new", "in place"))
def test_copy_in_parts(
    store: Store,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
    attributes: Attributes,
    target: str,
) -> None:
    if not store.features.server_side_copy:
        return
    source = store.write(prefix + "source", chunked(LARGE), OLD)
    key = source.key if target == "in place" else prefix + "copy"
    _in_parts(store, monkeypatch)
    result = store.copy(source, key, attributes)
    _check(store, result, LARGE, attributes)
    if store.endpoint.provider == "S3":
        assert result.etag and result.etag.endswith("-3")
    _check_nothing_is_unfinished(store)


@pytest.mark.parametrize("size", ("small", "in parts"))
@pytest.mark.parametrize("target", ("new", "existing", "in place"))
def test_a_missing_source(
    store: Store,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
    size: str,
    target: str,
) -> None:
    if not store.features.server_side_copy:
        return
    source = _missing(prefix + "source")
    if size == "in parts":
        _in_parts(store, monkeypatch)
    key = source.key if target == "in place" else prefix + "copy"
    if target == "existing":
        store.write(key, DATA, OLD)
    before = listed(store, prefix)
    with pytest.raises(ObjectMissingError) as raised:
        store.copy(source, key, NEW)
    assert source.key in str(raised.value)
    assert listed(store, prefix) == before
    _check_nothing_is_unfinished(store)


@pytest.mark.parametrize("size", ("small", "in parts"))
@pytest.mark.parametrize("target", ("new", "existing", "in place"))
def test_a_source_that_changed(
    bench: Bench,
    store: Store,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
    size: str,
    target: str,
) -> None:
    if not store.features.server_side_copy:
        return
    seen = store.write(prefix + "source", LARGE[::-1])
    now = store.write(prefix + "source", LARGE, OLD)
    assert seen.etag != now.etag
    if size == "in parts":
        _in_parts(store, monkeypatch)
    key = seen.key if target == "in place" else prefix + "copy"
    if target == "existing":
        store.write(key, DATA, OLD)
    if "changed source" in bench.subject.gaps:
        _check(store, store.copy(seen, key, NEW), LARGE, NEW)
        return
    with pytest.raises(ConditionFailedError) as raised:
        store.copy(seen, key, NEW)
    assert seen.key in str(raised.value)
    _check(store, now, LARGE, OLD)
    if target == "existing":
        assert read_all(store, key) == DATA
    if target == "new":
        assert set(listed(store, prefix)) == {seen.key}
    _check_nothing_is_unfinished(store)


def test_a_missing_container(bench: Bench) -> None:
    with bench.open(bench.container()) as store:
        if store.features.server_side_copy:
            with pytest.raises(ContainerMissingError):
                store.copy(_missing("source"), "copy", NEW)


@pytest.mark.parametrize("case", KEYS)
def test_key(bench: Bench, keys_store: Store, case: str) -> None:
    store, key = keys_store, KEYS[case]
    if not store.features.server_side_copy:
        return
    data = b"" if case == "folder marker" else content(500, len(case))
    source = store.write("source of copies", data, OLD)
    before = listed(store)
    if case in bench.subject.refuses:
        with pytest.raises(KeyRefusedError):
            store.copy(source, key, NEW)
        with pytest.raises((KeyRefusedError, ObjectMissingError)):
            store.copy(_missing(key), "copy", NEW)
        assert listed(store) == before
        return
    if f"copy to {case}" in bench.subject.gaps:
        with pytest.raises(KeyRefusedError):
            store.copy(source, key, NEW)
        assert listed(store) == before
        return
    made = store.copy(source, key, NEW)
    changed = store.copy(made, key, OLD)
    back = store.copy(changed, "copy of a copy", NEW)
    try:
        _check(store, changed, data, OLD)
        _check(store, back, data, NEW)
        assert set(listed(store)) - set(before) == {key, back.key}
    finally:
        assert store.delete([key, back.key]) == {}
    assert listed(store) == before


SETTINGS = {
    "acl": "public-read",
    "storage_class": "STANDARD_IA",
    "redirect": "/elsewhere?a=b",
}


def _with(name: str) -> Attributes:
    values: dict[str, t.Any] = {name: SETTINGS[name]}
    return dataclasses.replace(NEW, **values)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_known_or_refused(store: Store, prefix: str, name: str) -> None:
    if name in store.features.settings:
        _check_setting_is_harmless(store, prefix + "object", name)
        return
    before = store.requests.count
    for body in (DATA, chunked(LARGE)):
        with pytest.raises(StoreError) as raised:
            store.write(prefix + "object", body, _with(name))
        for word in (prefix + "object", name, store.endpoint.provider):
            assert word in str(raised.value)
    assert store.requests.count == before
    assert listed(store, prefix) == {}


def _check_setting_is_harmless(store: Store, key: str, name: str) -> None:
    for body in (DATA, chunked(DATA)):
        written = store.write(key, body, _with(name))
        assert store.stat(key).info == written
        assert read_all(store, key) == DATA
        assert store.stat(key).attributes.content_type == NEW.content_type


@pytest.mark.parametrize("value", ("/größe", "/a\nb", "\N{SNOWMAN}"))
@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_that_no_header_can_carry(
    s3_bench: Bench, name: str, value: str
) -> None:
    with s3_bench.open(s3_bench.container()) as store:
        values: dict[str, t.Any] = {name: value}
        with pytest.raises(StoreError) as raised:
            store.write("object", DATA, Attributes(**values))
        assert name in str(raised.value)
        assert store.requests.count == 0


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize(
    "way", ("small", "stream", "large", "copy", "in place", "copy in parts")
)
def test_settings_arrive(
    s3_bench: Bench, monkeypatch: pytest.MonkeyPatch, way: str, name: str
) -> None:
    """As another client sees them; and what is not set is not there."""
    with s3_bench.open(s3_bench.container()) as store:
        if name not in store.features.settings:
            return
        store.create_container()
        source = store.write("source", LARGE if way == "copy in parts" else DATA)
        key = source.key if way == "in place" else "object"
        if way == "copy in parts":
            _in_parts(store, monkeypatch)
        for attributes in (_with(name), NEW):
            if way == "small":
                store.write(key, DATA, attributes)
            elif way == "stream":
                store.write(key, chunked(DATA), attributes)
            elif way == "large":
                store.write(key, chunked(LARGE), attributes)
            else:
                store.copy(listed(store)["source"], key, attributes)
            assert store.stat(key).attributes.metadata == NEW.metadata
            expected = getattr(attributes, name)
            gaps = s3_bench.subject.gaps
            if name in gaps:
                expected = None
            elif expected is None and f"no {name} {_kind(way)}" in gaps:
                assert _seen(store, key, name) in (SETTINGS[name], "cannot be seen")
                continue
            assert _seen(store, key, name) == expected


def _kind(way: str) -> str:
    return "in parts" if way in ("large", "copy in parts") else way


def _seen(store: Store, key: str, name: str) -> str | None:
    client = _client(store)
    where = {"Bucket": store.endpoint.container, "Key": key}
    if name == "acl":
        try:
            grants = client.get_object_acl(**where)["Grants"]
        except botocore.exceptions.ClientError:
            return "cannot be seen"
        everyone = [
            g for g in grants if g["Grantee"].get("URI", "").endswith("/AllUsers")
        ]
        return (
            "public-read" if [g["Permission"] for g in everyone] == ["READ"] else None
        )
    head = client.head_object(**where)
    found = head.get(
        {"storage_class": "StorageClass", "redirect": "WebsiteRedirectLocation"}[name]
    )
    return None if found == "STANDARD" else found


def _client(store: Store) -> t.Any:
    endpoint = store.endpoint
    return boto3.client(
        "s3",
        endpoint_url=endpoint.url,
        region_name=endpoint.region,
        aws_access_key_id=endpoint.key,
        aws_secret_access_key=endpoint.secret,
        config=botocore.config.Config(
            s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}
        ),
    )
