# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What root may do here: in a container it often lacks a part of that, and is refused as anybody else, or not even told."""

from __future__ import annotations

import os
import typing as t

from .._errors import LocalWriteError

#: With their numbers in the kernel's sets.
_NUMBERS: t.Final[t.Mapping[str, int]] = {
    "CHOWN": 0,
    "DAC_OVERRIDE": 1,
    "FOWNER": 3,
    "FSETID": 4,
    "SETFCAP": 31,
}


def lacking() -> frozenset[str]:
    """Those of a restore that root has not got. An ordinary user has none, and nothing is amiss with that: then nothing."""
    if os.geteuid() != 0:
        return frozenset()
    with open("/proc/self/status", "rb") as lines:
        found = next(line for line in lines if line.startswith(b"CapEff:"))
    held = int(found.split()[1], 16)
    return frozenset(
        name for name, number in _NUMBERS.items() if not held >> number & 1
    )


def advice() -> str:
    """What root lacks, and what to do about it; empty where it lacks nothing."""
    lacked = sorted(lacking())
    if not lacked:
        return ""
    return f"Root lacks some capabilities here: {', '.join(lacked)}. {remedy(lacked)}"


def lacks(what: str, *names: str) -> LocalWriteError:
    """``what`` could not be done for the want of these capabilities."""
    listed = " and ".join(names)
    return LocalWriteError(
        f"{what}: root lacks the capability {listed} here.", hint=remedy(names)
    )


def remedy(names: t.Iterable[str]) -> str:
    options = " ".join(f"--cap-add {name}" for name in sorted(names))
    return f"Give it to the container ({options}), and run again."
