# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A configuration of distsync as a TOML file: read, and written whole and for its owner alone."""

from __future__ import annotations

import json
import os
import re
import stat
import tempfile
import tomllib
import typing as t

from .._errors import ConfigurationError, LocalWriteError
from .._fields import local_path
from ._configuration import Configuration, Parsed, as_document, parse_configuration
from ._private_files import sync_folder

#: Where a configuration is looked for when none is named.
UPLOADER_PATH: t.Final = "~/.distsync"
DAEMON_PATH: t.Final = "~/.distsyncd"

#: Bytes. A whole configuration takes about 1 KB.
_MAX_SIZE: t.Final = 1 << 20
_TITLE: t.Final = (
    "# distsync: holds secrets, for its owner alone. Made by a program, which keeps no comments.\n"
)


def read_configuration(path: str, *, needs: t.Collection[str] = ()) -> Parsed:
    """Read a file; ``~`` is expanded. ``needs`` are keys that the caller cannot do without.

    Raises ``ConfigurationError`` with the file's path, and where it can the line, and no secret.
    """
    path = local_path(path)
    data, warnings = _read(path)
    document = _parse(_decode(data, path), path)
    parsed = parse_configuration(document, path, needs=needs)
    return Parsed(parsed.configuration, (*warnings, *parsed.warnings))


def write_configuration(path: str, configuration: Configuration) -> None:
    """Replace a file at once, readable by its owner alone; ``~`` is expanded, a link is followed.

    The owner of a file that is there stays its owner. Raises ``LocalWriteError``.
    """
    path = os.path.realpath(local_path(path))
    folder = os.path.dirname(path)
    try:
        # made with mode 0600
        handle, aside = tempfile.mkstemp(prefix=".distsync-", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                _keep_owner(path, file.fileno())
                file.write(configuration_text(configuration).encode())
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        except BaseException:
            os.unlink(aside)
            raise
        sync_folder(folder)
    except OSError as error:
        raise LocalWriteError(
            f"Could not write the configuration {path}: {error.strerror}.",
            hint="Check the folder, its permissions and the free space.",
        ) from None


def configuration_text(configuration: Configuration) -> str:
    """The TOML text of a configuration: always the same for the same one."""
    lines = [_TITLE]
    for key, value in as_document(configuration).items():
        if isinstance(value, dict):
            lines.append(f"\n[{key}]\n")
            lines.extend(f"  {name} = {_value(one)}\n" for name, one in value.items())
        else:
            lines.append(f"{key} = {_value(value)}\n")
    return "".join(lines)


def _value(value: object) -> str:
    """Text, a number, a boolean or a list of text: TOML has them as JSON, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _read(path: str) -> tuple[bytes, list[str]]:
    try:
        with open(path, "rb") as file:
            state = os.fstat(file.fileno())
            data = file.read(_MAX_SIZE + 1)
    except FileNotFoundError:
        raise ConfigurationError(
            f"There is no configuration {path}.",
            hint="Run distsync setup to make one, copy it from where that was run, or name another with -c.",
        ) from None
    except IsADirectoryError:
        raise ConfigurationError(
            f"The configuration {path} is a folder.", hint="Name a file in it with -c."
        ) from None
    except PermissionError:
        raise ConfigurationError(
            f"The configuration {path} may not be read by the user with id {os.geteuid()}.",
            hint="Give the file to that user (chown), or run as the file's owner.",
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"Could not read the configuration {path}: {error.strerror}."
        ) from None
    if len(data) > _MAX_SIZE:
        raise ConfigurationError(
            f"The configuration {path} has more than {_MAX_SIZE} bytes, so it is something else.",
            hint="Name the configuration with -c.",
        )
    return data, mode_warnings(path, state)


def mode_warnings(path: str, state: os.stat_result) -> list[str]:
    """What is wrong when others may open a file with secrets. systemd's credentials have group bits for an ACL."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    others = stat.S_IMODE(state.st_mode) & 0o077
    if not stat.S_ISREG(state.st_mode) or not others:
        return []
    if credentials and os.path.dirname(path) == local_path(credentials):
        return []
    return [
        f"{path} holds secrets and is open to others than its owner "
        f"(mode {stat.S_IMODE(state.st_mode):04o}). Close it: chmod 600 {path}"
    ]


def _decode(data: bytes, path: str) -> str:
    try:
        # some editors begin a file with a byte order mark
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(
            f"{path}, line {_line_of(data, error.start)}: this is not UTF-8, which TOML is written in.",
            hint="Save the file as UTF-8.",
        ) from None


def _line_of(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _parse(text: str, path: str) -> dict[str, t.Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # ValueError: also a number with thousands of digits.
        # The parser's own words may repeat a part of the text, which may be a secret.
        place = re.search(r"\(at (line \d+, column \d+|end of document)\)$", str(error))
        where = f"{path}, {place[1]}" if place else path
        if re.match(r"Cannot (declare|overwrite|mutate)", str(error)):
            raise ConfigurationError(
                f"{where}: a key or section is there for the second time.",
                hint="Keep one of them.",
            ) from None
        raise ConfigurationError(
            f"{where}: this is not TOML.",
            hint='A line is Key = "value" with the quotes, or [Section], or begins with #.',
        ) from None


def _keep_owner(path: str, handle: int) -> None:
    try:
        state = os.stat(path)
    except FileNotFoundError:
        return
    if (state.st_uid, state.st_gid) != (os.geteuid(), os.getegid()):
        os.fchown(handle, state.st_uid, state.st_gid)
