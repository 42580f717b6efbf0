# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""``distsync status``: which host has what."""

from __future__ import annotations

import os
import time
import typing as t

from .._distsync._configuration import Configuration
from .._distsync._configuration_values import Format
from .._distsync._feed import Feed
from .._distsync._fleet import Fleet, HostView, view_fleet
from .._distsync._repository import Repository
from .._distsync._status import read_statuses
from .._distsync._status_page import render
from .._distsync._trust import Trust
from .._drivers._base import Store
from .._drivers._catalogue import open_store
from .._errors import LocalWriteError, LongshoreError
from .._fields import local_path
from ._configured import configured
from ._exits import Exit
from ._output import Output
from ._text import age_text, table


def status(conf: str, page: str | None, output: Output) -> Exit:
    """Show what the daemons report, and write it as a ``page`` of HTML. Raises ``LongshoreError``."""
    configuration = configured(conf, output)
    with open_store(configuration.store) as store:
        statuses = read_statuses(store, configuration.secret, time.time)
        feeds = list(_feeds(store, configuration, output))
    fleet = view_fleet(statuses, feeds)
    output.result = {
        "healthy": fleet.healthy,
        "left_out": fleet.left_out,
        "hosts": [_shown(host) for host in fleet.hosts],
    }
    if fleet.left_out:
        output.warn(
            f"{fleet.left_out} objects among the reports are none, or cannot be opened with this SharedSecret."
        )
    rows = [row for host in fleet.hosts for row in _rows(host)]
    for line in table([_HEAD, *rows]) if rows else ():
        output.line(line)
    if not rows:
        output.note("No host has reported yet.")
    if page is not None:
        _write_page(page, fleet, configuration.store.container)
    return Exit.DONE


def _feeds(
    store: Store, configuration: Configuration, output: Output
) -> t.Iterator[Feed]:
    """What is to be on the hosts, where that can be verified; else their own word counts."""
    key = configuration.public_key
    if configuration.signing_key is not None:
        key = configuration.signing_key.public
    if configuration.format is Format.DISTSYNC01 or key is None:
        return
    for channel in configuration.channels:
        trust = Trust((key,), None, "", channel)
        repository = Repository(store, configuration.secret, channel, time.time)
        try:
            found = repository.read_feed(trust, stale=True)
        except LongshoreError as error:
            output.warn(str(error))
            continue
        if found is not None:
            yield found.feed


def _shown(host: HostView) -> dict[str, t.Any]:
    said = host.status
    return {
        "host": said.host,
        "daemon": said.daemon,
        "time": said.time,
        "age": int(host.age),
        "silent": host.silent,
        "state": host.standing,
        "free": said.free,
        "error": said.error,
        "artifacts": [
            {
                "channel": one.line.channel,
                "name": one.line.artifact,
                "version": one.version,
                "digest": one.digest,
                "since": one.since,
                "state": one.standing,
                "late": one.late,
                "error": one.error,
            }
            for one in host.holdings
        ],
    }


_HEAD: t.Final = (
    *("HOST", "REPORTED", "CHANNEL", "ARTIFACT"),
    *("VERSION", "STATE", "LATE", "ERROR"),
)


def _rows(host: HostView) -> t.Iterator[t.Sequence[str]]:
    reported = f"{age_text(max(0, int(host.age)))} ago"
    if host.silent:
        reported += " (silent)"
    about = (host.status.host, reported)
    if host.status.error or not host.holdings:
        yield (*about, "", "", "", "", "", host.status.error)
    for one in host.holdings:
        late = "-" if one.late is None else age_text(one.late)
        what = (one.line.channel, one.line.artifact, one.version or "-")
        yield (*about, *what, one.standing, late, one.error)


def _write_page(path: str, fleet: Fleet, bucket: str) -> None:
    """For its owner alone, since it has names of hosts and versions; a file that is there keeps its mode."""
    path = local_path(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        with open(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
            file.write(render(fleet, title=bucket))
    except OSError as error:
        raise LocalWriteError(f"Could not write {path!r}: {error.strerror}.") from None
