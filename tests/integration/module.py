# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module, called in this process as Ansible calls it in its own."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import typing as t
from dataclasses import dataclass
from types import ModuleType
from unittest import mock

from ansible.module_utils.common.warnings import _global_warnings
from ansible.module_utils.testing import patch_module_args

from ansible_collections.longshore.storage.plugins.modules import static_container


class Counts(t.NamedTuple):
    created: int = 0
    updated: int = 0
    deleted: int = 0
    unchanged: int = 0


@dataclass(frozen=True)
class Result:
    """What a module says when it ends."""

    values: t.Mapping[str, t.Any]

    @property
    def failed(self) -> bool:
        return bool(self.values.get("failed", False))

    @property
    def changed(self) -> bool:
        return bool(self.values["changed"])

    @property
    def msg(self) -> str:
        return str(self.values["msg"])

    @property
    def counts(self) -> Counts:
        return Counts(*(self.values[name] for name in Counts._fields))

    @property
    def warnings(self) -> list[str]:
        return [found["event"]["msg"] for found in self.values.get("warnings", [])]

    @property
    def text(self) -> str:
        """All of it, to look for what must not be there."""
        return json.dumps(self.values, ensure_ascii=False)


def call(module: ModuleType = static_container, /, **arguments: t.Any) -> Result:
    """Run a module. What is not one of our errors passes through, and fails the test."""
    output = io.StringIO()
    # a module's process is its own, and has no warnings of another's
    _global_warnings.clear()
    with patch_module_args(arguments), contextlib.redirect_stdout(output):
        try:
            module.main()
        except SystemExit as end:
            result = Result(json.loads(output.getvalue()))
            assert bool(end.code) == result.failed
            return result
    raise AssertionError("the module has not ended")


def sync(
    source: t.Any,
    destination: t.Any,
    *,
    check: bool = False,
    diff: bool = False,
    **options: t.Any,
) -> Result:
    """A run that must end well."""
    result = attempt(source, destination, check=check, diff=diff, **options)
    assert not result.failed, result.msg
    return result


def attempt(
    source: t.Any,
    destination: t.Any,
    *,
    check: bool = False,
    diff: bool = False,
    **options: t.Any,
) -> Result:
    """A run that may fail. Places stand for their endpoints."""
    return call(
        source=written(source),
        destination=written(destination),
        _ansible_check_mode=check,
        _ansible_diff=diff,
        **options,
    )


def refused(source: t.Any, destination: t.Any, **options: t.Any) -> str:
    """A run that must fail; its message."""
    result = attempt(source, destination, **options)
    assert result.failed, result.values
    return result.msg


def written(place: t.Any) -> t.Any:
    """A place as its user writes it; all else as it is."""
    return place.endpoint() if hasattr(place, "endpoint") else place


@contextlib.contextmanager
def without(*libraries: str) -> t.Iterator[None]:
    """These libraries cannot be imported."""
    hidden = {
        name: module
        for name, module in sys.modules.items()
        if name.partition(".")[0] in libraries
    }
    blocked: dict[str, t.Any] = dict.fromkeys([*hidden, *libraries])
    with mock.patch.dict(sys.modules, blocked):
        yield
