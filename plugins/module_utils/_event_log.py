# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a program that stays tells who runs it: one line of JSON for each event, on a stream that is no terminal.

No secret gets into a line, whoever wrote its text.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import typing as t
from urllib.parse import quote

_HIDDEN: t.Final = "********"


class Log:
    """Writes events from any thread. ``clock``: seconds since the epoch."""

    def __init__(
        self, stream: t.TextIO, clock: t.Callable[[], float] = time.time
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._secrets: tuple[str, ...] = ()

    def hide(self, secrets: t.Collection[str]) -> None:
        """They are in no line from now on, beside those that were hidden before."""
        found = {*secrets, *(quote(one, safe="") for one in secrets)}
        # the longest first: one may be a part of another
        self._secrets = tuple(sorted(found | {*self._secrets}, key=len, reverse=True))

    def info(self, event: str, **fields: object) -> None:
        self._write("info", event, fields)

    def warning(self, event: str, **fields: object) -> None:
        self._write("warning", event, fields)

    def error(self, event: str, **fields: object) -> None:
        self._write("error", event, fields)

    def scrubbed(self, text: str) -> str:
        """Without any secret."""
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text

    def _write(self, level: str, event: str, fields: t.Mapping[str, object]) -> None:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock()))
        line: dict[str, object] = {"time": moment, "level": level, "event": event}
        for name, value in fields.items():
            if value is not None:
                plain = isinstance(value, (int, float, bool))
                line[name] = value if plain else self.scrubbed(str(value))
        with self._lock:
            try:
                self._stream.write(json.dumps(line) + "\n")
                self._stream.flush()
            except (OSError, ValueError):
                pass  # who listened is gone, and there is nobody else to tell


class LibraryHandler(logging.Handler):
    """What libraries warn of, as events."""

    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        # a warning with wrong arguments must not end what it warns of
        try:
            text = record.getMessage()
        except (TypeError, ValueError):
            text = str(record.msg)
        self._log.warning("library", library=record.name, text=text)
