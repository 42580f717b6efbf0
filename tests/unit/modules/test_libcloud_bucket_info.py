# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.longshore.storage.plugins.modules import libcloud_bucket_info
from tests.unit.documentation import agree, read_yaml

SECRET = "Hush/hush+secret"
Ask = t.Callable[..., dict[str, t.Any]]


@pytest.fixture()
def ask(capsys: pytest.CaptureFixture[str]) -> Ask:
    """Runs the module as Ansible does, in this process."""

    def run(**arguments: t.Any) -> dict[str, t.Any]:
        with patch_module_args(arguments), pytest.raises(SystemExit) as ended:
            libcloud_bucket_info.main()
        out, err = capsys.readouterr()
        result = t.cast(dict[str, t.Any], json.loads(out))
        assert bool(ended.value.code) == bool(result.get("failed"))
        assert not err and "Traceback" not in out
        return result

    return run


@pytest.fixture()
def shelf(tmp_path: Path) -> Path:
    for name in ("one/a", "one/b/c", "two/d"):
        path = tmp_path / "shelf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "shelf" / "link").symlink_to("one")
    (tmp_path / "shelf" / "file").write_text("")
    return tmp_path / "shelf"


def test_documentation_and_arguments_agree() -> None:
    documented = read_yaml(libcloud_bucket_info.DOCUMENTATION)["options"]
    agree(documented, libcloud_bucket_info.ARGUMENT_SPEC)


def test_documented_results_are_the_ones_returned(ask: Ask, shelf: Path) -> None:
    one = {"id": "LOCAL", "container": str(shelf / "one")}
    result = ask(provider=one, settings=["cdn"], prefix_depth=1)
    documented = read_yaml(libcloud_bucket_info.RETURN)
    assert documented.keys() == result.keys() - {"changed", "invocation"}
    fields = documented["buckets"]["contains"]
    (bucket,) = result["buckets"]
    assert fields.keys() - bucket.keys() == {"exposure", "error"}
    assert bucket.keys() <= fields.keys()
    prefix, _unused = bucket["prefixes"]
    assert fields["prefixes"]["contains"].keys() == prefix.keys()


def test_one_folder_all_folders_and_none(ask: Ask, shelf: Path) -> None:
    base = {"id": "LOCAL", "key": str(shelf)}
    one = ask(provider=base, name="one", settings=["cdn"], prefix_depth=1)
    assert one["buckets"] == [
        {
            "name": str(shelf / "one"),
            "region": None,
            "settings": {"cdn": True},
            "objects": 2,
            "bytes": 12,
            "prefixes": [
                {"prefix": "", "objects": 1, "bytes": 5},
                {"prefix": "b/", "objects": 1, "bytes": 7},
            ],
        }
    ]
    assert one["changed"] is False
    every = ask(provider=base, count=True, _ansible_check_mode=True, _ansible_diff=True)
    names = [(b["name"], b["objects"]) for b in every["buckets"]]
    assert names == [(str(shelf / "one"), 2), (str(shelf / "two"), 1)]
    assert ask(provider=base, name="three")["buckets"] == []
    assert ask(provider={"id": "LOCAL", "container": str(shelf / "x")})["buckets"] == []


S3 = {
    "id": "S3",
    "key": "AKIA",
    "secret": SECRET,
    "endpoint": "http://127.0.0.1:9",
    "retries": 0,
}

BAD: t.Mapping[str, tuple[dict[str, t.Any], t.Sequence[str]]] = {
    "no setting": ({"settings": ["colour"]}, ["settings", "colour"]),
    "depth": ({"prefix_depth": -1}, ["prefix_depth", "-1"]),
    "no provider": ({"provider": None}, ["provider"]),
    "no entry": ({"provider": "nowhere"}, ["provider", "nowhere"]),
    "no folder": ({"provider": {"id": "LOCAL"}, "name": None}, ["container"]),
    "no absolute path": ({"provider": {"id": "LOCAL"}}, ["absolute"]),
    "two names": ({"provider": {**S3, "container": "other"}}, ["other", "'www'"]),
    "name": ({"name": "a b"}, ["'a b'", "'a-b'"]),
    "slash": ({"name": "../etc"}, ["'../etc'"]),
    "cannot be listed": (
        {"provider": {"id": "ALIYUN_OSS", "key": "k", "secret": SECRET}, "name": None},
        ["ALIYUN_OSS", "cannot be listed", "Name one"],
    ),
    "unreachable": ({}, ["127.0.0.1:9"]),
    "unreachable account": ({"name": None}, ["list the buckets", "127.0.0.1:9"]),
    "no such folder": (
        {"provider": {"id": "LOCAL", "key": "/no/such"}, "name": None},
        ["/no/such", "list the buckets"],
    ),
}


@pytest.mark.parametrize(("changes", "says"), BAD.values(), ids=BAD)
def test_bad_input_is_named(
    ask: Ask, changes: dict[str, t.Any], says: t.Sequence[str]
) -> None:
    arguments = {"provider": S3, "name": "www", **changes}
    result = ask(**{k: v for k, v in arguments.items() if v is not None})
    assert result["failed"], result
    for part in says:
        assert part in result["msg"]
    assert "\n" not in result["msg"] and SECRET not in json.dumps(result)


@pytest.mark.parametrize(
    "name", ["Old_Bucket", "x" * 255, "abc--use1-az4--x-s3"], ids=len
)
def test_names_of_old_buckets_are_no_error(ask: Ask, name: str) -> None:
    # Amazon is not asked: the credentials are refused before
    amazon = {"id": "S3", "region": "eu-west-1", "key": "AKIA"}
    assert "secret" in ask(provider=amazon, name=name)["msg"]
    result = ask(provider=S3, name=name)
    assert "allows no bucket" not in result["msg"] and "127.0.0.1:9" in result["msg"]
