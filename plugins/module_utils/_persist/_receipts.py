# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""That a snapshot was restored to a place, and how the place looked then: restored again, it changes nothing."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import typing as t

from .._errors import LongshoreError
from ._tree import TreeOptions, look

_FOLDER: t.Final = "restored"


class RestoreReceipt:
    """``what``: the snapshot and how it is restored, in a text that no other one shares; None: nothing is remembered."""

    def __init__(self, folder: str, target: str, what: str | None) -> None:
        name = hashlib.sha256(os.fsencode(target)).hexdigest()[:32]
        self._path = os.path.join(folder, _FOLDER, name)
        self._target = target
        self._what = what

    def holds(self, now: str, saved: str | None) -> bool:
        """Whether what is there ``now`` is what was restored then; or what was ``saved``. All are fingerprints of trees.

        Contents are not read: it believes in the times of last change that the system keeps.
        """
        return now in (saved, self._noted())

    def write(self, fingerprint: str | None) -> None:
        """``fingerprint``: of what is there, if that is known. Where nothing can be remembered, nothing is."""
        if self._what is None:
            return
        fingerprint = fingerprint or fingerprint_of(self._target)
        if fingerprint is None:
            return
        folder = os.path.dirname(self._path)
        with contextlib.suppress(OSError):
            os.makedirs(folder, mode=0o700, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=folder, delete=False) as file:
                json.dump({"what": self._what, "fingerprint": fingerprint}, file)
            os.replace(file.name, self._path)

    def _noted(self) -> str | None:
        try:
            with open(self._path, encoding="utf-8") as file:
                document = json.load(file)
            if document["what"] == self._what and self._what is not None:
                return str(document["fingerprint"])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return None


def fingerprint_of(target: str) -> str | None:
    """Of everything there; None where there is nothing, or nothing whole."""
    try:
        return look(target, TreeOptions()).fingerprint()
    except (LongshoreError, OSError):
        return None
