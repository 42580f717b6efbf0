# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``distsync`` as users run it: the one file, against a real server."""

from __future__ import annotations

import dataclasses
import json
import random
import signal
import time
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._status import (
    ArtifactStatus,
    HostStatus,
    write_status,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._catalogue import (
    open_store,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_128_CBC_HMAC_SHA_256,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from tests.integration.distsync_command.program import Fleet, Program

#: Through parts of an upload, and ranges of a download.
BIG = random.Random(3).randbytes(20 * 1024 * 1024 + 12345)


def test_upload_and_download(program: Program, fleet: Fleet) -> None:
    app, notes = fleet.file("app", BIG), fleet.file("notes", b"new\n")
    published = program.done("upload", "--version", "1", app, notes)
    assert published.output == (
        "Published app 1 (20.0 MiB).\nPublished notes 1 (4 B).\n"
    )
    fetched = program.done("download", "app", "notes")
    assert (program.folder / "app").read_bytes() == BIG
    assert (program.folder / "notes").read_bytes() == b"new\n"
    assert fetched.output.splitlines()[0] == (
        f"Fetched app 1 to {program.folder}/app (20.0 MiB)."
    )
    for command in (["upload", "--version", "1", app], ["download", "app"]):
        again = program.done(*command, "--json").json
        assert not again["changed"] and again["exit"] == 0 and again["error"] is None
    assert "already" in program.done("upload", "--version", "1", app).output
    assert "already" in program.done("download", "app").output


def test_versions(program: Program, local: Fleet) -> None:
    file = local.file("build", b"one")
    first = program.done("upload", file, "--name", "app", "--json").json
    assert [one["name"] for one in first["releases"]] == ["app"]
    version = first["releases"][0]["version"]
    assert first["releases"][0]["digest"].startswith(version)
    local.file("build", b"two")
    program.done("upload", file, "--name=app", "--version=2")
    target = program.folder / "target"
    program.done("download", "-o", str(target), "app")
    assert target.read_bytes() == b"two"
    program.done("download", "-o", str(target), "--version", version, "app")
    assert target.read_bytes() == b"one"
    listed = program.done("list", "--json").json
    shown = [(one["version"], one["latest"]) for one in listed["releases"]]
    assert shown == [(version, False), ("2", True)] and listed["sequence"] == 2
    head, one, two = program.done("list").output.splitlines()
    assert head.split() == ["NAME", "VERSION", "LATEST", "SIZE", "AGE"]
    assert one.split()[:2] == ["app", version] and two.split()[2] == "yes"
    local.file("build", b"three")
    assert program.run("upload", file, "--name=app", "--version=2").code == 5
    program.done("upload", file, "--name=app", "--version=2", "--force")


def test_prune(program: Program, local: Fleet) -> None:
    """After the secret was changed, and before anybody is told to: nothing is deleted."""
    program.done("upload", "--version=1", local.file("app", b"old"))
    assert program.done("prune").output == "Deleted 0 objects (0 B).\n"
    local.uploader = dataclasses.replace(local.uploader, secret=SharedSecret.generate())
    local.daemon = dataclasses.replace(local.daemon, secret=local.uploader.secret)
    program.secrets.add(local.uploader.secret.encode())
    local.write()
    program.done("upload", "--version=2", local.file("app", b"new"))
    refused = program.run("prune")
    assert refused.code != 0 and "--unreadable" in refused.errors
    seen = program.done("prune", "--unreadable", "--check", "--json").json
    # feed, record and contents
    assert seen["changed"] and seen["objects"] == 3
    program.done("download", "app")
    assert program.done("prune", "--unreadable", "--json").json["objects"] == 3
    assert not program.done("prune", "--json").json["changed"]
    program.done("download", "-o", str(program.folder / "again"), "app")
    assert (program.folder / "again").read_bytes() == b"new"


@pytest.mark.parametrize("written", [["-c", "{}"], ["-conf={}"]])
def test_another_configuration(
    program: Program, local: Fleet, written: t.Sequence[str]
) -> None:
    """As now, and as the original had it."""
    (program.home / ".distsync").rename(program.folder / "conf")
    arguments = [one.format("conf") for one in written]
    program.done("upload", *arguments, local.file("app", b"1"))
    assert program.run("upload", local.file("app", b"1")).code == 3


def test_the_list_of_who_has_one_configuration(program: Program, local: Fleet) -> None:
    program.done("upload", "--version=1", local.file("app", b"1"))
    (program.home / ".distsyncd").unlink()
    assert program.done("list", "--json").json["releases"][0]["name"] == "app"
    (program.home / ".distsync").unlink()
    assert "There is no configuration" in program.run("list").errors


def test_several_and_some_fail(program: Program, local: Fleet) -> None:
    program.done("upload", "--version=1", local.file("app", b"1"))
    ended = program.run("download", "other", "app", "--json")
    assert ended.code == 7 and (program.folder / "app").read_bytes() == b"1"
    failed, fetched = ended.json["artifacts"]
    assert failed["error"]["kind"] == "not_found" and fetched["changed"]
    ended = program.run("download", "other", "app")
    assert ended.code == 7 and "other: There is no artifact 'other'" in ended.errors
    # publishing is all or nothing
    missing = str(program.home / "missing")
    assert program.run("upload", local.file("new", b"1"), missing).code == 1
    assert program.run("download", "new").code == 4


def test_the_original_format(program: Program, local: Fleet) -> None:
    local.uploader = local.daemon = dataclasses.replace(
        local.daemon,
        public_key=None,
        format=Format.DISTSYNC01,
        algorithm=AES_128_CBC_HMAC_SHA_256,
    )
    local.write()
    program.done("upload", local.file("app", b"1"), local.file("b", b"b"))
    assert program.done("list").output.split()[5:7] == ["app", "-"]
    program.done("download", "app")
    assert (program.folder / "app").read_bytes() == b"1"
    missing = str(program.home / "missing")
    ended = program.run("upload", missing, local.file("c", b"c"), "--json")
    assert ended.code == 7 and program.run("download", "c").code == 0
    assert program.run("upload", "--version=1", local.file("c", b"c")).code == 5
    assert program.run("list", "--channel=x").code == 2


def test_the_daemon(program: Program, fleet: Fleet) -> None:
    program.done("upload", "--version=1", fleet.file("app", b"1"))
    fleet.daemon = dataclasses.replace(
        fleet.daemon, output_dir=str(program.folder), poll_interval=1.0
    )
    fleet.write()
    process = program.start("daemon")
    assert process.stderr is not None
    events: list[str] = []
    while events[-1:] != ["delivered"]:
        events.append(json.loads(process.stderr.readline())["event"])
    assert (program.folder / "app" / "current" / "app").read_bytes() == b"1"
    process.send_signal(signal.SIGTERM)
    ended = program.ended(process)
    assert ended.code == 0 and "started" in events
    (program.home / ".distsyncd").unlink()
    refused = program.run("daemon")
    assert refused.code == 3 and "There is no configuration" in refused.errors


def test_status(program: Program, local: Fleet) -> None:
    none = program.done("status")
    assert not none.output and "No host has reported" in none.errors
    program.done("upload", "--version=2", local.file("app", b"2"))
    now = int(time.time())
    app = ArtifactStatus("app", "stable", "1", "0" * 64, now, "current", "1", 3)
    host = HostStatus("web1", "1.0.0", now, ("stable",), (app,), 10**9)
    with open_store(local.uploader.store) as store:
        write_status(store, local.secret, "web1", host)
        store.write("status/other", b"x")
    page = program.folder / "fleet.html"
    shown = program.done("status", "--html", str(page))
    head, line = shown.output.splitlines()
    # it thinks that it has the latest; the feed knows better
    assert line.split()[0] == "web1" and "behind" in line and "STATE" in head
    assert "1 objects among the reports are none" in shown.errors
    assert "web1" in page.read_text() and page.stat().st_mode & 0o777 == 0o600
    said = program.done("status", "--json").json
    assert not said["healthy"] and said["left_out"] == 1
    (one,) = said["hosts"]
    assert (one["host"], one["state"], one["silent"]) == ("web1", "behind", False)
    assert one["artifacts"][0]["version"] == "1"
