# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Work in folders, shared between two threads: to make a file is the system's work most of all, on one processor."""

from __future__ import annotations

import os
import queue
import threading
import typing as t

#: Is given the open folder that it works in.
Work: t.TypeAlias = t.Callable[[int], object]

#: Works that wait for the helper's thread.
_WAITING: t.Final = 3


class Helper:
    """Does a part of the work of the thread that has it. Use it as a context: what is not begun when that ends is left undone.

    What a work raises is raised here: at once, or by a later call, and then no further work is begun.
    """

    def __init__(self) -> None:
        self._works: queue.Queue[tuple[Work, int] | None] = queue.Queue(_WAITING)
        self._error: BaseException | None = None
        self._is_unwanted = False
        self._thread = threading.Thread(
            target=self._run, name="longshore-helper", daemon=True
        )

    def __enter__(self) -> t.Self:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._is_unwanted = True
        self._works.put(None)
        self._thread.join()

    def share(self, work: Work, folder: int) -> None:
        """Have it done: in the other thread while that keeps up, else here."""
        self._check()
        # nobody else puts anything there
        if self._works.full():
            work(folder)
        else:
            self._works.put((work, os.dup(folder)))

    def after(self, work: Work, folder: int) -> None:
        """Have it done when all that was shared before is done."""
        self._check()
        if self._works.unfinished_tasks:
            self._works.put((work, os.dup(folder)))
        else:
            self._check()
            work(folder)

    def wait(self) -> None:
        """Until all is done."""
        self._works.join()
        self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (task := self._works.get()) is not None:
            work, folder = task
            try:
                if self._error is None and not self._is_unwanted:
                    work(folder)
            # raised again by the thread that has it
            except BaseException as error:  # noqa: BLE001
                self._error = error
            finally:
                os.close(folder)
                self._works.task_done()
