# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Azure and Google beyond the common suite: what others wrote, ways to sign in, names that are taken."""

from __future__ import annotations

import base64
import dataclasses
import datetime
import hashlib
import hmac
import http.client
import typing as t
import uuid
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._azure import (
    AzureBlobs,
    AzureStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    NO_ATTRIBUTES,
    Attributes,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._gcs import (
    GcsStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._google import (
    find_token_source,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._obstore import (
    ObstoreStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._rest import (
    RestClient,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ConditionFailedError,
    ConfigurationError,
    ContainerMissingError,
    ContainerTakenError,
    KeyRefusedError,
    ObjectMissingError,
    StoreError,
)
from tests.conformance.helpers import chunked, content, listed, read_all
from tests.servers.azurite import Azurite
from tests.servers.gcs import GcsEmulator

#: Keys that obstore cannot hold, and others may have written.
FOREIGN_KEYS = ("a//b", "/lead", "folder/", "//", "tab\tkey")
FOREIGN_GCS_KEYS = (*FOREIGN_KEYS, "a/../b", "./a", "control\x01", "delete\x7f")


def _name() -> str:
    return f"longshore-{uuid.uuid4().hex[:16]}"


@pytest.fixture()
def azure_store(azurite: Azurite) -> t.Iterator[AzureStore]:
    with AzureStore(azurite.endpoint(container=_name())) as store:
        store.create_container()
        yield store


@pytest.fixture()
def gcs_store(gcs: GcsEmulator) -> t.Iterator[GcsStore]:
    with GcsStore(gcs.endpoint(container=_name())) as store:
        store.create_container()
        yield store


def _write_foreign_to_azure(store: AzureStore, azurite: Azurite, key: str) -> None:
    sas = azurite_sas(azurite, "rwdlc")
    path = f"/{azurite.key}/{store.endpoint.container}/{quote(key)}?{sas}"
    headers = {
        "x-ms-version": "2021-12-02",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-meta-by": "others",
        "x-ms-blob-cache-control": "no-cache",
    }
    assert _send(azurite.port, "PUT", path, key.encode(), headers) == 201


def _write_foreign_to_gcs(store: GcsStore, gcs: GcsEmulator, key: str) -> None:
    """By the XML interface, as another program would."""
    token = find_token_source(store.endpoint).current().value
    path = f"/{store.endpoint.container}/{quote(key, safe='')}"
    headers = {
        "Authorization": f"Bearer {token}",
        "x-goog-meta-by": "others",
        "Cache-Control": "no-cache",
    }
    assert _send(gcs.port, "PUT", path, key.encode(), headers) == 200


def _send(
    port: int, method: str, path: str, body: bytes, headers: dict[str, str]
) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def azurite_sas(azurite: Azurite, permissions: str) -> str:
    """A token of the whole account for an hour, after Azure's documentation."""
    now = datetime.datetime.now(datetime.UTC)
    ends = (now + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    version = "2020-08-04"
    text = f"{azurite.key}\n{permissions}\nb\nsco\n\n{ends}\n\n\n{version}\n"
    digest = hmac.digest(
        base64.b64decode(azurite.secret), text.encode(), hashlib.sha256
    )
    return urlencode(
        {
            "sv": version,
            "ss": "b",
            "srt": "sco",
            "sp": permissions,
            "se": ends,
            "sig": base64.b64encode(digest).decode(),
        }
    )


def _check_foreign(store: ObstoreStore, keys: t.Sequence[str]) -> None:
    """They are listed exactly, can be read and deleted, and are never written."""
    store.write("a/b", b"ours")
    store.write("folder", b"ours")
    assert set(listed(store)) == {*keys, "a/b", "folder"}
    assert set(listed(store, "a/")) == {
        key for key in (*keys, "a/b") if key.startswith("a/")
    }
    for key in keys:
        details = store.stat(key)
        assert details.info._replace(md5=None) == listed(store)[key]._replace(md5=None)
        assert details.attributes.cache_control == "no-cache"
        assert details.attributes.metadata == {"by": "others"}
        assert store.read(key).info == details.info
        assert read_all(store, key) == key.encode()
        assert read_all(store, key, 1, 2) == key.encode()[1:3]
        assert read_all(store, key, 100) == b""
        with pytest.raises(KeyRefusedError):
            store.write(key, b"x")
        with pytest.raises(KeyRefusedError):
            store.copy(listed(store)["a/b"], key, NO_ATTRIBUTES)
        copied = store.copy(details.info, "copy", Attributes(metadata={"by": "us"}))
        assert listed(store)["copy"] == copied
        assert read_all(store, "copy") == key.encode()
        assert store.stat("copy").attributes.metadata == {"by": "us"}
        assert store.delete(["copy"]) == {}
    assert store.delete([*keys, "no//such", "folder"]) == {}
    assert set(listed(store)) == {"a/b"}
    for key in keys:
        with pytest.raises(ObjectMissingError):
            store.stat(key)
    assert read_all(store, "a/b") == b"ours"


def test_what_others_wrote_to_azure(azure_store: AzureStore, azurite: Azurite) -> None:
    for key in FOREIGN_KEYS:
        _write_foreign_to_azure(azure_store, azurite, key)
    _check_foreign(azure_store, FOREIGN_KEYS)


def test_what_others_wrote_to_google(gcs_store: GcsStore, gcs: GcsEmulator) -> None:
    for key in FOREIGN_GCS_KEYS:
        _write_foreign_to_gcs(gcs_store, gcs, key)
    _check_foreign(gcs_store, FOREIGN_GCS_KEYS)


def test_azure_never_takes_a_backslash_for_a_slash(azure_store: AzureStore) -> None:
    azure_store.write("a/b", b"ours")
    assert "a\\b" in azure_store.delete(["a\\b", "other"])
    with pytest.raises(KeyRefusedError):
        azure_store.stat("a\\b")
    assert read_all(azure_store, "a/b") == b"ours"


def _use(store: ObstoreStore) -> None:
    assert store.create_container() in (True, False)
    assert store.container_exists()
    data = content(20 * 1024 * 1024)
    store.write("small", b"x")
    store.write("large", chunked(data))
    assert set(listed(store)) == {"small", "large"}
    assert store.stat("large").info.size == len(data)
    assert read_all(store, "large", 5) == data[5:]
    store.copy(store.stat("large").info, "copy", Attributes(metadata={"a": "1"}))
    assert read_all(store, "copy", 5) == data[5:]
    assert store.stat("copy").attributes.metadata == {"a": "1"}
    assert store.delete(["small", "large", "copy", "missing"]) == {}
    assert listed(store) == {}


@pytest.mark.parametrize("mark", ("", "?"))
def test_azure_by_sas_token(azurite: Azurite, mark: str) -> None:
    token = mark + azurite_sas(azurite, "rwdlacx")
    _use(AzureStore(azurite.endpoint(container=_name(), secret=None, token=token)))


def test_azure_by_a_sas_token_of_few_rights(
    azurite: Azurite, azure_store: AzureStore
) -> None:
    container = azure_store.endpoint.container
    azure_store.write("kept", b"x")
    token = azurite_sas(azurite, "rl")
    reader = AzureStore(azurite.endpoint(container=container, token=token))
    assert reader.container_exists()
    assert read_all(reader, "kept") == b"x"
    for refused in (
        lambda: reader.write("new", b"x"),
        lambda: reader.write("new", chunked(content(10 * 1024 * 1024))),
        lambda: reader.delete(["kept"]),
        lambda: reader.copy(listed(reader)["kept"], "new", NO_ATTRIBUTES),
        lambda: reader.copy(listed(reader)["kept"], "kept", NO_ATTRIBUTES),
    ):
        with pytest.raises(AccessDeniedError) as raised:
            refused()
        assert "sig" not in str(raised.value)
    assert set(listed(azure_store)) == {"kept"}


def test_azure_by_a_sas_token_that_may_not_read(
    azurite: Azurite, azure_store: AzureStore
) -> None:
    token = azurite_sas(azurite, "wdlc")
    container = azure_store.endpoint.container
    writer = AzureStore(azurite.endpoint(container=container, token=token))
    assert not writer.features.server_side_copy
    assert not writer.reaches(writer)
    written = writer.write("new", b"x")
    with pytest.raises(StoreError, match="cannot copy"):
        writer.copy(written, "copy", NO_ATTRIBUTES)


@pytest.mark.parametrize("as_file", (False, True))
@pytest.mark.parametrize("field", ("key", "secret"))
def test_google_by_key_file(
    gcs: GcsEmulator, tmp_path: Path, field: str, as_file: bool
) -> None:
    text = gcs.key_file_content
    if as_file:
        path = tmp_path / "key.json"
        path.write_text(text)
        text = str(path)
    fields: dict[str, t.Any] = {"key": None, "secret": None, "project": None}
    endpoint = gcs.endpoint(container=_name())
    _use(GcsStore(dataclasses.replace(endpoint, **{**fields, field: text})))


def test_google_by_a_token(gcs: GcsEmulator, gcs_store: GcsStore) -> None:
    token = find_token_source(gcs_store.endpoint).current().value
    container = gcs_store.endpoint.container
    _use(GcsStore(gcs.endpoint(container=container, token=token)))
    wrong = GcsStore(gcs.endpoint(container=container, token=token[:-5]))
    with pytest.raises(AccessDeniedError) as raised:
        wrong.write("new", b"x")
    assert token[:-5] not in str(raised.value)


def test_a_bucket_of_somebody_else(gcs: GcsEmulator) -> None:
    store = GcsStore(gcs.endpoint(container="of-somebody-else-files"))
    with pytest.raises(AccessDeniedError):
        store.container_exists()
    with pytest.raises(ContainerTakenError, match="another name"):
        store.create_container()


@pytest.mark.parametrize("name", ("ab", "Upper-Case"))
def test_names_that_no_container_may_have(
    gcs: GcsEmulator, azurite: Azurite, name: str
) -> None:
    for store in (
        GcsStore(gcs.endpoint(container=name)),
        AzureStore(azurite.endpoint(container=name)),
    ):
        with pytest.raises((ConfigurationError, StoreError)) as raised:
            store.create_container()
        assert name in str(raised.value)


def test_requests_are_counted_by_page_part_and_batch(azure_store: AzureStore) -> None:
    def requests(call: t.Callable[[], object]) -> int:
        before = azure_store.requests.count
        call()
        return azure_store.requests.count - before

    large = content(40 * 1024 * 1024)
    assert requests(lambda: azure_store.write("small", b"x")) == 1
    assert requests(lambda: azure_store.write("large", large, size=len(large))) == 6
    assert requests(lambda: azure_store.stat("large")) == 1
    assert requests(lambda: read_all(azure_store, "large")) == 1
    assert requests(lambda: listed(azure_store)) == 1
    assert requests(lambda: azure_store.delete(["large", "small"])) == 1


def _check_copies(here: ObstoreStore, there: ObstoreStore) -> None:
    """Between two containers, with what the source had and what it has not."""
    assert here.reaches(there) and there.reaches(here)
    container, key = there.endpoint.container, "ü/a b+%25?#&.txt"
    attributes = Attributes(content_type="text/x", metadata={"a": "1"})
    for data in (content(500), content(12 * 1024 * 1024), b""):
        seen = there.write(key, data, Attributes(cache_control="no-cache"))
        for _again in range(2):
            made = here.copy(seen, key, attributes, container=container)
            assert listed(here) == {key: made}
        assert read_all(here, key) == data
        assert here.stat(key).attributes == attributes
        assert there.stat(key).attributes.cache_control == "no-cache"
        assert here.copy(made, "b", attributes).md5 == made.md5
        assert seen.md5 is None or made.md5 == seen.md5
        here.delete(["b"])
    there.write(key, b"changed")
    with pytest.raises(ConditionFailedError):
        here.copy(seen, key, attributes, container=container)
    assert there.delete([key]) == {}
    with pytest.raises(ObjectMissingError, match="a b"):
        here.copy(seen, key, attributes, container=container)
    with pytest.raises((ObjectMissingError, ContainerMissingError)):
        here.copy(seen, key, attributes, container=_name())
    assert listed(here) == {key: made}


def test_azure_copies_between_containers(
    azurite: Azurite, azure_store: AzureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    with AzureStore(azurite.endpoint(container=_name())) as other:
        other.create_container()
        _check_copies(azure_store, other)
        monkeypatch.setattr(AzureBlobs, "copy_threshold", 1024 * 1024)
        monkeypatch.setattr(AzureBlobs, "copy_part_size", 5 * 1024 * 1024)
        azure_store.delete(list(listed(azure_store)))
        _check_copies(azure_store, other)
    token = azurite_sas(azurite, "rwdlc")
    with AzureStore(azurite.endpoint(container=_name(), token=token)) as stranger:
        assert not azure_store.reaches(stranger)


def test_google_copies_between_buckets(gcs: GcsEmulator, gcs_store: GcsStore) -> None:
    with GcsStore(gcs.endpoint(container=_name())) as other:
        other.create_container()
        _check_copies(gcs_store, other)
        assert not gcs_store.reaches(GcsStore(gcs.endpoint(container="x", token="t")))
    large = gcs_store.write("large", chunked(content(12 * 1024 * 1024)))
    before = gcs_store.requests.count
    gcs_store.copy(large, "copy", NO_ATTRIBUTES)
    assert gcs_store.requests.count - before == 3


def test_google_that_does_not_say_how_to_go_on(
    gcs_store: GcsStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = gcs_store.write("source", b"x")
    monkeypatch.setattr(RestClient, "fetch_json", lambda *_given: {"done": False})
    with pytest.raises(StoreError, match="how to go on") as raised:
        gcs_store.copy(source, "copy", NO_ATTRIBUTES)
    assert "'source'" in str(raised.value)


def test_stores_of_two_services_do_not_reach_each_other(
    gcs_store: GcsStore, azure_store: AzureStore
) -> None:
    assert not gcs_store.reaches(azure_store)
    assert not azure_store.reaches(gcs_store)


def test_requests_of_azures_copies(
    azure_store: AzureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = azure_store.write("source", content(2 * 1024 * 1024))
    for size, expected in ((None, 1), (1024 * 1024, 3)):
        if size:
            monkeypatch.setattr(AzureBlobs, "copy_threshold", size)
            monkeypatch.setattr(AzureBlobs, "copy_part_size", size)
        before = azure_store.requests.count
        source = azure_store.copy(source, "source", NO_ATTRIBUTES)
        assert azure_store.requests.count - before == expected
