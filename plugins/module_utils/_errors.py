# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Every exception the engines raise.

The text is written for the person at the terminal: what was being done, to which object,
what the other side said, and what to do next. No text ever holds a credential.
"""

from __future__ import annotations

import typing as t


class LongshoreError(Exception):
    """Base of all our errors: ``message`` says what is wrong, ``hint`` what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ConfigurationError(LongshoreError):
    """What the user wrote cannot be used: an option, an endpoint, a pattern."""


class MissingLibraryError(ConfigurationError):
    """A third-party library is needed for what was asked, and it cannot be imported."""

    def __init__(self, libraries: t.Sequence[str], purpose: str) -> None:
        names = " and ".join(libraries)
        super().__init__(
            f"The Python library {names} is needed {purpose}, and is not installed for the interpreter that runs this.",
            hint=f"Install it there: pip install {' '.join(libraries)}",
        )
        self.libraries = tuple(libraries)


class SourceError(LongshoreError):
    """A file of a local tree cannot be read, changed while it was read, or vanished."""


class ChangedMeanwhileError(SourceError):
    """A local file was changed or replaced while it was read; the next attempt may find it at rest."""


class LocalWriteError(LongshoreError):
    """A local file cannot be written: no space, no permission, a hostile path."""


class PlanRefusedError(LongshoreError):
    """The plan would break a promise (empty source, overlap, colliding keys); nothing was changed."""


class StoreError(LongshoreError):
    """An operation on a store failed.

    ``operation`` is a phrase such as ``"write object 'a.txt'"``, ``place`` names the container and
    provider, ``detail`` is what the other side said.
    """

    default_hint: t.ClassVar[str] = ""

    def __init__(
        self, operation: str, place: str, detail: str, *, hint: str = ""
    ) -> None:
        super().__init__(
            f"Could not {operation} in {place}: {detail.rstrip('. ')}.",
            hint=hint or self.default_hint,
        )
        self.operation = operation
        self.place = place
        self.detail = detail


class ObjectMissingError(StoreError):
    """There is no object of that key."""


class ContainerMissingError(StoreError):
    """There is no such container."""

    default_hint = (
        "Create it first, or let static_container do so with create_container=true."
    )


class AccessDeniedError(StoreError):
    """The store refused the credentials, or what they may do."""

    default_hint = "Check the endpoint's key and secret, and what they are allowed to do with this container."


class ContainerTakenError(AccessDeniedError):
    """A container of that name exists and belongs to somebody else."""

    default_hint = "Container names are often shared by all customers of a provider: choose another name."


class ConditionFailedError(StoreError):
    """A conditional write was lost: the object is not (or no longer) as the condition says."""

    default_hint = "Something else wrote it meanwhile: run again."


class KeyRefusedError(StoreError):
    """The store or its driver cannot hold an object of this key as it is written."""

    default_hint = "Rename the object, or leave it out with exclude."


class UnreachableError(StoreError):
    """The other side did not answer within the endpoint's timeout and retries."""

    default_hint = "Check host, port and secure of the endpoint, and the network between here and there."


class TruncatedError(StoreError):
    """A body ended before its announced length."""

    default_hint = "Run again; nothing was kept of the incomplete copy."
