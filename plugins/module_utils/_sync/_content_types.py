# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""The content type of a file by its name, the same on every host.

Python's own table is the base (its defaults, never the host's ``mime.types``); what publishers
need and what differs between Python versions is fixed here.
"""

from __future__ import annotations

import mimetypes
import posixpath

UNKNOWN = "application/octet-stream"

#: IANA's registrations, where Python versions differ, lag behind or are silent.
_FIXED = {
    ".7z": "application/x-7z-compressed",
    ".atom": "application/atom+xml",
    ".avi": "video/x-msvideo",
    ".avif": "image/avif",
    ".bz2": "application/x-bzip2",
    ".cjs": "text/javascript",
    ".deb": "application/vnd.debian.binary-package",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".emf": "image/emf",
    ".eot": "application/vnd.ms-fontobject",
    ".epub": "application/epub+zip",
    ".fits": "image/fits",
    ".flac": "audio/flac",
    ".g3": "image/g3fax",
    ".geojson": "application/geo+json",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".gz": "application/gzip",
    ".heic": "image/heic",
    ".ico": "image/vnd.microsoft.icon",
    ".ics": "text/calendar",
    ".jar": "application/java-archive",
    ".jp2": "image/jp2",
    ".jpm": "image/jpm",
    ".jpx": "image/jpx",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".jxl": "image/jxl",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4a": "audio/mp4",
    ".m4v": "video/x-m4v",
    ".map": "application/json",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".mk3d": "video/x-matroska",
    ".mka": "audio/x-matroska",
    ".mkv": "video/x-matroska",
    ".odg": "application/vnd.oasis.opendocument.graphics",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".ods": "application/vnd.oasis.opendocument.spreadsheet",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".ogx": "application/ogg",
    ".opus": "audio/ogg",
    ".otf": "font/otf",
    ".pem": "application/x-pem-file",
    ".php": "application/x-httpd-php",
    ".pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    ".rar": "application/vnd.rar",
    ".rpm": "application/x-rpm",
    ".rss": "application/rss+xml",
    ".rst": "text/x-rst",
    ".rtf": "application/rtf",
    ".sqlite": "application/vnd.sqlite3",
    ".stl": "model/stl",
    ".svgz": "image/svg+xml",
    ".t38": "image/t38",
    ".texi": "application/x-texinfo",
    ".texinfo": "application/x-texinfo",
    ".tfx": "image/tiff-fx",
    ".tgz": "application/gzip",
    ".toml": "application/toml",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".wmf": "image/wmf",
    ".wmv": "video/x-ms-wmv",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".xz": "application/x-xz",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zst": "application/zstd",
}

# the class's own table is Python's; the module's functions would read the host's files
_PYTHON = mimetypes.MimeTypes(filenames=()).types_map[True]


def content_type_of(name: str) -> str:
    """The media type for a file of this name; ``application/octet-stream`` when unknown."""
    extension = posixpath.splitext(name)[1].lower()
    return _FIXED.get(extension) or _PYTHON.get(extension, UNKNOWN)
