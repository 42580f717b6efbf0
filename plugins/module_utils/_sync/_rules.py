# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""How each object is published: rules by pattern, the first match winning for each field."""

from __future__ import annotations

import difflib
import hashlib
import json
import posixpath
import typing as t
from dataclasses import dataclass, replace

from .._drivers._base import SETTINGS, Attributes
from .._errors import ConfigurationError
from .._patterns import Patterns
from ._compress import ENCODED, EXTENSIONS, Encoding, require

#: A rule's fields that become the attributes of the same name.
ATTRIBUTES = (
    "content_type",
    "cache_control",
    "content_encoding",
    "content_disposition",
    "content_language",
    "metadata",
    "acl",
    "storage_class",
    "redirect",
)
FIELDS = ("match", *ATTRIBUTES, "compress", "siblings")


@dataclass(frozen=True, slots=True)
class Treatment:
    """How one object is published by the rules.

    ``attributes`` go before what the source or the name says; ``encoding`` is what the object's bytes
    are stored in, where that saves, and ``extra`` means that the object stands beside a plain one.
    """

    attributes: t.Mapping[str, t.Any]
    encoding: Encoding | None = None
    extra: bool = False

    @property
    def digest(self) -> str:
        """``<encoding>/<16 hex digits>``: changes with anything that makes the object another one."""
        text = json.dumps(dict(self.attributes), sort_keys=True)
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return f"{self.encoding or ''}/{digest}"

    def apply(self, attributes: Attributes) -> Attributes:
        """The attributes as published, ``content_encoding`` of our own compression aside."""
        return replace(attributes, **self.attributes)

    def holds(self, attributes: Attributes) -> bool:
        """Whether these are what the rules say, as far as stores tell."""
        return all(
            getattr(attributes, name) == value
            for name, value in self.attributes.items()
            if name not in SETTINGS
        )


class Rules:
    """The rules of a sync. Raises ``ConfigurationError`` for a rule that cannot be meant so."""

    def __init__(self, written: t.Sequence[t.Mapping[str, t.Any]]) -> None:
        """A field that is None is one that was not written."""
        self._rules: list[tuple[Patterns, t.Mapping[str, t.Any]]] = []
        rules = [{k: v for k, v in rule.items() if v is not None} for rule in written]
        for number, rule in enumerate(rules):
            _check_fields(number, rule)
            _check_reachable(number, rules)
            require(rule.get("compress") or ())
            patterns = Patterns(f"rules[{number}].match", _patterns(number, rule))
            self._rules.append((patterns, rule))

    def __bool__(self) -> bool:
        return bool(self._rules)

    def treatments(self, names: t.Iterable[str]) -> dict[str, dict[str, Treatment]]:
        """Of each name that a rule matches: the names it is published under, each with its treatment."""
        found = {}
        for name in names:
            fields = self._fields_of(name)
            if fields:
                found[name] = dict(_treat(name, fields))
        return found

    def _fields_of(self, name: str) -> dict[str, t.Any]:
        """The fields that hold for a name."""
        fields: dict[str, t.Any] = {}
        for patterns, rule in self._rules:
            if name in patterns:
                for key, value in rule.items():
                    if key != "match":
                        fields.setdefault(key, value)
        return fields


def _treat(
    name: str, fields: t.Mapping[str, t.Any]
) -> t.Iterator[tuple[str, Treatment]]:
    attributes = {key: fields[key] for key in ATTRIBUTES if key in fields}
    encodings: list[Encoding] = fields.get("compress") or []
    siblings = bool(fields.get("siblings"))
    if encodings:
        _check_compressible(name, fields, encodings, siblings)
    if not siblings:
        yield name, Treatment(attributes, encodings[0] if encodings else None)
        return
    yield name, Treatment(attributes)
    for encoding in encodings:
        yield name + EXTENSIONS[encoding], Treatment(attributes, encoding, extra=True)


def _patterns(number: int, rule: t.Mapping[str, t.Any]) -> list[str]:
    match = rule.get("match")
    if isinstance(match, str):
        return [match]
    if isinstance(match, list) and match and all(isinstance(p, str) for p in match):
        return match
    raise ConfigurationError(
        f"rules[{number}] needs match: a pattern, or a list of patterns.",
        hint="A rule for everything has match '*'.",
    )


def _check_fields(number: int, rule: t.Mapping[str, t.Any]) -> None:
    for name, value in rule.items():
        if name not in FIELDS:
            close = difflib.get_close_matches(str(name), FIELDS, n=1)
            raise ConfigurationError(
                f"rules[{number}] has no field {name!r}.",
                hint=(
                    f"Did you mean {close[0]}?"
                    if close
                    else f"Fields are {', '.join(FIELDS)}."
                ),
            )
        if name == "compress":
            _check_encodings(number, value)
        elif name == "metadata":
            _check_metadata(number, value)
        elif name == "siblings":
            if not isinstance(value, bool):
                raise ConfigurationError(f"rules[{number}].siblings is true or false.")
        elif name != "match" and not isinstance(value, str):
            raise ConfigurationError(f"rules[{number}].{name} is a text.")
    if rule.get("content_encoding") and rule.get("compress"):
        raise ConfigurationError(
            f"rules[{number}] has both content_encoding and compress, which cannot both hold.",
            hint="content_encoding is for files that are encoded already.",
        )
    if len(rule.get("compress") or ()) > 1 and rule.get("siblings") is not True:
        raise ConfigurationError(
            f"rules[{number}] compresses in place with several encodings, and an object has one.",
            hint="Name one encoding, or say siblings=true.",
        )


def _check_encodings(number: int, value: object) -> None:
    known = tuple(EXTENSIONS)
    if not isinstance(value, list) or not all(item in known for item in value):
        raise ConfigurationError(
            f"rules[{number}].compress is a list of {', '.join(known)}."
        )


def _check_metadata(number: int, value: object) -> None:
    if not (
        isinstance(value, t.Mapping)
        and all(isinstance(k, str) and isinstance(v, str) for k, v in value.items())
    ):
        raise ConfigurationError(
            f"rules[{number}].metadata is a mapping of texts to texts."
        )


def _check_reachable(number: int, rules: t.Sequence[t.Mapping[str, t.Any]]) -> None:
    """Two rules of one pattern that set a field differently: the second can never hold."""
    rule = rules[number]
    for other, earlier in enumerate(rules[:number]):
        if _patterns(other, earlier) != _patterns(number, rule):
            continue
        for name in rule.keys() & earlier.keys() - {"match"}:
            if rule[name] != earlier[name]:
                raise ConfigurationError(
                    f"rules[{other}] and rules[{number}] match the same names and set {name} "
                    "differently, which cannot both hold.",
                    hint="The first match wins: remove one of them.",
                )


def _check_compressible(
    name: str, fields: t.Mapping[str, t.Any], compress: t.Sequence[str], siblings: bool
) -> None:
    extension = posixpath.splitext(name)[1].lower()
    encoded = fields.get("content_encoding") or (
        extension if extension in ENCODED else None
    )
    if encoded:
        raise ConfigurationError(
            f"{name!r} is encoded already ({encoded}), and a rule compresses it.",
            hint="Narrow the rule's match, for example with a further pattern '!*.gz'.",
        )
    if fields.get("redirect"):
        raise ConfigurationError(
            f"{name!r} is a redirect, and a rule compresses it; both cannot hold."
        )
    if len(compress) > 1 and not siblings:
        raise ConfigurationError(
            f"{name!r} would be compressed in place with {' and '.join(compress)}, and an object has one encoding.",
            hint="Name one encoding, or say siblings=true.",
        )
