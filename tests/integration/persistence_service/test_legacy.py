# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of micro-s3-persistence, as its README goes: save, damage, restore; and what it must refuse."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import io
import os
import socket
import tarfile
import typing as t
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.integration.persistence_service.conftest import Scene
from tests.integration.persistence_service.service import PATIENCE, Service
from tests.integration.places import Headers
from tests.integration.volumes import tree


@pytest.fixture()
def folder(shared: Scene, request: pytest.FixtureRequest) -> Path:
    """Of the test's own, in the volume that all share, with a blank in its name, and one of everything."""
    path = shared.volume / f"tide é {request.node.name[:40]}"
    (path / "deep").mkdir(parents=True)
    (path / "index.html").write_text("<h1>Tides</h1>")
    (path / "deep" / "data").write_bytes(bytes(range(256)) * 300)
    (path / "link").symlink_to("deep")
    (path / "index.html").chmod(0o604)
    os.chown(path / "deep", 1234, 2345)
    path.chmod(0o2775)
    return path


@pytest.fixture()
def service(shared: Scene) -> Service:
    return shared.services[0]


def test_saved_damaged_and_put_back(
    shared: Scene, service: Service, folder: Path
) -> None:
    url = quote(str(folder))
    before, inode = tree(folder), folder.stat().st_ino
    saved = service.ask("GET", url)
    assert saved.status == 200, saved
    key = str(folder).lstrip("/")
    data = saved.json["data"]
    assert saved.json["success"] is True
    assert (data["Bucket"], data["Key"]) == (shared.place.name, key)
    assert data["ETag"].strip('"')
    assert saved.json["job"]["state"] == "succeeded"
    headers = shared.place.headers(key)
    assert headers.content_type == "application/x-gtar"
    wanted = {"iscompressed": "true", "isdirectory": "true"}
    assert wanted.items() <= headers.metadata.items()
    with tarfile.open(fileobj=io.BytesIO(shared.place.read(key)), mode="r:gz") as tar:
        names = tar.getnames()
    assert names[0] == "." and {"index.html", "deep/data"} <= {
        os.path.normpath(name) for name in names
    }

    # with a slash it is the same object, and unchanged
    again = service.ask("GET", url + "/").json
    assert again["data"]["Key"] == key and not again["job"]["result"]["changed"]

    (folder / "index.html").write_text("defaced")
    (folder / "deep" / "data").unlink()
    (folder / "extra").write_text("mine")
    assert service.ask("HEAD", url) == (200, *service.ask("HEAD", url)[1:])
    assert (folder / "index.html").read_text() == "defaced"
    assert service.ask("POST", url).json["success"] is True
    assert tree(folder) == before | {"extra": tree(folder)["extra"]}
    assert folder.stat().st_ino == inode
    assert service.ask("PUT", url + "/").json["success"] is True
    assert tree(folder) == before

    # nobody has it any more
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    folder.rmdir()
    assert service.ask("HEAD", url).status == 404
    assert service.ask("GET", url).status == 404
    assert service.ask("PUT", url).status == 200
    assert tree(folder) == before


def test_one_file(shared: Scene, service: Service, folder: Path) -> None:
    url = quote(str(folder / "index.html"))
    assert service.ask("GET", url).status == 200
    metadata = shared.place.headers(str(folder / "index.html").lstrip("/")).metadata
    assert metadata["isdirectory"] == "false"
    for method in ("POST", "PUT"):
        (folder / "index.html").write_text("defaced")
        assert service.ask(method, url).status == 200
        assert (folder / "index.html").read_text() == "<h1>Tides</h1>"
        assert (folder / "index.html").stat().st_mode & 0o777 == 0o604


@pytest.mark.parametrize("compressed", ["true", "false"])
def test_objects_of_the_original(
    shared: Scene, service: Service, folder: Path, compressed: str
) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, mode, data in ((".", 0o2755, None), ("old", 0o640, b"from then")):
            entry = tarfile.TarInfo(name)
            entry.mode, entry.uid, entry.gid, entry.mtime = mode, 33, 33, 1_400_000_000
            entry.type = tarfile.DIRTYPE if data is None else tarfile.REGTYPE
            entry.size = len(data or b"")
            tar.addfile(entry, io.BytesIO(data or b""))
    body = buffer.getvalue()
    is_compressed = compressed == "true"
    shared.place.write(
        str(folder).lstrip("/"),
        gzip.compress(body) if is_compressed else body,
        Headers(
            content_type="application/x-gtar" if is_compressed else "application/x-tar",
            metadata={"iscompressed": compressed, "isdirectory": "true"},
        ),
    )
    assert service.ask("POST", quote(str(folder))).status == 200
    assert (folder / "index.html").exists()
    assert service.ask("PUT", quote(str(folder))).status == 200
    assert os.listdir(folder) == ["old"]
    status = (folder / "old").stat()
    assert (folder / "old").read_bytes() == b"from then"
    assert (status.st_mode & 0o7777, status.st_uid, status.st_gid) == (0o640, 33, 33)
    assert status.st_mtime == 1_400_000_000


def test_what_is_refused(shared: Scene, service: Service, folder: Path) -> None:
    url, root = quote(str(folder)), quote(str(shared.volume))
    os.mkfifo(folder / "pipe")
    os.mknod(folder / "zero", 0o20666, os.makedev(1, 5))
    (folder / "out").symlink_to("/etc")
    (folder / "deep" / "up").symlink_to("../..")
    before = tree(folder)
    keys = shared.place.keys()
    cases: list[tuple[str, str, int]] = [
        ("GET", "/etc/passwd", 403),
        ("PUT", "/etc", 403),
        ("GET", "/", 403),
        ("GET", quote(str(shared.folder)), 403),
        ("GET", f"{root}x", 403),
        ("GET", f"{root}/../state", 400),
        ("PUT", f"{root}/%2e%2e/state", 400),
        ("GET", f"{root}/%2E%2E%2Fstate", 400),
        ("GET", f"{root}/..%2fstate", 400),
        # this one is a name like any other
        ("GET", f"{root}/%252e%252e", 404),
        ("GET", f"{root}/a%00b", 400),
        ("GET", f"{root}/{'a' * 300}", 400),
        ("GET", f"{root}/{'a/' * 3000}", 400),
        ("GET", f"{url}/out", 400),
        ("GET", f"{url}/out/passwd", 403),
        ("PUT", f"{url}/out/longshore", 403),
        ("GET", f"{url}/deep/up/tide", 404),
        ("GET", f"{url}/pipe", 400),
        ("GET", f"{url}/zero", 400),
        ("GET", f"{url}/nothing", 404),
        ("GET", f"{url}/index.html/below", 404),
        ("POST", f"{url}/never-saved", 404),
        ("PUT", f"{url}/never-saved", 404),
        ("HEAD", f"{url}/nothing", 404),
        ("GET", f"{url}?version=1", 400),
        ("DELETE", url, 405),
        ("PATCH", url, 405),
        ("BREW", url, 405),
        ("OPTIONS", url, 405),
    ]
    for method, path, status in cases:
        answer = service.ask(method, path)
        assert answer.status == status, (method, path, answer)
        if method != "HEAD":
            assert answer.json["error"] and answer.code
    assert service.ask("OPTIONS", url).headers["allow"] == "GET, HEAD, POST, PUT"

    # what any page could make a browser send
    for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "none"}):
        for method in ("GET", "POST", "PUT"):
            assert service.ask(method, url, headers=headers).code == "forbidden"
    # bodies
    assert service.ask("GET", url, body=b"{}").status == 400
    assert service.ask("HEAD", url, body=b"{}").status == 400
    assert service.ask("POST", url, body=b"0" * 70_000).status == 413
    # a head without end
    with socket.create_connection(("127.0.0.1", service.port)) as endless:
        endless.settimeout(PATIENCE)
        with contextlib.suppress(ConnectionError):
            endless.sendall(f"GET {url} HTTP/1.1\r\nX-Long: {'x' * 400_000}".encode())
            assert endless.recv(12) == b"HTTP/1.1 400"
    assert (shared.place.keys(), tree(folder)) == (keys, before)


def test_names_that_are_no_text(service: Service, folder: Path) -> None:
    strange = os.fsencode(folder) + b"/\xff\xfe?#%2f"
    with open(strange, "w") as file:
        file.write("odd")
    answer = service.ask("GET", quote(strange))
    # no store has such a key
    assert answer.status == 400, answer
    # in its folder it is saved like any other
    assert service.ask("GET", quote(str(folder))).status == 200
    os.unlink(strange)
    assert service.ask("PUT", quote(str(folder))).status == 200
    assert os.path.exists(strange)


def test_clients_that_are_slow_or_gone(service: Service, folder: Path) -> None:
    url = quote(str(folder))
    with socket.create_connection(("127.0.0.1", service.port)) as slow:
        slow.sendall(f"GET {url} HT".encode())
        # somebody else is not kept waiting
        assert service.ask("GET", "/healthz").status == 200
        with socket.create_connection(("127.0.0.1", service.port)) as gone:
            gone.sendall(f"GET {url} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        # the job goes on
        service.event("job", path=str(folder), state="succeeded")
        slow.sendall(b"TP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        slow.settimeout(PATIENCE)
        assert slow.recv(12) == b"HTTP/1.1 200"


def test_many_requests_for_nothing(service: Service, shared: Scene) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE)

    def ask(numbers: t.Iterable[int]) -> int:
        for number in numbers:
            connection.request("GET", quote(f"{shared.volume}/nothing/{number}"))
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 404
        return _resident(service.process.pid)

    few = ask(range(300))
    assert ask(range(300, 10_000)) < few + 2 * 1024 * 1024
    connection.close()


def _resident(process: int) -> int:
    """Bytes."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
