# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Gives memory back to the system after work, where the C library is one that would keep it."""

from __future__ import annotations

import gc
import typing as t

#: glibc's numbers of options: how many places memory is taken from, and from which size (bytes) on
#: it comes from the system and goes back there.
_ARENA_MAX: t.Final = -8
_ARENAS: t.Final = 1
_MMAP_THRESHOLD: t.Final = -3
_LARGE: t.Final = 1024 * 1024


def keep_small() -> None:
    """Threads would otherwise have a place each, none of which is ever empty. To be called first."""
    _call("mallopt", _ARENA_MAX, _ARENAS)
    _call("mallopt", _MMAP_THRESHOLD, _LARGE)


def give_back() -> None:
    """What is free and was not given back yet."""
    from ._ranges import forget_buffers

    gc.collect()
    forget_buffers()
    _call("malloc_trim", 0)


def _call(name: str, *arguments: int) -> None:
    try:
        import ctypes

        getattr(ctypes.CDLL(None), name)(*arguments)
    except (ImportError, OSError, AttributeError):
        return  # another C library, which does so by itself
