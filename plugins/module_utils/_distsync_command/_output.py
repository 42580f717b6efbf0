# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the program says: results to standard output, everything else to standard error.

With ``--json`` one object goes to standard output at the end, whatever happens. No credential gets here:
no error, result or warning of the engines has one.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import typing as t

from .._errors import LocalWriteError, LongshoreError
from ._exits import Exit, exit_of
from ._progress import Meter, drawn, lines
from ._text import printable


class ReaderGoneError(Exception):
    """Whoever read our output has closed it."""


class Output:
    """``result``: what ``--json`` shows beside ``command``, ``exit``, ``warnings`` and ``error``."""

    def __init__(self, command: str, *, as_json: bool = False) -> None:
        self.result: dict[str, t.Any] = {}
        self._command = command
        self._as_json = as_json
        self._warnings: list[str] = []
        self._error: dict[str, str] | None = None

    def line(self, text: str) -> None:
        """A line of the result, for people. Raises ``LocalWriteError`` and ``ReaderGoneError``."""
        if not self._as_json:
            _write(sys.stdout, text)

    def note(self, text: str) -> None:
        """What goes on, for people."""
        if not self._as_json:
            _write(sys.stderr, text)

    def warn(self, text: str) -> None:
        self._warnings.append(text)
        self.note(f"warning: {text}")

    def ask(self, question: str) -> None:
        """The beginning of a line that a person goes on with."""
        _write(sys.stderr, question, end="")

    def fail(self, error: LongshoreError, subject: str = "") -> dict[str, str]:
        """Say what is wrong, and what with; that as ``--json`` has it."""
        about = f"{subject}: " if subject else ""
        if not self._as_json:
            _write(sys.stderr, f"distsync: {about}{error}")
        return said_of(error)

    def end(self, code: Exit, error: dict[str, str] | None = None) -> None:
        """The last that is said."""
        if self._as_json:
            head = {"command": self._command, "exit": int(code), "error": error}
            document = {**head, "warnings": self._warnings, **self.result}
            _write(sys.stdout, json.dumps(document, indent=2))
        _flush(sys.stdout)

    @contextlib.contextmanager
    def metered(self, label: str, total: int) -> t.Iterator[Meter]:
        """Told of bytes that have gone by, of ``total``: a bar on a terminal, else lines."""
        if self._as_json:
            yield lambda size: None
            return
        shown = drawn if _is_terminal(sys.stderr) else lines
        with contextlib.ExitStack() as stack:
            yield stack.enter_context(shown(printable(label), total, self.note))


def said_of(error: LongshoreError) -> dict[str, str]:
    """An error as ``--json`` has it."""
    kind = exit_of(error).name.lower()
    return {"kind": kind, "message": error.message, "hint": error.hint}


def prepare_streams() -> None:
    """Text that a stream's encoding has not is written as escapes. A closed one takes all, or gives nothing."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _is_terminal(stream: t.TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def _write(stream: t.TextIO, text: str, end: str = "\n") -> None:
    with _explained(stream):
        stream.write(printable(text) + end)
        # lines of the two streams in their order
        stream.flush()


def _flush(stream: t.TextIO) -> None:
    with _explained(stream):
        stream.flush()


@contextlib.contextmanager
def _explained(stream: t.TextIO) -> t.Iterator[None]:
    try:
        yield
    except OSError as error:
        # what is left of it goes nowhere, and the interpreter does not fail with it in the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if stream is sys.stderr:
            return  # there is nobody to tell
        if isinstance(error, BrokenPipeError):
            raise ReaderGoneError from None
        raise LocalWriteError(
            f"Could not write to standard output: {error.strerror}."
        ) from None
