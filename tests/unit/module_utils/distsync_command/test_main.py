# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the program makes of the unexpected. What users do with it is tested as they do it."""

from __future__ import annotations

import io
import json
import signal
import sys

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync_command import (
    _main,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._exits import (
    Exit,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._main import (
    main,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LongshoreError,
)


def test_a_fault_of_ours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told where it is, and nothing that it holds."""

    def fail(*_arguments: object) -> Exit:
        raise ValueError("a secret")

    monkeypatch.setattr(_main, "_call", fail)
    assert main(["list", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert "ValueError in test_main.py, line" in said["error"]["message"]
    assert main(["list"]) == 1
    shown = capsys.readouterr()
    assert "a secret" not in shown.err + str(said) and not shown.out


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "", "\udcff", "x" * 256])
def test_names(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["download", name]) == Exit.REFUSED
    assert "is refused" in capsys.readouterr().err
    assert main(["upload", "file", "--name", name]) == Exit.REFUSED


def test_signals_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
    descriptor = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(descriptor)

    def fail(*_arguments: object) -> Exit:
        raise LongshoreError("no")

    for call, code in ((lambda *_a: Exit.DONE, 0), (fail, 1)):
        monkeypatch.setattr(_main, "_call", call)
        assert main(["list"]) == code
        after = [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM)]
        assert after == before
    assert signal.set_wakeup_fd(descriptor) == descriptor


def test_closed_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    assert main(["download", ".."]) == Exit.REFUSED
    assert main(["setup"]) == Exit.USAGE
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert main(["--version"]) == 0
