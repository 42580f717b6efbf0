# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configurations that cannot be used: the code, a text that says where, and nothing secret."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._exits import (
    Exit,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._main import (
    main,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)

SECRET = SharedSecret.generate().encode()
MISTYPED = SECRET[:10] + ("A" if SECRET[10] != "A" else "B") + SECRET[11:]
GOOD = f'SharedSecret = "{SECRET}"\nStorageBucket = "/nowhere"\nStorage = "LOCAL"\n'
SECTION = '[Aws]\nRegion = "eu-west-1"\n'


@pytest.fixture()
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path / ".distsync"


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Why; as words and as JSON, neither of which has a secret."""
    assert main(["upload", "file", *arguments]) == Exit.CONFIGURATION
    said = capsys.readouterr().err
    assert main(["upload", "file", "--json", *arguments]) == Exit.CONFIGURATION
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["kind"] == "configuration" and error["message"] in said
    for secret in (SECRET, SECRET[:-1], MISTYPED):
        assert secret not in said + str(error)
    return t.cast(str, error["message"])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (GOOD.replace(SECRET, SECRET[:-1]), ": SharedSecret"),
        (GOOD.replace(SECRET, MISTYPED), ": SharedSecret"),
        (GOOD + SECTION + SECTION, "second time"),
        (GOOD + SECTION + SECTION.replace("Aws", "AwsCreds"), "two names of one"),
        (GOOD.replace('"', "", 1), "not TOML"),
        (GOOD.replace("LOCAL", "S4"), ": Storage"),
        ("", "SharedSecret is missing"),
        ("\0", "not TOML"),
    ],
)
def test_what_is_wrong_with_it(
    conf: Path, capsys: pytest.CaptureFixture[str], written: str, said: str
) -> None:
    conf.write_text(written)
    conf.chmod(0o600)
    message = refused(capsys)
    assert said in message and str(conf) in message


def test_none_and_a_folder(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "There is no configuration" in refused(capsys)
    conf.mkdir()
    assert "is a folder" in refused(capsys)
    assert "There is no configuration" in refused(capsys, "-c", "~/other")
