# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``distsync download``: fetches artifacts."""

from __future__ import annotations

import os
import typing as t

from .._distsync._opening import fetching
from .._distsync._release import LATEST, check_version
from .._distsync._results import Fetched, Listed
from .._errors import LongshoreError
from .._quantities import size_text
from ._configured import check_channel, check_names, configured
from ._exits import Exit, UsageError, exit_of
from ._output import Output


def download(
    conf: str,
    names: t.Sequence[str],
    dest: str,
    version: str,
    channel: str | None,
    output: Output,
) -> Exit:
    """Fetch each to ``dest``; one that fails does not keep the others back. Raises ``LongshoreError``."""
    _check(names, dest, version)
    configuration = configured(conf, output)
    check_channel(configuration, channel)
    output.result = {"changed": False, "artifacts": []}
    failures: list[LongshoreError] = []
    with fetching(configuration, channel) as fetcher:
        seen = fetcher.look()
        for warning in seen.warnings:
            output.warn(warning)
        sizes = _sizes(seen.releases, version)
        for name in names:
            try:
                with output.metered(f"Fetching {name}", sizes.get(name, 0)) as meter:
                    fetched = fetcher.fetch(name, version, dest, progress=meter)
            except LongshoreError as error:
                if len(names) == 1:
                    raise
                failures.append(error)
                said = output.fail(error, name)
                output.result["artifacts"].append({"name": name, "error": said})
                continue
            _tell(fetched, output)
    if not failures:
        return Exit.DONE
    return Exit.PARTIAL if len(failures) < len(names) else exit_of(failures[0])


def _check(names: t.Sequence[str], dest: str, version: str) -> None:
    check_names(names)
    if version != LATEST:
        check_version(version)
    path = os.path.expanduser(dest)
    if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise UsageError(
            f"{dest!r} is neither file nor folder, and would be replaced by a file."
        )
    if len(names) > 1 and not os.path.isdir(path):
        raise UsageError(
            f"{dest!r} is no folder, and {len(names)} files cannot have one name.",
            hint="Make the folder first, or fetch them one by one.",
        )


def _sizes(releases: t.Sequence[Listed], version: str) -> dict[str, int]:
    """How many bytes will go by, for those that are there."""
    return {
        one.name: one.sealed_size if one.size is None else one.size
        for one in releases
        if one.version == version or (one.latest and version == LATEST)
    }


def _tell(one: Fetched, output: Output) -> None:
    output.result["changed"] = output.result["changed"] or one.changed
    output.result["artifacts"].append(
        {
            "name": one.name,
            "version": one.version,
            "path": one.path,
            "changed": one.changed,
            "size": one.size,
            "received": one.received,
            "digest": one.digest,
        }
    )
    version = f" {one.version}" if one.version is not None else ""
    if not one.changed:
        output.line(f"{one.path} is {one.name}{version} already.")
        return
    output.line(
        f"Fetched {one.name}{version} to {one.path} ({size_text(one.received)})."
    )
