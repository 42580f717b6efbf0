# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command of Ansible's that runs, and what it has written so far."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import threading
import typing as t
from pathlib import Path

#: A test that waits longer for what must come has failed.
_LONGEST = 60.0
_RESULT = re.compile(r"^(\S+) \| \w+!? => (\{$.*?^\})$", flags=re.MULTILINE | re.DOTALL)


class Running:
    """Use it as a context: what is still running at its end is ended.

    ``terminal``: whether it writes to a terminal, or into a pipe.
    """

    def __init__(
        self,
        command: t.Sequence[str],
        folder: Path,
        environment: t.Mapping[str, str],
        *,
        terminal: bool,
    ) -> None:
        ours, theirs = pty.openpty() if terminal else os.pipe()
        self._output = ours
        self._text = ""
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._reading = threading.Thread(target=self._read)
        self._reading.start()

    def __enter__(self) -> t.Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self.end()
        os.close(self._output)

    @property
    def text(self) -> str:
        return self._text

    @property
    def results(self) -> dict[str, list[dict[str, t.Any]]]:
        """What each task returned, by host."""
        found: dict[str, list[dict[str, t.Any]]] = {}
        for host, result in _RESULT.findall(self._text):
            found.setdefault(host, []).append(json.loads(result))
        return found

    def progress(self, host: str) -> list[str]:
        """The lines about a host."""
        start = f"progress: [{host}] "
        lines = self._text.splitlines()
        return [line[len(start) :] for line in lines if line.startswith(start)]

    def until(self, happened: t.Callable[[], bool]) -> None:
        """Wait for something that shows in the output. The test fails when that ends without."""
        with self._news:
            self._news.wait_for(lambda: happened() or not self._is_open, _LONGEST)
            assert happened(), self._text

    def end(self) -> int:
        """Wait for its end."""
        code = self._process.wait(_LONGEST)
        self._reading.join(_LONGEST)
        return code

    def interrupt(self) -> None:
        """As Ctrl-C does it."""
        os.killpg(self._process.pid, signal.SIGINT)

    @property
    def _is_open(self) -> bool:
        return self._reading.is_alive()

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._output, 65536)
            except OSError:  # nobody has the terminal open any more
                data = b""
            with self._news:
                self._text += data.decode(errors="replace").replace("\r\n", "\n")
                self._news.notify_all()
            if not data:
                return
