# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the deletion of one object among many ends in."""

from __future__ import annotations

import typing as t

from .._errors import (
    ContainerMissingError,
    ObjectMissingError,
    StoreError,
    UnreachableError,
)

_P = t.ParamSpec("_P")


def fault_of(
    delete: t.Callable[_P, object], *arguments: _P.args, **named: _P.kwargs
) -> StoreError | None:
    """Why ``delete`` left the object there; None where it is gone, as it may have been before.

    What keeps all others from being deleted, too, is raised: ``ContainerMissingError`` and
    ``UnreachableError``.
    """
    try:
        delete(*arguments, **named)
    except ObjectMissingError:
        return None
    except (ContainerMissingError, UnreachableError):
        raise
    except StoreError as error:
        return error
    return None
