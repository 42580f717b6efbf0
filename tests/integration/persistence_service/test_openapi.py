# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``/openapi.json`` says holds: requests made of it, right and wrong ones, are answered as it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.integration.persistence_service.conftest import Scene

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,negative_data_rejection,unsupported_method"
)


def test_answers_are_as_described(scene: Scene, tmp_path: Path) -> None:
    # nothing is removed or restored that matters: the bucket and the volume are the test's own
    service = scene.start(RATE_LIMIT="0", AUTH_TOKEN="0123456789abcdef").ready()
    (scene.volume / "tide").write_text("high")
    service.done("POST", "/v1/snapshots", {"path": str(scene.volume)})
    description = service.ask("GET", "/openapi.json").json
    assert description["openapi"].startswith("3.1")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "run"),
            f"http://127.0.0.1:{service.port}/openapi.json",
            *("--max-examples", "5", "--seed", "1", "--workers", "1"),
            *("--checks", CHECKS, "--phases", "coverage,fuzzing"),
            *("-H", "Authorization: Bearer 0123456789abcdef", "--no-color"),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
