# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.longshore.storage.plugins.module_utils._drivers import _memory
from ansible_collections.longshore.storage.plugins.modules import static_container
from tests.unit.documentation import agree, read_yaml

SITE = {"index.html": "<a href=a.css>", "a.css": "body{}", "img/logo.svg": "<svg/>"}


class Outcome(t.NamedTuple):
    result: dict[str, t.Any]
    code: object
    stdout: str
    stderr: str
    logged: str


class Run:
    """Runs the module as Ansible does, in this process."""

    def __init__(
        self,
        folder: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        logged: list[str],
    ) -> None:
        self._capsys = capsys
        self._logged = logged
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))

    def __call__(
        self, *, check: bool = False, diff: bool = False, **args: t.Any
    ) -> Outcome:
        self._capsys.readouterr()
        self._logged.clear()
        given = {**args, "_ansible_check_mode": check, "_ansible_diff": diff}
        with patch_module_args(given), pytest.raises(SystemExit) as ended:
            static_container.main()
        out, err = self._capsys.readouterr()
        return Outcome(
            json.loads(out), ended.value.code, out, err, "\n".join(self._logged)
        )

    def well(self, **args: t.Any) -> dict[str, t.Any]:
        outcome = self(**args)
        assert outcome.code == 0 and not outcome.result.get("failed"), outcome.stdout
        assert not outcome.stderr
        return outcome.result

    def badly(self, **args: t.Any) -> str:
        """The message of a failure, which nothing else comes with."""
        outcome = self(**args)
        assert outcome.code == 1 and outcome.result["failed"], outcome.stdout
        assert "Traceback" not in outcome.stdout + outcome.stderr
        return str(outcome.result["msg"])


@pytest.fixture()
def run(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    logged: list[str],
) -> t.Iterator[Run]:
    yield Run(tmp_path, capsys, monkeypatch, logged)
    _memory._containers.clear()


@pytest.fixture()
def site(tmp_path: Path) -> Path:
    for name, text in SITE.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "site"


@pytest.fixture()
def www(tmp_path: Path) -> Path:
    return tmp_path / "www"


def folder(path: Path) -> dict[str, str]:
    return {"id": "LOCAL", "container": str(path)}


def tree(path: Path) -> dict[str, str]:
    return {
        str(file.relative_to(path)): file.read_text()
        for file in path.rglob("*")
        if file.is_file()
    }


def test_documentation_and_arguments_agree() -> None:
    documented = read_yaml(static_container.DOCUMENTATION)["options"]
    agree(documented, static_container.ARGUMENT_SPEC)


def test_check_run_second_run(run: Run, site: Path, www: Path) -> None:
    args = {"source": str(site), "destination": folder(www)}
    predicted = run.well(**args, check=True, diff=True)
    assert not www.exists()
    done = run.well(**args, diff=True)
    assert tree(www) == SITE
    for result in (predicted, done):
        del result["seconds"]
        del result["invocation"]
    assert predicted == done
    assert done["changed"] and done["container_created"]
    assert (done["created"], done["bytes"]) == (3, sum(map(len, SITE.values())))
    assert done["samples"]["created"] == ["a.css", "img/logo.svg", "index.html"]
    assert done["diff"]["before"] == ""
    assert done["diff"]["after"].splitlines()[0].startswith("a.css 6 bytes")

    (site / "a.css").write_text("body{};")
    (site / "img" / "logo.svg").unlink()
    again = run.well(**args)
    assert (again["updated"], again["deleted"], again["unchanged"]) == (1, 1, 1)
    assert "diff" not in again
    settled = run.well(**args, diff=True)
    assert not settled["changed"] and settled["unchanged"] == 2
    assert settled["diff"]["before"] == settled["diff"]["after"] == ""


def test_documented_results_are_the_ones_returned(
    run: Run, site: Path, www: Path
) -> None:
    result = run.well(source=str(site), destination=folder(www))
    documented = read_yaml(static_container.RETURN)
    assert documented.keys() == result.keys() - {"changed", "invocation"}
    types = {one.__name__: one for one in (list, int, float, bool, dict, str)}
    for name, about in documented.items():
        assert isinstance(result[name], types[about["type"]]), name


def test_memory_and_every_way_to_name_an_endpoint(run: Run, site: Path) -> None:
    providers = {
        "home": {"id": "MEMORY", "container": "m"},
        "default": {"type": "MEMORY", "bucket": "m", "prefix": "p"},
    }
    for destination in (
        {"provider": "memory", "bucket": "m"},
        '{"id": "MEMORY", "container": "m"}',
        "home",
        {"id": "home"},
        {"prefix": ""},
    ):
        result = run.well(
            source=str(site), destination=destination, providers=providers
        )
        assert result["created"] + result["unchanged"] == 3
    assert list(_memory._containers) == ["m"]
    message = run.badly(source="home", destination={}, providers=providers)
    assert "overlap" in message


def test_skipped_names_are_warned_of(run: Run, site: Path, www: Path) -> None:
    (site / "link").symlink_to("a.css")
    result = run.well(source=str(site), destination=folder(www))
    assert any("link is a symbolic link" in str(w) for w in result["warnings"])
    followed = run.well(source=str(site), destination=folder(www), follow_links=True)
    assert followed["samples"]["created"] == ["link"]


def test_a_warning_of_a_name_that_is_no_utf8_can_be_shown(
    run: Run, site: Path, www: Path
) -> None:
    os.symlink(b"a.css", os.fsencode(site) + b"/caf\xe9")
    result = run.well(source=str(site), destination=folder(www))
    json.dumps(result, ensure_ascii=False).encode()
    assert "udce9 is a symbolic link" in str(result["warnings"])


# -- failures


def test_a_failure_tells_what_was_done(run: Run, site: Path, www: Path) -> None:
    (www / "index.html" / "kept").mkdir(parents=True)
    (www / "index.html" / "kept" / "link").symlink_to("/")
    outcome = run(source=str(site), destination=folder(www))
    assert outcome.code == 1
    assert "created" not in outcome.result, "refused as a whole"
    assert tree(www) == {}

    (www / "index.html" / "kept" / "link").unlink()
    (www / "old").write_text("")
    outcome = run(source=str(site), destination=folder(www), transfers=1)
    assert outcome.code == 1 and outcome.result["failed"]
    assert "index.html" in outcome.result["msg"]
    assert outcome.result["changed"] and outcome.result["created"] == 2
    assert tree(www) == {"a.css": "body{}", "img/logo.svg": "<svg/>", "old": ""}


BAD = {
    "no source": ({"source": "/no/such/place"}, ["/no/such/place", "not exist"]),
    "empty source": ({"source": ""}, ["source"]),
    "a number": ({"source": 5}, ["source", "int"]),
    "a list": ({"source": ["/tmp"]}, ["source", "list"]),
    "true": ({"destination": True}, ["destination", "bool"]),
    "no entry": ({"destination": "nowhere"}, ["destination", "nowhere"]),
    "unknown id": ({"destination": {"id": "S4", "container": "x"}}, ["S4", "S3"]),
    "retired": ({"destination": {"id": "NIMBUS", "container": "x"}}, ["NIMBUS"]),
    "no container": ({"destination": {"id": "S3"}}, ["container"]),
    "no field": (
        {"destination": {"id": "S3", "container": "xyz", "colour": "x"}},
        ["colour"],
    ),
    "bad json": ({"destination": '{"id": "S3"'}, ["destination", "JSON"]),
    "bad name": ({"destination": {"id": "S3", "container": "A b"}}, ["A b"]),
    "no transfers": ({"transfers": 0}, ["transfers", "0"]),
    "negative": ({"transfers": -5}, ["transfers", "-5"]),
    "too many": ({"transfers": 10**6}, ["transfers", "1000000"]),
    "no number": ({"transfers": "many"}, ["transfers"]),
    "no choice": ({"verify": "hope"}, ["verify", "listing"]),
    "bad pattern": ({"exclude": ["ok", "!"]}, ["exclude", "'!'"]),
    "bad providers": ({"providers": [1]}, ["providers"]),
    "bad entry": (
        {"destination": "a", "providers": {"a": "text"}},
        ["providers.a"],
    ),
    "no default": (
        {"destination": {"prefix": "x"}, "default_provider": "gone"},
        ["gone"],
    ),
    "unknown option": ({"colour": "red"}, ["colour"]),
    "cache": ({"cache_path": "/dev/null/x"}, ["/dev/null/x", "cache_path"]),
    "root": ({"destination": {"id": "LOCAL", "container": "/"}}, ["whole"]),
    "inside": ({"destination": {"id": "LOCAL", "container": "SITE/in"}}, ["overlap"]),
}


@pytest.mark.parametrize("args, says", BAD.values(), ids=BAD.keys())
def test_bad_input_is_named_and_changes_nothing(
    run: Run, site: Path, www: Path, args: dict[str, t.Any], says: list[str]
) -> None:
    args = json.loads(json.dumps(args).replace("SITE", str(site)))
    www.mkdir()
    (www / "old").write_text("kept")
    message = run.badly(**{"source": str(site), "destination": folder(www), **args})
    for part in says:
        assert part in message
    assert "\n" not in message and len(message) < 1000
    assert tree(www) == {"old": "kept"} and tree(site) == SITE


def test_missing_arguments(run: Run) -> None:
    assert "destination" in run.badly(source="/tmp")


# -- secrets


SECRET = "Hush/hush+'\"\\ü=="
S3: dict[str, t.Any] = {
    "id": "S3",
    "key": "AKIA",
    "secret": SECRET,
    "token": f"tok{SECRET}",
    "container": "www",
    "endpoint": "http://127.0.0.1:9",
    "retries": 0,
    "timeout": 5,
}
DJANGO = {
    "type": "libcloud.storage.types.Provider.S3_US_STANDARD_HOST",
    "user": "AKIA",
    "key": SECRET,
    "bucket": "www",
    "endpoint": "http://127.0.0.1:9",
    "retries": 0,
}
WAYS: dict[str, dict[str, t.Any]] = {
    "mapping": {"destination": S3},
    "as source": {"source": S3, "destination": {"id": "MEMORY", "container": "m"}},
    "json": {"destination": json.dumps(S3)},
    "json, unescaped": {"destination": json.dumps(S3, ensure_ascii=False)},
    "broken json": {"destination": json.dumps(S3)[:-1]},
    "entry": {"destination": "e", "providers": {"e": S3}},
    "unused entry": {
        "destination": {"id": "MEMORY", "container": "m"},
        "providers": {"e": DJANGO, "f": S3},
    },
    "entry with user": {"destination": "e", "providers": {"e": DJANGO}},
    "default entry": {"destination": {}, "providers": {"default": DJANGO}},
    "entry in json": {"destination": "e", "providers": json.dumps({"e": S3})},
    "key beside entry": {
        "destination": {"id": "e", "key": SECRET},
        "providers": {"e": DJANGO},
    },
    "nested": {"destination": {"id": "S3", "secret": {"deep": [SECRET]}}},
    "unknown field": {"destination": {**S3, "passwrod": SECRET}},
    "list": {"destination": [S3]},
    "wrong option": {"destination": S3, "transfers": "many"},
    "wrong option beside json": {"destination": json.dumps(S3), "transfers": "many"},
    "unknown option": {"destination": S3, "colour": S3},
    "missing option": {"source": S3, "destination": None},
    "broken providers": {"destination": S3, "providers": json.dumps({"e": S3})[:-1]},
    "field as option": {"destination": "e", "secret": SECRET},
    "url": {
        "destination": {
            "id": "S3",
            "endpoint": f"http://me:{SECRET}@h",
            "container": "w",
        }
    },
}


@pytest.mark.parametrize("args", WAYS.values(), ids=WAYS.keys())
def test_no_secret_is_shown_or_logged(
    run: Run, site: Path, args: dict[str, t.Any]
) -> None:
    args = {"source": str(site), **{k: v for k, v in args.items() if v is not None}}
    for options in ({}, {"check": True, "diff": True}):
        outcome = run(**args, **options)
        assert "Traceback" not in outcome.stdout + outcome.stderr
        shown = "\n".join((outcome.stdout, outcome.stderr, outcome.logged))
        shown += str(outcome.result)
        # also without the characters that a quoting could write otherwise
        for part in ("Hush/hush", "Hush\\/hush", SECRET):
            assert part not in shown
        assert "invocation" in outcome.result


def test_harmless_fields_stay_readable(run: Run, site: Path) -> None:
    outcome = run(source=str(site), destination=S3)
    shown = outcome.result["invocation"]["module_args"]["destination"]
    assert shown["secret"] == shown["token"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert (shown["key"], shown["container"], shown["retries"]) == ("AKIA", "www", 0)
    assert "www" in outcome.result["msg"]
    assert "Invoked with" in outcome.logged and "AKIA" in outcome.logged


def test_what_rules_say_is_no_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "a").write_bytes(b"x" * 1234)
    rules = [{"match": "a", "metadata": {"key": "1", "x": "created"}}]
    destination = {"id": "MEMORY", "container": f"told-{tmp_path.name}"}
    with (
        patch_module_args(
            {
                "source": str(tmp_path / "site"),
                "destination": destination,
                "rules": rules,
                "cache_path": str(tmp_path / "cache"),
            }
        ),
        pytest.raises(SystemExit),
    ):
        static_container.main()
    result = json.loads(capsys.readouterr().out)
    assert (result["created"], result["bytes"]) == (1, 1234)
