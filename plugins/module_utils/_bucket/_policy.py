# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Policies in one form, so that two that mean the same are equal.

What is evened out: the order of statements and of all lists, doubles, one value for a list of one,
``{"AWS": "*"}`` for ``"*"``, an account's root user for the account, the case of known actions,
booleans and numbers for texts in conditions, empty conditions and ids, and the version where none
is written. The form is a policy itself, and is what is sent.
"""

from __future__ import annotations

import json
import re
import typing as t

from .._errors import ConfigurationError
from .._fields import did_you_mean, listed
from ._actions import matches, spelt_as_documented
from ._service import Value

#: What a policy without a version is read as.
_DEFAULT_VERSION: t.Final = "2008-10-17"
_VERSIONS: t.Final = (_DEFAULT_VERSION, "2012-10-17")

_POLICY_ELEMENTS: t.Final = ("Version", "Id", "Statement")
_PRINCIPALS: t.Final = ("Principal", "NotPrincipal")
_ACTIONS: t.Final = ("Action", "NotAction")
_RESOURCES: t.Final = ("Resource", "NotResource")
_STATEMENT_ELEMENTS: t.Final = (
    *("Sid", "Effect", *_PRINCIPALS),
    *(*_ACTIONS, *_RESOURCES, "Condition"),
)
_PRINCIPAL_KINDS: t.Final = ("AWS", "Service", "Federated", "CanonicalUser")

_ROOT_USER: t.Final = re.compile(r"arn:[a-z-]+:iam::(\d{12}):root")
_BUCKET_ARN: t.Final = re.compile(r"arn:[^:]*:s3::[^:]*:([^/]*)(?:/.*)?", re.DOTALL)

Mapping = t.Mapping[str, t.Any]


def normalise_policy(written: object, bucket: str) -> Value:
    """The one form of a policy, written as a mapping or in JSON; None for one that says nothing.

    Raises ``ConfigurationError`` for what is no policy, and for one that speaks of another bucket.
    """
    document = _document(written)
    if not document:
        return None
    _check_elements(document, _POLICY_ELEMENTS, "policy")
    if document.get("Version", _DEFAULT_VERSION) not in _VERSIONS:
        raise ConfigurationError(
            f"policy: Version {document['Version']!r} does not exist.",
            hint=f"There are {listed(_VERSIONS, 'and')}.",
        )
    statements = _several(document.get("Statement", []))
    if not statements:
        raise ConfigurationError(
            "policy has no Statement.", hint="To have no policy, write {}."
        )
    for number, statement in enumerate(statements, start=1):
        _check_statement(statement, _label(statement, number), bucket)
    return canonical_policy(document)


def canonical_policy(document: Mapping) -> dict[str, t.Any]:
    """The one form of what is known to be a policy, such as what a server answers."""
    statements = {
        json.dumps(statement, sort_keys=True): statement
        for statement in map(_statement, _several(document.get("Statement", [])))
    }
    policy: dict[str, t.Any] = {
        "Version": str(document.get("Version") or _DEFAULT_VERSION)
    }
    if document.get("Id"):
        policy["Id"] = str(document["Id"])
    policy["Statement"] = [statements[text] for text in sorted(statements)]
    return policy


# -- what is no policy


def _document(written: object) -> Mapping:
    if isinstance(written, (str, bytes)):
        if not written.strip():
            return {}
        try:
            written = json.loads(written)
        except ValueError as error:
            raise ConfigurationError(f"policy is not JSON: {error}.") from None
    if written is None:
        return {}
    if not isinstance(written, t.Mapping):
        raise ConfigurationError(
            f"policy must be a mapping, or one in JSON, not a {type(written).__name__}."
        )
    return written


def _label(statement: object, number: int) -> str:
    sid = statement.get("Sid") if isinstance(statement, t.Mapping) else None
    return f"policy, statement {number}" + (f" ({sid})" if sid else "")


def _check_elements(written: Mapping, known: t.Sequence[str], label: str) -> None:
    for name in written:
        if name not in known:
            raise ConfigurationError(
                f"{label} has no element {name!r}.",
                hint=did_you_mean(str(name), known)
                or f"Elements are {listed(known, 'and')}.",
            )


def _check_statement(statement: object, label: str, bucket: str) -> None:
    if not isinstance(statement, t.Mapping):
        raise ConfigurationError(
            f"{label} must be a mapping, not a {type(statement).__name__}."
        )
    _check_elements(statement, _STATEMENT_ELEMENTS, label)
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise ConfigurationError(
            f"{label}: Effect must be Allow or Deny, not {statement.get('Effect')!r}."
        )
    for names in (_PRINCIPALS, _ACTIONS, _RESOURCES):
        _check_one_of(statement, names, label)
    _check_principals(next(statement[n] for n in _PRINCIPALS if n in statement), label)
    _check_condition(statement.get("Condition"), label)
    for name in _RESOURCES:
        for arn in _several(statement.get(name, [])):
            _check_bucket(str(arn), label, bucket)


def _check_one_of(statement: Mapping, names: tuple[str, str], label: str) -> None:
    written = [name for name in names if name in statement]
    if len(written) != 1:
        amount = "both" if written else "neither"
        word = "and" if written else "nor"
        raise ConfigurationError(f"{label} has {amount} {names[0]} {word} {names[1]}.")
    if names is not _PRINCIPALS:
        _check_texts(statement[written[0]], f"{label}: {written[0]}")


def _check_texts(written: object, label: str) -> None:
    values = _several(written)
    if not values or not all(isinstance(value, str) and value for value in values):
        raise ConfigurationError(f"{label} must be a text or a list of texts.")


def _check_principals(written: object, label: str) -> None:
    if written == "*":
        return
    if not isinstance(written, t.Mapping) or not written:
        raise ConfigurationError(
            f"{label}: a principal must be '*' or a mapping with {listed(_PRINCIPAL_KINDS, 'or')}."
        )
    _check_elements(written, _PRINCIPAL_KINDS, f"{label}: Principal")
    for kind, values in written.items():
        ids = [_account(value) for value in _several(values)]
        _check_texts(ids, f"{label}: Principal.{kind}")


def _check_condition(written: object, label: str) -> None:
    if written is None:
        return
    operators = written.values() if isinstance(written, t.Mapping) else [None]
    for keys in operators:
        if not isinstance(keys, t.Mapping):
            raise ConfigurationError(
                f"{label}: Condition must be a mapping of operators to mappings of keys to values."
            )
        for key, values in keys.items():
            if any(isinstance(one, (t.Mapping, list)) for one in _several(values)):
                raise ConfigurationError(
                    f"{label}: the values of {key} must be texts, numbers or booleans."
                )


def _check_bucket(arn: str, label: str, bucket: str) -> None:
    found = _BUCKET_ARN.fullmatch(arn)
    if found and not matches(found[1], bucket):
        raise ConfigurationError(
            f"{label} is about bucket {found[1]!r} ({arn}), and this is bucket {bucket!r}.",
            hint=f"Write arn:aws:s3:::{bucket} for the bucket, arn:aws:s3:::{bucket}/* for its objects.",
        )


# -- the one form


def _several(value: object) -> list[t.Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _sorted(texts: t.Iterable[str]) -> list[str]:
    return sorted(set(texts))


def _statement(written: Mapping) -> dict[str, t.Any]:
    """In the order in which people write it."""
    canonical: dict[str, t.Any] = {}
    for name in _STATEMENT_ELEMENTS:
        if name in written:
            canonical[name] = _element(name, written[name])
    return {name: value for name, value in canonical.items() if value not in ("", {})}


def _element(name: str, written: t.Any) -> t.Any:
    if name in _PRINCIPALS:
        return _principals(written)
    if name in _ACTIONS:
        return _sorted(spelt_as_documented(str(one)) for one in _several(written))
    if name in _RESOURCES:
        return _sorted(str(one) for one in _several(written))
    if name == "Condition":
        return _condition(written or {})
    return str(written)


def _principals(written: t.Any) -> str | dict[str, list[str]]:
    if isinstance(written, str):
        return written
    kinds = {
        kind: _sorted(str(_account(value)) for value in _several(values))
        for kind, values in sorted(written.items())
    }
    # every server understands this one
    return "*" if kinds == {"AWS": ["*"]} else kinds


def _account(principal: object) -> object:
    """An account's number for what means the whole account."""
    if isinstance(principal, int) and not isinstance(principal, bool):
        return f"{principal:012}"  # YAML takes a number for a number
    root = _ROOT_USER.fullmatch(str(principal))
    return root[1] if root else principal


def _condition(written: Mapping) -> dict[str, dict[str, list[str]]]:
    canonical: dict[str, dict[str, list[str]]] = {}
    for operator, keys in sorted(written.items()):
        inner = {
            key: _sorted(_text(value, operator) for value in _several(values))
            for key, values in sorted(keys.items())
        }
        if inner:
            canonical[operator] = inner
    return canonical


def _text(value: object, operator: str) -> str:
    """A value in a condition, which is text however it is written."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = "" if value is None else str(value)
    base = operator.rpartition(":")[2].removesuffix("IfExists")
    return text.lower() if base in ("Bool", "Null") else text
