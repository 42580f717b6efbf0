# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""When a schedule in cron's notation comes next, by the library croniter."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

from .._errors import ConfigurationError, MissingLibraryError


def check_schedule(written: str) -> None:
    """Raises ``ConfigurationError`` and ``MissingLibraryError``."""
    croniter = _library()
    if len(written.split()) != 5 or not croniter.is_valid(written):
        raise ConfigurationError(
            f"{written!r} is no schedule of cron.",
            hint="It has five fields: minute, hour, day of the month, month, day of the week; 30 3 * * * is each night at 3:30.",
        )


def next_time(schedule: str, after: datetime) -> datetime:
    """In the time zone of this process; UTC. Raises ``ConfigurationError`` for one that never comes."""
    croniter = _library()
    # without a zone, so that the clock on the wall counts, whatever becomes of summer time
    local = after.astimezone().replace(tzinfo=None)
    try:
        found: datetime = croniter(schedule, local).get_next(datetime)
    except ValueError:
        raise ConfigurationError(f"{schedule!r} never comes.") from None
    return found.astimezone(UTC)


def _library() -> t.Any:
    try:
        from croniter import croniter
    except ImportError:
        raise MissingLibraryError(["croniter"], "for SCHEDULE") from None
    return croniter
