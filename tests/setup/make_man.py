# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the man page of ``distsync`` out of its parser and its exit codes.

A test compares the page in the repository with what this makes.

Usage, with the folder of ``ansible_collections`` on PYTHONPATH: make_man.py FILE
"""

from __future__ import annotations

import argparse
import sys
import typing as t
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._arguments import (
    DESCRIPTION,
    parser,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._exits import (
    MEANINGS,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync_command._version import (
    VERSION,
)

HEAD = r""".\" Copyright (c) 2026, the longshore.storage authors
.\" GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
.\" SPDX-License-Identifier: GPL-3.0-or-later
.\" Made by tests/setup/make_man.py.
"""

FILES = {
    "~/.distsync": "The configuration of who publishes. It holds secrets: mode 0600.",
    "~/.distsyncd": "The configuration of the daemons, and of who fetches.",
    "~/.cache/longshore/distsync/": "Which state of each channel was seen last, so that nobody can show an older one, and which "
    "uploads are unfinished. Below $XDG_CACHE_HOME where that is set. Keep it from one run to the next.",
}

EXAMPLES = {
    "Publish what was built, with a version of its own:": "distsync upload --version 1.4.2 build/app.tar.gz",
    "Fetch it elsewhere:": "distsync download -o /srv/releases app.tar.gz",
    "Which versions are there, for a program:": "distsync list --json",
}


def escaped(text: str) -> str:
    """As roff shows it word by word."""
    shown = text.replace("\\", r"\e").replace("-", r"\-")
    return f"\\&{shown}" if shown.startswith((".", "'")) else shown


def entry(term: str, text: str) -> t.Iterator[str]:
    yield from (".TP", term, escaped(text))


def option(action: argparse.Action) -> str:
    """How an argument is written, such as ``-o PATH``."""
    if not action.option_strings:
        return rf"\fI{escaped(str(action.metavar))}\fR"
    names = ", ".join(rf"\fB{escaped(name)}\fR" for name in action.option_strings)
    if action.nargs == 0:
        return names
    value = action.metavar or action.dest.upper()
    return rf"{names} \fI{escaped(str(value))}\fR"


def subparsers(program: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in program._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    raise LookupError("the parser has no subcommands")


def synopsis(name: str, sub: argparse.ArgumentParser) -> str:
    """A subcommand's line: what must be there is last."""
    parts = [rf"\fBdistsync {name}\fR"]
    for action in sub._actions:
        if action.dest == "help":
            continue
        if action.option_strings:
            short = action.option_strings[0]
            value = "" if action.nargs == 0 else action.metavar or action.dest.upper()
            shown = rf"\fB{escaped(short)}\fR"
            parts.append(f"[{shown} \\fI{value}\\fR]" if value else f"[{shown}]")
    parts += [rf"\fI{a.metavar}\fR ..." for a in sub._actions if not a.option_strings]
    return " ".join(parts)


def page() -> str:
    """The whole page, in roff."""
    commands = subparsers(parser())
    lines = [f'.TH DISTSYNC 1 "" "distsync {VERSION}" "longshore.storage"']
    lines += [
        ".SH NAME",
        r"distsync \- distribute encrypted artifacts through a bucket",
    ]
    lines += [".SH SYNOPSIS"]
    for name, sub in commands.items():
        lines += [synopsis(name, sub), ".br"]
    lines[-1:] = []
    lines += [".SH DESCRIPTION", escaped(DESCRIPTION), ".SH COMMANDS"]
    for name, sub in commands.items():
        lines += [f'.SS "distsync {name}"', escaped(str(sub.description))]
        for action in sub._actions:
            if action.dest != "help":
                lines += entry(option(action), str(action.help))
    lines += [".SH FILES"]
    for path, text in FILES.items():
        lines += entry(rf"\fI{escaped(path)}\fR", text)
    lines += [".SH EXIT STATUS"]
    for code, text in MEANINGS.items():
        lines += entry(rf"\fB{int(code)}\fR", text)
    lines += [".SH EXAMPLES"]
    for text, command in EXAMPLES.items():
        lines += [".PP", escaped(text), ".PP", ".RS", ".nf", escaped(command)]
        lines += [".fi", ".RE"]
    lines += [".SH SEE ALSO", r"docs/distsync.md in the collection, ansible\-doc(1)"]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
