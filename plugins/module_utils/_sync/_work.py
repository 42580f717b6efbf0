# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""One sync: what was asked for, both sides, and what it is done with."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._drivers._base import Store
from .._progress import Progress
from .._report import Report
from .._workers import Workers
from ._contents import Contents
from ._options import SyncOptions
from ._receipts import Receipts
from ._recorder import Recorder


@dataclass(frozen=True, slots=True)
class Work:
    """``here`` and ``there`` are the source and the destination, open.

    ``selection`` are the names that it is about, ``only`` the one if it is one. ``recorder``: of who wants to know
    more than the ``report`` says.
    """

    options: SyncOptions
    selection: t.Container[str]
    only: str | None
    here: Contents
    there: Contents
    workers: Workers
    receipts: Receipts
    report: Report
    progress: Progress
    recorder: Recorder | None

    @property
    def source(self) -> Store:
        return self.here.store

    @property
    def destination(self) -> Store:
        return self.there.store
