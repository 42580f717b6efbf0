# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The local files that help a sync from one run to the next: all below one folder."""

from __future__ import annotations

import os

from .._endpoint import Endpoint
from .._manifest._journal import Journal
from .._manifest._tree_cache import TreeCache, default_folder
from .._report import Report
from ._options import SyncOptions


def cache_folder(options: SyncOptions) -> str:
    """Where they are kept."""
    return options.cache_path or default_folder()


def tree_cache(
    endpoint: Endpoint, options: SyncOptions, report: Report
) -> TreeCache | None:
    """What is remembered of a side that is local, with a warning where nothing can be; else None."""
    if endpoint.provider != "LOCAL":
        return None
    folder = cache_folder(options)
    if options.cache_path is None and not _may_make(folder):
        report.warnings = [
            f"No digest cache is kept, because {folder!r} may not be written: every file is "
            "read in every run. Choose a folder with cache_path."
        ]
        return TreeCache(None, endpoint.container)
    return TreeCache(folder, endpoint.container)


def journal(options: SyncOptions) -> Journal:
    """What is noted of the destination while it is written to."""
    folder = cache_folder(options)
    where = options.destination
    # not by its address, which may be another's next time: entries are tested anyway
    place = f"{where.container}/{where.prefix}"
    return Journal(folder if _may_make(folder) else None, place)


def _may_make(folder: str) -> bool:
    """Whether the folder, or the nearest one above it that exists, may be written."""
    while not os.path.isdir(folder):
        parent = os.path.dirname(folder)
        if parent == folder:
            return False
        folder = parent
    return os.access(folder, os.W_OK | os.X_OK)
