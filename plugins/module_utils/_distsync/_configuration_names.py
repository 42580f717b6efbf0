# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Every key, and their names as people write them: upper and lower case, and underscores or none, are one."""

from __future__ import annotations

import difflib
import re
import typing as t

from .._errors import ConfigurationError
from ._configuration_daemon import DAEMON_KEYS
from ._configuration_swarm import SWARM_KEYS
from ._configuration_values import KEYS as SHARED_KEYS
from ._configuration_values import SHOWN_LENGTH

#: Every key outside of sections and what reads it.
KEYS: t.Final = {**SHARED_KEYS, **DAEMON_KEYS, **SWARM_KEYS}


def _fold(name: str) -> str:
    return name.replace("_", "").casefold()


def proper_names(
    table: t.Mapping[str, object],
    known: t.Sequence[str],
    label: str,
    section: str,
    warnings: list[str],
) -> dict[str, object]:
    """A table's values by the names that ``known`` has for them; the others make warnings."""
    by_folded = {_fold(name): name for name in known}
    found: dict[str, object] = {}
    for written, value in table.items():
        name = by_folded.get(_fold(written))
        if name is None:
            warnings.append(_unknown(written, by_folded, label, section))
        elif name in found:
            raise ConfigurationError(
                f"{label}: {_dotted(section, name)} is there twice: upper and lower case are one.",
                hint="Keep one of them.",
            )
        else:
            found[name] = value
    return {name: value for name, value in found.items() if value != ""}


def _dotted(section: str, name: str) -> str:
    return f"{section}.{name}" if section else name


def _unknown(
    written: str, by_folded: t.Mapping[str, str], label: str, section: str
) -> str:
    if section == "" and _fold(written) == "peerdist":
        return f"{label}: [PeerDist] is ignored: distsync never used it."
    # What is long, or no word, may be a secret that got to the wrong side of the "=".
    word = re.fullmatch(rf"[A-Za-z][\w-]{{0,{SHOWN_LENGTH - 1}}}", written)
    name = f"the key {_dotted(section, written)}" if word else "a key"
    outside = {_fold(key): key for key in KEYS}.get(_fold(written))
    if section and outside:
        hint = f"{outside} goes before the first section."
    else:
        hint = _closest(_fold(written), by_folded)
    return f"{label}: {name} is unknown and ignored. {hint}".strip()


def _closest(written: str, by_folded: t.Mapping[str, str]) -> str:
    close = difflib.get_close_matches(written, by_folded, n=1)
    return f"Did you mean {by_folded[close[0]]}?" if close else ""
