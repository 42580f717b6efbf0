# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers of Azure: the pure parts, and what is waited for."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._bucket import _azure
from ansible_collections.longshore.storage.plugins.module_utils._bucket._azure import (
    AzureBucket,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    StoreError,
)
from tests.answering import AnsweringServer, QuietHandler

TABLE = AzureBucket.described
BEING_DELETED = (
    409,
    b"<Error><Code>ContainerBeingDeleted</Code><Message>Wait.</Message></Error>",
)
THERE = (
    409,
    b"<Error><Code>ContainerAlreadyExists</Code><Message>It is there.</Message></Error>",
)
MADE = (201, b"")


class Answers(AnsweringServer):
    """Gives one answer after the other, and the last one for ever."""

    def __init__(self, *answers: tuple[int, bytes]) -> None:
        super().__init__(_Handler)
        self.answers = list(answers)
        self.asked = 0

    def bucket(self, name: str = "site") -> AzureBucket:
        return AzureBucket(
            Endpoint(
                "AZURE_BLOBS",
                name,
                key="account",
                secret="c2VjcmV0",
                host="127.0.0.1",
                port=self.server_port,
                secure=False,
                retries=0,
            )
        )


class _Handler(QuietHandler):
    server: Answers

    def do_PUT(self) -> None:
        answers = self.server.answers
        status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.server.asked += 1
        self.answer(status, {}, body)

    do_DELETE = do_GET = do_PUT


@pytest.fixture()
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses."""
    monkeypatch.setattr("time.sleep", lambda _seconds: None)


def test_a_name_that_becomes_free_is_waited_for(brief: None) -> None:
    with Answers(BEING_DELETED, BEING_DELETED, MADE) as server, server.bucket() as one:
        one.create({})
        assert server.asked == one.requests.count == 3


def test_a_name_that_stays_taken_is_an_error(
    brief: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_azure, "DELETION_SECONDS", 3.0)
    with Answers(BEING_DELETED) as server, server.bucket() as one:
        with pytest.raises(StoreError, match="still being deleted after 3 s"):
            one.create({})
        assert server.asked <= 3


def test_one_that_is_there_is_ours() -> None:
    with Answers(THERE) as server, server.bucket() as one:
        one.create({})


def test_one_that_is_being_deleted_is_not_there() -> None:
    with Answers(BEING_DELETED) as server, server.bucket() as one:
        assert not one.exists()
        one.delete()


def test_an_answer_that_is_no_xml_is_told() -> None:
    with Answers((200, b"<html")) as server, server.bucket("$web") as one:
        with pytest.raises(StoreError, match="no XML"):
            one.read("website")


@pytest.mark.parametrize(
    ("setting", "written", "normal"),
    (
        ("tags", {}, None),
        ("tags", {"A_b": 1, "c": False}, {"a_b": "1", "c": "false"}),
        ("acl", "private", "private"),
        ("acl", "public-read", "public-read"),
        ("acl", "public-read-objects", "public-read-objects"),
    ),
)
def test_normal_forms(setting: str, written: t.Any, normal: t.Any) -> None:
    assert TABLE[setting].normalise(written) == normal
    assert TABLE[setting].read(TABLE[setting].change(normal, None)) == normal


@pytest.mark.parametrize(
    ("setting", "written", "said"),
    (
        ("tags", {"a-b": "c"}, "'a-b'"),
        ("tags", {"1a": "c"}, "'1a'"),
        ("tags", {"a": ""}, "printable ASCII"),
        ("tags", {"a": "b\nx-ms-blob-public-access: blob"}, "printable ASCII"),
        ("tags", {"a": "b", "A": "c"}, "upper and lower case"),
        ("acl", "public-read-write", "public-read-write"),
    ),
)
def test_bad_input(setting: str, written: t.Any, said: str) -> None:
    with pytest.raises(ConfigurationError, match=setting) as caught:
        TABLE[setting].normalise(written)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "website",
    (None, {"index": "i.html"}, {"index": "i.html", "error": "404.html"}),
)
def test_a_website_comes_back_as_it_went(website: dict[str, str] | None) -> None:
    assert _azure.read_website(_azure.website_properties(website)) == website


def test_a_website_is_the_web_containers_alone() -> None:
    with Answers(MADE) as server:
        assert server.bucket("$web").normalise("website", {"index": "i"}) == {
            "index": "i"
        }
        with pytest.raises(ConfigurationError, match=r"container \$web alone"):
            server.bucket().normalise("website", {"index": "i"})
        with pytest.raises(ConfigurationError, match="redirects"):
            server.bucket("$web").normalise("website", {"redirects": [{}]})
        assert server.asked == 0
