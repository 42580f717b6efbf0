# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of the tests' programs in processes of their own, which can be killed.

They are forked from a process that has loaded what they import and does nothing else, so they begin at once.
"""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import sys
import threading
import typing as t
from multiprocessing.connection import Connection
from types import ModuleType

_UTILS = "ansible_collections.longshore.storage.plugins.module_utils"

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "tests.integration.program",
        "tests.integration.releases_program",
        f"{_UTILS}._drivers._azure",
        f"{_UTILS}._drivers._s3",
        f"{_UTILS}._manifest._keeper",
        "botocore.session",
        "obstore.store",
        "pathspec",
    ]
)


class Killable:
    """A run of ``program.main()`` with ``what``, in JSON, as its only argument.

    ``environ`` is added to this process's own. ``output``: what it wrote to standard output, when it has ended.
    """

    def __init__(self, program: ModuleType, what: t.Any, **environ: str) -> None:
        self.output = b""
        self._begun = threading.Event()
        self._reading, self._writing = _context.Pipe(duplex=False)
        self._process = _context.Process(
            target=_run,
            args=(
                program.__name__,
                json.dumps(what),
                {**os.environ, **environ},
                self._writing,
            ),
        )

    def run(self) -> int:
        """From its begin to its end; how it ended, as ``subprocess`` says it."""
        with self._reading:
            with self._writing:
                self._process.start()
            self._begun.set()
            while piece := os.read(self._reading.fileno(), 65536):
                self.output += piece
        self._process.join()
        code = self._process.exitcode
        assert code is not None
        return code

    def kill(self) -> None:
        """By another thread."""
        self._begun.wait()
        self._process.kill()


def _run(
    name: str, what: str, environ: t.Mapping[str, str], writing: Connection
) -> None:
    os.environ.clear()
    os.environ.update(environ)
    os.dup2(writing.fileno(), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    writing.close()
    sys.argv = [name, what]
    importlib.import_module(name).main()
