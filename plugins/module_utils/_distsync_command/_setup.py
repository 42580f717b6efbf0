# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``distsync setup``: asks, and makes what distribution takes."""

from __future__ import annotations

import getpass
import sys
import typing as t

from .._distsync._setup import set_up
from .._distsync._setup_questions import ask_setup
from .._distsync._setup_report import SetupReport, SetupStoppedError
from .._errors import ConfigurationError
from .._fields import has_control_characters, listed
from ._exits import Exit, UsageError
from ._output import Output, said_of


def setup(output: Output) -> Exit:
    """Ask on standard input, then set up. Raises ``LongshoreError``."""
    options = ask_setup(_Person(output))
    output.note("Setting up …")
    try:
        report = set_up(options)
    except SetupStoppedError as error:
        _tell(error.report, output)
        if not error.report.changed:
            raise
        output.result["reason"] = said_of(error)
        output.fail(error)
        return Exit.PARTIAL
    _tell(report, output)
    return Exit.DONE


def _tell(report: SetupReport, output: Output) -> None:
    for warning in report.warnings:
        output.warn(warning)
    output.result = report.result()
    for change in report.changes:
        output.line(f"Done: {change}")
    if not report.changed:
        output.line("Nothing is to be changed.")
    for step in report.next_steps:
        output.line(f"Next: {step}")


class _Person:
    """Asks whoever is at the other end of standard input."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def __call__(
        self,
        question: str,
        default: str = "",
        *,
        choices: t.Sequence[str] = (),
        hidden: bool = False,
        check: t.Callable[[str], object] | None = None,
    ) -> str:
        """The answer. Raises ``UsageError`` when there are no more."""
        shown = f" ({'/'.join(choices)})" if choices else ""
        usual = f" [{default}]" if default else ""
        while True:
            answer = self._read(f"{question}{shown}{usual}: ", hidden) or default
            if choices:
                begun = answer.casefold()
                meant = [one for one in choices if begun and one.startswith(begun)]
                if len(meant) != 1:
                    self._output.ask(f"Answer {listed(choices, 'or')}.\n")
                    continue
                answer = meant[0]
            try:
                if has_control_characters(answer):
                    raise ConfigurationError("It holds a control character.")
                if check is not None:
                    check(answer)
            except ConfigurationError as error:
                self._output.ask(f"{error}\n")
                continue
            return answer

    def _read(self, prompt: str, hidden: bool) -> str:
        try:
            if hidden and sys.stdin.isatty():
                return getpass.getpass(prompt, sys.stderr).strip()
            self._output.ask(prompt)
            line = sys.stdin.readline()
        except (EOFError, UnicodeDecodeError):
            line = ""
        if not line:
            self._output.ask("\n")
            raise UsageError(
                "The answers ended before the questions.",
                hint="Nothing was changed. Run distsync setup on a terminal, or give it all answers, line by line.",
            )
        return line.strip()
