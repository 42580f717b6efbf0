# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees with everything in them, pictures of trees, and archives made by hand."""

from __future__ import annotations

import hashlib
import os
import random
import stat
import struct
import tarfile
import typing as t
from io import BytesIO
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._persist import _acl
from ansible_collections.longshore.storage.plugins.module_utils._persist._archive import (
    Archive,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._restore import (
    Restored,
    restore,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._walk import (
    TreeOptions,
)

ALL = TreeOptions()
MIB = 1024 * 1024
ACL = _acl.value_of(b"user::rwx,user:1234:r-x,group::r-x,mask::r-x,other::---")
DEFAULT_ACL = _acl.value_of(b"user::rwx,group::r-x,group:77:rwx,mask::rwx,other::---")
#: cap_net_bind_service, permitted and effective
CAPABILITY = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)
IS_ROOT = os.geteuid() == 0


def fill_with_everything(root: Path) -> None:
    """Whatever a volume may hold; owners, devices and capabilities where this user may make them."""
    root.mkdir(exist_ok=True)
    (root / "empty folder").mkdir()
    (root / "folder").mkdir()
    (root / "folder" / "file").write_bytes(b"contents\n" * 100)
    (root / "folder" / "empty").touch()
    (root / "folder" / "other name").hardlink_to(root / "folder" / "file")
    (root / "large").write_bytes(random.Random(1).randbytes(3 * MIB + 7))
    (root / "link").symlink_to("folder/file")
    (root / "broken").symlink_to("/nowhere/" + "x" * 150)
    os.link(root / "link", root / "link too", follow_symlinks=False)
    (root / os.fsdecode(b"line\nbreak \xff\xfe")).write_text("odd name")
    (root / ("n" * 255)).write_text("long name")
    deep = root / ("d" * 120) / ("e" * 120)
    deep.mkdir(parents=True)
    (deep / "file").write_text("deep")
    os.mkfifo(root / "fifo")
    with open(root / "sparse", "wb") as file:
        file.truncate(50 * MIB)
        for place in (1 * MIB, 20 * MIB, 50 * MIB - 4096):
            file.seek(place)
            file.write(b"island" * 100)
        file.truncate(50 * MIB)
    with open(root / "hole", "wb") as file:
        file.truncate(7 * MIB)
    os.setxattr(root / "folder" / "empty", "user.note", b"\0any\nbytes=\xff")
    os.setxattr(root / "folder", "user.note", b"of a folder")
    os.chmod(root / "folder" / "empty", 0o4755)
    os.chmod(root / "empty folder", 0o1777)
    if IS_ROOT:
        os.mknod(root / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        os.mknod(root / "loop", 0o660 | stat.S_IFBLK, os.makedev(7, 9))
        os.chown(root / "folder" / "file", 1234, 4321)
        os.chown(root / "link", 3_000_000_000, 5, follow_symlinks=False)
        os.chown(root / "folder", 99, 98)
        (root / "program").write_text("#!/bin/sh")
        os.setxattr(root / "program", "security.capability", CAPABILITY)
        os.setxattr(root / "program", "trusted.note", b"root's")
    os.setxattr(root / "folder" / "file", "system.posix_acl_access", ACL)
    os.setxattr(root / "folder", "system.posix_acl_default", DEFAULT_ACL)
    os.utime(root / "large", ns=(1, -1_500_000_000))
    os.utime(root / "link", ns=(1, 12_345_678_987_654_321), follow_symlinks=False)
    os.utime(root / "folder", ns=(5, 1_234_567_890_123_456_789))
    os.utime(root, ns=(5, 1_000_000_000_000_000_001))
    os.chmod(root, 0o751)


def picture(root: Path) -> dict[bytes, tuple[t.Any, ...]]:
    """All that is to be kept of what is at ``root``, by path."""
    found: dict[bytes, tuple[t.Any, ...]] = {}
    inodes: dict[tuple[int, int], bytes] = {}
    top = os.fsencode(root)
    paths = [top]
    for folder, folders, files in os.walk(top):
        paths += [os.path.join(folder, name) for name in (*folders, *files)]
    for path in sorted(paths):
        status = os.lstat(path)
        kind = stat.S_IFMT(status.st_mode)
        what: t.Any = None
        if kind == stat.S_IFREG:
            what = hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest()
            what += " sparse" if status.st_blocks * 512 < status.st_size else ""
        elif kind == stat.S_IFLNK:
            what = os.readlink(path)
        first = inodes.setdefault((status.st_dev, status.st_ino), path)
        xattrs = {
            name: os.getxattr(path, name, follow_symlinks=False)
            for name in os.listxattr(path, follow_symlinks=False)
        }
        found[os.path.relpath(path, top)] = (
            oct(status.st_mode),
            status.st_uid,
            status.st_gid,
            status.st_mtime_ns,
            status.st_rdev,
            what,
            xattrs,
            os.path.relpath(first, top) if kind != stat.S_IFDIR else None,
        )
    return found


def archive_of(path: Path, options: TreeOptions = ALL) -> bytes:
    with Archive(str(path), options) as archive:
        return b"".join(archive.stream())


def put(
    data: bytes, target: Path, mode: t.Any = "replace", **options: t.Any
) -> Restored:
    """Restore, from pieces of an odd size."""
    return restore(pieces(data), str(target), mode=mode, **options)


def pieces(data: bytes, size: int = 77_777) -> t.Iterator[bytes]:
    for begin in range(0, len(data), size):
        yield data[begin : begin + size]


def tar_of(*entries: tuple[str, dict[str, t.Any]], **options: t.Any) -> bytes:
    """An archive of entries as they are wished for: name and the fields of ``tarfile.TarInfo``, and ``data``."""
    out = BytesIO()
    options = {"format": tarfile.PAX_FORMAT, **options}
    with tarfile.open(fileobj=out, mode="w", **options) as tar:
        for name, given in entries:
            info = tarfile.TarInfo(name)
            data = given.get("data", b"")
            info.size = len(data)
            for field, value in given.items():
                if field != "data":
                    setattr(info, field, value)
            tar.addfile(info, BytesIO(data))
    return out.getvalue()


DIRECTORY = {"type": tarfile.DIRTYPE, "mode": 0o755}
FILE = {"type": tarfile.REGTYPE, "mode": 0o644, "data": b"hostile"}


def symlink(target: str) -> dict[str, t.Any]:
    return {"type": tarfile.SYMTYPE, "linkname": target}


def hardlink(target: str) -> dict[str, t.Any]:
    return {"type": tarfile.LNKTYPE, "linkname": target}


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replace_by_link(path: Path, target: str) -> None:
    path.unlink()
    path.symlink_to(target)


def replace_by_file(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)
