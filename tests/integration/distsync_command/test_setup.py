# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``distsync setup``: asked on a terminal, and answered by a file."""

from __future__ import annotations

import signal
import stat
import subprocess
import uuid
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup import (
    set_up,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup_files import (
    FileOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup_options import (
    SetupOptions,
)
from tests.integration.distsync_command.program import Program
from tests.servers.seaweedfs import SeaweedFS


def test_on_a_terminal(program: Program, seaweedfs: SeaweedFS) -> None:
    """The bucket and the identities are made; what is secret is not shown, and then all of it works."""
    bucket = f"longshore-{uuid.uuid4().hex[:16]}"
    url = f"http://127.0.0.1:{seaweedfs.port}"
    program.secrets.add(seaweedfs.secret)
    credentials = [seaweedfs.key, seaweedfs.secret, ""]
    answers = ["", url, "", *credentials, bucket, "y", "", "", ""]
    uploader, daemon = (program.home / name for name in (".distsync", ".distsyncd"))
    try:
        made = program.on_terminal("setup", answers=answers)
        assert made.code == 0, made
        assert f"Done: make the bucket {bucket!r}" in made.output
        assert "Provider that keeps the bucket [S3]: " in made.errors
        for path in (uploader, daemon):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert seaweedfs.secret not in path.read_text()
        app = program.home / "app"
        app.write_bytes(b"1")
        program.done("upload", "--version=1", str(app))
        program.done("download", "app")
        assert (program.folder / "app").read_bytes() == b"1"
        # every default, but for the credentials, which no file keeps
        answers = ["", "", "", *credentials, "", "", "", "", ""]
        again = program.on_terminal("setup", "--json", answers=answers)
        assert again.code == 0 and not again.json["changed"], again
    finally:
        gone = SetupOptions(
            seaweedfs.endpoint(container=bucket),
            uploader=FileOptions(str(uploader)),
            daemon=FileOptions(str(daemon)),
            present=False,
            delete_bucket=True,
            force=True,
        )
        set_up(gone)


def test_answers_from_a_file(program: Program, tmp_path: Path) -> None:
    answers = [
        "LOCL",
        "LO\0CAL",
        "LOCAL",
        str(tmp_path / "bucket"),
        "",
        "",
        str(tmp_path / "out"),
    ]
    made = program.done("setup", answers="".join(f"{one}\n" for one in answers))
    # the first were no providers, so it was asked again
    assert made.errors.count("Provider that keeps the bucket") == 3
    assert "Did you mean LOCAL" in made.errors
    assert [line.split(":")[0] for line in made.output.splitlines()][:3] == ["Done"] * 3
    app = program.home / "app"
    app.write_bytes(b"1")
    program.done("upload", str(app))
    program.done("download", "app")


def test_too_few_answers(program: Program) -> None:
    for answers in ("", "S3\n", "S3\n\n"):
        ended = program.run("setup", answers=answers)
        assert ended.code == 2 and "answers ended" in ended.errors
    ended = program.run("setup", "--json", answers="LOCAL\n")
    assert ended.code == 2 and ended.json["error"]["kind"] == "usage"
    assert not list(program.home.iterdir())


def test_interrupted_at_a_question(program: Program) -> None:
    process = program.start("setup", stdin=subprocess.PIPE)
    assert process.stderr is not None
    asked = b""
    while not asked.endswith(b": "):
        asked += process.stderr.read(1)
    process.send_signal(signal.SIGINT)
    assert program.ended(process).code == 130
