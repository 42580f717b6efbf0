# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``distsync prune``: deletes what nothing names any more."""

from __future__ import annotations

from .._distsync._opening import publishing
from .._quantities import size_text
from ._configured import configured
from ._exits import Exit
from ._output import Output


def prune(conf: str, unreadable: bool, check: bool, output: Output) -> Exit:
    """Look at all of the bucket; with ``check`` nothing is deleted. Raises ``LongshoreError``."""
    configuration = configured(conf, output)
    with publishing(configuration) as publisher:
        pruned = publisher.prune(check=check, unreadable=unreadable)
    output.result = {
        "changed": pruned.objects > 0,
        "objects": pruned.objects,
        "bytes": pruned.bytes,
    }
    done = "Would delete" if check else "Deleted"
    objects = "object" if pruned.objects == 1 else "objects"
    output.line(f"{done} {pruned.objects} {objects} ({size_text(pruned.bytes)}).")
    return Exit.DONE
