# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Environment variables, each read as what it is to be. An empty one counts as not set."""

from __future__ import annotations

import contextlib
import os
import typing as t

from .._errors import ConfigurationError, LongshoreError

_FILE: t.Final = "_FILE"
#: The most that a file with a secret has, bytes.
_LARGEST: t.Final = 64 * 1024
_TRUE: t.Final = ("true", "yes", "on", "1")
_FALSE: t.Final = ("false", "no", "off", "0")


class Variables:
    """Every method raises ``ConfigurationError``, which names the variable. ``files``: those that secrets were read from."""

    def __init__(self, environ: t.Mapping[str, str]) -> None:
        self._environ = {name: value for name, value in environ.items() if value}
        self.files = sorted(
            os.path.abspath(value)
            for name, value in self._environ.items()
            if name.endswith(_FILE) and value.startswith("/")
        )

    def names(self, prefix: str) -> list[str]:
        """Of those that are set."""
        return sorted(name for name in self._environ if name.startswith(prefix))

    def text(self, name: str) -> str | None:
        value = self._environ.get(name)
        if value is not None and not value.isprintable():
            raise ConfigurationError(
                f"{name} has a line break or another control character."
            )
        return value

    def secret(self, name: str) -> str | None:
        """As it is, or from the file that ``<name>_FILE`` names."""
        value, path = self._environ.get(name), self._environ.get(name + _FILE)
        if path is None:
            return value
        if value is not None:
            raise ConfigurationError(
                f"{name} and {name}{_FILE} are both set.", hint="Set only one of them."
            )
        try:
            with open(path, "rb") as file:
                data = file.read(_LARGEST + 1)
        except OSError as error:
            raise ConfigurationError(
                f"{name}{_FILE}: {path!r} cannot be read: {error.strerror}."
            ) from None
        try:
            text = data.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            text = ""
        if not text or len(data) > _LARGEST:
            raise ConfigurationError(f"{name}{_FILE}: {path!r} has no usable text.")
        return text

    def boolean(self, name: str, default: bool) -> bool:
        written = self.text(name)
        if written is None:
            return default
        if written.lower() not in _TRUE + _FALSE:
            raise ConfigurationError(f"{name} must be true or false, not {written!r}.")
        return written.lower() in _TRUE

    def number(self, name: str, default: int, least: int, most: int) -> int:
        """A whole one."""
        written = self.text(name)
        if written is None:
            return default
        try:
            number = int(written)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ConfigurationError(
                f"{name} must be a whole number from {least} to {most}, not {written!r}."
            )
        return number

    def path(self, name: str, default: str) -> str:
        """An absolute one."""
        return _absolute(name, self.text(name) or default)

    def paths(self, name: str) -> list[str] | None:
        """Absolute ones, separated by colons."""
        written = self.text(name)
        if written is None:
            return None
        return [_absolute(name, one) for one in written.split(":") if one]


def _absolute(name: str, path: str) -> str:
    if not path.startswith("/") or ".." in path.split("/"):
        raise ConfigurationError(
            f"{name} must have absolute paths without .. in them, not {path!r}."
        )
    return os.path.normpath(f"/{path.lstrip('/')}")


@contextlib.contextmanager
def naming(name: str) -> t.Iterator[None]:
    """Says in errors which variable it is about."""
    try:
        yield
    except LongshoreError as error:
        raise ConfigurationError(f"{name}: {error.message}", hint=error.hint) from None
