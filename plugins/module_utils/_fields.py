# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What one mapping says: the names and types of an endpoint's fields.

Nothing here knows of providers. Wrong values are refused without showing what may be a credential.
"""

from __future__ import annotations

import difflib
import ipaddress
import math
import os
import re
import typing as t
from urllib.parse import urlsplit

from ._errors import ConfigurationError


class Written(t.NamedTuple):
    """A mapping's fields by their proper names, typed; ``""`` stands for a field that is cleared.

    ``user_way``: it has ``user``, so its ``key`` was the secret.
    """

    fields: dict[str, object]
    user_way: bool = False


def read_fields(written: t.Mapping[str, object], label: str) -> Written:
    """Read a mapping; a value of None is as good as not written. ``label`` is for error texts.

    Raises ``ConfigurationError`` that names the field.
    """
    for name in written:
        _check_name(name, label)
    given = {name: value for name, value in written.items() if value is not None}
    user_way = "user" in given
    if user_way and "key" in given and "secret" in given:
        raise ConfigurationError(
            f"{label}: user, key and secret cannot go together.",
            hint="Write user and key, or key and secret.",
        )
    fields: dict[str, object] = {}
    for name, value in given.items():
        proper = _OTHER_NAMES.get(name, name)
        if user_way and name == "key":
            proper = "secret"
        read = _read_value(proper, value, f"{label}.{name}")
        if fields.setdefault(proper, read) != read:
            raise ConfigurationError(
                f"{label}: {name} contradicts another name of the same field, {proper}.",
                hint="Write only one of them.",
            )
    if "endpoint" in fields:
        _expand_url(fields, label)
    return Written(fields, user_way)


def local_path(path: str) -> str:
    """Absolute, with ``~`` expanded and without a trailing slash."""
    expanded = os.path.expanduser(path)
    if path.startswith("~") and expanded == path:
        raise ConfigurationError(
            f"There is no home folder for {path!r}.",
            hint=f"A name that begins with ~ is written as ./{path}",
        )
    # Two leading slashes, which POSIX lets be special, mean one here.
    return re.sub("^//", "/", os.path.abspath(expanded))


def has_control_characters(text: str) -> bool:
    return any(ord(character) < 32 or ord(character) == 127 for character in text)


def did_you_mean(written: str, known: t.Iterable[str]) -> str:
    """A question that names the closest of ``known``; empty when nothing is close."""
    closest = difflib.get_close_matches(written, list(known), n=3)
    return f"Did you mean {listed(closest, 'or')}?" if closest else ""


def listed(names: t.Sequence[str], word: str) -> str:
    """Names as a sentence has them: ``a, b or c``."""
    *most, last = names
    return f"{', '.join(most)} {word} {last}" if most else last


def looks_like_fields(text: str) -> bool:
    """Whether a string is a mapping after all, as ``id=S3 key=…``."""
    first = re.match(r"\s*(\w+)\s*[=:]", text)
    return first is not None and (first[1] in _FIELDS or first[1] in _OTHER_NAMES)


def _check_name(name: str, label: str) -> None:
    if name in _FIELDS or name in _OTHER_NAMES:
        return
    known = [*_FIELDS, *_OTHER_NAMES]
    # What is no word may be a mapping gone wrong, with a credential in it.
    shown = repr(name) if str(name).isidentifier() else "of the name that is written"
    raise ConfigurationError(
        f"{label} has no field {shown}.",
        hint=did_you_mean(str(name), known) or f"Fields are {listed(known, 'and')}.",
    )


def _read_value(proper: str, value: object, label: str) -> object:
    if value == "":
        return value
    try:
        return _FIELDS[proper](value)
    except ValueError as error:
        # Not a nested value either: it may be a whole mapping with credentials in it.
        shown = proper not in _NOT_SHOWN and isinstance(value, (bool, int, float, str))
        but = f", not {value!r}" if shown else ""
        raise ConfigurationError(f"{label} must be {error}{but}.") from None


def _expand_url(fields: dict[str, object], label: str) -> None:
    """Replace ``endpoint`` by host, port and secure."""
    url = fields.pop("endpoint") or dict.fromkeys(("host", "port", "secure"), "")
    for name, value in t.cast("dict[str, object]", url).items():
        written = fields.get(name, "")
        if written == "":
            fields[name] = value
        elif value not in ("", written):
            raise ConfigurationError(
                f"{label}: endpoint and {name} contradict each other.",
                hint="endpoint is host, port and secure in one.",
            )


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("text that UTF-8 can encode") from None
    return value


def _plain_text(value: object) -> str:
    text = _text(value)
    if has_control_characters(text):
        raise ValueError("text without line breaks and other control characters")
    return text


def _host(value: object) -> str:
    text = _plain_text(value).lower()
    try:
        if not re.fullmatch(r"[\w.-]+", text):
            ipaddress.IPv6Address(text)
    except ValueError:
        raise ValueError(
            "a host name or an address, alone (port has its own field, a URL is written as endpoint)"
        ) from None
    return text


def _number(value: object, rule: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError(rule)
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise ValueError(rule) from None


def _port(value: object) -> int:
    rule = "a whole number from 1 to 65535"
    number = _number(value, rule)
    if not (1 <= number <= 65535 and number.is_integer()):
        raise ValueError(rule)
    return int(number)


def _timeout(value: object) -> float:
    rule = "a number of seconds above 0"
    number = _number(value, rule)
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(rule)
    return number


def _retries(value: object) -> int:
    rule = "a whole number, 0 or more"
    number = _number(value, rule)
    if not (number >= 0 and number.is_integer()):
        raise ValueError(rule)
    return int(number)


def _boolean(value: object) -> bool:
    text = str(value).lower() if isinstance(value, (bool, int, str)) else ""
    if text in ("yes", "on", "true", "1", "y", "t"):
        return True
    if text in ("no", "off", "false", "0", "n", "f"):
        return False
    raise ValueError("true or false")


def _prefix(value: object) -> str:
    inner = _plain_text(value).removeprefix("/").removesuffix("/")
    if not inner:
        return ""
    if any(segment in ("", ".", "..") for segment in inner.split("/")):
        raise ValueError("a path without '//' and without '.' or '..' as a part")
    return f"{inner}/"


def _ca_path(value: object) -> str:
    path = local_path(_plain_text(value))
    if not os.path.isfile(path):
        raise ValueError("a file of CA certificates that is there")
    return path


def _url(value: object) -> dict[str, object]:
    """``endpoint`` as host, port and secure."""
    rule = "a URL such as https://storage.example.com or http://127.0.0.1:8333"
    try:
        parts = urlsplit(_plain_text(value))
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(rule) from None
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise ValueError(rule)
    if "@" in parts.netloc:
        raise ValueError("a URL without credentials (they go into key and secret)")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("a URL without a path (it goes into container and prefix)")
    return {
        "host": _host(host),
        "port": "" if port is None else port,
        "secure": parts.scheme == "https",
    }


#: Every field of an endpoint and what reads it, raising ValueError with what it must be.
#: A new field is one line here and one in Endpoint.
_FIELDS: t.Mapping[str, t.Callable[[object], object]] = {
    "id": _plain_text,
    "key": _plain_text,
    "secret": _text,
    "container": _plain_text,
    "prefix": _prefix,
    "region": _plain_text,
    "host": _host,
    "port": _port,
    "secure": _boolean,
    "endpoint": _url,
    "token": _plain_text,
    "project": _plain_text,
    "auth": _plain_text,
    "ca_path": _ca_path,
    "timeout": _timeout,
    "retries": _retries,
}

#: Other names of fields. ``user`` also makes ``key`` the secret, as in django-storages.
_OTHER_NAMES: t.Mapping[str, str] = {
    "provider": "id",
    "type": "id",
    "bucket": "container",
    "user": "key",
}

#: Fields whose wrong value is not shown: it may hold a credential.
_NOT_SHOWN = frozenset({"key", "secret", "token", "host", "endpoint"})
