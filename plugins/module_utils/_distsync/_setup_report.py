# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a setup made, or in check mode would make: without secrets."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from .._encryption._signing import PublicKey
from .._errors import LongshoreError
from .._fields import listed
from ._configuration import Configuration, as_document
from ._setup_files import ROLES, KeptFile, Role

#: Keys of a configuration, or of any of its sections, whose values nobody may see.
_HIDDEN: t.Final = frozenset(
    {"SharedSecret", "SigningKey", "AccessKey", "SecretKey", "Key", "Secret", "Token"}
)
#: What a check cannot know yet where it is another one.
_MADE: t.Final = frozenset({"PublicKey", "Handover"})
_OLD: t.Final = "(hidden)"
_NEW: t.Final = "(hidden, new)"
_NEW_SHOWN: t.Final = "(new)"


@dataclass(slots=True)
class RoleReport:
    """One of the two. ``user``: its IAM user; None where identities are given.

    ``before`` and ``after`` are for a diff: ``identity`` and ``file``, empty where there is none.
    """

    path: str
    user: str | None = None
    key_made: bool = False
    written: bool = False
    before: dict[str, t.Any] = field(default_factory=dict)
    after: dict[str, t.Any] = field(default_factory=dict)

    def result(self) -> dict[str, t.Any]:
        return {
            "path": self.path,
            "user": self.user,
            "key_made": self.key_made,
            "written": self.written,
        }


@dataclass(slots=True)
class SetupReport:
    """``changes``: phrases for what was done, in order. ``next_steps``: sentences, what is left to people.

    ``existed`` and ``exists``: the bucket, before and after.
    """

    bucket: str
    place: str
    roles: dict[Role, RoleReport]
    existed: bool = False
    exists: bool = False
    public_key: PublicKey | None = None
    changes: list[str] = field(default_factory=list)
    next_steps: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.changes)

    def result(self) -> dict[str, t.Any]:
        """The values that a module returns."""
        key = self.public_key
        return {
            "changed": self.changed,
            "bucket": self.bucket,
            "bucket_created": self.exists and not self.existed,
            "bucket_deleted": self.existed and not self.exists,
            **{role: self.roles[role].result() for role in ROLES},
            "public_key": key.encode() if key else None,
            "public_key_fingerprint": key.fingerprint if key else None,
            "changes": self.changes,
            "next_steps": self.next_steps,
        }

    def diff(self) -> dict[str, t.Any]:
        """Bucket, identities and files before and after; a secret shows only whether it is another one."""
        sides = {
            "before": (self.existed, {r: self.roles[r].before for r in ROLES}),
            "after": (self.exists, {r: self.roles[r].after for r in ROLES}),
        }
        shown: dict[str, t.Any] = {
            side: {"bucket": "present" if there else "absent", **roles}
            for side, (there, roles) in sides.items()
        }
        header = f"distribution in {self.place}"
        return {"before_header": header, "after_header": header, **shown}


class SetupStoppedError(LongshoreError):
    """A setup failed after it had begun to change things; ``report`` says what was done."""

    def __init__(
        self,
        error: LongshoreError,
        report: SetupReport,
        begun: t.Sequence[str],
        left: t.Sequence[str],
    ) -> None:
        parts = [
            (" Done until then: ", report.changes),
            (" Begun: ", begun),
            (" Not done: ", left),
        ]
        said = "".join(
            f"{words}{listed(some, 'and')}." for words, some in parts if some
        )
        super().__init__(
            error.message + said, hint=f"{error.hint} Then run again.".strip()
        )
        self.report = report


def shown_file(file: KeptFile) -> dict[str, t.Any]:
    """A file as it is, for a diff."""
    if file.state is None:
        return {}
    content = (
        _shown(as_document(file.configuration), None) if file.configuration else {}
    )
    return {
        "mode": f"{file.state.st_mode & 0o7777:04o}",
        "owner": file.state.st_uid,
        "group": file.state.st_gid,
        **content,
    }


def shown_wanted(
    file: KeptFile, wanted: Configuration, rewritten: bool
) -> dict[str, t.Any]:
    """The same file as it is to be."""
    before = as_document(file.configuration) if file.configuration else {}
    now = shown_file(file)
    mode = "0600" if rewritten or file.is_open else now["mode"]
    owner = {
        name: value if value is not None else now.get(name, "of who runs this")
        for name, value in (("owner", file.owner), ("group", file.group))
    }
    return {"mode": mode, **owner, **_shown(as_document(wanted), before)}


def _shown(
    document: t.Mapping[str, t.Any], before: t.Mapping[str, t.Any] | None
) -> dict[str, t.Any]:
    """A document without its secrets; beside the one before, one that is not the same says so."""
    shown: dict[str, t.Any] = {}
    for name, value in document.items():
        old = value if before is None else before.get(name)
        if isinstance(value, dict):
            shown[name] = _shown(value, old if isinstance(old, dict) else {})
        elif name in _HIDDEN:
            shown[name] = _OLD if value == old else _NEW
        elif name in _MADE:
            shown[name] = value if value == old else _NEW_SHOWN
        else:
            shown[name] = value
    return shown
