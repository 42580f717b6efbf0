# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What some tests need of the machine: another process, an ordinary user, a full disk."""

from __future__ import annotations

import ctypes
import os
import pickle
import traceback
import typing as t
from pathlib import Path

Value = t.TypeVar("Value")

_NOBODY = 65534
_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_MS_RDONLY = 0x1
_MS_REMOUNT = 0x20
_MS_BIND = 0x1000
_MS_REC_PRIVATE = 0x4000 | 0x40000


class Child(t.Generic[Value]):
    """A forked process that calls a function; what it returns must be picklable.

    A fork, because code and test files may lie where another user cannot read them.
    """

    def __init__(
        self,
        function: t.Callable[[], Value],
        prepare: t.Callable[[], None] = lambda: None,
    ) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            self._work(function, prepare, writing)
        os.close(writing)
        self._answer = os.fdopen(reading, "rb")

    @staticmethod
    def _work(
        function: t.Callable[[], Value], prepare: t.Callable[[], None], writing: int
    ) -> t.NoReturn:
        try:
            prepare()
            answer = pickle.dumps((True, function()))
        except BaseException:  # noqa: BLE001 - the parent raises it
            answer = pickle.dumps((False, traceback.format_exc()))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(answer)
        os._exit(0)

    def result(self) -> Value:
        """Wait for the process; what it raised fails the test here."""
        with self._answer:
            answer = self._answer.read()
        os.waitpid(self.pid, 0)
        assert answer, "the process was killed"
        well, value = pickle.loads(answer)
        assert well, value
        return t.cast(Value, value)

    def kill(self) -> None:
        os.kill(self.pid, 9)
        os.waitpid(self.pid, 0)
        self._answer.close()


def become_ordinary_user() -> None:
    """Let go of root's rights, if this process has them."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)


def give_to_ordinary_user(path: Path) -> None:
    """Make what is at ``path`` and below belong to whom ``become_ordinary_user`` becomes."""
    if os.geteuid() == 0:
        for folder, _unused, files in os.walk(path):
            for name in (".", *files):
                os.chown(os.path.join(folder, name), _NOBODY, _NOBODY)


def small_disk_at(path: Path, size: int) -> t.Callable[[], None]:
    """What mounts a file system of ``size`` bytes at ``path``, for the calling process alone."""

    def mount() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        user, group = os.geteuid(), os.getegid()
        flags = _CLONE_NEWNS if user == 0 else _CLONE_NEWNS | _CLONE_NEWUSER
        _check(libc.unshare(flags))
        if user != 0:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {user} 1")
            Path("/proc/self/gid_map").write_text(f"0 {group} 1")
        _check(libc.mount(None, b"/", None, _MS_REC_PRIVATE, None))
        options = f"size={size}".encode()
        _check(libc.mount(b"tmpfs", os.fsencode(path), b"tmpfs", 0, options))

    return mount


def mount_again(path: Path, point: Path) -> None:
    """Have what is at ``path`` at another place, too, as containers have their volumes. Needs a ``small_disk_at``."""
    if path.is_file():
        point.touch()
    else:
        point.mkdir()
    libc = ctypes.CDLL(None, use_errno=True)
    ways = os.fsencode(path), os.fsencode(point)
    _check(libc.mount(*ways, None, _MS_BIND, None))


def mount_read_only(point: Path) -> None:
    """Let nobody write any more to a ``small_disk_at`` there."""
    libc = ctypes.CDLL(None, use_errno=True)
    flags = _MS_REMOUNT | _MS_RDONLY
    _check(libc.mount(None, os.fsencode(point), None, flags, None))


def _check(answer: int) -> None:
    if answer != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
