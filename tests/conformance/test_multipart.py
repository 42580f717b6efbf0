# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What S3's uploads in parts may leave behind: nothing, for it is paid for and cannot be seen."""

from __future__ import annotations

import typing as t

import boto3
import botocore.config
import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    IfAbsent,
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConditionFailedError,
)
from tests.conformance.conftest import Bench
from tests.conformance.helpers import chunked, content, multipart_threshold, part_size


class _BrokenSource(Exception):
    """What a body raises."""


def _unfinished(store: Store) -> list[str]:
    endpoint = store.endpoint
    client: t.Any = boto3.client(
        "s3",
        endpoint_url=endpoint.url,
        region_name=endpoint.region,
        aws_access_key_id=endpoint.key,
        aws_secret_access_key=endpoint.secret,
        config=botocore.config.Config(s3={"addressing_style": "path"}),
    )
    answer = client.list_multipart_uploads(Bucket=endpoint.container)
    return [upload["Key"] for upload in answer.get("Uploads", [])]


def test_no_upload_is_left_unfinished(s3_bench: Bench) -> None:
    with s3_bench.open(s3_bench.container()) as store:
        store.create_container()
        large = content(2 * part_size(store) + 1)
        seen: list[list[str]] = []

        def breaks() -> t.Iterator[bytes]:
            yield from chunked(large)
            seen.append(_unfinished(store))
            raise _BrokenSource

        with pytest.raises(_BrokenSource):
            store.write("broken", breaks())
        assert seen == [["broken"]], "the test must see an upload that is under way"
        assert _unfinished(store) == []

        store.write("whole", chunked(large))
        assert _unfinished(store) == []

        if store.features.conditional_write:
            data = content(multipart_threshold(store) + 1)
            with pytest.raises(ConditionFailedError):
                store.write("whole", chunked(data), condition=IfAbsent())
            assert _unfinished(store) == []
