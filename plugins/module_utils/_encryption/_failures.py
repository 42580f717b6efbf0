# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.
"""What goes wrong when something is sealed, opened or verified.

``label`` is how the caller speaks of the thing, such as ``"object 'artifacts/3f' in bucket b"``: it
stands at the beginning of each message. No text holds a secret, or bytes of what is encrypted.
"""

from __future__ import annotations

from .._errors import ConfigurationError, LongshoreError

_FETCH_AGAIN = (
    "Nothing of it is in use. Fetch it again; if that fails too, the stored object itself is "
    "damaged or was tampered with: publish it again, and find out who can write there."
)


class EncryptionError(LongshoreError):
    """Base of what this package raises about things that are sealed or signed."""


class SecretError(ConfigurationError):
    """The text of a secret or key cannot be what it should be. Never shows it."""


class FormatError(EncryptionError):
    """It is not in a format that can be read here."""


class WrongSecretError(EncryptionError):
    """It was not sealed with this secret for this use, or its beginning was altered."""


class DamagedError(EncryptionError):
    """It is not what was sealed: altered, cut, put together from parts, or longer than it was."""

    def __init__(self, label: str, fault: str) -> None:
        super().__init__(f"{capital(label)} {fault}.", hint=_FETCH_AGAIN)


class SignatureError(EncryptionError):
    """It was not signed by this key for this purpose, or it was altered since."""


class NameRefusedError(EncryptionError):
    """A name that cannot be that of a file in a folder."""


def capital(label: str) -> str:
    """The label as a sentence begins with it."""
    return label[:1].upper() + label[1:]
