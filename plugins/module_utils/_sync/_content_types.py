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
    ".avif": "image/avif",
    ".bz2": "application/x-bzip2",
    ".cjs": "text/javascript",
    ".deb": "application/vnd.debian.binary-package",
    ".eot": "application/vnd.ms-fontobject",
    ".epub": "application/epub+zip",
    ".flac": "audio/flac",
    ".geojson": "application/geo+json",
    ".gz": "application/gzip",
    ".heic": "image/heic",
    ".ico": "image/vnd.microsoft.icon",
    ".ics": "text/calendar",
    ".jar": "application/java-archive",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".jxl": "image/jxl",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".m4a": "audio/mp4",
    ".map": "application/json",
    ".markdown": "text/markdown",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".mkv": "video/x-matroska",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".otf": "font/otf",
    ".pem": "application/x-pem-file",
    ".rss": "application/rss+xml",
    ".rtf": "application/rtf",
    ".sqlite": "application/vnd.sqlite3",
    ".svgz": "image/svg+xml",
    ".tgz": "application/gzip",
    ".toml": "application/toml",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
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
