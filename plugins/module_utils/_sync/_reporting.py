# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Has a sync write a page about itself, however it ends."""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t

from .._drivers._local import LocalStore
from .._endpoint import Endpoint
from .._errors import ConfigurationError, LocalWriteError, LongshoreError
from .._overlap import overlaps
from .._report import Report
from ._options import SyncOptions
from ._recorder import Recorder
from ._report_page import render

#: Of a way that links lengthen; in a circle of them it has no end.
_MOST_PARTS: t.Final = 1000


@contextlib.contextmanager
def reporting(
    path: str | None,
    options: SyncOptions,
    warn: t.Callable[[str], object],
    hide: t.Callable[[str], str],
) -> t.Iterator[Recorder | None]:
    """Within it a sync is to fill what is yielded; in the end that is written to ``path``. None: nothing is.

    A page that cannot be written is a warning. ``hide`` takes what nobody may see out of a text. Raises
    ``ConfigurationError`` for what is no path, or one that the sync itself would change.
    """
    if path is None:
        yield None
        return
    if not path or "\0" in path:
        raise ConfigurationError(f"report is to be the path of a file, not {path!r}.")
    _refuse_inside(path, options)
    recorder = Recorder(
        options.check_mode,
        options.order is not None,
        report=Report(
            source=options.source.full_place, destination=options.destination.full_place
        ),
        error="It was interrupted.",
    )
    try:
        yield recorder
        recorder.error = None
    except LongshoreError as error:
        recorder.error = str(error)
        raise
    finally:
        try:
            write_page(path, render(recorder, hide))
        except LongshoreError as error:
            warn(f"The report of this run is missing. {error}")


def _refuse_inside(path: str, options: SyncOptions) -> None:
    page = Endpoint("LOCAL", os.path.abspath(path))
    places = (("source", options.source), ("destination", options.destination))
    for side, place in places:
        is_local = place.provider == "LOCAL" and not os.path.isdir(path)
        if is_local and overlaps(page, place):
            raise ConfigurationError(
                f"The report {path!r} would lie in the {side}, {place.full_place}, and change what it tells of.",
                hint="Choose a path outside of it.",
            )


def write_page(path: str, page: str) -> None:
    """Written aside and renamed, so that what is at ``path``, a link even, is replaced and not written to.

    Raises ``LongshoreError``.
    """
    folder, name = os.path.split(os.path.abspath(path))
    planted = _planted_link(folder)
    if planted is not None:
        raise LocalWriteError(
            f"Refused to write {path!r} by way of the link {planted!r}: another user has put it where everybody may write.",
            hint="Give report a path in a folder of your own.",
        )
    if not os.path.isdir(folder):
        raise LocalWriteError(
            f"Could not write {path!r}: there is no folder {folder!r}.",
            hint="Make it first.",
        )
    if os.path.isdir(path):
        raise LocalWriteError(
            f"Could not write {path!r}: it is a folder.",
            hint="Give report the path of a file.",
        )
    with LocalStore(Endpoint("LOCAL", folder)) as store:
        store.write(name, page.encode())


def _planted_link(folder: str) -> str | None:
    """The first link on the way that somebody else can have made for us to fall into."""
    way = os.sep
    left = folder.split(os.sep)[::-1]
    for _unused in range(_MOST_PARTS):
        if not left:
            return None
        above, way = way, os.path.normpath(os.path.join(way, left.pop()))
        try:
            status = os.lstat(way)
            if not stat.S_ISLNK(status.st_mode):
                continue
            if os.stat(above).st_mode & stat.S_IWOTH:
                if status.st_uid not in (0, os.geteuid()):
                    return way
            target = os.readlink(way)
        except OSError:
            return None  # who writes there will be told
        left += target.split(os.sep)[::-1]
        way = os.sep if target.startswith(os.sep) else above
    return folder
