# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import json
import random
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._bucket._actions import (
    ACTIONS,
    matches,
    spelt_as_documented,
)
from ansible_collections.longshore.storage.plugins.module_utils._bucket._policy import (
    canonical_policy,
    normalise_policy,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)

Policy = dict[str, t.Any]

BUCKET = "www"
PUBLIC: Policy = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Everybody",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::www/*",
        }
    ],
}


def normal(written: object) -> t.Any:
    return normalise_policy(written, BUCKET)


def with_statement(**changes: t.Any) -> Policy:
    """PUBLIC with elements of its statement changed; None takes one away."""
    policy = copy.deepcopy(PUBLIC)
    statement = policy["Statement"][0] | changes
    policy["Statement"] = [{k: v for k, v in statement.items() if v is not None}]
    return policy


# -- what means the same

SAME: t.Mapping[str, tuple[object, object]] = {
    "JSON": (PUBLIC, json.dumps(PUBLIC)),
    "bytes": (PUBLIC, json.dumps(PUBLIC).encode()),
    "a lone statement": (PUBLIC, PUBLIC | {"Statement": PUBLIC["Statement"][0]}),
    "twice the same": (PUBLIC, PUBLIC | {"Statement": PUBLIC["Statement"] * 2}),
    "a list of one": (PUBLIC, with_statement(Action=["s3:GetObject"])),
    "case of actions": (PUBLIC, with_statement(Action="S3:getobject")),
    "case of patterns": (
        with_statement(Action=["s3:Get*", "s3:*Object?agging"]),
        with_statement(Action=["s3:*object?agging", "s3:get*"]),
    ),
    "everybody": (PUBLIC, with_statement(Principal={"AWS": "*"})),
    "everybody in a list": (PUBLIC, with_statement(Principal={"AWS": ["*"]})),
    "an account": (
        with_statement(Principal={"AWS": "123456789012"}),
        with_statement(Principal={"AWS": "arn:aws:iam::123456789012:root"}),
    ),
    "an account in China": (
        with_statement(Principal={"AWS": "123456789012"}),
        with_statement(Principal={"AWS": ["arn:aws-cn:iam::123456789012:root"]}),
    ),
    "an account as YAML's number": (
        with_statement(Principal={"AWS": "001234567890"}),
        with_statement(Principal={"AWS": 1234567890}),
    ),
    "doubles": (PUBLIC, with_statement(Resource=["arn:aws:s3:::www/*"] * 2)),
    "no condition": (PUBLIC, with_statement(Condition={})),
    "no keys": (PUBLIC, with_statement(Condition={"Bool": {}})),
    "no id": (PUBLIC, with_statement(Sid="Everybody") | {"Id": ""}),
    "no version": (
        {"Statement": PUBLIC["Statement"]},
        PUBLIC | {"Version": "2008-10-17"},
    ),
    "booleans": (
        with_statement(Condition={"Bool": {"aws:SecureTransport": "false"}}),
        with_statement(Condition={"Bool": {"aws:SecureTransport": [False]}}),
    ),
    "Python's booleans": (
        with_statement(Condition={"BoolIfExists": {"aws:SecureTransport": "true"}}),
        with_statement(Condition={"BoolIfExists": {"aws:SecureTransport": "True"}}),
    ),
    "numbers": (
        with_statement(Condition={"NumericLessThan": {"s3:max-keys": "10"}}),
        with_statement(Condition={"NumericLessThan": {"s3:max-keys": 10.0}}),
    ),
    "order": (
        with_statement(Condition={"StringEquals": {"aws:SourceVpc": ["a", "b"]}}),
        with_statement(Condition={"StringEquals": {"aws:SourceVpc": ["b", "a"]}}),
    ),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same(one: object, other: object) -> None:
    assert normal(one) == normal(other)


DIFFERENT: t.Mapping[str, Policy] = {
    "version": PUBLIC | {"Version": "2008-10-17"},
    "id": PUBLIC | {"Id": "x"},
    "sid": with_statement(Sid="Nobody"),
    "effect": with_statement(Effect="Deny"),
    "principal": with_statement(Principal={"AWS": "123456789012"}),
    "all but": with_statement(Principal=None, NotPrincipal="*"),
    "kind of principal": with_statement(Principal={"CanonicalUser": "*"}),
    "action": with_statement(Action="s3:GetObjectVersion"),
    "no action": with_statement(Action=None, NotAction="s3:GetObject"),
    "resource": with_statement(Resource="arn:aws:s3:::www/a/*"),
    "case of resource": with_statement(Resource="arn:aws:s3:::www/A/*"),
    "partition": with_statement(Resource="arn:aws-cn:s3:::www/*"),
    "condition": with_statement(Condition={"Bool": {"aws:SecureTransport": True}}),
}


@pytest.mark.parametrize("other", DIFFERENT.values(), ids=DIFFERENT)
def test_not_the_same(other: Policy) -> None:
    assert normal(other) != normal(PUBLIC)


def test_the_normal_form_is_a_policy_that_every_server_understands() -> None:
    written = with_statement(
        Action=["S3:GETOBJECT", "s3:list*", "s3:ListenSomething"],
        Principal={"AWS": ["*"]},
        Resource=["arn:aws:s3:::www/*", "arn:aws:s3:::www"],
    )
    assert normal(written) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Everybody",
                "Effect": "Allow",
                "Principal": "*",
                "Action": ["s3:GetObject", "s3:List*", "s3:ListenSomething"],
                "Resource": ["arn:aws:s3:::www", "arn:aws:s3:::www/*"],
            }
        ],
    }


@pytest.mark.parametrize("nothing", ["", "  ", "null", "{}", None, {}])
def test_no_policy_at_all(nothing: object) -> None:
    assert normal(nothing) is None


# -- what is no policy

BAD: t.Mapping[str, tuple[object, t.Sequence[str]]] = {
    "not JSON": ('{"Version": ', ["not JSON"]),
    "a list": ("[]", ["mapping", "list"]),
    "text": ('"x"', ["mapping", "str"]),
    "true": (True, ["mapping", "bool"]),
    "no statement": ({"Version": "2012-10-17"}, ["no Statement", "{}"]),
    "empty statement": ({"Statement": []}, ["no Statement"]),
    "version": (PUBLIC | {"Version": "2012-10-18"}, ["2012-10-18", "2012-10-17"]),
    "unknown element": (
        PUBLIC | {"Statements": []},
        ["'Statements'", "Did you mean Statement?"],
    ),
    "statement is text": (
        {"Statement": ["Allow"]},
        ["statement 1", "mapping", "str"],
    ),
    "unknown in statement": (with_statement(Actions="x"), ["Actions", "Did you mean"]),
    "no effect": (with_statement(Effect=None), ["statement 1 (Everybody)", "Effect"]),
    "effect": (with_statement(Effect="allow"), ["'allow'", "Allow or Deny"]),
    "no principal": (with_statement(Principal=None), ["neither Principal nor"]),
    "two principals": (with_statement(NotPrincipal="*"), ["both Principal and"]),
    "principal is text": (with_statement(Principal="me"), ["principal", "AWS"]),
    "kind of principal": (with_statement(Principal={"Aws": "x"}), ["Aws", "AWS"]),
    "empty principal": (with_statement(Principal={"AWS": []}), ["Principal.AWS"]),
    "no action": (with_statement(Action=None), ["neither Action nor NotAction"]),
    "empty action": (with_statement(Action=[]), ["Action must be a text"]),
    "action is a mapping": (with_statement(Action={"a": 1}), ["Action must be"]),
    "no resource": (with_statement(Resource=None), ["neither Resource nor"]),
    "condition is text": (with_statement(Condition="x"), ["Condition"]),
    "operator is text": (with_statement(Condition={"Bool": "x"}), ["Condition"]),
    "deep value": (
        with_statement(Condition={"Bool": {"aws:SecureTransport": {"a": 1}}}),
        ["aws:SecureTransport"],
    ),
    "another bucket": (
        with_statement(Resource=["arn:aws:s3:::www/*", "arn:aws:s3:::other/*"]),
        ["'other'", "'www'", "arn:aws:s3:::www"],
    ),
    "a bucket that begins alike": (
        with_statement(Resource="arn:aws:s3:::www-2"),
        ["'www-2'", "'www'"],
    ),
    "another bucket's pattern": (
        with_statement(Resource="arn:aws:s3:::other-*"),
        ["'other-*'"],
    ),
}


@pytest.mark.parametrize(("written", "says"), BAD.values(), ids=BAD)
def test_what_is_no_policy_is_refused(written: object, says: t.Sequence[str]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        normal(written)
    assert str(refused.value).startswith("policy")
    for part in says:
        assert part in str(refused.value)


@pytest.mark.parametrize(
    "resource", ["*", "arn:aws:s3:::www*", "arn:aws:s3:::w?w/a", "arn:aws-cn:s3:::www"]
)
def test_resources_that_are_this_bucket(resource: str) -> None:
    assert normal(with_statement(Resource=resource))


def test_what_a_server_has_is_read_whatever_it_is_about() -> None:
    odd = with_statement(Resource="arn:aws:s3:::other/*") | {"Version": None}
    assert canonical_policy(odd)["Statement"][0]["Resource"] == ["arn:aws:s3:::other/*"]


# -- patterns


def test_patterns() -> None:
    assert matches("s3:Get*", "s3:GetObject")
    assert matches("s3:get*", "s3:GetObject", any_case=True)
    assert not matches("s3:get*", "s3:GetObject")
    assert matches("${aws:username}-x", "me-x")
    assert not matches("a.c", "abc")
    assert matches("$x", "$x")


@given(st.sampled_from(ACTIONS), st.randoms(use_true_random=False))
def test_every_action_is_known_in_any_case(action: str, rng: random.Random) -> None:
    assert spelt_as_documented(any_case(action, rng)) == action


# -- properties

_ARNS = st.sampled_from(
    ["arn:aws:s3:::www", "arn:aws:s3:::www/*", "arn:aws:s3:::www/a/*", "*"]
)
_PRINCIPAL_IDS = {
    "AWS": ["123456789012", "arn:aws:iam::123456789012:user/a", "AIDAEXAMPLE"],
    "Service": ["logging.s3.amazonaws.com", "cloudfront.amazonaws.com"],
    "CanonicalUser": ["79a59df900b949e5", "79a59df900b949e6"],
}


def lists(of: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(of, min_size=1, max_size=3, unique=True).map(sorted)


_PRINCIPALS = st.one_of(
    st.just("*"),
    st.fixed_dictionaries(
        {"AWS": lists(st.sampled_from(_PRINCIPAL_IDS["AWS"]))},
        optional={
            kind: lists(st.sampled_from(_PRINCIPAL_IDS[kind]))
            for kind in ("Service", "CanonicalUser")
        },
    ),
)
_CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "StringEquals": st.fixed_dictionaries(
            {"aws:SourceVpc": lists(st.sampled_from(["vpc-1", "vpc-2", "vpc-3"]))}
        ),
        "Bool": st.fixed_dictionaries(
            {"aws:SecureTransport": lists(st.sampled_from(["true", "false"]))}
        ),
        "NumericLessThan": st.fixed_dictionaries(
            {"s3:max-keys": lists(st.sampled_from(["1", "10", "100"]))}
        ),
    },
)


@st.composite
def statements(draw: st.DrawFn) -> Policy:
    made: Policy = {
        "Effect": draw(st.sampled_from(["Allow", "Deny"])),
        draw(st.sampled_from(["Principal", "NotPrincipal"])): draw(_PRINCIPALS),
        draw(st.sampled_from(["Action", "NotAction"])): draw(
            lists(st.sampled_from([*ACTIONS, "s3:*", "s3:Get*", "*", "s3:New"]))
        ),
        draw(st.sampled_from(["Resource", "NotResource"])): draw(lists(_ARNS)),
    }
    if draw(st.booleans()):
        made["Sid"] = draw(st.sampled_from(["One", "Two", "one"]))
    condition = draw(_CONDITIONS)
    return made | ({"Condition": condition} if condition else {})


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    made: Policy = {"Statement": draw(st.lists(statements(), min_size=1, max_size=4))}
    if draw(st.booleans()):
        made["Version"] = "2012-10-17"
    if draw(st.booleans()):
        made["Id"] = draw(st.sampled_from(["a", "b"]))
    return made


def any_case(text: str, rng: random.Random) -> str:
    return "".join(rng.choice((c.lower(), c.upper())) for c in text)


def shuffled(value: t.Any, rng: random.Random) -> t.Any:
    """The same policy in other words."""
    if isinstance(value, dict):
        items = [(name, reworded(name, inner, rng)) for name, inner in value.items()]
        rng.shuffle(items)
        return dict(items)
    if isinstance(value, list):
        made = [shuffled(inner, rng) for inner in value]
        made += rng.sample(made, rng.randint(0, len(made)))
        rng.shuffle(made)
        return made[0] if len(made) == 1 and rng.random() < 0.5 else made
    return value


def reworded(name: str, value: t.Any, rng: random.Random) -> t.Any:
    if name in ("Action", "NotAction"):
        value = [x if x == "s3:New" else any_case(x, rng) for x in value]
    elif name in ("Principal", "NotPrincipal") and value == "*":
        return rng.choice(("*", {"AWS": "*"}, {"AWS": ["*", "*"]}))
    elif name == "AWS":
        root = "arn:aws:iam::123456789012:root"
        value = [rng.choice((x, root)) if x.isdigit() else x for x in value]
    elif name == "aws:SecureTransport":
        value = [rng.choice((x, x.title(), x == "true")) for x in value]
    elif name == "s3:max-keys":
        value = [rng.choice((x, int(x), float(x))) for x in value]
    return shuffled(value, rng)


@given(policies(), st.randoms(use_true_random=False))
def test_other_words_are_the_same_policy(policy: Policy, rng: random.Random) -> None:
    other = shuffled(policy, rng)
    if rng.random() < 0.5:
        other = json.dumps(other)
    assert normal(other) == normal(policy)


@given(policies())
def test_the_normal_form_is_normal_and_can_be_sent(policy: Policy) -> None:
    form = normal(policy)
    assert normal(form) == form == canonical_policy(form) == canonical_policy(policy)
    assert json.loads(json.dumps(form)) == form


def paths(value: t.Any, *before: t.Any) -> t.Iterator[tuple[t.Any, ...]]:
    """Where the atoms are."""
    if isinstance(value, (dict, list)):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        for name, one in inner:
            yield from paths(one, *before, name)
    else:
        yield before


OTHER = {
    "Effect": {"Allow": "Deny", "Deny": "Allow"},
    "Version": {"2012-10-17": "2008-10-17", "2008-10-17": "2012-10-17"},
}


@given(policies(), st.data())
def test_a_change_of_any_atom_is_another_policy(
    policy: Policy, data: st.DataObject
) -> None:
    form = normal(policy)
    path = data.draw(st.sampled_from(list(paths(form))))
    changed = copy.deepcopy(form)
    place = changed
    for step in path[:-1]:
        place = place[step]
    old = place[path[-1]]
    new: t.Any
    if path[-1] in OTHER:
        new = OTHER[path[-1]][old]
    elif old == "*" and path[-1] in ("Principal", "NotPrincipal"):
        new = {"AWS": ["210987654321"]}
    elif "Resource" in path or "NotResource" in path:
        new = "arn:aws:s3:::www/changed"
    else:
        new = f"{old}2"
    place[path[-1]] = new
    # two statements that differ in this alone, and are one now, are still another policy
    assert normal(changed) != form
