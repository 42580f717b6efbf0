# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure parts of the obstore layer: attributes, keys, errors, the handover of a body."""

from __future__ import annotations

import threading
import typing as t

import obstore
import pytest
from hypothesis import given
from hypothesis import strategies as st
from obstore.exceptions import (
    AlreadyExistsError,
    GenericError,
    PermissionDeniedError,
    PreconditionError,
)
from obstore.store import MemoryStore

from ansible_collections.longshore.storage.plugins.module_utils import _errors
from ansible_collections.longshore.storage.plugins.module_utils._drivers import (
    _obstore,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
)

HEADER_TEXT = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20
)
ATTRIBUTES = st.builds(
    Attributes,
    content_type=st.none() | HEADER_TEXT,
    cache_control=st.none() | HEADER_TEXT,
    content_encoding=st.none() | HEADER_TEXT,
    content_disposition=st.none() | HEADER_TEXT,
    content_language=st.none() | HEADER_TEXT,
    metadata=st.dictionaries(
        st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1), HEADER_TEXT
    ),
)
PLACE = "container 'c' of AZURE_BLOBS"


@given(ATTRIBUTES)
def test_attributes_come_back(attributes: Attributes) -> None:
    if _obstore.attribute_fault(attributes) is None:
        there = _obstore.to_obstore_attributes(attributes)
        assert _obstore.from_obstore_attributes(there) == attributes


def test_what_is_not_set_is_not_sent() -> None:
    assert _obstore.to_obstore_attributes(Attributes()) == {}


def test_storage_class_is_no_metadata() -> None:
    there = {"Storage-Class": "STANDARD", "Name": "x"}
    assert _obstore.from_obstore_attributes(there).metadata == {"name": "x"}


@pytest.mark.parametrize(
    ("attributes", "named"),
    (
        (Attributes(content_type="text/\nplain"), "content_type"),
        (Attributes(content_disposition="größe"), "content_disposition"),
        (Attributes(cache_control=" no-cache"), "cache_control"),
        (Attributes(metadata={"name": "größe"}), "name"),
        (Attributes(metadata={"name": "x "}), "name"),
        (Attributes(metadata={"two words": "x"}), "two words"),
        (Attributes(metadata={"": "x"}), "''"),
        (Attributes(metadata={"content-type": "x"}), "content-type"),
    ),
)
def test_attributes_that_no_header_holds(attributes: Attributes, named: str) -> None:
    assert named in str(_obstore.attribute_fault(attributes))


@given(st.text(max_size=12) | st.text("a/.\x7f\t", max_size=6))
def test_a_key_without_a_fault_is_held_exactly(key: str) -> None:
    """obstore's own store in memory is the judge."""
    store = MemoryStore()
    if _obstore.key_fault(key) is None:
        obstore.put(store, key, b"x")
        assert [info["path"] for info in obstore.list(store).collect()] == [key]


@pytest.mark.parametrize(
    "key",
    (
        "",
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "./a",
        "a\tb",
        "a\x7f",
        "\udcff",
    ),
)
def test_keys_that_obstore_cannot_hold(key: str) -> None:
    assert _obstore.key_fault(key)


def _answered(status: str, code: str) -> str:
    return (
        "Error performing PUT https://host/c/key?sv=1&sig=hush in 3ms - Server returned "
        f"non-2xx status code: {status}: <?xml version='1.0'?><Error><Code>{code}</Code>"
        "<Message>What it says.\nRequestId:1</Message></Error>"
        '\n\nDebug source:\nGeneric { url: "https://host?sig=hush" }'
    )


@pytest.mark.parametrize(
    ("error", "expected", "says"),
    (
        (
            FileNotFoundError(_answered("404 Not Found", "BlobNotFound")),
            _errors.ObjectMissingError,
            "no such object",
        ),
        (
            FileNotFoundError(_answered("404 Not Found", "ContainerNotFound")),
            _errors.ContainerMissingError,
            "no such container",
        ),
        (
            FileNotFoundError("Object at location a not found"),
            _errors.ObjectMissingError,
            "no such object",
        ),
        (
            PermissionDeniedError(_answered("403 Forbidden", "AuthorizationFailure")),
            _errors.AccessDeniedError,
            "HTTP 403: AuthorizationFailure: What it says",
        ),
        (
            AlreadyExistsError(_answered("409 Conflict", "BlobAlreadyExists")),
            _errors.ConditionFailedError,
            "condition",
        ),
        (
            PreconditionError(_answered("412 Precondition Failed", "ConditionNotMet")),
            _errors.ConditionFailedError,
            "condition",
        ),
        (
            GenericError(_answered("400 Bad Request", "InvalidMetadata")),
            _errors.StoreError,
            "HTTP 400: InvalidMetadata: What it says",
        ),
        (
            GenericError(
                "Error performing GET https://host/a?sig=hush - HTTP error: error sending "
                "request\n\nDebug source:\nkind: Timeout"
            ),
            _errors.UnreachableError,
            "no answer in time",
        ),
        (
            GenericError(
                "Error performing GET https://host/a?sig=hush - HTTP error: error sending "
                'request\n\nDebug source:\nmessage: "Connection refused"'
            ),
            _errors.UnreachableError,
            "Connection refused",
        ),
        (
            GenericError("Generic GCS error: no sense in https://host/a?sig=hush"),
            _errors.StoreError,
            "no sense in the server",
        ),
    ),
)
def test_errors(
    error: Exception, expected: type[_errors.StoreError], says: str
) -> None:
    translated = _obstore.translate_error(error, "write object 'key'", PLACE)
    assert isinstance(translated, expected)
    text = str(translated)
    assert says in text
    assert "'key'" in text and PLACE in text
    assert "hush" not in text and "Debug" not in text


@pytest.mark.parametrize(
    "size", (0, 1, 10**9, 80 * 10**9, 5 * 10**12), ids=lambda size: f"{size:.0e}"
)
def test_never_too_many_parts(size: int) -> None:
    length = _obstore.part_size(size)
    assert length >= _obstore.PART_SIZE
    assert -(-size // length) <= 10_000


def test_a_body_is_handed_over_in_order() -> None:
    handover = _obstore._Handover()
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.extend(handover.receive()))
    reader.start()
    sent = [bytes([number]) for number in range(100)]
    assert all(handover.send(chunk) for chunk in sent)
    handover.end()
    reader.join()
    assert received == sent


def test_who_sends_never_waits_for_a_reader_that_left() -> None:
    handover = _obstore._Handover()

    def read_one() -> None:
        next(handover.receive())
        handover.leave()

    reader = threading.Thread(target=read_one)
    reader.start()
    taken = [handover.send(b"x") for _unused in range(100)]
    handover.end()
    reader.join()
    assert taken[-1] is False


def test_a_body_that_failed_ends_the_reading() -> None:
    handover = _obstore._Handover()
    handover.send(b"x")
    handover.fail()
    with pytest.raises(_obstore._BodyFailed):
        list(handover.receive())
    handover.leave()


@pytest.mark.parametrize("length", (0, 1, 5))
def test_a_short_body_is_one_part(length: int) -> None:
    chunks: t.Iterable[bytes] = [b"x"] * length
    assert _obstore._first_part(chunks) == (b"x" * length, None)


def test_a_long_body_is_kept_whole() -> None:
    chunks = [b"x" * _obstore.PART_SIZE, b"y", b"z", b"z"]
    first, rest = _obstore._first_part(iter(chunks))
    assert rest is not None
    assert first + b"".join(rest) == b"".join(chunks)
