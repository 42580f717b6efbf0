# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Runs the commands that go before and after: for so long and no longer, with all that they start.

Each is a list of arguments, run without a shell, in a session of its own, so that everything in its process
group can be ended with it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import typing as t

from .._errors import LongshoreError
from .._process_group import end_group

#: Bytes of what it wrote that are told: the last ones.
_TOLD: t.Final = 500


class CommandError(LongshoreError):
    """A command could not be started, failed, or took too long."""


class Command(t.NamedTuple):
    """``timeout``: seconds."""

    argv: tuple[str, ...]
    timeout: float

    def __str__(self) -> str:
        """Without its arguments, which may hold a password."""
        return repr(self.argv[0])


def run_command(command: Command) -> None:
    """Raises ``CommandError``. Of a command that had to be ended, nothing of its process group is left then."""
    # a file, so that nobody waits for who keeps a pipe open in the background
    with tempfile.TemporaryFile() as output:
        try:
            process = subprocess.Popen(
                command.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) else str(error)
            raise CommandError(
                f"The command {command} could not be started: {said}.",
                hint="It is a program and its arguments, without a shell.",
            ) from None
        try:
            process.wait(command.timeout)
        except subprocess.TimeoutExpired:
            raise CommandError(
                f"The command {command} did not end in {command.timeout:g} s, and was ended.{_end_of(output)}",
                hint="Give it more time with timeout, or see why it hangs.",
            ) from None
        finally:
            if process.returncode is None:
                end_group(process)
        if process.returncode:
            raise CommandError(
                f"The command {command} {_how(process.returncode)}.{_end_of(output)}"
            )


def _how(code: int) -> str:
    if code < 0:
        return f"was ended by signal {-code}"
    return f"failed with exit status {code}"


def _end_of(output: t.IO[bytes]) -> str:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _TOLD))
    text = output.read().decode(errors="replace").strip()
    return f" It wrote: {text}" if text else ""
