# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Where contents come from, other than the bucket: the one place to add such a way.

An ``Assembler`` is asked for each release that is not there yet. It writes the plaintext into an empty file, which is
verified whatever it did, or returns None: the bucket is asked then.
"""

from __future__ import annotations

import contextlib
import typing as t

from .._configuration import Configuration
from .._fetch import Assembler
from ._log import Log
from ._source import Source


@contextlib.contextmanager
def other_contents(
    configuration: Configuration, source: Source, folder: str, log: Log
) -> t.Iterator[Assembler | None]:
    """For as long as it is entered. ``folder``: of the daemon's own, to keep things in."""
    if configuration.swarm:
        log.warning("swarm", text="Everything is fetched from the bucket itself.")
    yield None
