# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several identities in one run: each endpoint uses its own."""

from __future__ import annotations

import pytest

from tests.integration.module import Counts, refused, sync
from tests.integration.places import Places

TREE = {"index.html": b"<h1>one</h1>", "css/site.css": b"p { color: red }"}


def test_each_endpoint_uses_its_own(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers, of which neither knows the other's key; the environment holds a third one."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "never")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-nowhere-1")
    first, second = places("seaweedfs"), places("moto")
    first.fill(TREE)

    assert sync(first, second).counts == Counts(created=2)
    second.put("index.html", b"changed there")
    assert sync(second, first).counts == Counts(updated=1, unchanged=1)
    assert first.tree() == second.tree() == {**TREE, "index.html": b"changed there"}


def test_the_environment_serves_an_endpoint_without_credentials(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = places("seaweedfs"), places("moto")
    first.fill(TREE)
    second.fill({})
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", second.server.key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", second.server.secret)
    endpoint = second.endpoint()
    del endpoint["key"], endpoint["secret"]

    assert sync(first, endpoint).counts == Counts(created=2)
    assert second.tree() == TREE


def test_entries_of_providers_are_kept_apart(places: Places) -> None:
    first, second = places("seaweedfs"), places("moto")
    first.fill(TREE)
    providers = {
        "here": first.endpoint(),
        "there": second.endpoint(),
        "swapped": {**second.endpoint(), "secret": first.server.secret},
    }

    assert sync("here", "there", providers=providers).counts == Counts(created=2)
    assert not sync("here", "there", providers=providers).changed
    msg = refused("here", "swapped", providers=providers)
    assert second.name in msg and first.server.secret not in msg
    assert second.tree() == TREE
