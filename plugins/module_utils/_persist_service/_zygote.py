# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A process with the engine loaded, which makes a child for each piece of work.

The service itself stays small, and answers at once whatever is done: the interpreter's lock is another one. A child ends with its
work, and gives back all memory. Each has a socket: it gets one line, and tells lines of JSON. When it hears another line, or the other end is
gone, it cleans up and ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import typing as t

from .._drivers._catalogue import open_store
from .._drivers._s3 import S3Store
from .._errors import LongshoreError
from .._memory import keep_small
from .._ranges import keep_ahead
from ._child import serve
from ._environment import Settings

#: What a child fetches ahead, in ranges of 4 MiB, and sends at once, in parts as small as S3 takes them.
_RANGES: t.Final = 3
_PARTS: t.Final = 4
_PART_SIZE: t.Final = 5 * 1024 * 1024
#: How much children give way to the service itself.
_NICE: t.Final = 5


class Zygote:
    """It is made before this process has any other thread, and lives until it is closed."""

    def __init__(self, settings: Settings) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # what both have already they go on sharing, as long as the collector writes nothing into it
        gc.collect()
        gc.freeze()
        self._process = os.fork()
        if not self._process:
            self._control.close()
            _live(settings, theirs)
        theirs.close()

    def begin(self) -> socket.socket:
        """A child that waits for its request. Raises ``OSError`` when the zygote is gone."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"."], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
        return ours

    def fileno(self) -> int:
        """Of what can be read once the zygote is gone."""
        return self._control.fileno()

    def close(self) -> None:
        """Children that are left hear of it by their own sockets. Raises ``LongshoreError`` when it was gone before."""
        self._control.close()
        _process, status = os.waitpid(self._process, 0)
        if status:
            raise LongshoreError(
                "The process that makes those for the jobs has ended.",
                hint="It was killed, perhaps for its memory. Start the service again.",
            )


def _live(settings: Settings, control: socket.socket) -> t.NoReturn:
    """The zygote's life."""
    code = 1
    try:
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        # nobody asks how its children ended
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        _be_small()
        _load(settings)
        # the collector leaves alone what children share
        gc.collect()
        gc.freeze()
        while True:
            message, descriptors, _flags, _address = socket.recv_fds(control, 1, 1)
            if not message:
                break
            if not os.fork():
                control.close()
                _be_child(settings, socket.socket(fileno=descriptors[0]))
            os.close(descriptors[0])
        code = 0
    finally:
        os._exit(code)


def _be_small() -> None:
    """A container has little memory, and children work side by side."""
    keep_small()
    keep_ahead(_RANGES)
    S3Store.part_workers = _PARTS
    S3Store.multipart_threshold = _PART_SIZE


def _load(settings: Settings) -> None:
    """What every child would load anew. Nothing is sent, and no thread is begun, which would not outlive the fork."""
    # who needs it says so
    for name in ("obstore", "zstandard"):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if settings.store.family == "s3":
        # what describes the service to the SDK is read now
        with contextlib.suppress(LongshoreError), open_store(settings.store):
            pass


def _be_child(settings: Settings, connection: socket.socket) -> t.NoReturn:
    code = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        # who only asks goes first
        os.nice(_NICE)
        serve(settings, connection)
        code = 0
    finally:
        os._exit(code)
