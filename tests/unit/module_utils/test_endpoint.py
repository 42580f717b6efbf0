# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an endpoint tells of itself."""

from __future__ import annotations

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    S3Address,
    s3_address,
)
from tests.unit.module_utils.endpoints import (
    SECRET,
    parse,
    refusal,
    s3,
)


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({}, S3Address(None, None)),
        ({"region": "xx-new-9"}, S3Address(None, "xx-new-9")),
        ({"id": "S3_US_WEST_OREGON"}, S3Address(None, "us-west-2")),
        ({"id": "S3_EU_WEST3"}, S3Address(None, "eu-west-3")),
        ({"endpoint": "http://h:1"}, S3Address("http://h:1", "us-east-1")),
        ({"host": "h", "region": "x"}, S3Address("https://h", "x")),
        ({"id": "MINIO", "host": "h"}, S3Address("https://h", "us-east-1")),
        ({"id": "S3_RGW", "host": "h"}, S3Address("https://h", "default")),
        (
            {"id": "DIGITALOCEAN_SPACES"},
            S3Address("https://nyc3.digitaloceanspaces.com", "nyc3"),
        ),
        (
            {"id": "SPACES", "region": "fra1", "secure": False},
            S3Address("http://fra1.digitaloceanspaces.com", "fra1"),
        ),
        (
            {"id": "OVH", "region": "gra"},
            S3Address("https://s3.gra.perf.cloud.ovh.net", "gra"),
        ),
        (
            {"id": "OVH", "region": "bhs", "host": "s3.bhs.io.cloud.ovh.net"},
            S3Address("https://s3.bhs.io.cloud.ovh.net", "bhs"),
        ),
        ({"id": "SCALEWAY"}, S3Address("https://s3.fr-par.scw.cloud", "fr-par")),
        (
            {"id": "S3_RGW_OUTSCALE", "region": "cn-southeast-1"},
            S3Address("https://osu.cn-southeast-1.outscale.hk", "cn-southeast-1"),
        ),
        (
            {"id": "AURORAOBJECTS"},
            S3Address("https://o.auroraobjects.eu", "us-east-1"),
        ),
    ],
)
def test_s3_addresses(fields: dict[str, object], address: S3Address) -> None:
    assert s3_address(parse(s3(**fields))) == address


def test_a_region_that_the_provider_lacks() -> None:
    text = refusal(s3(id="SCALEWAY", region="fr-pra"))
    assert "SCALEWAY" in text and "'fr-pra'" in text and "fr-par, nl-ams and" in text


def test_no_secret_in_texts_about_an_endpoint() -> None:
    endpoint = parse(s3(token=SECRET))
    for text in (repr(endpoint), str(endpoint), endpoint.place, str(endpoint.url)):
        assert SECRET not in text
