# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``distsync upload``: publishes files."""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._distsync._configuration import Configuration
from .._distsync._configuration_values import Format
from .._distsync._opening import Publishing, publishing
from .._distsync._release import check_version
from .._distsync._results import Outcome, Publication, Published
from .._errors import LongshoreError
from .._quantities import size_text
from ._configured import check_names, configured
from ._exits import Exit, UsageError, exit_of
from ._output import Output


def upload(
    conf: str,
    files: t.Sequence[str],
    name: str | None,
    version: str | None,
    force: bool,
    output: Output,
) -> Exit:
    """Publish ``files``; with the format longshore all at once. Raises ``LongshoreError``."""
    wanted = _wanted(files, name, version)
    configuration = configured(conf, output)
    output.result = {"changed": False, "channel": None, "releases": []}
    if configuration.format is Format.DISTSYNC01:
        return _one_by_one(configuration, wanted, force, output)
    output.result["channel"] = configuration.channels[0]
    with publishing(configuration) as publisher:
        _tell(_publish(publisher, wanted, force, output), output)
    return Exit.DONE


def _wanted(
    files: t.Sequence[str], name: str | None, version: str | None
) -> list[Publication]:
    """Raises ``UsageError``, ``NameRefusedError`` and ``RequestRefusedError``."""
    if name is not None and len(files) > 1:
        raise UsageError("--name is for one file.", hint="Publish them one by one.")
    if version is not None:
        check_version(version)
    wanted = [Publication(os.path.expanduser(one), name, version) for one in files]
    check_names([one.artifact for one in wanted])
    return wanted


def _one_by_one(
    configuration: Configuration,
    wanted: t.Sequence[Publication],
    force: bool,
    output: Output,
) -> Exit:
    """The original's format has no way of showing several files at once: what is done is done."""
    failures: list[LongshoreError] = []
    with publishing(configuration) as publisher:
        for one in wanted:
            try:
                _tell(_publish(publisher, [one], force, output), output)
            except LongshoreError as error:
                if len(wanted) == 1:
                    raise
                failures.append(error)
                said = output.fail(error, one.artifact)
                output.result["releases"].append({"name": one.artifact, "error": said})
    if not failures:
        return Exit.DONE
    return Exit.PARTIAL if len(failures) < len(wanted) else exit_of(failures[0])


def _publish(
    publisher: Publishing,
    wanted: t.Sequence[Publication],
    force: bool,
    output: Output,
) -> Outcome:
    total = 0
    for one in wanted:
        # what is wrong with a file is the engine's to say
        with contextlib.suppress(OSError, ValueError):
            total += os.stat(one.path).st_size
    what = wanted[0].artifact if len(wanted) == 1 else f"{len(wanted)} files"
    with output.metered(f"Publishing {what}", total) as meter:
        return publisher.publish(wanted, force=force, progress=meter)


def _tell(outcome: Outcome, output: Output) -> None:
    for warning in outcome.warnings:
        output.warn(warning)
    output.result["changed"] = output.result["changed"] or outcome.changed
    output.result["sequence"] = outcome.sequence
    for one in outcome.releases:
        output.result["releases"].append(dict(one._asdict()))
        output.line(_said(one))


def _said(one: Published) -> str:
    version = f" {one.version}" if one.version is not None else ""
    if not one.changed:
        return f"{one.name}{version} is published already."
    how = "" if one.sent else ", whose contents were there"
    return f"Published {one.name}{version} ({size_text(one.size)}{how})."
