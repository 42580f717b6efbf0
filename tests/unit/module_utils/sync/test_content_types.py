# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import importlib
import mimetypes
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._sync import (
    _content_types,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._content_types import (
    content_type_of,
)

TYPES = {
    "index.html": "text/html",
    "INDEX.HTML": "text/html",
    "a/b.c/style.css": "text/css",
    "app.js": "text/javascript",
    "app.mjs": "text/javascript",
    "data.json": "application/json",
    "feed.xml": "application/xml",
    "site.webmanifest": "application/manifest+json",
    "module.wasm": "application/wasm",
    "logo.svg": "image/svg+xml",
    "photo.JPG": "image/jpeg",
    "photo.webp": "image/webp",
    "photo.avif": "image/avif",
    "favicon.ico": "image/vnd.microsoft.icon",
    "font.woff2": "font/woff2",
    "notes.txt": "text/plain",
    "readme.md": "text/markdown",
    "paper.pdf": "application/pdf",
    "film.mp4": "video/mp4",
    "app.js.map": "application/json",
    "letter.docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "letter.odt": "application/vnd.oasis.opendocument.text",
    "model.glb": "model/gltf-binary",
    "film.ogv": "video/ogg",
    "film.avi": "video/x-msvideo",
    "release.tar.gz": "application/gzip",
    "release.tgz": "application/gzip",
    "release.tar.bz2": "application/x-bzip2",
    "release.tar.xz": "application/x-xz",
    "release.tar.zst": "application/zstd",
    "release.tar": "application/x-tar",
    "page.html.gz": "application/gzip",
    "Makefile": "application/octet-stream",
    ".htaccess": "application/octet-stream",
    "folder.html/file": "application/octet-stream",
    "x.no-such-extension": "application/octet-stream",
}


@pytest.fixture()
def lying_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> t.Iterator[None]:
    table = tmp_path / "mime.types"
    extensions = " ".join({name.rpartition(".")[2].lower() for name in TYPES})
    table.write_text(f"application/x-lie {extensions}\n")
    monkeypatch.setattr(mimetypes, "knownfiles", [str(table)])
    mimetypes.init()
    importlib.reload(_content_types)
    yield
    monkeypatch.undo()
    mimetypes.init()
    importlib.reload(_content_types)


@pytest.mark.parametrize(("name", "content_type"), TYPES.items())
def test_type_by_name(name: str, content_type: str) -> None:
    assert content_type_of(name) == content_type


#: What Python 3.11 and its successors say differently, or know only one of them.
DIFFERENT = (
    "7z avi cjs deb docx emf epub fits flac g3 glb gltf gz heic ico ics jp2 jpm jpx m4a m4v md mk3d mka mkv odg odp"
    " ods odt ogg ogv ogx opus otf php pptx rar rpm rst rtf stl t38 texi texinfo tfx toml ttf wasm wav weba webm"
    " webp wmf wmv woff woff2 xlsx xml yaml yml"
).split()


@pytest.mark.parametrize("extension", DIFFERENT)
def test_types_are_not_left_to_the_version_of_python(
    extension: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = content_type_of(f"x.{extension}")
    assert known != _content_types.UNKNOWN
    for other in ({}, {f".{extension}": "application/x-other"}):
        monkeypatch.setattr(_content_types, "_PYTHON", other)
        assert content_type_of(f"x.{extension}") == known


@pytest.mark.usefixtures("lying_host")
def test_types_are_not_the_hosts() -> None:
    assert mimetypes.guess_type("index.html") == ("application/x-lie", None)
    found = {name: _content_types.content_type_of(name) for name in TYPES}
    assert found == TYPES
