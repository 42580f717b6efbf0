# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a request is to the engine; in a process of its own, which is told to end where the request is cancelled."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import typing as t
from urllib.parse import quote

from .._drivers._catalogue import open_store
from .._endpoint import Endpoint
from .._errors import (
    AccessDeniedError,
    ContainerTakenError,
    LongshoreError,
    UnreachableError,
)
from .._persist._codecs import Compression
from .._persist._info_run import InfoOptions, inform
from .._persist._job import Progress
from .._persist._options import PersistOptions, State
from .._persist._outcome import PersistError, PersistOutcome
from .._persist._record import Series
from .._persist._restore import recover
from .._persist._retention import Retention
from .._persist._run import run
from .._persist._saving import SaveOptions
from .._persist._single import single_key
from .._persist._snapshot_failures import SnapshotMissingError
from .._persist._stoppable import StoppedError
from .._persist._swap import needs_recovery
from ._environment import Settings
from ._failures import Document, document_of
from ._request import Layout, Request
from ._top import Top, own_names

_STATES: t.Final[t.Mapping[str, State]] = {
    "save": "saved",
    "restore": "restored",
    "verify": "verified",
    "delete": "absent",
    "prune": "absent",
}
#: Of what ``volume_persist_info`` returns, what clients are told.
_LISTED: t.Final = (
    *("host", "path", "latest", "age", "stored_bytes"),
    *("snapshots", "broken", "unfinished"),
)
#: Seconds that a store may take for its first answer, where somebody waits; it is asked twice.
_PROMPT: t.Final = 8.0
#: Characters of each sample.
_LONGEST: t.Final = 500


class Answer(t.TypedDict):
    """``result`` is there beside ``error`` where something was changed before it failed."""

    result: t.NotRequired[dict[str, t.Any]]
    error: t.NotRequired[Document]


def work(settings: Settings, request: Request, progress: Progress) -> Answer:
    """Do it. Whatever goes wrong is in the answer."""
    try:
        if request.prompt:
            _reach(settings.store)
        match request.work:
            case "prepare":
                return {"result": _prepare(settings)}
            case "list":
                return {"result": _list(settings, request.path)}
            case "restore" if request.if_empty:
                return {"result": _fill(settings, request, progress)}
            case _:
                return {"result": _run(settings, request, progress)}
    except PersistError as error:
        return {
            "error": document_of(error, request.path),
            "result": _result(error.report),
        }
    except LongshoreError as error:
        return {"error": document_of(error, request.path)}


def _reach(endpoint: Endpoint) -> None:
    """Raises ``UnreachableError`` within some 20 seconds. What else is wrong with the store, the work itself finds."""
    hurried = dataclasses.replace(
        endpoint,
        timeout=min(endpoint.timeout, _PROMPT),
        retries=min(endpoint.retries, 1),
    )
    try:
        with open_store(hurried) as store:
            store.container_exists()
    except UnreachableError:
        raise
    except LongshoreError:
        pass


def _run(settings: Settings, request: Request, progress: Progress) -> dict[str, t.Any]:
    if request.work == "restore":
        return _restore(settings, request, progress)
    result = _result(_call(settings, request, progress))
    if request.work == "save":
        result["stored"] = _stored(settings, request, result)
    return result


def _restore(
    settings: Settings, request: Request, progress: Progress
) -> dict[str, t.Any]:
    """One that was told to end after all was in place, or while it was put there, has succeeded."""
    before = Top(request.path)
    try:
        return _result(_call(settings, request, progress))
    except PersistError as error:
        if not isinstance(error.reason, StoppedError):
            raise
        recover(request.path)
        return _result(error.report)
    except StoppedError:
        # goes on with what was being put in place, and removes what was not to be any more
        recovered = recover(request.path)
        if request.mode == "merge" or not before.is_replaced():
            raise
        return {"changed": True, "recovered": recovered}


def _call(settings: Settings, request: Request, progress: Progress) -> PersistOutcome:
    return run(
        _STATES[request.work],
        _options(settings, request),
        check=request.check,
        progress=progress,
    )


def _result(outcome: PersistOutcome) -> dict[str, t.Any]:
    """As a task has it. Many jobs are remembered, and a path may be long: samples are cut."""
    result = outcome.result()
    result["warnings"] = outcome.warnings
    result["samples"] = {
        name: [text[:_LONGEST] for text in texts]
        for name, texts in result["samples"].items()
    }
    return result


def _options(settings: Settings, request: Request) -> PersistOptions:
    is_single = request.layout == "single"
    name = "gzip" if is_single else "zstd"
    options = PersistOptions(
        store=settings.store,
        path=request.path,
        host=settings.host,
        layout=request.layout,
        snapshot=request.snapshot,
        mode=request.mode or "replace",
        include=request.include,
        compare=request.compare,
        differences=request.check,
        saving=SaveOptions(
            compression=Compression(name if settings.compress else "none"),
            folder=settings.state_path,
        ),
        retention=Retention.parse(request.keep) if request.keep else None,
        folder=settings.state_path,
    )
    if is_single:
        return options
    saving = dataclasses.replace(options.saving, encryption=settings.encryption)
    return dataclasses.replace(options, saving=saving, keys=settings.keys)


def _stored(
    settings: Settings, request: Request, result: t.Mapping[str, t.Any]
) -> dict[str, str]:
    """Where what was saved is, in the words of micro-s3-persistence."""
    endpoint, etag = settings.store, ""
    if request.layout == "single":
        with open_store(endpoint) as store:
            key = single_key(store, request.path)
            # who may only write gets no etag
            with contextlib.suppress(AccessDeniedError):
                etag = (store.stat(key).info.etag or "").strip('"')
    else:
        series = Series(settings.host, request.path)
        key = f"{series.folder(endpoint.prefix)}{result['snapshot']}"
    host = endpoint.url or f"https://{endpoint.provider.lower()}"
    return {
        "Location": f"{host}/{quote(endpoint.container)}/{quote(key)}",
        "ETag": f'"{etag}"',
        "Bucket": endpoint.container,
        "Key": key,
    }


# -- a path that is empty


def _fill(settings: Settings, request: Request, progress: Progress) -> dict[str, t.Any]:
    """From the newest that there is, in either layout."""
    is_encrypted = bool(settings.encryption.name or settings.keys.identities)
    layouts: tuple[Layout, ...] = ("snapshots",)
    if not is_encrypted:
        layouts += ("single",)
    for layout in layouts:
        if is_filled(request.path):
            break
        try:
            return _run(settings, dataclasses.replace(request, layout=layout), progress)
        except SnapshotMissingError:
            continue
    return {"changed": False}


def is_filled(path: str) -> bool:
    """Whether there is anything of somebody's; a restore that was cut off is not."""
    if needs_recovery(path):
        return False
    return not os.path.isdir(path) or next(own_names(path), None) is not None


# -- what needs no path


def _prepare(settings: Settings) -> dict[str, t.Any]:
    """The store's container is there; what was cut off in the volumes is brought to its end."""
    with open_store(settings.store) as store:
        try:
            made = store.create_container()
        except AccessDeniedError as error:
            if not isinstance(error, ContainerTakenError):
                error.hint += (
                    " It may also be somebody else's: choose another name then."
                )
            raise
    recovered, failed = {}, {}
    for path in settings.allowed:
        try:
            done = recover(path)
        except LongshoreError as error:
            failed[path] = str(error)
        else:
            if done:
                recovered[path] = done
    return {"made": made, "recovered": recovered, "failed": failed}


def _list(settings: Settings, path: str) -> dict[str, t.Any]:
    found = inform(InfoOptions(settings.store, path=path, host=settings.host)).result()[
        "volumes"
    ][0]
    return {name: found[name] for name in _LISTED}
