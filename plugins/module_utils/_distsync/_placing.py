# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Puts a verified file in its place: written aside, brought to the disk, renamed.

What a killed run has written aside is gone on with, as far as its marks are right; see
``_local_resumable``. Nobody else can read it before it has its name.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import shutil
import stat
import typing as t

from .._drivers._local_resumable import (
    RESUMABLE,
    Resumable,
    open_resumable,
)
from .._drivers._locked_file import remove_unlocked, write_all
from .._encryption._pieces import Pieces
from .._errors import LocalWriteError
from .._hashes import Hashes
from ._content import Content
from ._failures import BusyError, MismatchError
from ._targets import Target, explained, give, keep, known_ids, require_replaceable

#: Bytes from one mark to the next in a file on its way.
STEP: t.Final = 1024 * 1024
_READ_SIZE: t.Final = 1024 * 1024
#: At opening a file that somebody else keeps putting others in the place of.
_ATTEMPTS: t.Final = 5


def place(
    target: Target,
    identity: str,
    content: Content,
    progress: t.Callable[[int], None],
    assemble: t.Callable[[t.BinaryIO], int | None] | None = None,
) -> int:
    """Write the content aside, then to its place; how many bytes of it were fetched, the others being there.

    ``identity`` is equal for equal contents alone. ``assemble`` is tried first, with an empty file, unless
    there is a beginning to go on with; it returns None if it did not succeed. What ``content`` raises passes through, and what was
    written until then is left for the next run. Raises ``MismatchError`` for another digest, ``BusyError``
    while another process writes the same, ``LocalWriteError``, ``ConfigurationError``.
    """
    known_ids(target)
    folder, name = os.path.split(target.path)
    require_replaceable(target.path)
    aside = f"{RESUMABLE}{_short(name)}{_short(identity)}"
    with contextlib.ExitStack() as stack:
        with explained(target.path):
            parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, parent)
            file = _open_aside(aside, parent, target.size, target.path)
            stack.enter_context(file.file)
        try:
            with explained(target.path):
                hashes = Hashes(md5=False)
                file.recover(hashes.accept)
                _require_room(target, file.position)
            taken = None
            if assemble is not None and not file.position:
                taken = _assembled(file, target, assemble)
            if taken is None:
                taken = _fill(file, target, hashes, content, progress)
            with explained(target.path):
                file.finish()
                give(file.file.fileno(), target)
                os.fsync(file.file.fileno())
                os.rename(aside, name, src_dir_fd=parent, dst_dir_fd=parent)
                os.fsync(parent)
        except (MismatchError, LocalWriteError):
            # it is wrong, or in the way
            with contextlib.suppress(OSError):
                os.unlink(aside, dir_fd=parent)
            raise
    _remove_others(folder, name)
    return taken


def _open_aside(name: str, parent: int, size: int, path: str) -> Resumable:
    """The file to write, in the folder ``parent``, which nobody else has open or can open.

    What somebody else put there, or made another name of, is taken out of the way: it is somebody's file,
    or they could go on writing it after it was verified.
    """
    for _unused in range(_ATTEMPTS):
        try:
            file = open_resumable(name, parent, size, STEP, mode=0o600)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            os.unlink(name, dir_fd=parent)
            continue
        if file is None:
            raise _busy(path)
        status = os.fstat(file.file.fileno())
        is_ours = stat.S_ISREG(status.st_mode) and status.st_uid == os.geteuid()
        if is_ours and status.st_nlink == 1 and not status.st_mode & 0o077:
            return file
        file.file.close()
        os.unlink(name, dir_fd=parent)
    raise LocalWriteError(
        f"Could not write {path!r}: somebody else keeps putting files in its way.",
        hint="Give this user a folder that nobody else can write.",
    )


def _fill(
    file: Resumable,
    target: Target,
    hashes: Hashes,
    content: Content,
    progress: t.Callable[[int], None],
) -> int:
    """Whatever comes behind the file's position, which ``hashes`` know the beginning of."""
    begin = file.position
    progress(begin)
    pieces = Pieces(content.rest(begin))
    while data := memoryview(pieces.read(STEP)):
        hashes.update(data)
        if hashes.size > target.size:
            break
        with explained(target.path):
            file.append(data, hashes.mark())
        progress(len(data))
    _check(target, hashes)
    return target.size - begin


def _assembled(
    file: Resumable, target: Target, assemble: t.Callable[[t.BinaryIO], int | None]
) -> int | None:
    """None, and an empty file, where it was not made so."""
    out = file.file
    with explained(target.path):
        out.truncate(0)
        taken = assemble(t.cast(t.BinaryIO, out))
        if taken is not None:
            hashes = Hashes(md5=False)
            out.seek(0)
            while data := out.read(_READ_SIZE):
                hashes.update(data)
            _check(target, hashes)
            return taken
        out.truncate(0)
    return None


def _check(target: Target, hashes: Hashes) -> None:
    found = hashes.digests().sha256
    if (hashes.size, found) != (target.size, target.digest):
        label = f"what was fetched for {target.path!r}"
        raise MismatchError(
            label, f"has the SHA-256 {found}, and the record says {target.digest}"
        )


def _require_room(target: Target, there: int) -> None:
    free = shutil.disk_usage(os.path.dirname(target.path)).free
    needed = target.size - there
    if needed > free:
        raise LocalWriteError(
            f"Could not write {target.path!r}: it takes {needed:,} bytes, and {free:,} are free there.",
            hint="Make room and run again.",
        )


class Placed(t.NamedTuple):
    """Whether the file is another than before, its size in bytes, and its SHA-256, hex."""

    changed: bool
    size: int
    digest: str


def place_stream(
    path: str,
    content: t.Iterable[bytes],
    mode: int,
    progress: t.Callable[[int], None],
) -> Placed:
    """Write what is known to be whole only when ``content`` has ended, aside, then to its place.

    A file of the same contents stays as it is. What ``content`` raises passes through, and nothing is
    left. Raises ``BusyError`` and ``LocalWriteError``.
    """
    folder, name = os.path.split(path)
    require_replaceable(path)
    aside = f"{RESUMABLE}{_short(name)}s"
    with contextlib.ExitStack() as stack:
        with explained(path):
            parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, parent)
            opened = _open_aside(aside, parent, 0, path)
            file = stack.enter_context(opened.file)
            file.truncate(0)
        is_placed = False
        try:
            hashes = Hashes(md5=False)
            for data in content:
                hashes.update(data)
                progress(len(data))
                with explained(path):
                    write_all(file, data)
            digest = hashes.digests().sha256
            target = Target(path, hashes.size, digest, mode, None, None)
            with explained(path):
                kept = keep(target)
                if kept is not None:
                    return Placed(kept.changed, hashes.size, digest)
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
                os.rename(aside, name, src_dir_fd=parent, dst_dir_fd=parent)
                is_placed = True
                os.fsync(parent)
            return Placed(True, hashes.size, digest)
        finally:
            if not is_placed:
                with contextlib.suppress(OSError):
                    os.unlink(aside, dir_fd=parent)


def _busy(path: str) -> BusyError:
    return BusyError(
        f"{path!r} is being fetched by another process.", hint="Let that one end."
    )


def _remove_others(folder: str, name: str) -> None:
    """What killed runs left of other contents of the same file."""
    begin = f"{RESUMABLE}{_short(name)}"
    with contextlib.suppress(OSError):
        for other in os.listdir(folder):
            if other.startswith(begin):
                remove_unlocked(os.path.join(folder, other))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
