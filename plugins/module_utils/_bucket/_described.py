# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Buckets whose provider tells most settings in one answer, and what such settings are made of."""

from __future__ import annotations

import abc
import re
import typing as t

from .._endpoint import Endpoint
from .._errors import ConfigurationError, ContainerMissingError
from .._fields import listed
from ._service import BucketService, Value

#: What the provider says of the bucket: its resource, or the answer's headers in lower case.
Description = t.Mapping[str, t.Any]


class Setting(t.NamedTuple):
    """How a provider has a setting; three pure functions.

    ``normalise`` takes what a user wrote, ``read`` the provider's description. ``change`` takes the
    value that is wanted and the one that is there, and makes what the provider is to be sent.
    """

    normalise: t.Callable[[t.Any], Value]
    read: t.Callable[[Description], Value]
    change: t.Callable[[t.Any, t.Any], dict[str, t.Any]]


class DescribedBucket(BucketService):
    """Asks for the description once; after a change it is asked for anew, every time."""

    #: The settings that are read from the description.
    described: t.ClassVar[t.Mapping[str, Setting]] = {}

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._seen: Description | None = None

    @abc.abstractmethod
    def _describe(self, operation: str) -> Description | None:
        """Ask the provider; None: there is no such bucket."""

    @abc.abstractmethod
    def _change(self, operation: str, setting: str, change: dict[str, t.Any]) -> None:
        """Send what a setting's ``change`` made."""

    def exists(self) -> bool:
        self._seen = self._describe("look for the bucket")
        return self._seen is not None

    def normalise(self, setting: str, written: t.Any) -> Value:
        return self._setting(setting).normalise(written)

    def read(self, setting: str) -> Value:
        found = self._setting(setting)
        seen = self._seen
        if seen is None:
            seen = self._describe(f"read {setting}")
        if seen is None:
            raise missing(self.endpoint, f"read {setting}")
        return found.read(seen)

    def write(self, setting: str, value: Value, current: Value) -> None:
        change = self._setting(setting).change(value, current)
        self._seen = None
        self._change(f"set {setting}", setting, change)

    def _setting(self, setting: str) -> Setting:
        if setting not in self.described:
            raise no_setting(self.endpoint, setting)
        return self.described[setting]


def no_setting(endpoint: Endpoint, setting: str) -> ConfigurationError:
    """The error for a setting that the provider has not."""
    return ConfigurationError(
        f"{endpoint.provider} has no {setting} for a bucket.", hint="Leave it out."
    )


def missing(endpoint: Endpoint, operation: str) -> ContainerMissingError:
    """The error for a bucket that was expected to be there."""
    return ContainerMissingError(
        operation,
        endpoint.place,
        "there is no such bucket",
        hint="Create it with state=present.",
    )


def nested(description: Description, *names: str) -> t.Any:
    """A field within fields; None where one of them is missing."""
    found: t.Any = description
    for name in names:
        found = (found or {}).get(name)
    return found


def allow_only(
    provider: str, setting: str, written: t.Mapping[str, t.Any], *names: str
) -> None:
    """Raise ``ConfigurationError`` when something but ``names`` is written, and is not false."""
    for name, value in written.items():
        if value and name not in names:
            raise ConfigurationError(
                f"{setting}: {provider} has no {name}.",
                hint=f"It has {listed(names, 'and')}.",
            )


def one_of(provider: str, setting: str, written: object, *values: str) -> str:
    """What was written, when it is one of ``values``. Raises ``ConfigurationError``."""
    if str(written) not in values:
        raise ConfigurationError(
            f"{setting}: {provider} has no {str(written)!r}.",
            hint=f"It has {listed(values, 'and')}.",
        )
    return str(written)


def texts(written: t.Iterable[object] | None) -> list[str]:
    """A list whose order says nothing."""
    return sorted({str(item) for item in written or ()})


def whole_number(setting: str, value: object, least: int = 0) -> int:
    """``value`` as a number. Raises ``ConfigurationError``."""
    try:
        number = int(str(value))
    except ValueError:
        number = least - 1
    if number < least:
        raise ConfigurationError(
            f"{setting} is a whole number from {least}, not {value!r}."
        )
    return number


def tag_text(value: object) -> str:
    """A tag's value as YAML has it: a tag of true is meant to read 'true'."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def header_tags(
    provider: str,
    written: t.Mapping[str, object] | None,
    pattern: re.Pattern[str],
    allowed: str,
) -> dict[str, str]:
    """Tags that are headers of the bucket: names in lower case, values of printable ASCII.

    ``allowed``: what ``pattern`` allows in a name, in words. Raises ``ConfigurationError``.
    """
    tags: dict[str, str] = {}
    for written_key, written_value in (written or {}).items():
        key, value = str(written_key).lower(), tag_text(written_value)
        if not pattern.fullmatch(key):
            raise ConfigurationError(
                f"tags: {provider} takes no {str(written_key)!r}: a name has {allowed}."
            )
        if key in tags:
            raise ConfigurationError(
                f"tags: {provider} makes no difference between {key!r} in upper and lower case."
            )
        if (
            not (value and value.isascii() and value.isprintable())
            or value != value.strip()
        ):
            raise ConfigurationError(
                f"tags: {provider} takes no {value!r} for {key!r}: a value has printable ASCII, "
                "without spaces at its ends."
            )
        tags[key] = value
    return tags


def headers_below(description: Description, prefix: str) -> dict[str, str]:
    """The headers whose names begin with ``prefix``, by what follows it."""
    return {
        name.removeprefix(prefix): value
        for name, value in description.items()
        if name.startswith(prefix)
    }
