# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store that a daemon reads S3 with: what it says is what the SDK's own says, errors included."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._daemon._s3_light import (
    LightS3Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Attributes,
    IfAbsent,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._s3 import (
    S3Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ContainerMissingError,
    ObjectMissingError,
    StoreError,
    TruncatedError,
    UnreachableError,
)
from tests.integration.networks import Tripwire
from tests.integration.places import Places, S3Place
from tests.servers._process import free_ports
from tests.servers.moto import Moto


@pytest.fixture(params=["seaweedfs", "moto"])
def place(request: pytest.FixtureRequest, places: Places) -> S3Place:
    made = t.cast(S3Place, places(request.param))
    made.make()
    return made


def endpoint_of(place: S3Place) -> Endpoint:
    return parse_endpoint(
        place.endpoint(), option="store", providers=None, default_provider=None
    )


def test_as_the_sdks_own(place: S3Place) -> None:
    endpoint = endpoint_of(place)
    data = bytes(range(256)) * 8192
    with LightS3Store(endpoint) as light, S3Store(endpoint) as full:
        written = light.write("a/ö +%~.bin", data, Attributes("text/plain", "no-cache"))
        details, theirs = light.stat("a/ö +%~.bin"), full.stat("a/ö +%~.bin")
        assert (details.info, details.modified) == (theirs.info, theirs.modified)
        assert details.info == written
        assert theirs.attributes.content_type == "text/plain"
        assert theirs.attributes.cache_control == "no-cache"
        for start, length in (
            (0, None),
            (5, 10),
            (5, None),
            (len(data) - 3, 9),
            (len(data), 5),
        ):
            ours = light.read("a/ö +%~.bin", start, length)
            assert ours.info == written
            end = None if length is None else start + length
            assert b"".join(ours.chunks) == data[start:end]
        light.write("empty", b"")
        assert b"".join(light.read("empty").chunks) == b""
        assert b"".join(light.read("empty", 0, 9).chunks) == b""
        assert sorted(light.list("a/")) == sorted(full.list("a/")) == [written]
        assert {one.key for one in light.list()} == {"a/ö +%~.bin", "empty"}
        for action in (
            lambda: light.stat("missing"),
            lambda: light.read("missing", 0, 5),
        ):
            with pytest.raises(ObjectMissingError):
                action()


class _SmallPages(LightS3Store):
    def _ask(self, operation: str, method: str, key: str, *args: t.Any) -> t.Any:
        if method == "GET" and args:
            args = ({**args[0], "max-keys": "2"}, *args[1:])
        return super()._ask(operation, method, key, *args)


def test_more_than_a_page(place: S3Place) -> None:
    names = {f"k{number}" for number in range(7)}
    for name in names:
        place.write(name, b"")
    with _SmallPages(endpoint_of(place)) as light:
        assert {one.key for one in light.list("k")} == names
        assert light.requests.count == 4


def test_what_a_host_does_not_do(place: S3Place) -> None:
    with LightS3Store(endpoint_of(place)) as light:
        for action in (
            lambda: light.delete(["a"]),
            lambda: light.write("a", b"", condition=IfAbsent()),
            light.container_exists,
            light.create_container,
        ):
            with pytest.raises(StoreError, match="a host only reads"):
                action()
    assert not place.keys()


def test_errors(places: Places, moto: Moto) -> None:
    place = t.cast(S3Place, places("moto"))
    place.make()
    place.write("a", bytes(100_000))
    endpoint = dataclasses.replace(endpoint_of(place), retries=0)
    for changes, kind in (
        ({"secret": "wrong-secret"}, AccessDeniedError),
        ({"container": "no-such-bucket-here"}, ContainerMissingError),
        ({"port": free_ports(1)[0]}, UnreachableError),
    ):
        with LightS3Store(dataclasses.replace(endpoint, **changes)) as light:
            with pytest.raises(kind) as caught:
                list(light.list())
            assert "wrong-secret" not in str(caught.value)


def test_a_body_that_breaks_off(places: Places, moto: Moto) -> None:
    place = t.cast(S3Place, places("moto"))
    place.make()
    place.write("a", bytes(5_000_000))

    def cut() -> None:
        raise ConnectionResetError

    with Tripwire(moto.port, 100_000, cut, "down") as way:
        endpoint = dataclasses.replace(endpoint_of(place), port=way.port, retries=0)
        with (
            LightS3Store(endpoint) as light,
            pytest.raises(TruncatedError, match="bytes are missing"),
        ):
            for _chunk in light.read("a").chunks:
                pass
