# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/persistence_service.md says what there is: requests, bodies, fields of answers, codes of errors."""

from __future__ import annotations

import json
import re

from ansible_collections.longshore.storage.plugins.module_utils._persist_service._failures import (
    STATUS,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._openapi import (
    openapi,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._routes import (
    OPERATIONS,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._schemas import (
    COMPONENTS,
)
from tests.unit.module_utils.persist_service.test_environment import PAGE

ROWS = re.findall(
    r"^\| `(GET|POST|DELETE) (/v1/[^ ?`]+)[^`]*`(?: `([^`]*)`)? \| ([^|]*) \| (\d+),",
    PAGE,
    re.MULTILINE,
)


def test_requests() -> None:
    named = {
        (method, path.replace("<id>", "{id}")): (role, int(status))
        for method, path, _body, role, status in ROWS
    }
    there = {
        (one.method, one.path): (one.role, min(one.answers))
        for one in OPERATIONS
        if one.path.startswith("/v1")
    }
    assert named.keys() == there.keys()
    for key, (role, status) in there.items():
        assert named[key][1] == status
        assert named[key][0] in (role, "of who may begin it"), key


def test_bodies() -> None:
    bodies = {one.path: one.body for one in OPERATIONS if one.body}
    for _method, path, body, _role, _status in ROWS:
        fields = re.findall(r'"(\w+)"(?::|,|})', body)
        if body:
            named = set(fields) - {"keep_last", "latest"}
            assert named == set(bodies[path]["properties"]), path


def test_answers() -> None:
    examples = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    documents = [json.loads(one) for one in examples]
    for name in ("Service", "Volume", "Snapshots", "Job", "Error"):
        fields = set(COMPONENTS[name]["properties"])
        assert fields in [set(one) for one in documents], name
    snapshot = next(one for one in documents if "snapshots" in one)["snapshots"][0]
    assert set(snapshot) == set(COMPONENTS["Snapshot"]["properties"])


def test_codes() -> None:
    table = re.findall(r"^\| (\d{3}) \| ((?:`\w+`(?:, )?)+) \|", PAGE, re.MULTILINE)
    named = {
        code: int(status)
        for status, codes in table
        for code in re.findall(r"`(\w+)`", codes)
    }
    assert named == STATUS


def test_every_reference_of_the_description_is_there() -> None:
    text = json.dumps(openapi())
    names = set(re.findall(r"#/components/schemas/(\w+)", text))
    assert names <= COMPONENTS.keys()
