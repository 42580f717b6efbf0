# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Which paths may be saved and restored, and how a request names one."""

from __future__ import annotations

import os
import stat
import typing as t
from urllib.parse import unquote_to_bytes

from ._failures import ServiceError
from ._mounts import is_in

#: Bytes, as the kernel has it.
_LONGEST_PATH: t.Final = 4095
_LONGEST_NAME: t.Final = 255


def path_of_url(raw: bytes) -> str:
    """The path that an URL's path stands for; names may have any bytes. Raises ``ServiceError``."""
    return normal(os.fsdecode(unquote_to_bytes(raw)))


def normal(path: str) -> str:
    """Without a slash at the end, and without repeated ones. Raises ``ServiceError``."""
    try:
        encoded = os.fsencode(path)
    except UnicodeEncodeError:
        raise _bad("The path is no text that a file's name can have.") from None
    names = [name for name in path.split("/") if name not in ("", ".")]
    if not path.startswith("/"):
        raise _bad("The path must be an absolute one.")
    if "\0" in path:
        raise _bad("The path has a zero byte.")
    if ".." in names:
        raise _bad("The path has .. in it.")
    if len(encoded) > _LONGEST_PATH or any(
        len(os.fsencode(name)) > _LONGEST_NAME for name in names
    ):
        raise _bad("The path is longer than a path can be.")
    return "/" + "/".join(names)


class Allowed:
    """``roots``: what is allowed, and everything in it."""

    def __init__(self, roots: t.Sequence[str]) -> None:
        self.roots = tuple(roots)

    def check(self, path: str, *, must_exist: bool) -> str:
        """The path, which is a normal one. Nothing below it is looked at. Raises ``ServiceError``."""
        root = self.root_of(path)
        if root is None:
            raise ServiceError(
                "forbidden",
                f"{shown(path)} is not in what this service saves and restores.",
                hint="ALLOWED_PATHS, or the volumes that are mounted, say what that is.",
            )
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            status = None
        except OSError as error:
            raise ServiceError(
                "failed", f"{shown(path)} cannot be looked at: {error.strerror}."
            ) from None
        # what it is in, as far as that is there
        parent = path if path == root else os.path.dirname(path)
        if not is_in(os.path.realpath(parent), os.path.realpath(root)):
            raise ServiceError(
                "forbidden",
                f"{shown(path)} leads out of {shown(root)}, by a symbolic link.",
            )
        if status is None:
            if must_exist:
                raise ServiceError("not_found", f"{shown(path)} is not there.")
        elif not (stat.S_ISDIR(status.st_mode) or stat.S_ISREG(status.st_mode)):
            raise _bad(f"{shown(path)} is neither a folder nor a file.")
        return path

    def root_of(self, path: str) -> str | None:
        """The innermost of the roots that it is in."""
        return (
            max((one for one in self.roots if is_in(path, one)), key=len, default="")
            or None
        )


def shown(path: str) -> str:
    """As messages have it: in one line, of text that can be encoded."""
    return repr(os.fsencode(path).decode("utf-8", "replace"))


def _bad(message: str) -> ServiceError:
    return ServiceError("bad_request", message)
