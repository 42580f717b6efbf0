# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What the user wrote, turned into an :class:`Endpoint`.

An endpoint is written as a mapping, or as the name of an entry of ``providers``; a source may also
be a local path. What a single field may hold is ``_fields``' affair, what a provider demands
``_endpoint_checks``'.
"""

from __future__ import annotations

import json
import typing as t

from ._endpoint import Endpoint
from ._endpoint_checks import build_endpoint
from ._errors import ConfigurationError
from ._fields import (
    Written,
    did_you_mean,
    local_path,
    looks_like_fields,
    read_fields,
)

#: The entries of ``providers`` by name.
Entries = t.Mapping[str, t.Mapping[str, object]]


def local_source(path: str) -> Endpoint:
    """A source that was written as a local path; it may be a folder or a file, there or not."""
    if not path or "\0" in path:
        raise ConfigurationError(f"source: {path!r} is not a path.")
    return Endpoint("LOCAL", local_path(path))


def parse_endpoint(
    value: str | t.Mapping[str, object],
    *,
    option: str,
    providers: Entries | None,
    default_provider: str | None,
    fields: t.Mapping[str, str] | None = None,
    any_container: bool = False,
) -> Endpoint:
    """Turn what was written for ``option`` (``source``, ``destination`` …) into an Endpoint.

    A string is the name of an entry of ``providers``, or a mapping in JSON. For ``source`` every
    other string is a local path, and so is one with a ``/`` or with a ``.`` or ``~`` in front, even
    if an entry is called that. A mapping whose id is the name of an entry takes over the entry's
    fields, its own going first; one without id does so with ``default_provider``, else with the
    entry called ``default``. ``fields`` are written elsewhere, and go before an entry's.

    ``any_container``: it is the caller who checks the container's name, which may be missing:
    ``container`` is empty then, and of LOCAL ``key`` is the base folder. Raises
    ``ConfigurationError``.
    """
    entries = providers or {}
    written = _from_json(value, option)
    if isinstance(written, str):
        if looks_like_fields(written):
            raise ConfigurationError(
                f"{option}: fields are written as a mapping.",
                hint='On the command line that is JSON: {"id": "LOCAL", "container": "/srv/site"}.',
            )
        if option == "source" and (_looks_like_path(written) or written not in entries):
            return local_source(written)
        own = Written({})
        entry: str | None = written
    elif isinstance(written, t.Mapping):
        own = read_fields(written, option)
        entry = _entry_named_by(own, entries, default_provider)
    else:
        raise ConfigurationError(
            f"{option} must be a mapping or a string, not a {type(written).__name__}."
        )
    own = _joined(own, fields or {}, option)
    if entry is None:
        return build_endpoint(own.fields, option, entries, any_container)
    inherited = _inherit(entry, own, option, entries)
    label = f"{option} (providers.{entry})"
    return build_endpoint(inherited, label, entries, any_container)


def _joined(own: Written, others: t.Mapping[str, str], option: str) -> Written:
    """The fields of a mapping and those that were written as options."""
    read = read_fields(others, "the task").fields
    for name, value in read.items():
        written = own.fields.get(name, value)
        if written not in ("", value):
            raise ConfigurationError(
                f"{option}.{name} {written!r} contradicts the task's {value!r}.",
                hint="Write only one of them.",
            )
    return Written({**own.fields, **read}, own.user_way)


def _from_json(value: object, option: str) -> object:
    """A string in braces is a mapping as the command line passes it."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    try:
        return t.cast(object, json.loads(value))
    except json.JSONDecodeError as error:
        # Only the position: the text may hold credentials.
        raise ConfigurationError(
            f"{option} looks like a mapping in JSON and is not one: "
            f"{error.msg} at character {error.pos + 1}."
        ) from None


def _looks_like_path(text: str) -> bool:
    return "/" in text or text.startswith((".", "~"))


def _entry_named_by(
    own: Written, entries: Entries, default_provider: str | None
) -> str | None:
    """The name of the entry that a mapping builds on; None when it stands alone."""
    name = own.fields.get("id")
    if isinstance(name, str) and name:
        return name if name in entries else None
    if default_provider and default_provider not in entries:
        raise _no_such_entry(default_provider, "default_provider", entries)
    return default_provider or ("default" if "default" in entries else None)


def _inherit(
    name: str, own: Written, option: str, entries: Entries
) -> dict[str, object]:
    """The fields of an entry, those of the mapping itself going first."""
    if name not in entries:
        raise _no_such_entry(name, option, entries)
    if not isinstance(entries[name], t.Mapping):
        raise ConfigurationError(f"providers.{name} must be a mapping.")
    entry = read_fields(entries[name], f"providers.{name}")
    fields = {field: value for field, value in own.fields.items() if field != "id"}
    lone_key = "key" in fields and "secret" not in fields and not own.user_way
    if entry.user_way and lone_key:
        raise ConfigurationError(
            f"{option}: key may be either credential here, because providers.{name} is written with user and key.",
            hint="Write user and key, or key and secret.",
        )
    return entry.fields | fields


def _no_such_entry(name: str, option: str, entries: Entries) -> ConfigurationError:
    if _looks_like_path(name):
        hint = f"A local folder is written as {{id: LOCAL, container: {name}}}."
    else:
        hint = did_you_mean(name, entries) or (
            "Add the entry, or write a mapping with id, container and what else the provider needs."
        )
    return ConfigurationError(f"{option}: providers has no entry {name!r}.", hint=hint)
