# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a configuration says for a daemon alone."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    as_document,
    parse_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_daemon import (
    DaemonOptions,
    Layout,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    PublicKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)

OLD: dict[str, t.Any] = {
    "SharedSecret": "aGVsbG9oZWxsb3dvcmxkMWhlbGxvaGVsbG93b3JsZDFJrVHB",
    "StorageBucket": "bucket",
}
OURS = {**OLD, "PublicKey": PublicKey(bytes(range(32))).encode()}
WRITTEN: dict[str, t.Any] = {
    "Artifacts": ["app", "tool.tar.gz"],
    "Layout": "Flat",
    "Mode": "0640",
    "Owner": "www-data",
    "Group": "adm",
    "Hook": ["/usr/local/bin/deploy", "--now", ""],
    "HookTimeout": 5,
    "Keep": 7,
    "MinFree": 1_000_000_000,
    "MetricsPort": 9123,
    "Host": "web1.example.com",
    "Status": True,
}
READ = DaemonOptions(
    ("app", "tool.tar.gz"),
    Layout.FLAT,
    0o640,
    "www-data",
    "adm",
    ("/usr/local/bin/deploy", "--now", ""),
    5.0,
    7,
    1_000_000_000,
    9123,
    "web1.example.com",
    True,
)


def read(document: t.Mapping[str, object]) -> DaemonOptions:
    configuration, warnings = parse_configuration(document, "/etc/distsyncd")
    assert warnings == ()
    return configuration.daemon


def test_what_is_meant_and_written_again() -> None:
    assert read({**OURS, **WRITTEN}) == READ
    configuration = parse_configuration({**OURS, **WRITTEN}, "x").configuration
    document = as_document(configuration)
    assert {key: document[key] for key in WRITTEN} == {**WRITTEN, "Layout": "flat"}
    assert parse_configuration(document, "x").configuration == configuration


def test_an_originals_file() -> None:
    assert read(OLD) == DaemonOptions()
    assert (
        not as_document(parse_configuration(OLD, "x").configuration).keys()
        & WRITTEN.keys()
    )


def test_keys_in_any_case_and_single_names() -> None:
    options = read(
        {**OURS, "hook_timeout": 7, "ARTIFACTS": "app", "layout": "VERSIONS"}
    )
    assert options == DaemonOptions(
        artifacts=("app",), layout=Layout.VERSIONS, hook_timeout=7.0
    )
    assert options.takes("app") and not options.takes("tool")
    assert DaemonOptions().takes("tool") and DaemonOptions().host_name


def test_a_hook_in_the_home_folder_or_on_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/anna")
    assert read({**OURS, "Hook": ["~/deploy", "~"]}).hook == ("/home/anna/deploy", "~")
    assert read({**OURS, "Hook": ["deploy"]}).hook == ("deploy",)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("Artifacts", [], "a name, or a list of names, each once"),
        ("Artifacts", ["a", "a"], "each once"),
        ("Artifacts", "../a", "each once"),
        ("Artifacts", ["a/b"], "each once"),
        ("Layout", "deep", "versions or flat"),
        ("Mode", 640, "permissions in quotes"),
        ("Mode", "4755", "permissions in quotes"),
        ("Owner", "no such user", "the name of a user or group"),
        ("Group", 7, "the name of a user or group"),
        ("Hook", "/usr/local/bin/deploy --now", "a list of the program"),
        ("Hook", [], "a list of the program"),
        ("Hook", ["", "x"], "a list of the program"),
        ("Hook", ["x", 1], "a list of the program"),
        ("HookTimeout", 0, "from 1 to 86400"),
        ("HookTimeout", "soon", "from 1 to 86400"),
        ("Keep", 0, "a whole number from 1 to 1000"),
        ("Keep", True, "a whole number from 1 to 1000"),
        ("MinFree", -1, "a whole number of bytes"),
        ("MinFree", "10%", "a whole number of bytes"),
        ("MetricsPort", 65536, "a port from 1 to 65535"),
        ("Host", "x" * 256, "a name of 1 to 255 characters"),
        ("Status", "yes", "true or false"),
    ],
)
def test_what_cannot_be_used(key: str, value: object, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read({**OURS, key: value})
    assert str(caught.value).startswith(f"/etc/distsyncd: {key} must be ")
    assert words in str(caught.value)


@pytest.mark.parametrize(("key", "value"), [("Layout", "versions"), ("Status", True)])
def test_what_the_format_distsync01_has_not(key: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match="distsync01"):
        read({**OLD, key: value})
    assert read({**OLD, "Layout": "flat", "Status": False}).layout is Layout.FLAT
