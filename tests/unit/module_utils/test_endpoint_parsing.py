# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users write, as endpoints."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import pwd
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    local_source,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from ansible_collections.longshore.storage.plugins.module_utils._fields import _FIELDS
from tests.unit.module_utils.endpoints import (
    SECRET,
    SITE,
    parse,
    refusal,
    s3,
)

# --- the plainest spellings


def test_yaybus_spelling() -> None:
    assert parse(s3()) == Endpoint("S3", "site", key="AKIDEXAMPLE", secret=SECRET)


def test_djangos_spelling() -> None:
    assert parse(SITE) == parse(s3())


def test_user_with_secret() -> None:
    written = {"id": "S3", "user": "AKIDEXAMPLE", "secret": SECRET, "bucket": "site"}
    assert parse(written) == parse(s3())


def test_every_field() -> None:
    endpoint = parse(
        s3(
            prefix="/a/b",
            region="eu-west-3",
            host="Storage.Example.com",
            port="9000",
            secure="no",
            token="t0ken",
            project=42,
            auth="/v3",
            ca_path=__file__,
            timeout="2.5",
            retries="0",
        )
    )
    assert endpoint == Endpoint(
        "S3",
        "site",
        prefix="a/b/",
        key="AKIDEXAMPLE",
        secret=SECRET,
        token="t0ken",
        region="eu-west-3",
        host="storage.example.com",
        port=9000,
        secure=False,
        project="42",
        auth="/v3",
        ca_path=os.path.abspath(__file__),
        timeout=2.5,
        retries=0,
    )


def test_the_table_of_fields_is_the_endpoints() -> None:
    fields = {field.name for field in dataclasses.fields(Endpoint)}
    assert set(_FIELDS) - {"id", "endpoint"} == fields - {"provider"}


def test_none_and_empty_are_as_good_as_not_written() -> None:
    nothing = ["prefix", "region", "host", "port", "secure", "endpoint", "token"]
    nothing += ["project", "ca_path", "timeout", "retries"]
    assert parse(s3(**dict.fromkeys(nothing))) == parse(s3())
    assert parse(s3(**dict.fromkeys(nothing, ""))) == parse(s3())


def test_json_from_the_command_line() -> None:
    assert parse(json.dumps(s3())) == parse(s3())
    assert parse(" " + json.dumps(s3()), option="source") == parse(s3())


def test_broken_json_is_refused_without_its_text() -> None:
    assert "JSON" in refusal(f'{{"id": "S3", "secret": "{SECRET}"')


@pytest.mark.parametrize("option", ["source", "destination"])
@pytest.mark.parametrize(
    "text", [f"id=S3 secret={SECRET}", f"secret: {SECRET}", f" bucket = a,key={SECRET}"]
)
def test_fields_in_a_string_are_refused_without_their_text(
    text: str, option: str
) -> None:
    assert "mapping" in refusal(text, option=option)


@pytest.mark.parametrize("value", [None, 5, True, ["S3"]])
def test_other_types(value: object) -> None:
    assert "destination must be a mapping or a string" in refusal(value)


# --- named providers


def test_a_named_provider_as_a_string() -> None:
    assert parse("mysite", providers={"mysite": SITE}) == parse(s3())
    assert parse("mysite", providers={"mysite": SITE}, option="source") == parse(s3())


def test_a_source_that_could_be_both_is_a_path() -> None:
    providers = {"./mysite": SITE, "a/b": SITE, "~": SITE, ".": SITE}
    for name in providers:
        endpoint = parse(name, providers=providers, option="source")
        assert endpoint == local_source(name)


def test_a_source_that_names_no_entry_is_a_path() -> None:
    endpoint = parse("other", providers={"mysite": SITE}, option="source")
    assert endpoint == Endpoint("LOCAL", os.path.abspath("other"))


def test_a_destination_string_that_names_no_entry() -> None:
    assert "Did you mean mysite?" in refusal("mysit", providers={"mysite": SITE})
    assert "id: LOCAL, container: /srv/www" in refusal("/srv/www")
    assert "no entry ''" in refusal("")


def test_a_mapping_overrides_the_entry_it_names() -> None:
    endpoint = parse(
        {"id": "mysite", "bucket": "other", "prefix": "v2"}, providers={"mysite": SITE}
    )
    assert endpoint == parse(s3(container="other", prefix="v2"))


def test_an_empty_value_clears_the_entrys() -> None:
    entry = {**SITE, "prefix": "v1", "endpoint": "http://127.0.0.1:8333"}
    endpoint = parse(
        {"id": "mysite", "prefix": "", "endpoint": ""}, providers={"mysite": entry}
    )
    assert endpoint == parse(s3())


def test_an_endpoint_replaces_the_entrys_host_port_and_secure() -> None:
    entry = {**SITE, "host": "old.example.com", "port": 9000, "secure": False}
    endpoint = parse(
        {"id": "mysite", "endpoint": "https://new.example.com"},
        providers={"mysite": entry},
    )
    assert endpoint.url == "https://new.example.com"


def test_the_default_entry() -> None:
    providers = {"default": SITE, "second": {**SITE, "bucket": "second"}}
    assert parse({}, providers=providers).container == "site"
    assert parse({"prefix": "a"}, providers=providers).prefix == "a/"
    assert parse({}, providers=providers, default="second").container == "second"
    # A provider's own name is not an entry's.
    assert parse(s3(container="third"), providers=providers).container == "third"


def test_a_default_that_is_no_entry() -> None:
    text = refusal({}, providers={"mysite": SITE}, default="mysit")
    assert "default_provider: providers has no entry 'mysit'" in text
    assert "Did you mean mysite?" in text


def test_an_entry_goes_before_a_provider_of_its_name() -> None:
    providers = {"S3": {**SITE, "bucket": "named-s3"}}
    assert parse({"id": "S3"}, providers=providers).container == "named-s3"


def test_key_alone_over_an_entry_with_user_is_ambiguous() -> None:
    text = refusal({"id": "mysite", "key": SECRET}, providers={"mysite": SITE})
    assert "providers.mysite" in text
    changed = parse({"id": "mysite", "user": "NEW"}, providers={"mysite": SITE})
    assert (changed.key, changed.secret) == ("NEW", SECRET)
    both = parse(
        {"id": "mysite", "key": "A", "secret": "B"}, providers={"mysite": SITE}
    )
    assert (both.key, both.secret) == ("A", "B")


def test_faults_of_an_entry_name_it() -> None:
    assert "providers.mysite has no field 'bukket'" in refusal(
        "mysite", providers={"mysite": {"type": "S3", "bukket": "x"}}
    )
    assert "providers.mysite must be a mapping" in refusal(
        "mysite", providers={"mysite": "S3"}
    )
    assert "destination (providers.mysite): container is missing" in refusal(
        "mysite", providers={"mysite": {"type": "S3"}}
    )


def test_only_the_entry_used_is_looked_at() -> None:
    providers = {"mysite": SITE, "broken": {"no such field": 1}}
    assert parse("mysite", providers=providers).container == "site"


# --- fields


def test_an_unknown_field() -> None:
    text = refusal(s3(bukket="x"))
    assert "destination has no field 'bukket'" in text
    assert "Did you mean bucket?" in text
    assert "container" in refusal(s3(qqq="x"))
    assert "'bukket'" in refusal(s3(bukket=None))
    assert "has no field of the name" in refusal({f"id=S3 secret={SECRET}": None})


def test_two_names_of_one_field() -> None:
    assert parse(s3(bucket="site")).container == "site"
    assert "container" in refusal(s3(bucket="other"))
    assert "user, key and secret" in refusal(s3(user="x"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *itertools.product(["port"], [0, 65536, -1, "x", 1.5, True, "nan", "1e400"]),
        *itertools.product(["timeout"], [0, -1, "x", True, "inf", "nan", [1]]),
        *itertools.product(["retries"], [-1, "x", 0.5, True, "inf"]),
        *itertools.product(["secure"], ["maybe", 2, 1.0, [True]]),
        *itertools.product(["container"], [True, 1.5, ["a"], {"a": SECRET}, "a\nb"]),
        *itertools.product(
            ["prefix"], ["a//b", "../a", "a/./b", "a/..", "//a", "a\x00"]
        ),
        *itertools.product(
            ["host"], ["http://h", "h:80", "h/", f"k:{SECRET}@h", "a b"]
        ),
        *itertools.product(["region"], ["a\tb", "\ud800", {"secret": SECRET}]),
        *itertools.product(["secret"], [[SECRET], {"x": SECRET}, f"{SECRET}\n", 1.5]),
        *itertools.product(["key", "token"], [[SECRET], f"{SECRET}\r\n"]),
        ("ca_path", "/no/such/file.pem"),
        ("ca_path", "/"),
    ],
)
def test_wrong_values(field: str, value: object) -> None:
    assert field in refusal(s3(**{field: value}))


def test_a_wrong_value_is_named_with_its_bounds() -> None:
    assert "destination.port must be a whole number from 1 to 65535, not 0" in refusal(
        s3(port=0, host="h")
    )


@pytest.mark.parametrize("value", [True, "yes", "On", "TRUE", 1, "1", "y", "t"])
def test_true_as_ansible_writes_it(value: object) -> None:
    assert parse(s3(secure=value)).secure is True


@pytest.mark.parametrize("value", [False, "no", "Off", "FALSE", 0, "0", "n", "f"])
def test_false_as_ansible_writes_it(value: object) -> None:
    assert parse(s3(secure=value)).secure is False


@pytest.mark.parametrize(
    ("written", "prefix"),
    [
        ("a", "a/"),
        ("/a/b/", "a/b/"),
        ("/", ""),
        ("//", ""),
        (" a b ", " a b /"),
        ("...", ".../"),
    ],
)
def test_prefixes(written: str, prefix: str) -> None:
    assert parse(s3(prefix=written)).prefix == prefix


@given(st.text())
def test_a_prefix_is_refused_or_normal(written: str) -> None:
    try:
        prefix = parse(s3(prefix=written)).prefix
    except ConfigurationError:
        return
    assert prefix.strip("/") == written.removeprefix("/").removesuffix("/")
    if prefix:
        segments = prefix.removesuffix("/").split("/")
        assert prefix.endswith("/")
        assert not {"", ".", ".."} & set(segments)
    # What came out goes in again unchanged.
    assert parse(s3(prefix=prefix)).prefix == prefix


# --- endpoint URLs


@pytest.mark.parametrize(
    ("url", "host", "port", "secure"),
    [
        ("http://127.0.0.1:8333", "127.0.0.1", 8333, False),
        ("https://Storage.Example.com/", "storage.example.com", None, True),
        ("HTTP://store_1", "store_1", None, False),
        ("https://[::1]:9000", "::1", 9000, True),
    ],
)
def test_urls(url: str, host: str, port: int | None, secure: bool) -> None:
    endpoint = parse(s3(endpoint=url))
    assert (endpoint.host, endpoint.port, endpoint.secure) == (host, port, secure)
    assert (endpoint.url or "").lower() == url.lower().removesuffix("/")


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:8333",
        "ftp://h",
        "http://",
        "http://h:0",
        "http://h:99999",
        "http://h:x",
        "http://[::1",
        "http://h/path",
        "http://h?x=1",
        "http://h#x",
        f"http://key:{SECRET}@h",
        f"http://{SECRET}@h",
        "http://a b",
        5,
        {"x": SECRET},
    ],
)
def test_refused_urls(url: object) -> None:
    assert "destination.endpoint must be" in refusal(s3(endpoint=url))


@pytest.mark.parametrize(
    ("field", "value"), [("host", "other"), ("port", 2), ("secure", 1)]
)
def test_a_url_and_a_part_that_contradicts_it(field: str, value: object) -> None:
    text = refusal(s3(endpoint="http://h:1", **{field: value}))
    assert f"endpoint and {field} contradict each other" in text


def test_a_url_and_parts_that_agree() -> None:
    agreeing = s3(endpoint="http://h:1", host="h", port="1", secure=False)
    assert parse(agreeing) == parse(s3(endpoint="http://h:1"))
    assert parse(s3(endpoint="http://h:1", host="")).host == "h"
    assert parse(s3(endpoint="http://h", port=1)).url == "http://h:1"


def test_port_needs_host() -> None:
    assert "port is given without host" in refusal(s3(port=9000))


# --- local sources


def test_local_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    for written, path in {
        "site": f"{tmp_path}/site",
        "./site/": f"{tmp_path}/site",
        "/srv/site//": "/srv/site",
        "//srv/site": "/srv/site",
        "~/site": "/home/someone/site",
        "~": "/home/someone",
        f"~{pwd.getpwuid(0).pw_name}/x": f"{pwd.getpwuid(0).pw_dir}/x",
    }.items():
        assert parse(written, option="source") == Endpoint("LOCAL", path)
        assert local_source(written) == Endpoint("LOCAL", path)


@pytest.mark.parametrize("written", ["", "a\0b", "~no-such-user-here/x"])
def test_refused_local_sources(written: str) -> None:
    refusal(written, option="source")


# --- whatever is written


@given(
    st.dictionaries(
        st.sampled_from([*_FIELDS, "user", "bucket", "type", "provider", "typo"]),
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=9)
        ),
    ),
    st.sampled_from(["secret", "token", "key"]),
    st.sampled_from([SECRET, f"{SECRET}\n", [SECRET], {"a": SECRET}]),
)
def test_whatever_is_written_is_an_endpoint_or_a_clear_refusal(
    fields: dict[str, object], name: str, secret: object
) -> None:
    fields[name] = secret
    if name == "key":
        fields["user"] = "someone"
    for option in ("source", "destination"):
        try:
            endpoint = parse(fields, option=option)
        except ConfigurationError as error:
            assert SECRET not in str(error)
        else:
            assert SECRET not in repr(endpoint)
