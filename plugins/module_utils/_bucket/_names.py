# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What a bucket may be called, by each provider's own rules, before anything is asked of it."""

from __future__ import annotations

import re
import typing as t
import unicodedata

from .._endpoint import Endpoint, s3_address
from .._errors import ConfigurationError
from .._providers import FAMILIES

#: Tells what is wrong with a name; empty when nothing is.
Rule = t.Callable[[str], str]

#: Longest suggestion: what every provider has room for.
_SUGGESTED_LENGTH: t.Final = 63


def check_name(endpoint: Endpoint, *, new: bool = True) -> None:
    """Raise ``ConfigurationError`` when the provider allows no bucket of the endpoint's name.

    ``new``: the bucket is to be made. Of one that may exist only what no bucket was ever called is
    refused: rules have become stricter, and old buckets keep their names.
    """
    name = endpoint.container
    rules = _RULES[_kind(endpoint)] if new else (_ever_allowed(endpoint.family),)
    fault = _first_fault(name, rules)
    if not fault:
        return
    better = _suggestion(name, rules) if endpoint.family != "local" else ""
    raise ConfigurationError(
        f"{endpoint.provider} allows no bucket of the name {name!r}: {fault}.",
        hint=f"{better!r} would be allowed." if better else "",
    )


def _kind(endpoint: Endpoint) -> str:
    """The key of the endpoint's rules in ``_RULES``."""
    if endpoint.family != "s3":
        return endpoint.family
    host = endpoint.host or ""
    if host.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        return "amazon"
    if s3_address(endpoint).url is None:
        return "amazon"
    return "s3" if endpoint.provider in _LAX else "s3-strict"


def _first_fault(name: str, rules: t.Iterable[Rule]) -> str:
    return next((fault for rule in rules if (fault := rule(name))), "")


def _suggestion(name: str, rules: t.Sequence[Rule]) -> str:
    """A similar name that is allowed; empty when none is easily found."""
    lower = name.lower()
    plain = unicodedata.normalize("NFKD", lower).encode("ascii", "ignore").decode()
    dashed = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    short = dashed[:_SUGGESTED_LENGTH].strip("-")
    for candidate in (lower, short):
        if candidate and candidate != name and not _first_fault(candidate, rules):
            return candidate
    return ""


# -- what rules are made of


def _ever_allowed(family: str) -> Rule:
    """The rule that also the oldest buckets of a family keep."""
    if family == "local":
        return _path_fault
    rule = FAMILIES[family].name_rule

    def fault(name: str) -> str:
        short = rule.max_bytes is None or len(name.encode()) <= rule.max_bytes
        allowed = short and re.fullmatch(rule.pattern, name)
        return "" if allowed else f"it must have {rule.text}"

    return fault


def _length(least: int, most: int) -> Rule:
    def fault(name: str) -> str:
        if least <= len(name) <= most:
            return ""
        return f"it has {len(name)} characters and must have {least} to {most}"

    return fault


def _characters(allowed: str, text: str) -> Rule:
    """``allowed``: a regular expression's class; ``text``: the same in words."""

    def fault(name: str) -> str:
        wrong = re.search(f"[^{allowed}]", name)
        return f"{wrong[0]!r} is none of {text}" if wrong else ""

    return fault


def _edges(name: str) -> str:
    for place, edge in (("begin", name[0]), ("end", name[-1])):
        if not re.match(r"[a-zA-Z0-9]", edge):
            return f"it must {place} with a letter or digit, not with {edge!r}"
    return ""


def _without(*parts: str) -> Rule:
    def fault(name: str) -> str:
        found = [part for part in parts if part in name]
        return f"{found[0]!r} must not be in it" if found else ""

    return fault


def _not_beginning(*prefixes: str) -> Rule:
    def fault(name: str) -> str:
        found = [prefix for prefix in prefixes if name.startswith(prefix)]
        return f"names that begin with {found[0]!r} are reserved" if found else ""

    return fault


def _not_ending(*suffixes: str) -> Rule:
    def fault(name: str) -> str:
        found = [suffix for suffix in suffixes if name.endswith(suffix)]
        return f"names that end with {found[0]!r} are reserved" if found else ""

    return fault


def _no_address(name: str) -> str:
    looks = re.fullmatch(r"\d+(\.\d+){3}", name)
    return "it looks like an IP address" if looks else ""


def _google(name: str) -> str:
    if re.search(r"g[o0]{2}gle", name):
        return "'google', or what looks like it, must not be in it"
    if "." not in name:
        return _length(3, 63)(name)
    parts = name.split(".")
    if "" in parts:
        return "between two dots there must be something"
    longest = max(parts, key=len)
    if len(longest) > 63:
        return f"between dots there may be 63 characters, and {longest!r} has {len(longest)}"
    return ""


def _azure(name: str) -> str:
    if name in ("$logs", "$blobchangefeed"):
        return "the service makes that container itself"
    if name in ("$root", "$web"):
        return ""
    rules = (
        _length(3, 63),
        _characters("a-z0-9-", "lower case letters, digits and hyphens"),
        _edges,
        _without("--"),
    )
    return _first_fault(name, rules)


def _swift(name: str) -> str:
    size = len(name.encode())
    if not 1 <= size <= 256:
        return f"it has {size} bytes of UTF-8 and must have 1 to 256"
    return _without("/")(name)


def _path_fault(path: str) -> str:
    """A folder's path is absolute; it is normalised already where a user wrote it."""
    if not path.startswith("/") or path == "/":
        return "it is the absolute path of a folder, and not the root"
    parts = path.split("/")[1:]
    if ".." in parts:
        return "'..' must not be a part of it"
    longest = max(parts, key=lambda part: len(part.encode()))
    if len(longest.encode()) > 255:
        return f"a part of it may have 255 bytes, and {longest[:20]!r}… has more"
    return ""


# -- the rules

#: Providers whose servers' owners decide how lax they are (Ceph), and S3 at an address of one's own.
_LAX: t.Final = frozenset({"S3", "S3_RGW", "S3_RGW_OUTSCALE", "AURORAOBJECTS"})

_STRICT: t.Final[tuple[Rule, ...]] = (
    _length(3, 63),
    _characters("a-z0-9.-", "lower case letters, digits, dots and hyphens"),
    _edges,
    _without("..", ".-", "-."),
    _no_address,
)

#: Kind -> what is asked of a new bucket's name, in this order.
_RULES: t.Final[t.Mapping[str, tuple[Rule, ...]]] = {
    "amazon": (
        *_STRICT,
        _not_beginning("xn--", "sthree-", "amzn-s3-demo-"),
        _not_ending("-s3alias", "--ol-s3", "--x-s3", "--table-s3", ".mrap"),
    ),
    "s3-strict": _STRICT,
    "s3": (
        _length(3, 255),
        _characters("a-zA-Z0-9._-", "letters, digits, dots, hyphens and underscores"),
        lambda name: _edges(name[0]),
        _without(".."),
        _no_address,
    ),
    "azure": (_azure,),
    "google": (
        _length(3, 222),
        _characters(
            "a-z0-9._-", "lower case letters, digits, dots, hyphens and underscores"
        ),
        _edges,
        _no_address,
        _not_beginning("goog"),
        _google,
    ),
    "swift": (_swift,),
    "b2": (
        _length(6, 63),
        _characters("a-zA-Z0-9-", "letters, digits and hyphens"),
        _not_beginning("b2-"),
    ),
    "oss": (
        _length(3, 63),
        _characters("a-z0-9-", "lower case letters, digits and hyphens"),
        _edges,
    ),
    "local": (_path_fault,),
    "memory": (_length(1, 255),),
}
