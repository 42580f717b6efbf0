# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the subcommands that work with a configuration have in common."""

from __future__ import annotations

import typing as t

from .._distsync._configuration import Configuration
from .._distsync._configuration_file import read_configuration
from .._distsync._configuration_values import Format
from .._encryption._names import check_file_name
from ._exits import UsageError
from ._output import Output


def configured(
    path: str, output: Output, *, needs: t.Collection[str] = ()
) -> Configuration:
    """The configuration, its warnings being told. Raises ``ConfigurationError``."""
    parsed = read_configuration(path, needs=needs)
    for warning in parsed.warnings:
        output.warn(warning)
    return parsed.configuration


def check_channel(configuration: Configuration, channel: str | None) -> None:
    """Raises ``UsageError`` where there are none."""
    if channel is not None and configuration.format is Format.DISTSYNC01:
        raise UsageError(
            "The format distsync01 has no channels.", hint="Leave out --channel."
        )


def check_names(names: t.Sequence[str]) -> None:
    """Raises ``UsageError`` for one that is there twice, ``NameRefusedError``."""
    for name in names:
        check_file_name(name)
        if names.count(name) > 1:
            raise UsageError(f"{name!r} is named twice.", hint="Name it once.")
