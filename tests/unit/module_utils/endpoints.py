# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Endpoints as users write them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)

SECRET = "S3CR3T-d0-n0t-sh0w"
KEYS = {"key": "AKIDEXAMPLE", "secret": SECRET}
AZURE = {"id": "AZURE_BLOBS", "key": "account", "secret": SECRET, "container": "site"}
SITE = {"type": "S3", "user": "AKIDEXAMPLE", "key": SECRET, "bucket": "site"}


def parse(
    value: t.Any,
    *,
    option: str = "destination",
    providers: t.Any = None,
    default: str | None = None,
) -> Endpoint:
    return parse_endpoint(
        value, option=option, providers=providers, default_provider=default
    )


def s3(**fields: object) -> dict[str, object]:
    return {"id": "S3", "container": "site", **KEYS, **fields}


def refusal(value: t.Any, **options: t.Any) -> str:
    """What the user is told; never with the secret in it."""
    with pytest.raises(ConfigurationError) as caught:
        parse(value, **options)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    return str(caught.value)
