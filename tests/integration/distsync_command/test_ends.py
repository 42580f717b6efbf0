# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How ``distsync`` ends, whatever it is that went wrong."""

from __future__ import annotations

import dataclasses
import os
import signal
import socket
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from tests.integration.distsync_command.program import Fleet, Program


def test_usage(program: Program, local: Fleet) -> None:
    app = local.file("app", b"1")
    for arguments in (
        [],
        ["upload"],
        ["upload", app, app],
        ["upload", "--name=x", app, local.file("other", b"2")],
        ["download", "a", "b", "-o", "file"],
        ["download", "a", "a"],
        ["download", "a", "-o", "/dev/null"],
    ):
        ended = program.run(*arguments)
        assert ended.code == 2 and ended.errors and not ended.output
    assert program.done("--version").output == "distsync 1.0.0\n"
    assert "usage" in program.done("setup", "--help").output


def test_not_found(program: Program, local: Fleet) -> None:
    nothing = program.run("list")
    assert nothing.code == 4 and "Nothing was published" in nothing.errors
    program.done("upload", "--version=1", local.file("app", b"1"))
    for arguments in (["ap"], ["app", "--version=2"], ["app", "--channel=other"]):
        ended = program.run("download", *arguments, "--json")
        assert ended.code == 4 and ended.json["error"]["kind"] == "not_found"
    assert "Did you mean app?" in program.run("download", "ap").errors


@pytest.mark.parametrize("name", ["a/b", "..", "x" * 300, b"\xff"])
def test_refused_names(program: Program, local: Fleet, name: t.Any) -> None:
    app = local.file("app", b"1")
    for arguments in (["upload", app, "--name", name], ["download", name]):
        ended = program.run(*arguments)
        assert ended.code == 5 and "is refused" in ended.errors
    assert not list(program.folder.iterdir())


def test_refused_releases(program: Program, local: Fleet) -> None:
    program.done("upload", "--version=1", local.file("app", b"1"))
    local.daemon = dataclasses.replace(
        local.daemon, public_key=SigningKey.generate().public
    )
    local.write()
    ended = program.run("download", "app")
    assert ended.code == 5 and "signed" in ended.errors
    assert not list(program.folder.iterdir())


def test_the_store(program: Program, fleet: Fleet) -> None:
    app = fleet.file("app", b"1")
    fleet.write(secret="quite-another-secret")
    program.secrets.add("quite-another-secret")
    for arguments in (["upload", app], ["status"]):
        assert program.run(*arguments).code == 6
    fleet.write(container="no-such-bucket")
    assert program.run("list").code == 4
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    fleet.write(port=port, retries=0)
    ended = program.run("upload", app, "--json")
    assert ended.code == 6 and ended.json["error"]["kind"] == "store"


def test_local_files(program: Program, local: Fleet) -> None:
    app = local.file("app", b"1")
    program.done("upload", app)
    for arguments in (
        ["upload", "/nowhere"],
        ["upload", str(program.home)],
        ["download", "app", "-o", "/nowhere/app"],
    ):
        ended = program.run(*arguments)
        assert ended.code == 1, ended
    with open("/dev/full", "wb") as full:
        assert program.run("list", stdout=full).code == 1
        assert program.run("list", "--json", stdout=full).code == 1


def test_nobody_reads(program: Program, local: Fleet) -> None:
    program.done("upload", local.file("app", b"1"))
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as gone:
        ended = program.run("list", stdout=gone)
    assert ended.code == 141 and not ended.errors
    program.environment["PYTHONIOENCODING"] = "ascii"
    program.done("upload", "--version=1", local.file("ä☃", b"1"))
    assert "\\u2603" in program.done("list").output


@pytest.mark.parametrize(
    ("number", "arguments"),
    [(signal.SIGINT, ["upload", "file"]), (signal.SIGTERM, ["list", "--json"])],
)
def test_signals(
    program: Program, fleet: Fleet, number: signal.Signals, arguments: list[str]
) -> None:
    """While a server says nothing."""
    (program.folder / "file").write_bytes(b"1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fleet.write(port=silent.getsockname()[1])
        process = program.start(*arguments)
        connection, _address = silent.accept()
        with connection:
            assert connection.recv(1)
            process.send_signal(number)
            ended = program.ended(process)
    assert ended.code == 128 + number
    if number == signal.SIGTERM:
        assert ended.json["error"]["message"] == "Stopped by SIGTERM."
    else:
        assert "Stopped by Ctrl-C" in ended.errors


def test_two_signals(program: Program, fleet: Fleet) -> None:
    """The second ends it whatever it is at."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        fleet.write(port=silent.getsockname()[1])
        process = program.start("list")
        connection, _address = silent.accept()
        with connection:
            assert connection.recv(1)
            process.send_signal(signal.SIGTERM)
            process.send_signal(signal.SIGINT)
            assert program.ended(process).code in (130, 143)


def test_a_missing_library(program: Program, fleet: Fleet) -> None:
    program.python.append("-S")  # nothing but the standard library
    ended = program.run("upload", fleet.file("app", b"1"))
    assert ended.code == 3 and "pip install" in ended.errors
    assert program.done("--version").output
    program.done("setup", "--help")


# -- configurations


def test_configurations_that_cannot_be_used(program: Program, local: Fleet) -> None:
    conf = program.home / ".distsync"
    secret = local.secret.encode()
    conf.write_text(conf.read_text().replace(secret, secret[:-1]))
    program.secrets.add(secret[:-1])
    ended = program.run("upload", "x", "--json")
    assert ended.code == 3 and ended.json["error"]["kind"] == "configuration"
    assert f"{conf}: SharedSecret" in ended.json["error"]["message"]
    conf.unlink()
    assert "distsync setup" in program.run("upload", "x").errors


def test_warnings_about_a_configuration(program: Program, local: Fleet) -> None:
    conf = program.home / ".distsync"
    conf.write_text('Chanel = "x"\n' + conf.read_text())
    conf.chmod(0o644)
    ended = program.done("upload", local.file("app", b"1"))
    assert "Did you mean Channel?" in ended.errors and "chmod 600" in ended.errors
    ended = program.done("upload", local.file("app", b"1"), "--json")
    assert len(ended.json["warnings"]) == 2 and not ended.errors


def test_a_configuration_of_somebody_else(program: Program, local: Fleet) -> None:
    (program.home / ".distsync").chmod(0)
    # root may read everything, unless that is taken away
    rights = "-dac_override,-dac_read_search"
    if os.geteuid() == 0:
        program.python[:0] = ["setpriv", f"--bounding-set={rights}"]
    ended = program.run("upload", "app")
    assert ended.code == 3 and "may not be read" in ended.errors
