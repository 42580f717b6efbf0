# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""A daemon's part in the swarm, where its configuration has one."""

from __future__ import annotations

import contextlib
import os
import typing as t

from ..._event_log import Log
from .._configuration import Configuration

if t.TYPE_CHECKING:
    from .._swarm._swarm import Swarm

#: In the daemon's own folder.
_FOLDER: t.Final = "swarm"


@contextlib.contextmanager
def swarming(
    configuration: Configuration, folder: str, log: Log
) -> t.Iterator[Swarm | None]:
    """None without BitTorrent. ``folder`` is the daemon's own. Raises ``MissingLibraryError`` and ``LocalWriteError``."""
    if not configuration.swarm:
        yield None
        return
    from .._swarm._swarm import Swarm

    def tell(text: str) -> None:
        log.warning("swarm", text=text)

    with Swarm(
        configuration.swarm_settings,
        configuration.secret,
        os.path.join(folder, _FOLDER),
        tell=tell,
    ) as swarm:
        yield swarm
