# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._module import (
    secrets_in,
    secrets_of,
)

S3 = {"id": "S3", "key": "AKIA", "container": "www"}
ACCOUNT = '{"type": "service_account", "private_key": "-----BEGIN"}'


@pytest.mark.parametrize(
    ("written", "secrets"),
    [
        ({**S3, "secret": "hush", "token": "tok"}, {"hush", "tok"}),
        ({"type": "S3", "user": "AKIA", "key": "hush", "bucket": "b"}, {"hush"}),
        ({"id": "GOOGLE_STORAGE", "key": ACCOUNT}, {ACCOUNT}),
        ({"id": "LOCAL", "key": "/srv", "container": "www"}, set()),
        ({**S3, "endpoint": "http://me:hush@h:1"}, {"http://me:hush@h:1"}),
        ({**S3, "host": "me:hush@h"}, {"me:hush@h"}),
        ({**S3, "endpoint": "http://h:1"}, set()),
        ({**S3, "secret": 12345678}, {"12345678"}),
        ({**S3, "secret": 1.5}, {"1.5"}),
        ({**S3, "secret": {"a": ["hush", {"b": "deep"}]}}, {"hush", "deep"}),
        ({**S3, "secret": None, "token": "", "secure": True}, set()),
        # names that no endpoint has
        ({**S3, "password": "hush"}, {"hush"}),
        ({**S3, "Secret": ["hush"]}, {"hush"}),
        # one level too deep, or too shallow
        ({"old": {**S3, "secret": "hush"}}, {"hush"}),
        ([{**S3, "secret": "hush"}], {"hush"}),
        ("www", set()),
        ("/srv/site", set()),
        ("secret=hush id=S3", {"secret=hush id=S3"}),
        ("{'id': 'S3', 'secret': 'hush'}", {"{'id': 'S3', 'secret': 'hush'}"}),
        (5, set()),
        (None, set()),
        ({}, set()),
    ],
)
def test_secrets_of(written: object, secrets: set[str]) -> None:
    assert set(secrets_of(written)) == secrets


def test_a_mapping_in_json_is_hidden_whole_and_in_parts() -> None:
    written = ' {"id": "S3", "secret": "one", "secret": "two\\u0021"}'
    assert set(secrets_of(written)) == {written, "two!"}


@pytest.mark.parametrize(
    ("endpoint", "hidden"),
    [
        ({"id": "theirs", "key": "either"}, True),
        ({"key": "either"}, True),
        ({"id": "theirs", "key": "AKIA", "secret": "x"}, False),
        ({"id": "LOCAL", "key": "either"}, False),
    ],
)
def test_a_lone_key_beside_entries_with_user_may_be_a_secret(
    endpoint: dict[str, str], hidden: bool
) -> None:
    entries = {"theirs": {"type": "S3", "user": "AKIA", "key": "hush"}}
    found = set(secrets_in({"destination": endpoint, "providers": entries}))
    assert "hush" in found
    assert ("either" in found) is hidden
    assert "either" not in set(secrets_in({"destination": endpoint, "providers": None}))


@pytest.mark.parametrize(
    "params",
    [
        {"destination": {"id": "S3", "secret": "hush"}},
        {"destinaton": {"id": "S3", "secret": "hush"}},
        {"secret": "hush"},
        {"token": ["hush"]},
        {"providers": json.dumps({"a": {"id": "S3", "secret": "hush"}})},
        {"default_provider": {"secret": "hush"}},
    ],
)
def test_secrets_in_wrong_places_are_found(params: dict[str, t.Any]) -> None:
    assert "hush" in set(secrets_in(params))


@given(st.text(min_size=4), st.sampled_from(["mapping", "json", "ascii", "entry"]))
def test_no_way_of_showing_the_parameters_shows_a_secret(secret: str, way: str) -> None:
    secret = f"<{secret}>"
    endpoint: t.Any = {"id": "S3", "secret": secret}
    params = {"destination": endpoint, "providers": None, "delete": True}
    if way == "entry":
        params = {"destination": "a", "providers": {"a": endpoint}}
    elif way != "mapping":
        params["destination"] = json.dumps(endpoint, ensure_ascii=way == "ascii")
    for text in (
        str(params),
        json.dumps(params),
        json.dumps(params, ensure_ascii=False),
    ):
        for hidden in sorted(secrets_in(params), key=len, reverse=True):
            text = text.replace(hidden, "********")
        for form in (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1]):
            assert form not in text
