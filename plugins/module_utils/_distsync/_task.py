# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The configuration that a task means: a file's, or one that is written in the task itself."""

from __future__ import annotations

import typing as t

from .._endpoint import Endpoint
from .._errors import ConfigurationError
from .._fields import listed
from ._configuration import (
    Configuration,
    Parsed,
    as_document,
    parse_configuration,
)
from ._configuration_file import read_configuration
from ._configuration_values import KEYS, Format, read_value

#: Options that modules have of a configuration; documented by the fragment ``distsync``.
CONFIGURATION_OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "config": {"type": "path"},
    "provider": {"type": "raw"},
    "secret": {"type": "str", "no_log": True},
    "signing_key": {"type": "str", "no_log": True},
    "public_key": {"type": "str", "no_log": False},
    "format": {"type": "str", "choices": ["longshore", "distsync01"]},
    "channel": {"type": "str"},
}

#: Options -> keys of a configuration. The first say what a file says otherwise; the others go before a file.
_INSTEAD: t.Final = {
    "secret": "SharedSecret",
    "signing_key": "SigningKey",
    "public_key": "PublicKey",
    "format": "Format",
}
_BEFORE: t.Final = {"channel": "Channel", "encrypt": "Encrypt", "delta": "Delta"}

_LABEL: t.Final = "the task"


def task_configuration(
    params: t.Mapping[str, t.Any], provider: Endpoint | None, path: str
) -> Parsed:
    """What a task's options mean. ``provider`` is what its option of that name means, ``path`` the file by default.

    Raises ``ConfigurationError``.
    """
    instead = _given(params, _INSTEAD)
    before = _given(params, _BEFORE)
    if provider is None:
        if instead:
            named = [name for name in _INSTEAD if params.get(name) is not None]
            verb = "go" if len(named) > 1 else "goes"
            raise ConfigurationError(
                f"{listed(named, 'and')} {verb} with provider: a configuration file says that itself.",
                hint="Write provider as well, or leave that out.",
            )
        warnings: tuple[str, ...]
        path = params.get("config") or path
        if "\0" in path:
            raise ConfigurationError(f"config: {path!r} is not a path.")
        configuration, warnings = read_configuration(path)
        document = as_document(configuration)
    else:
        if params.get("config") is not None:
            raise ConfigurationError(
                "config and provider cannot go together: each says where artifacts are.",
                hint="Write config, or provider and secret.",
            )
        document, warnings = _own_document(provider, instead), ()
    parsed = parse_configuration({**document, **before}, _LABEL)
    return Parsed(parsed.configuration, (*warnings, *parsed.warnings))


def _own_document(provider: Endpoint, given: dict[str, object]) -> dict[str, object]:
    """A whole document, of the format longshore if nothing is said: never unsigned by mistake."""
    if "SharedSecret" not in given:
        raise ConfigurationError(
            "secret is missing: what is stored is encrypted with it.",
            hint="Copy the SharedSecret from what distsync_setup wrote, or write config instead of provider.",
        )
    secret = read_value(KEYS["SharedSecret"], given["SharedSecret"], "secret")
    document = as_document(Configuration(secret, provider))
    document["Format"] = Format.LONGSHORE.value
    return document | given


def _given(
    params: t.Mapping[str, t.Any], keys: t.Mapping[str, str]
) -> dict[str, object]:
    """The options that the task has, by the configuration's keys."""
    found = {key: params.get(name) for name, key in keys.items()}
    return {key: value for key, value in found.items() if value is not None}
