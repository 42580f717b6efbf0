# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deliveries: into use, back again when the hook fails, and on from wherever they were killed."""

from __future__ import annotations

import io
import json
import os
import threading
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_daemon import (
    DaemonOptions,
    Layout,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._daemon._deliver import (
    Delivered,
    Deliverer,
    StoppedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._daemon._folder import (
    Folder,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._daemon._hook import (
    Hook,
    HookError,
    HookStoppedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._daemon._slots import (
    VersionsSlot,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    DistributionError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._original_fetch import (
    OriginalFetcher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._original_publish import (
    OriginalPublisher,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    LocalWriteError,
)
from ansible_collections.longshore.storage.plugins.module_utils._event_log import (
    Log,
)
from tests.unit.module_utils.distsync.release_helpers import Scene


class Killed(BaseException):
    """The process ends here."""


class Host:
    """A daemon's deliveries, without its threads. The hook notes what it is told, and does what ``answer`` says."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.output = scene.folder / "output"
        self.output.mkdir(exist_ok=True)
        self.answer = scene.folder / "answer"
        self.answer.write_text("exit 0")
        self.told = scene.folder / "told"
        self.told.touch()
        self.hook = scene.folder / "hook"
        self.hook.write_text(
            f'#!/bin/sh\necho "$DISTSYNC_NAME $DISTSYNC_PREVIOUS>$DISTSYNC_VERSION $(cat $DISTSYNC_PATH)" >> {self.told}\n. {self.answer}\n'
        )
        self.hook.chmod(0o755)
        self.stopping = threading.Event()
        self.ending = threading.Event()
        self.lines = io.StringIO()
        self.folder: Folder | None = None
        self.restart()

    def restart(
        self, *, hook: bool = True, old: bool = False, **options: t.Any
    ) -> None:
        """Another daemon, after the end of the one before."""
        if self.folder is not None:
            self.folder.close()
        self.folder = Folder(str(self.output))
        configuration = Configuration(
            self.scene.secret,
            self.scene.endpoint,
            format=Format.DISTSYNC01 if old else Format.LONGSHORE,
            daemon=DaemonOptions(**options),
        )
        runs = Hook([str(self.hook)], 30.0, self.ending) if hook else None
        self.deliverer = Deliverer(
            configuration,
            self.folder,
            runs,
            Log(self.lines),
            self.stopping,
            clock=self.scene.clock,
        )
        self.source: t.Any = self.scene.fetcher(host="")
        if old:
            self.source = OriginalFetcher(
                self.scene.store,
                self.scene.secret,
                self.scene.workers,
                folder=str(self.scene.folder / "fetched"),
            )

    def deliver(self, name: str = "app", *, verify: bool = False) -> Delivered:
        (wanted,) = (
            one
            for one in self.source.look().releases
            if one.latest and one.name == name
        )
        return self.deliverer.deliver(self.source, "stable", wanted, verify=verify)

    @property
    def hooks(self) -> list[str]:
        """What the hook was told since it was asked last."""
        lines = self.told.read_text().splitlines()
        self.told.write_text("")
        return lines

    def current(self, name: str = "app") -> bytes:
        return (self.output / name / "current" / name).read_bytes()

    def linked(self, name: str = "app") -> str:
        return os.readlink(self.output / name / "current")

    def versions(self, name: str = "app") -> list[str]:
        return sorted(
            {one.name for one in (self.output / name).iterdir()} - {"current"}
        )

    @property
    def events(self) -> list[str]:
        return [
            json.loads(line)["event"] for line in self.lines.getvalue().splitlines()
        ]


@pytest.fixture()
def host(scene: Scene) -> t.Iterator[Host]:
    made = Host(scene)
    yield made
    assert made.folder is not None
    made.folder.close()


def test_versions_side_by_side_and_a_link(host: Host) -> None:
    host.scene.publish("app", "1", b"one")
    first = host.deliver()
    assert (first.version, first.changed, first.received) == ("1", True, 3)
    assert (host.current(), host.linked(), host.hooks) == (b"one", "1", ["app >1 one"])
    host.scene.publish("app", "2", b"two")
    assert host.deliver().changed
    assert (host.current(), host.linked(), host.hooks) == (b"two", "2", ["app 1>2 two"])
    assert host.versions() == ["1", "2"]
    assert not host.deliver().changed and host.hooks == []
    host.restart()
    assert not host.deliver().changed and host.hooks == []


def test_rolled_back_by_the_feed(host: Host) -> None:
    for version in ("1", "2"):
        host.scene.publish("app", version, version.encode())
        host.deliver()
    host.scene.publisher().roll_back("app")
    done = host.deliver()
    assert (done.changed, done.received, host.linked()) == (True, 0, "1")
    assert host.hooks == ["app >1 1", "app 1>2 2", "app 2>1 1"]


def test_the_link_goes_back_when_the_hook_fails(host: Host) -> None:
    host.scene.publish("app", "1", b"one")
    host.deliver()
    host.scene.publish("app", "2", b"two")
    host.answer.write_text("echo broken; exit 1")
    with pytest.raises(HookError, match="exit status 1. It wrote: broken"):
        host.deliver()
    assert (host.linked(), host.current()) == ("1", b"one")
    assert host.hooks == ["app >1 one", "app 1>2 two"]
    # not again with the same
    with pytest.raises(HookError):
        host.deliver()
    assert host.hooks == []
    # something else, or another daemon
    host.answer.write_text("exit 0")
    host.restart()
    assert host.deliver().version == "2" and host.hooks == ["app 1>2 two"]


def test_a_first_release_whose_hook_fails(host: Host) -> None:
    host.scene.publish("app", "1", b"one")
    host.answer.write_text("exit 1")
    with pytest.raises(HookError):
        host.deliver()
    assert (
        host.versions() == ["1"] and not (host.output / "app" / "current").is_symlink()
    )
    host.scene.publish("app", "2", b"two")
    host.answer.write_text("exit 0")
    assert host.deliver().version == "2"


@pytest.mark.parametrize("layout", Layout)
def test_other_contents_in_the_same_place(host: Host, layout: Layout) -> None:
    """Forced under the same version, or with the flat layout."""
    host.restart(layout=layout)
    flat = layout is Layout.FLAT
    path = host.output / "app" if flat else host.output / "app" / "1" / "app"
    host.scene.publish("app", "1", b"one")
    host.deliver()
    host.scene.publish("app", "1", b"two", force=True)
    host.answer.write_text("exit 1")
    with pytest.raises(HookError):
        host.deliver()
    assert path.read_bytes() == b"one"
    assert os.listdir(path.parent) in (
        ["app"],
        [".distsync", "app"],
        ["app", ".distsync"],
    )
    host.answer.write_text("exit 0")
    host.restart(layout=layout)
    host.deliver()
    assert path.read_bytes() == b"two" and path.stat().st_nlink == 1
    assert not host.deliver().changed


def test_flat_with_nothing_before(host: Host) -> None:
    host.restart(layout=Layout.FLAT)
    host.scene.publish("app", "1", b"one")
    host.answer.write_text("exit 1")
    with pytest.raises(HookError):
        host.deliver()
    assert os.listdir(host.output) == [".distsync"]


def test_damage_is_repaired(host: Host) -> None:
    host.scene.publish("app", "1", b"one")
    host.deliver()
    path = host.output / "app" / "1" / "app"
    before = path.stat()
    path.write_bytes(b"two")
    assert host.deliver().changed and host.current() == b"one"
    # so that nothing but reading it tells
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert host.deliver(verify=True).changed and host.current() == b"one"
    path.chmod(0o666)
    host.deliver(verify=True)
    assert path.stat().st_mode & 0o777 != 0o666
    path.unlink()
    host.deliver()
    (host.output / "app" / "current").unlink()
    host.deliver()
    assert host.current() == b"one"


def test_a_repair_is_not_undone(host: Host) -> None:
    host.scene.publish("app", "1", b"one")
    host.deliver()
    (host.output / "app" / "1" / "app").write_bytes(b"two")
    host.answer.write_text("exit 1")
    with pytest.raises(HookError):
        host.deliver()
    assert host.current() == b"one"


def test_mode_and_owner_of_the_configuration(host: Host) -> None:
    host.restart(hook=False, mode=0o640, owner="daemon", group="daemon")
    host.scene.publish("app", "1", b"one")
    host.deliver()
    status = (host.output / "app" / "1" / "app").stat()
    assert status.st_mode & 0o777 == 0o640
    assert status.st_uid == status.st_gid == 1
    host.restart(hook=False, owner="nobody-has-this-name")
    host.scene.publish("app", "2", b"two")
    with pytest.raises(ConfigurationError, match="nobody-has-this-name"):
        host.deliver()
    assert host.linked() == "1"


def test_a_hook_that_is_not_there(host: Host) -> None:
    host.scene.publish("app", "1", b"one")
    host.deliver()
    host.scene.publish("app", "2", b"two")
    host.hook.rename(host.scene.folder / "elsewhere")
    with pytest.raises(ConfigurationError, match="is not there"):
        host.deliver()
    assert host.linked() == "1"
    (host.scene.folder / "elsewhere").rename(host.hook)
    assert host.deliver().version == "2"


def test_the_daemon_ends_while_the_hook_runs(host: Host) -> None:
    host.scene.publish("app", "1", b"one")
    host.answer.write_text("sleep 600")
    timer = threading.Timer(0.3, host.ending.set)
    timer.start()
    with pytest.raises(HookStoppedError):
        host.deliver()
    timer.join()
    host.ending.clear()
    host.answer.write_text("exit 0")
    host.restart()
    assert host.deliver().version == "1"
    assert host.hooks == ["app >1 one"] * 2


def test_a_hook_that_kills_the_daemon_each_time(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host.scene.publish("app", "1", b"one")
    host.deliver()
    host.scene.publish("app", "2", b"two")

    def run(*_args: object) -> str:
        raise Killed

    monkeypatch.setattr(Hook, "run", run)
    for _unused in range(3):
        with pytest.raises(Killed):
            host.deliver()
        assert host.linked() == "2"
        host.restart()
    with pytest.raises(HookError, match="was begun 3 times"):
        host.deliver()
    assert host.linked() == "1"


def test_a_stop_in_the_midst_of_a_transfer(host: Host) -> None:
    host.scene.publish("app", "1", b"one")
    host.stopping.set()
    with pytest.raises(StoppedError):
        host.deliver()
    assert not (host.output / "app" / "current").is_symlink()
    host.stopping.clear()
    assert host.deliver().version == "1"


def killed_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """Before the ``step``-th thing (from 0) that is written to the disk."""
    left = [step]

    def counted(real: t.Callable[..., t.Any]) -> t.Callable[..., t.Any]:
        def call(*args: t.Any, **options: t.Any) -> t.Any:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return real(*args, **options)

        return call

    for name in ("rename", "replace", "symlink", "link", "unlink"):
        monkeypatch.setattr(os, name, counted(getattr(os, name)))
    monkeypatch.setattr(Hook, "run", counted(Hook.run))


@pytest.mark.parametrize("works", [True, False])
@pytest.mark.parametrize("layout", Layout)
def test_killed_at_every_step(scene: Scene, layout: Layout, works: bool) -> None:
    """Whatever was there before and is wanted then, it is in use in the end, and the hook knows."""
    host = Host(scene)
    host.restart(layout=layout)
    flat = layout is Layout.FLAT
    scene.publish("app", "1", b"one")
    host.deliver()
    step, ended = 0, False
    while not ended:
        version = str(step + 2)
        contents = f"contents {version}".encode()
        before = host_contents(host, flat)
        scene.publish("app", version, contents)
        host.answer.write_text("exit 0" if works else "exit 1")
        with pytest.MonkeyPatch.context() as patch:
            killed_at(patch, step)
            try:
                host.deliver()
                ended = True
            except HookError:
                ended = True
            except Killed:
                pass
        host.restart(layout=layout)
        try:
            host.deliver()
        except HookError:
            assert not works
        assert host_contents(host, flat) == (contents if works else before)
        if works:
            assert host.hooks[-1].endswith(f">{version} {contents.decode()}")
        folder = host.output if flat else host.output / "app" / version
        left = {one.name for one in folder.iterdir()} - {"app", ".distsync"}
        assert not left
        step += 1
    assert step > 5
    assert host.folder is not None
    host.folder.close()


def host_contents(host: Host, flat: bool) -> bytes:
    return (host.output / "app").read_bytes() if flat else host.current()


def test_only_so_many_versions_are_kept(host: Host) -> None:
    host.restart(keep=2)
    stranger = host.output / "app" / "notes"
    for version in ("1", "2", "3", "4"):
        host.scene.publish("app", version, version.encode())
        host.deliver()
        stranger.mkdir(exist_ok=True)
        (stranger / "mine").touch()
    assert host.versions() == ["3", "4", "notes"]
    assert "pruned" in host.events
    # the one in use stays, however old it is
    host.restart(keep=1)
    host.scene.publisher().roll_back("app")
    host.deliver()
    assert host.versions() == ["3", "notes"] and host.linked() == "3"


def test_more_of_them_where_the_disk_is_short(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = [10_000]
    removed = VersionsSlot.remove

    def remove(slot: t.Any, version: str) -> None:
        removed(slot, version)
        free[0] += 1000

    monkeypatch.setattr(Folder, "free", property(lambda _self: free[0]))
    host.restart(keep=9, min_free=1500)
    monkeypatch.setattr(type(host.deliverer.slot("stable", "app")), "remove", remove)
    for name in ("other", "app"):
        for version in ("1", "2", "3"):
            host.scene.publish(name, version, bytes(1000))
            host.deliver(name)
    free[0] = 500
    host.scene.publish("app", "4", bytes(1000))
    assert host.deliver().version == "4"
    # its own first, then those beside it, and of each the oldest
    assert host.versions() == ["3", "4"] and host.versions("other") == ["1", "2", "3"]
    free[0] = 0
    host.scene.publish("app", "5", bytes(1000))
    assert host.deliver().version == "5"
    assert host.versions() == ["4", "5"] and host.versions("other") == ["3"]
    free[0] = -9000
    host.scene.publish("app", "6", bytes(1000))
    with pytest.raises(LocalWriteError, match="1,000 bytes and leave 1,500 free"):
        host.deliver()
    assert host.linked() == "5" and host.linked("other") == "3"


def test_several_channels(host: Host) -> None:
    scene = host.scene
    scene.publish("app", "1", b"one")
    scene.publish("app", "2", b"two", channel="canary", folder=None)
    assert host.folder is not None
    configuration = Configuration(
        scene.secret, scene.endpoint, channels=("stable", "canary")
    )
    deliverer = Deliverer(
        configuration, host.folder, None, Log(host.lines), host.stopping
    )
    for channel in ("stable", "canary"):
        source = scene.fetcher(channel=channel, host="")
        (wanted,) = source.look().releases
        deliverer.deliver(source, channel, wanted)
    read = {
        one: (host.output / one / "app" / "current" / "app").read_bytes()
        for one in ("stable", "canary")
    }
    assert read == {"stable": b"one", "canary": b"two"}


def test_a_version_called_as_the_link(host: Host) -> None:
    host.scene.publish("app", "current", b"one")
    with pytest.raises(DistributionError, match="cannot be kept beside the link"):
        host.deliver()


def test_an_older_file_helps(host: Host) -> None:
    """What the bucket has and this host has, too, is not fetched again."""
    host.scene.publish("app", "1", b"one")
    host.deliver()
    host.scene.publish("app", "2", b"two")
    (host.output / "app" / "2").mkdir()
    (host.output / "app" / "2" / "app").write_bytes(b"two")
    assert host.deliver().received == 0


# -- the format distsync01


def publish_old(scene: Scene, name: str, data: bytes) -> None:
    publisher = OriginalPublisher(scene.store, scene.secret, scene.workers)
    publisher.publish([Publication(scene.file(name, data))])


def test_the_originals_way(host: Host) -> None:
    host.restart(hook=False, old=True)
    publish_old(host.scene, "app", b"one")
    done = host.deliver()
    assert (done.version, done.changed) == (None, True)
    path = host.output / "app"
    assert path.read_bytes() == b"one" and path.stat().st_mode & 0o777 == 0o600
    assert not host.deliver().changed
    publish_old(host.scene, "other", b"x")
    assert not host.deliver().changed
    publish_old(host.scene, "app", b"two")
    assert host.deliver().changed and path.read_bytes() == b"two"
    path.write_bytes(b"six")
    assert host.deliver().changed and path.read_bytes() == b"two"


def test_the_originals_way_with_a_hook_and_a_mode(host: Host) -> None:
    host.restart(old=True, mode=0o644)
    publish_old(host.scene, "app", b"one")
    host.deliver()
    path = host.output / "app"
    assert path.stat().st_mode & 0o777 == 0o644
    assert not host.deliver().changed
    publish_old(host.scene, "app", b"two")
    host.answer.write_text("exit 1")
    with pytest.raises(HookError):
        host.deliver()
    assert path.read_bytes() == b"one"
    with pytest.raises(HookError):
        host.deliver()
    assert path.read_bytes() == b"one"
    assert host.hooks == ["app > one", "app > two"]
    host.answer.write_text("exit 0")
    publish_old(host.scene, "app", b"three")
    assert host.deliver().changed and path.read_bytes() == b"three"
