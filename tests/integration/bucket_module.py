# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of ``libcloud_bucket`` on one bucket, and the life of a setting."""

from __future__ import annotations

import typing as t

from tests.integration.buckets import attempt
from tests.integration.module import Result
from tests.integration.places import Place


class BucketTask:
    """Tasks on the bucket of one place; ``provider`` are other fields of its endpoint."""

    def __init__(self, place: Place, **provider: t.Any) -> None:
        self._provider = {**place.endpoint(), **provider}
        self.name = self._provider.pop("container")

    def __call__(self, *, check: bool = False, **options: t.Any) -> Result:
        """One that may fail."""
        return attempt(check=check, provider=self._provider, name=self.name, **options)

    def good(self, **options: t.Any) -> Result:
        """One that must end well."""
        result = self(**options)
        assert not result.failed, result.msg
        return result


def live_through(
    task: BucketTask,
    setting: str,
    values: t.Sequence[t.Any],
    look: t.Callable[[], t.Any],
) -> None:
    """Set one value after the other: in check mode, which changes nothing, then really, then again.

    ``look`` tells the bucket's state by other means.
    """
    for value in values:
        before = look()
        checked = task.good(check=True, **{setting: value})
        assert checked.changed, value
        assert look() == before, "check mode changed it"
        done = task.good(**{setting: value})
        assert done.changed
        assert done.values["settings"] == checked.values["settings"]
        assert list(done.values["settings"]) == [setting]
        assert look() != before
        again = task.good(**{setting: value})
        assert not again.changed, again.text
        assert not task.good(check=True, **{setting: value}).changed
