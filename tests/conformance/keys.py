# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that stores, URLs, XML and file systems have trouble with, each under the name of the trouble."""

from __future__ import annotations


def _long(length: int) -> str:
    """A key of ``length`` bytes whose every segment fits a file name."""
    return ("long" + "/segment-of-a-long-key" * (length // 22 + 1))[:length]


KEYS: dict[str, str] = {
    "plain": "keys/plain.txt",
    "space": "keys/two words.txt",
    "leading space": " keys-leading-space",
    "trailing space": "keys-trailing-space ",
    "space in segment ends": "keys/ both / ends ",
    "only a space": " ",
    "plus": "keys/a+b.txt",
    "percent 25": "keys/a%25b.txt",
    "percent 2F": "keys/a%2Fb.txt",
    "lone percent": "keys/100%",
    "query": "keys/a?versionId=1&b=c",
    "fragment": "keys/a#b",
    "delimiters": "keys/a;b:c@d,e=f$g!h",
    "quotes and brackets": "keys/'a' \"b\" <c> & (d) [e] {f}",
    "star and tilde": "keys/~a*b|c^d`e",
    "backslash": "keys/a\\b",
    "latin": "keys/größe.txt",
    "composed": "keys/caf\N{LATIN SMALL LETTER E WITH ACUTE}",
    "decomposed": "keys/cafe\N{COMBINING ACUTE ACCENT}",
    "astral": "keys/\N{GRINNING FACE}.txt",
    "line separator": "keys/a\u2028b",
    "next line": "keys/a\u0085b",
    "byte order mark": "\ufeffkeys-bom",
    "noncharacter": "keys/a\uffffb",
    "upper case": "keys/CASE.txt",
    "lower case": "keys/case.txt",
    "leading dot": "keys/.hidden",
    "trailing dot": "keys/name.",
    "three dots": "keys/.../name",
    "leading slash": "/keys-leading-slash",
    "double slash": "keys//double-slash",
    "folder marker": "keys/folder-marker/",
    "trailing slash": "keys/trailing-slash/",
    "trailing double slash": "keys/trailing-double//",
    "only a slash": "/",
    "dot segment": "keys/./dot",
    "dot dot segment": "keys/../dot-dot",
    "leading dot dot": "../keys-leading-dot-dot",
    "trailing dot dot": "keys/trailing/..",
    "only dot": ".",
    "only dot dot": "..",
    "tab": "keys/a\tb",
    "newline": "keys/a\nb",
    "trailing newline": "keys/trailing-newline\n",
    "carriage return": "keys/a\rb",
    "escape": "keys/a\x1bb",
    "control 1": "keys/a\x01b",
    "delete": "keys/a\x7fb",
    "nul": "keys/a\0b",
    "undecodable": "keys/a\udcffb",
    "1024 bytes": _long(1024),
    "1024 bytes in one segment": "s" * 1024,
    "1024 bytes of two-byte letters": "é/" * 341 + "x",
    "1025 bytes": _long(1025),
    "empty": "",
}
