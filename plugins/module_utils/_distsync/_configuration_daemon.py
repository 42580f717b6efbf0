# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What a configuration says for a daemon alone: which artifacts, where to, and what happens then."""

from __future__ import annotations

import enum
import os
import re
import socket
import typing as t
from dataclasses import dataclass

from .._encryption._names import check_file_name
from .._errors import ConfigurationError, LongshoreError
from .._fields import has_control_characters, listed, local_path
from ._release import check_owner


class Layout(enum.Enum):
    """How versions lie in the folder."""

    VERSIONS = "versions"
    FLAT = "flat"


@dataclass(frozen=True, slots=True)
class DaemonOptions:
    """``artifacts``: names to keep; none are all. ``layout``: None is the format's own.

    ``mode``, ``owner``, ``group``: instead of those of the release. ``hook``: a program and its arguments;
    ``hook_timeout``: seconds. ``keep``: versions of an artifact, the current one included; ``min_free``: bytes to
    leave free. ``metrics_port``: on the loopback interface. ``host``: what this host reports as, where
    ``status`` says that it does.
    """

    artifacts: tuple[str, ...] = ()
    layout: Layout | None = None
    mode: int | None = None
    owner: str | None = None
    group: str | None = None
    hook: tuple[str, ...] = ()
    hook_timeout: float = 60.0
    keep: int = 3
    min_free: int = 0
    metrics_port: int | None = None
    host: str | None = None
    status: bool = False

    def takes(self, name: str) -> bool:
        return not self.artifacts or name in self.artifacts

    @property
    def host_name(self) -> str:
        return self.host or socket.gethostname()


#: Key -> field.
_FIELDS: t.Final = {
    "Artifacts": "artifacts",
    "Layout": "layout",
    "Mode": "mode",
    "Owner": "owner",
    "Group": "group",
    "Hook": "hook",
    "HookTimeout": "hook_timeout",
    "Keep": "keep",
    "MinFree": "min_free",
    "MetricsPort": "metrics_port",
    "Host": "host",
    "Status": "status",
}


def daemon_options(given: t.Mapping[str, t.Any]) -> DaemonOptions:
    """Of the values that ``DAEMON_KEYS`` read."""
    return DaemonOptions(
        **{_FIELDS[key]: given[key] for key in _FIELDS if key in given}
    )


def daemon_document(options: DaemonOptions) -> dict[str, object]:
    """As TOML has it: what is not as it would be without being written."""
    default = DaemonOptions()
    document: dict[str, object] = {}
    for key, name in _FIELDS.items():
        value = getattr(options, name)
        if value == getattr(default, name):
            continue
        if name == "mode":
            value = f"{value:04o}"
        elif isinstance(value, Layout):
            value = value.value
        document[key] = [*value] if isinstance(value, tuple) else value
    return document


def _texts(value: object) -> list[str]:
    if not isinstance(value, list) or not all(
        isinstance(one, str) and not has_control_characters(one) for one in value
    ):
        raise ValueError
    return value


def _artifacts(value: object) -> tuple[str, ...]:
    rule = "a name, or a list of names, each once"
    try:
        names = _texts(value if isinstance(value, list) else [value])
        checked = [check_file_name(name) for name in names]
    except (ValueError, LongshoreError):
        raise ValueError(rule) from None
    if not checked or len(set(checked)) < len(checked):
        raise ValueError(rule)
    return tuple(checked)


def _layout(value: object) -> Layout:
    allowed = {layout.value: layout for layout in Layout}
    layout = allowed.get(value.strip().lower()) if isinstance(value, str) else None
    if layout is None:
        raise ValueError(listed([*allowed], "or"))
    return layout


def _mode(value: object) -> int:
    if not isinstance(value, str) or re.fullmatch("0?[0-7]{3}", value) is None:
        raise ValueError('permissions in quotes, such as "0640"')
    return int(value, 8)


def _owner(value: object) -> str:
    try:
        name = check_owner(value) if isinstance(value, str) else None
    except LongshoreError:
        name = None
    if name is None:
        raise ValueError("the name of a user or group")
    return name


def _hook(value: object) -> tuple[str, ...]:
    rule = 'a list of the program and its arguments, such as ["/usr/local/bin/deploy", "--now"]'
    try:
        arguments = _texts(value)
    except ValueError:
        raise ValueError(rule) from None
    if not arguments or not arguments[0]:
        raise ValueError(rule)
    if os.sep in arguments[0]:
        arguments = [local_path(arguments[0]), *arguments[1:]]
    return tuple(arguments)


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a number of seconds from 1 to 86400")
    if not 1 <= value <= 86400:
        raise ValueError("a number of seconds from 1 to 86400")
    return float(value)


def _whole(least: int, most: int, what: str) -> t.Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"{what} from {least} to {most}")
        if not least <= value <= most:
            raise ValueError(f"{what} from {least} to {most}")
        return value

    return read


def _host(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not text.isprintable() or not 1 <= len(text) <= 255:
        raise ValueError("a name of 1 to 255 characters")
    return text


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false, without quotes")
    return value


#: What reads each key, raising ValueError with what it must be.
DAEMON_KEYS: t.Final[t.Mapping[str, t.Callable[[object], object]]] = {
    "Artifacts": _artifacts,
    "Layout": _layout,
    "Mode": _mode,
    "Owner": _owner,
    "Group": _owner,
    "Hook": _hook,
    "HookTimeout": _seconds,
    "Keep": _whole(1, 1000, "a whole number"),
    "MinFree": _whole(0, 2**62, "a whole number of bytes"),
    "MetricsPort": _whole(1, 65535, "a port"),
    "Host": _host,
    "Status": _boolean,
}


def check_daemon_keys(given: t.Mapping[str, t.Any], old: bool, label: str) -> None:
    """What the format distsync01 (``old``) has no use for. Raises ``ConfigurationError``."""
    if old and given.get("Layout") is Layout.VERSIONS:
        raise ConfigurationError(
            f"{label}: Layout must be {Layout.FLAT.value} with the format distsync01, which has no versions.",
            hint='Leave it out, or write Format = "longshore".',
        )


def assigned(options: DaemonOptions) -> dict[str, object]:
    """The fields that were written instead of a release's own."""
    given = {name: getattr(options, name) for name in ("mode", "owner", "group")}
    return {name: value for name, value in given.items() if value is not None}
