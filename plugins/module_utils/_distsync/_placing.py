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
import io
import os
import shutil
import stat
import typing as t

from .._drivers._local_resumable import (
    RESUMABLE,
    Resumable,
    open_resumable,
    remove_unlocked,
)
from .._encryption._pieces import Pieces
from .._errors import ConfigurationError, LocalWriteError
from .._sync._hashes import Hashes
from ._content import Content
from ._failures import BusyError, MismatchError

#: Bytes from one mark to the next in a file on its way.
STEP: t.Final = 1024 * 1024
_READ_SIZE: t.Final = 1024 * 1024


class Target(t.NamedTuple):
    """What is to be at a place. ``digest``: SHA-256, hex; ``owner``, ``group``: names, or None for whoever does it."""

    path: str
    size: int
    digest: str
    mode: int
    owner: str | None
    group: str | None


def target_path(dest: str, name: str) -> str:
    """The file that is meant by a destination: ``name`` in it, if it is a folder."""
    path = os.path.abspath(os.path.expanduser(dest))
    return os.path.join(path, name) if os.path.isdir(path) else path


def holds_content(target: Target) -> bool:
    """Whether the contents are there already, in a file and not behind a link."""
    try:
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(target.path, flags)
    except OSError:
        return False
    with open(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size != target.size:
            return False
        sha256 = hashlib.sha256()
        while data := file.read(_READ_SIZE):
            sha256.update(data)
    return sha256.hexdigest() == target.digest


def has_right_owner_and_mode(target: Target) -> bool:
    """Of a file that ``holds_content``. Raises ``ConfigurationError`` for an owner that is not known here."""
    status = os.stat(target.path, follow_symlinks=False)
    uid, gid = _ids(target)
    return (
        stat.S_IMODE(status.st_mode) == target.mode
        and uid in (-1, status.st_uid)
        and gid in (-1, status.st_gid)
    )


def correct_owner_and_mode(target: Target) -> None:
    """Of a file that ``holds_content``."""
    with _explained(target.path):
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(target.path, flags)
        try:
            _give(descriptor, target)
        finally:
            os.close(descriptor)


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
    _ids(target)
    folder, name = os.path.split(target.path)
    if os.path.isdir(target.path) and not os.path.islink(target.path):
        raise LocalWriteError(f"Could not write {target.path!r}: it is a folder.")
    aside = f"{RESUMABLE}{_short(name)}{_short(identity)}"
    with contextlib.ExitStack() as stack:
        with _explained(target.path):
            parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, parent)
            file = open_resumable(aside, parent, target.size, STEP)
            if file is None:
                raise _busy(target.path)
            stack.enter_context(file.file)
            os.fchmod(file.file.fileno(), 0o600)
        try:
            with _explained(target.path):
                hashes = Hashes(md5=False)
                file.recover(hashes.accept)
                _require_room(target, file.position)
            taken = None
            if assemble is not None and not file.position:
                taken = _assembled(file, target, assemble)
            if taken is None:
                taken = _fill(file, target, hashes, content, progress)
            with _explained(target.path):
                file.finish()
                _give(file.file.fileno(), target)
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
    pieces = Pieces(content.range(begin, target.size - begin))
    while data := memoryview(pieces.read(STEP)):
        hashes.update(data)
        if hashes.size > target.size:
            break
        with _explained(target.path):
            file.append(data, hashes.mark())
        progress(len(data))
    _check(target, hashes)
    return target.size - begin


def _assembled(
    file: Resumable, target: Target, assemble: t.Callable[[t.BinaryIO], int | None]
) -> int | None:
    """None, and an empty file, where it was not made so."""
    out = file.file
    with _explained(target.path):
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


def _give(descriptor: int, target: Target) -> None:
    """Owner first: a change of it takes permissions away."""
    uid, gid = _ids(target)
    if (uid, gid) != (-1, -1):
        os.fchown(descriptor, uid, gid)
    os.fchmod(descriptor, target.mode)


def _ids(target: Target) -> tuple[int, int]:
    """Raises ``ConfigurationError``."""
    import grp
    import pwd

    uid = gid = -1
    try:
        if target.owner is not None:
            uid = pwd.getpwnam(target.owner).pw_uid
        if target.group is not None:
            gid = grp.getgrnam(target.group).gr_gid
    except KeyError:
        kind, name = ("user", target.owner) if uid == -1 else ("group", target.group)
        if target.owner is None:
            kind, name = "group", target.group
        raise ConfigurationError(
            f"{target.path!r} is to belong to the {kind} {name!r}, which is not on this host.",
            hint=f"Make that {kind} here, or publish without it.",
        ) from None
    return uid, gid


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
    aside = f"{RESUMABLE}{_short(name)}s"
    with contextlib.ExitStack() as stack:
        with _explained(path):
            parent = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, parent)
            opened = open_resumable(aside, parent, 0, STEP)
            if opened is None:
                raise _busy(path)
            file = stack.enter_context(opened.file)
            os.fchmod(file.fileno(), 0o600)
            file.truncate(0)
        is_placed = False
        try:
            hashes = Hashes(md5=False)
            for data in content:
                hashes.update(data)
                progress(len(data))
                with _explained(path):
                    _write_all(file, data)
            digest = hashes.digests().sha256
            target = Target(path, hashes.size, digest, mode, None, None)
            with _explained(path):
                if holds_content(target):
                    changed = not has_right_owner_and_mode(target)
                    if changed:
                        correct_owner_and_mode(target)
                    return Placed(changed, hashes.size, digest)
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


def _write_all(file: io.FileIO, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


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


@contextlib.contextmanager
def _explained(path: str) -> t.Iterator[None]:
    """Turns the system's errors into ours."""
    try:
        yield
    except OSError as error:
        hint = ""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            hint = "Make room and run again."
        elif error.errno in (errno.EPERM, errno.EACCES):
            hint = "Give this user the folder; owners can be set by root alone."
        raise LocalWriteError(
            f"Could not write {path!r}: {error.strerror}.", hint=hint
        ) from None
