# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""Where an artifact is in the folder, which of its versions is in use, and how that is changed at once.

With the layout ``versions`` they lie side by side, and a link says which one is in use::

    OutputDir/app/1.0/app
    OutputDir/app/1.1/app
    OutputDir/app/current -> 1.1

With ``flat``, as the original has it, there is the file alone, ``OutputDir/app``. With several channels
each has a folder of its own around that.
"""

from __future__ import annotations

import abc
import contextlib
import errno
import os
import typing as t

from ..._drivers._local_resumable import RESUMABLE
from ..._errors import LocalWriteError
from .._configuration_daemon import Layout
from .._failures import DistributionError
from .._private_files import sync_folder

LINK: t.Final = "current"
_MADE: t.Final = 0o755


class Slot(abc.ABC):
    """The place of one artifact. Paths are absolute; every method raises ``LocalWriteError``."""

    def __init__(self, base: str, name: str) -> None:
        self.base = base
        self.name = name

    @abc.abstractmethod
    def path(self, version: str | None) -> str:
        """The file of a version."""

    @abc.abstractmethod
    def current_path(self) -> str | None:
        """The file that is in use; None where there is none."""

    @abc.abstractmethod
    def is_current(self, version: str | None) -> bool:
        """Whether that version is in use."""

    @abc.abstractmethod
    def activate(self, version: str | None) -> None:
        """Have the version in use, whose file is there."""

    @abc.abstractmethod
    def deactivate(self, version: str | None) -> None:
        """Have ``version`` (None: nothing) in use again, after ``activate`` of another one."""

    def prepare(self, version: str | None) -> None:
        """Make the folders that the file is in."""
        with explained(self.path(version)):
            os.makedirs(os.path.dirname(self.path(version)), _MADE, exist_ok=True)

    # -- a file that is about to be replaced is kept under another name

    def keep_old(self, version: str | None) -> None:
        """Keep what is at the version's path, until ``forget_old``; what is kept already stays."""
        path = self.path(version)
        with explained(path):
            try:
                os.link(path, self._old(path), follow_symlinks=False)
            except (FileNotFoundError, FileExistsError):
                return
            sync_folder(os.path.dirname(path))

    def put_old_back(self, version: str | None) -> bool:
        """Undo the replacement; False where nothing was kept."""
        path = self.path(version)
        with explained(path):
            try:
                os.rename(self._old(path), path)
            except FileNotFoundError:
                return False
            sync_folder(os.path.dirname(path))
        return True

    def forget_old(self, version: str | None) -> None:
        path = self.path(version)
        with (
            explained(path),
            contextlib.suppress(FileNotFoundError, NotADirectoryError),
        ):
            os.unlink(self._old(path))

    def _old(self, path: str) -> str:
        folder, name = os.path.split(path)
        # never as long a name as a file cannot have, nor one that an artifact has
        return os.path.join(folder, f".distsync-old-{name[:200]}")


class FlatSlot(Slot):
    """The file alone."""

    def path(self, version: str | None) -> str:
        return os.path.join(self.base, self.name)

    def current_path(self) -> str | None:
        path = self.path(None)
        return path if os.path.isfile(path) else None

    def is_current(self, version: str | None) -> bool:
        return True

    def activate(self, version: str | None) -> None:
        return None

    def deactivate(self, version: str | None) -> None:
        return None

    def put_old_back(self, version: str | None) -> bool:
        if super().put_old_back(version):
            return True
        path = self.path(version)
        with explained(path), contextlib.suppress(FileNotFoundError):
            os.unlink(path)
            sync_folder(self.base)
        return False


class VersionsSlot(Slot):
    """Versions side by side, and a link."""

    @property
    def folder(self) -> str:
        return os.path.join(self.base, self.name)

    def path(self, version: str | None) -> str:
        if version is None or version == LINK:
            raise DistributionError(
                f"{self.name!r} {version!r} cannot be kept beside the link of that name.",
                hint='Publish it under another version, or write Layout = "flat".',
            )
        return os.path.join(self.folder, version, self.name)

    def current_path(self) -> str | None:
        version = self.linked
        path = self.path(version) if version not in (None, LINK) else None
        return path if path is not None and os.path.isfile(path) else None

    @property
    def linked(self) -> str | None:
        """What the link says; None where there is no such link."""
        try:
            return os.readlink(os.path.join(self.folder, LINK))
        except OSError:
            return None

    def is_current(self, version: str | None) -> bool:
        return self.linked == version

    def activate(self, version: str | None) -> None:
        link = os.path.join(self.folder, LINK)
        if version is None or self.linked == version:
            return
        incoming = f"{link}.new"
        with explained(link):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(incoming)
            os.symlink(version, incoming)
            os.rename(incoming, link)
            sync_folder(self.folder)

    def deactivate(self, version: str | None) -> None:
        if version is not None and os.path.isfile(self.path(version)):
            self.activate(version)
            return
        link = os.path.join(self.folder, LINK)
        with explained(link), contextlib.suppress(FileNotFoundError):
            os.unlink(link)
            sync_folder(self.folder)

    # -- what may be pruned

    def versions(self) -> list[str]:
        """The folders that hold nothing but a file of ours, the ones that were made last first."""
        found: list[tuple[int, str]] = []
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False) and self._is_ours(entry.path):
                    made = entry.stat(follow_symlinks=False).st_mtime_ns
                    found.append((made, entry.name))
        return [version for _made, version in sorted(found, reverse=True)]

    def _is_ours(self, folder: str) -> bool:
        names = os.listdir(folder)
        return bool(names) and all(self._is_our_name(name) for name in names)

    def _is_our_name(self, name: str) -> bool:
        return name == self.name or name.startswith((RESUMABLE, ".distsync-old-"))

    def remove(self, version: str) -> None:
        """A version that ``versions`` gave and that is not in use."""
        folder = os.path.join(self.folder, version)
        with explained(folder):
            for name in os.listdir(folder):
                os.unlink(os.path.join(folder, name))
            os.rmdir(folder)


def slot_of(layout: Layout, base: str, name: str) -> Slot:
    """``base``: the folder of the channel."""
    kind = VersionsSlot if layout is Layout.VERSIONS else FlatSlot
    return kind(base, name)


def channel_folder(path: str, channel: str, channels: t.Sequence[str]) -> str:
    """Where a channel's artifacts are: in a folder of its own, if there are several."""
    return os.path.join(path, channel) if len(channels) > 1 else path


@contextlib.contextmanager
def explained(path: str) -> t.Iterator[None]:
    """Turns the system's errors into ours."""
    try:
        yield
    except OSError as error:
        hint = "Check the folder and its owner."
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            hint = "Make room: it is tried again."
        elif error.errno == errno.EROFS:
            hint = "Mount it for writing: it is tried again."
        raise LocalWriteError(
            f"Could not write {path!r}: {error.strerror}.", hint=hint
        ) from None
