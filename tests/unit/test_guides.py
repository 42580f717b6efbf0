# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What guides quote of the program is what it says."""

from __future__ import annotations

import ast
import re
import typing as t

import pytest

from tests.servers._process import REPOSITORY

_GUIDE: t.Final = (REPOSITORY / "docs" / "troubleshooting.md").read_text()
_QUOTED: t.Final = re.findall(r"^\| `([^`]+)` \|", _GUIDE, re.MULTILINE)


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Every string of the source, the parts of one that is formatted each for itself."""
    found = []
    for path in (REPOSITORY / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return found


@pytest.mark.parametrize("quoted", _QUOTED)
def test_quoted_errors_are_real(texts: list[str], quoted: str) -> None:
    assert any(quoted in text for text in texts)
