# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``distsync list``: what is published."""

from __future__ import annotations

import typing as t

from .._distsync._opening import fetching
from .._distsync._results import Listed
from .._quantities import size_text
from ._configured import check_channel, configured
from ._exits import Exit
from ._output import Output
from ._text import age_text, table


def list_releases(conf: str, channel: str | None, output: Output) -> Exit:
    """Show every release of a channel. Raises ``LongshoreError``."""
    configuration = configured(conf, output)
    check_channel(configuration, channel)
    with fetching(configuration, channel) as fetcher:
        seen = fetcher.look()
    for warning in seen.warnings:
        output.warn(warning)
    output.result = {
        "sequence": seen.sequence,
        "expires": seen.expires,
        "releases": [dict(one._asdict()) for one in seen.releases],
    }
    if seen.releases:
        for line in table([_HEAD, *map(_row, seen.releases)]):
            output.line(line)
    return Exit.DONE


_HEAD: t.Final = ("NAME", "VERSION", "LATEST", "SIZE", "AGE")


def _row(one: Listed) -> t.Sequence[str]:
    return (
        one.name,
        one.version or "-",
        "yes" if one.latest else "",
        size_text(one.sealed_size if one.size is None else one.size),
        "-" if one.age is None else age_text(one.age),
    )
