# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The program: reads the command line, calls the subcommand, ends with its code."""

from __future__ import annotations

import argparse
import os
import traceback
import typing as t

from .._errors import LongshoreError
from ._arguments import conf_of, parser
from ._exits import MEANINGS, Exit, exit_of
from ._output import Output, ReaderGoneError, prepare_streams
from ._signals import StoppedBySignal, stoppable


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Run it with these arguments (None: those of the process); with which code to end."""
    prepare_streams()
    try:
        options = parser().parse_args(arguments)
    except SystemExit as ended:  # the parser has said why
        return int(ended.code or 0)
    output = Output(options.command, as_json=options.as_json)
    try:
        return _run(options, output)
    except ReaderGoneError:
        return Exit.PIPE
    except LongshoreError as error:  # from the last that was written
        output.fail(error)
        return exit_of(error)


def _run(options: argparse.Namespace, output: Output) -> Exit:
    error: dict[str, str] | None = None

    def stopped(number: int) -> Exit:
        code = Exit(128 + number)
        output.end(code, output.fail(_stopped(code)))
        return code

    try:
        if options.command == "daemon":
            code = _call(options, output)  # it sees to signals itself
        else:
            with stoppable(stopped):
                code = _call(options, output)
    except LongshoreError as failure:
        code, error = exit_of(failure), output.fail(failure)
    except StoppedBySignal as signal:
        return stopped(signal.number)
    # whatever else it is: nobody is helped by many lines of code, and its text may hold anything
    except Exception as failure:
        if isinstance(failure, ReaderGoneError):
            raise
        code, error = Exit.FAILED, output.fail(_unexpected(failure))
    output.end(code, error)
    return code


def _call(options: argparse.Namespace, output: Output) -> Exit:
    match options.command:
        case "setup":
            from ._setup import setup

            return setup(output)
        case "upload":
            from ._upload import upload

            return upload(
                conf_of(options),
                options.files,
                options.name,
                options.version,
                options.force,
                output,
            )
        case "download":
            from ._download import download

            return download(
                conf_of(options),
                options.names,
                options.output,
                options.version,
                options.channel,
                output,
            )
        case "list":
            from ._list import list_releases

            return list_releases(conf_of(options), options.channel, output)
        case "prune":
            from ._prune import prune

            return prune(conf_of(options), options.unreadable, options.check, output)
        case "daemon":
            from ._daemon import daemon

            return daemon(conf_of(options), options.verify)
        case _:
            from ._status import status

            return status(conf_of(options), options.html, output)


def _stopped(code: Exit) -> LongshoreError:
    return LongshoreError(
        MEANINGS[code], hint="What was begun is gone on with by the same command."
    )


def _unexpected(failure: Exception) -> LongshoreError:
    where = traceback.extract_tb(failure.__traceback__)[-1]
    return LongshoreError(
        f"An error that was not expected: {type(failure).__name__} in {os.path.basename(where.filename)}, line {where.lineno}.",
        hint="This is a fault of distsync itself: please report it with this text and what you did.",
    )
