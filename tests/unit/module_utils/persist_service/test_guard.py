# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rates, origins, bodies."""

from __future__ import annotations

import asyncio
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._persist_service import (
    _schemas as schemas,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._failures import (
    ServiceError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._guard import (
    Guard,
    Rate,
    refuse_other_sites,
)


def test_rate() -> None:
    now = [0.0]
    rate = Rate(60, clock=lambda: now[0])
    for _unused in range(60):
        rate.take("a")
    with pytest.raises(ServiceError) as caught:
        rate.take("a")
    assert caught.value.headers == {"Retry-After": "1"}
    # others have their own
    rate.take("b")
    now[0] += 1
    rate.take("a")
    with pytest.raises(ServiceError):
        rate.take("a")
    # and those that are forgotten begin anew
    for number in range(5000):
        rate.take(str(number))
    rate.take("a")


def test_wrong_tokens_wait_and_only_so_many() -> None:
    async def story() -> None:
        guard = Guard("full-token", None)
        waiting = [
            asyncio.create_task(guard.role(f"Bearer {number}")) for number in range(32)
        ]
        await asyncio.sleep(0)
        with pytest.raises(ServiceError) as caught:
            await guard.role("Bearer wrong")
        assert caught.value.code == "too_many_requests"
        # who has a right one is not kept waiting
        assert await guard.role("bearer full-token ") == "full"
        for header in (None, "", "full-token", "Bearer", "Basic full-token"):
            with pytest.raises(ServiceError) as caught:
                await guard.role(header)
            assert caught.value.code in ("unauthorized", "too_many_requests")
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(story())
    assert asyncio.run(Guard(None, None).role(None)) == "full"


@pytest.mark.parametrize(
    ("headers", "is_refused"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"origin": "http://Host:80"}, False),
        ({"origin": "http://host"}, True),
        ({"origin": "http://[host"}, True),
        ({"origin": "null"}, True),
    ],
)
def test_other_sites(headers: dict[str, str], is_refused: bool) -> None:
    try:
        refuse_other_sites({"host": "host:80", **headers})
        assert not is_refused
    except ServiceError as error:
        assert is_refused and error.code == "forbidden"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"path": "/a", "mode": "merge", "include": ["/b"], "check": True}, ""),
        ({"path": "/a"}, "lacks mode"),
        ({"path": "a", "mode": "merge"}, "path must match ^/"),
        ({"path": "/a", "mode": "more"}, "mode must be one of merge, replace"),
        ({"path": "/a", "mode": "merge", "check": 1}, "check must be of type boolean"),
        ({"path": "/a", "mode": "merge", "include": [1]}, "include[0] must be of type"),
        ({"path": "/a", "mode": "merge", "x": 1}, "has no field 'x'"),
        ({"path": "/" + "a" * 5000, "mode": "merge"}, "path is too long"),
        ([], "must be of type object"),
        (None, "must be of type object"),
    ],
)
def test_bodies(body: t.Any, said: str) -> None:
    try:
        schemas.check(body, schemas.RESTORE, "the body")
        assert not said
    except ServiceError as error:
        assert said and said in error.message


def test_numbers() -> None:
    for count, is_right in ((3, True), (-1, True), (-2, False), (True, False)):
        try:
            schemas.check(
                {"path": "/a", "keep": {"keep_last": count}}, schemas.PRUNE, "the body"
            )
            assert is_right
        except ServiceError:
            assert not is_right
