# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The command line. ``docs/man/distsync.1`` is made of it."""

from __future__ import annotations

import argparse
import os
import typing as t
from dataclasses import dataclass

from .._distsync._configuration_file import DAEMON_PATH, UPLOADER_PATH
from .._distsync._release import LATEST
from ._version import VERSION

DESCRIPTION: t.Final = (
    "Distributes encrypted artifacts through a bucket: who publishes puts them there, and every host has "
    "them seconds later, verified."
)


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand. ``conf``: where its configuration is by default, the first that is there; none: it takes none.

    ``ends``: by itself, and then it has a result.
    """

    name: str
    summary: str
    conf: tuple[str, ...]
    add: t.Callable[[argparse.ArgumentParser], None]
    ends: bool = True


def _none(_parser: argparse.ArgumentParser) -> None:
    """It has no arguments of its own."""


def _upload(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="what to publish")
    parser.add_argument(
        "--name", help="publish one FILE under this name, instead of its own"
    )
    parser.add_argument(
        "--version",
        metavar="VERSION",
        help="the version of each FILE; by default the beginning of its SHA-256",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="replace other contents that have this version, and go on from whatever state the channel is in",
    )


def _download(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("names", nargs="+", metavar="NAME", help="what to fetch")
    parser.add_argument(
        "-o",
        "--output",
        default=".",
        metavar="PATH",
        help="the folder to put it into, or for one NAME the file to write; by default the current folder",
    )
    parser.add_argument(
        "--version",
        default=LATEST,
        metavar="VERSION",
        help="the version of each NAME; by default the latest",
    )
    _channel(parser)


def _prune(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--unreadable",
        action="store_true",
        help="delete also feeds and announcements that the configuration's secret and key do not open, and what only "
        "they name; it takes credentials that may delete feeds",
    )
    parser.add_argument(
        "--check", action="store_true", help="only say how much would be deleted"
    )


def _daemon(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--verify",
        action="store_true",
        help="read what is in place at the beginning and every hour, and repair it",
    )


def _status(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--html", metavar="PATH", help="write it as a page of HTML, too"
    )


def _channel(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--channel", help="the channel; by default the configuration's first"
    )


COMMANDS: t.Final[t.Sequence[Command]] = (
    Command(
        "setup",
        "Ask for a bucket and make all that distribution takes: bucket, two identities, keys, both configurations.",
        (),
        _none,
    ),
    Command(
        "upload",
        "Publish files: all of them become visible at once, as the latest of their names. What was cut off before is gone on with.",
        (UPLOADER_PATH,),
        _upload,
    ),
    Command(
        "download",
        "Fetch artifacts, each verified before it has its name. What was cut off before is gone on with.",
        (DAEMON_PATH,),
        _download,
    ),
    Command("list", "Show what is published.", (DAEMON_PATH, UPLOADER_PATH), _channel),
    Command(
        "prune",
        "Delete from the bucket what no channel names, and nobody is about to publish.",
        (UPLOADER_PATH,),
        _prune,
    ),
    Command(
        "daemon",
        "Keep a folder as what is published, until SIGTERM or Ctrl-C. Events go to standard error, as JSON, a line for each.",
        (DAEMON_PATH,),
        _daemon,
        ends=False,
    ),
    Command(
        "status",
        "Show which host has what, as the daemons report.",
        (UPLOADER_PATH,),
        _status,
    ),
)


def parser() -> argparse.ArgumentParser:
    """The whole program's."""
    program = argparse.ArgumentParser(
        prog="distsync",
        description=DESCRIPTION,
        epilog="Each command has its own --help. Exit codes and files are described in distsync(1).",
        allow_abbrev=False,
    )
    program.add_argument("--version", action="version", version=f"distsync {VERSION}")
    commands = program.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", required=True
    )
    for one in COMMANDS:
        sub = commands.add_parser(
            one.name, help=one.summary, description=one.summary, allow_abbrev=False
        )
        one.add(sub)
        if one.conf:
            # -conf is how the original wrote it
            sub.add_argument(
                *("-c", "--conf", "-conf"),
                dest="conf",
                metavar="PATH",
                help=f"the configuration; by default {', else '.join(one.conf)}",
            )
        sub.set_defaults(as_json=False)
        if one.ends:
            sub.add_argument(
                "--json",
                action="store_true",
                dest="as_json",
                help="write one JSON object to standard output, and nothing else",
            )
    return program


def conf_of(options: argparse.Namespace) -> str:
    """The configuration that is meant; of several that are none, the first."""
    if options.conf is not None:
        return str(options.conf)
    (usual,) = (one.conf for one in COMMANDS if one.name == options.command)
    there = (path for path in usual if os.path.lexists(os.path.expanduser(path)))
    return next(there, usual[0])
