# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import runpy
import socket
import subprocess
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from tests.unit.roles.roles import (
    ROOT,
    constraints,
    defaults,
    documented_defaults,
    options,
    pins,
    read_yaml,
    variables,
)

ROLE = ROOT / "roles" / "persistence"
FILES = ROLE / "files"


def test_defaults_are_those_that_are_documented() -> None:
    assert defaults(ROLE) == documented_defaults(ROLE)


def test_every_option_is_used() -> None:
    assert variables(ROLE) == options(ROLE).keys()


def test_requirements_are_pinned_to_what_is_tested() -> None:
    assert pins(FILES / "requirements.txt") <= constraints()


def test_secrets_are_the_variables_that_the_service_takes_as_files() -> None:
    page = (ROOT / "docs" / "persistence_service.md").read_text()
    documented = set(re.findall(r"`([A-Z_]+)`\*", page))
    names = read_yaml(ROLE / "vars" / "main.yml")["__persistence_secret_names"]
    assert documented == set(names)


def test_the_base_is_one_version_of_python_from_one_registry() -> None:
    """The same by whichever way the image is built, and never the newest that there is."""
    text = (FILES / "Containerfile").read_text()
    (base,) = re.findall(r"^ARG BASE=(\S+)$", text, re.MULTILINE)
    assert defaults(ROLE)["persistence_base"] == base
    version = re.fullmatch(r"docker\.io/library/python:3\.(\d+)-slim", base)
    assert version is not None and int(version[1]) >= 11
    assert f"`{base}`" in (ROLE / "README.md").read_text()
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${BASE}"] * 3


def test_example_and_role_give_the_same_capabilities() -> None:
    example = read_yaml(ROOT / "docs" / "compose.yaml")["services"]["s3-persister"]
    capabilities = read_yaml(ROLE / "vars" / "main.yml")["__persistence_capabilities"]
    assert example["cap_add"] == re.findall("'([A-Z_]+)'", capabilities)[:-1]
    assert (example["cap_drop"], example["read_only"]) == (["ALL"], True)


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the image is built of, unpacked, with the program in ``program``."""
    folder = tmp_path_factory.mktemp("context")
    make = runpy.run_path(str(FILES / "make_context.py"))["make_context"]
    wheels = folder / "given"
    wheels.mkdir()
    (wheels / "one.whl").write_bytes(b"wheel")
    for name in ("once.tar", "again.tar"):
        make(ROOT, FILES / "requirements.txt", wheels, folder / name)
    assert (folder / "once.tar").read_bytes() == (folder / "again.tar").read_bytes()
    with tarfile.open(folder / "once.tar") as archive:
        archive.extractall(folder, filter="data")
    with zipfile.ZipFile(folder / "program.zip") as program:
        program.extractall(folder / "program")
    return folder


def test_the_context_has_all_that_the_image_is_built_of(context: Path) -> None:
    text = (context / "Containerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(\S+) ", text, re.MULTILINE)
    assert copied == ["requirements.txt", "wheels/", "program.zip"]
    assert all((context / name).exists() for name in copied)
    assert (context / "wheels" / "one.whl").read_bytes() == b"wheel"


def run(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=variables
    )


def test_the_program_runs_alone(context: Path) -> None:
    done = run(context / "program", ALLOWED_PATHS=str(context))
    assert done.returncode == 2
    assert "S3_BUCKET_NAME" in done.stderr
    assert "Traceback" not in done.stderr


def answer_once(listener: socket.socket, status: bytes) -> None:
    connection, _address = listener.accept()
    with connection:
        assert connection.recv(1000).startswith(b"GET /healthz ")
        connection.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    ("status", "code"), [(b"200 OK", 0), (b"503 Service Unavailable", 1)]
)
def test_health_is_what_the_service_says(
    context: Path, status: bytes, code: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        answering = threading.Thread(target=answer_once, args=(listener, status))
        answering.start()
        port = listener.getsockname()[1]
        done = run("-S", context / "program" / "healthy.py", PORT=str(port))
        answering.join()
    assert done.returncode == code


def test_a_service_that_is_not_there_is_not_healthy(context: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        done = run("-S", context / "program" / "healthy.py", PORT=str(port))
    assert (done.returncode, done.stderr) == (1, "")
