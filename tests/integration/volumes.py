# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes of the tests' own, and the module that saves and restores them."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.modules import (
    volume_persist,
    volume_persist_info,
)
from tests.integration.module import Result, call


class Volume:
    """A folder with one of everything, and a place where its snapshots are kept."""

    def __init__(self, place: t.Any, folder: Path) -> None:
        self.place = place
        self.path = folder / "volume"
        self.cache = folder / "cache"
        self.secret = SharedSecret.generate().encode()
        #: What nobody may ever see.
        self.secrets = [self.secret]
        if hasattr(place, "server"):
            self.secrets.append(place.server.secret)

    def fill(self) -> None:
        path = self.path
        (path / "deep" / "er").mkdir(parents=True)
        (path / "empty").mkdir(mode=0o700)
        (path / "index.html").write_text("<h1>Tides</h1>")
        (path / "deep" / "er" / "data").write_bytes(bytes(range(256)) * 4000)
        os.link(path / "index.html", path / "deep" / "again.html")
        (path / "link").symlink_to("deep/er")
        os.mkfifo(path / "pipe")
        with open(path / "holes", "wb") as file:
            file.truncate(3_000_000)
        os.setxattr(path / "index.html", "user.tide", b"high")
        path.chmod(0o2750)

    def run(
        self,
        state: str = "saved",
        *,
        check: bool = False,
        diff: bool = False,
        **options: t.Any,
    ) -> Result:
        """A task that may fail, and tells no secret."""
        given: dict[str, t.Any] = {
            "state": state,
            "store": self.place.endpoint(),
            "cache_path": str(self.cache),
            "host": "wiki1",
            **options,
        }
        if not {"path", "volume"} & given.keys():
            given["path"] = str(self.path)
        result = call(
            volume_persist, _ansible_check_mode=check, _ansible_diff=diff, **given
        )
        self.hush(result.text)
        return result

    def well(self, state: str = "saved", **options: t.Any) -> Result:
        """A task that must end well; in check mode it says the same before, and changes nothing."""
        result = self.run(state, **options)
        assert not result.failed, result.msg
        return result

    def foretold(self, state: str = "saved", **options: t.Any) -> Result:
        """A task, of which check mode said before what it did."""
        before = self.place.keys(), tree(self.path)
        foretold = self.well(state, check=True, **options)
        assert (self.place.keys(), tree(self.path)) == before
        result = self.well(state, **options)
        for name in ("changed", "target", "containers", "counts", "bytes"):
            assert foretold.values[name] in (result.values[name], None), name
        for name in ("pruned", "kept"):
            assert foretold.values.get(name) == result.values.get(name), name
        return result

    def badly(self, state: str = "saved", **options: t.Any) -> str:
        """A task that must fail, in check mode just so; its message."""
        result = self.run(state, **options)
        assert result.failed, result.values
        assert "Traceback" not in result.text
        return result.msg

    def info(self, **options: t.Any) -> t.Any:
        result = call(volume_persist_info, store=self.place.endpoint(), **options)
        assert not result.failed, result.msg
        self.hush(result.text)
        return result.values

    def hush(self, text: str) -> None:
        for secret in self.secrets:
            assert secret not in text


def tree(path: Path) -> dict[str, tuple[t.Any, ...]]:
    """All that is there, by its path; without times of folders."""
    if not path.is_dir():
        return {}
    return {str(one.relative_to(path)): _facts(one) for one in (path, *path.rglob("*"))}


def _facts(path: Path) -> tuple[t.Any, ...]:
    status = path.lstat()
    facts = (status.st_mode, status.st_uid, status.st_gid)
    if path.is_symlink():
        return (*facts, os.readlink(path))
    if path.is_dir():
        return facts
    contents = path.read_bytes() if path.is_file() else b""
    xattrs = {name: os.getxattr(path, name) for name in os.listxattr(path)}
    return (*facts, status.st_mtime_ns, status.st_nlink, contents, xattrs)


def filled(place: t.Any, folder: Path) -> Volume:
    """One with something in it, and a place that is there."""
    place.make()
    made = Volume(place, folder)
    made.fill()
    return made
