# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``distsync setup`` asks, and what becomes of the answers."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_file import (
    read_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup import (
    set_up,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup_options import (
    SetupOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup_questions import (
    ask_setup,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)


class Person:
    """Answers by the question's beginning; with the default, where there is nothing to say.

    An answer that is a list is given one after the other.
    """

    def __init__(self, answers: t.Mapping[str, str | list[str]] | None = None) -> None:
        self._answers = {
            begin: [given] if isinstance(given, str) else given
            for begin, given in (answers or {}).items()
        }
        self.asked: dict[str, str] = {}
        self.hidden: list[str] = []
        self.told: list[str] = []

    def __call__(
        self,
        question: str,
        default: str = "",
        *,
        choices: t.Sequence[str] = (),
        hidden: bool = False,
        check: t.Callable[[str], object] | None = None,
    ) -> str:
        self.asked[question] = default
        if hidden:
            self.hidden.append(question)
        for _attempt in range(5):
            answer = self._answer(question) or default
            try:
                if check is not None:
                    check(answer)
            except ConfigurationError as error:
                self.told.append(str(error))
            else:
                assert not choices or answer in choices
                return answer
        raise AssertionError(f"no answer to {question!r} will do: {self.told}")

    def _answer(self, question: str) -> str:
        for begin, answers in self._answers.items():
            if question.startswith(begin) and answers:
                return answers.pop(0)
        return ""


@pytest.fixture()
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("HOME", str(tmp_path))
    return {"uploader": str(tmp_path / "u"), "daemon": str(tmp_path / "d")}


def test_all_defaults_are_amazon(paths: dict[str, str], tmp_path: Path) -> None:
    person = Person()
    options = ask_setup(person)
    endpoint = options.endpoint
    assert (endpoint.provider, endpoint.region, endpoint.url) == (
        "S3",
        "us-east-1",
        None,
    )
    assert endpoint.key is None
    assert endpoint.container.startswith("distsync-") and len(endpoint.container) == 45
    assert options.managed
    assert (options.uploader.path, options.daemon.path) == (
        "~/.distsync",
        "~/.distsyncd",
    )
    assert options.output_dir == str(tmp_path)
    assert person.hidden == []
    assert ask_setup(Person()).endpoint.container != endpoint.container


def test_credentials_are_hidden() -> None:
    person = Person(
        {
            "Provider": "minio",
            "URL": ["", "no url", "http://127.0.0.1:9000"],
            "Administrator's credentials: the access": "admin",
            "Administrator's credentials: the secret": "quiet",
            "Bucket": ["a b", "artifacts"],
            "Make": "no",
            "The uploader's access": "ci",
            "The uploader's secret": "loud",
        }
    )
    options = ask_setup(person)
    endpoint = options.endpoint
    assert (endpoint.provider, endpoint.key, endpoint.secret) == (
        "MINIO",
        "admin",
        "quiet",
    )
    assert endpoint.url == "http://127.0.0.1:9000" and endpoint.container == "artifacts"
    assert [one.split()[1] for one in person.told] == ["can", "service's", "bucket:"]
    assert not options.managed
    assert (options.uploader.key, options.uploader.secret) == ("ci", "loud")
    assert (options.daemon.key, options.daemon.secret) == (None, None)
    assert all("secret" in one or "token" in one for one in person.hidden)
    assert len(person.hidden) == 3


def test_a_provider_that_there_is_not() -> None:
    person = Person(
        {
            "Provider": ["Dropbox", "S3+BitTorrent", "cloudfiles"],
            "Region": "LON",
            "Administrator's credentials: the user": ["", "anna"],
            "Administrator's credentials: the password": "quiet",
        }
    )
    endpoint = ask_setup(person).endpoint
    assert (endpoint.provider, endpoint.key, endpoint.region) == (
        "CLOUDFILES",
        "anna",
        "LON",
    )
    # credentials of the environment there are none for it
    assert len(person.told) == 3 and "left out" in person.told[2]


def local(
    paths: dict[str, str], bucket: Path, answers: t.Mapping[str, str]
) -> SetupOptions:
    given = {"Provider": "LOCAL", "Folder that is": str(bucket), **answers}
    return ask_setup(Person(given), **paths)


def test_again_with_defaults_changes_nothing(
    paths: dict[str, str], tmp_path: Path
) -> None:
    options = local(paths, tmp_path / "bucket", {"Folder that daemons": "/srv/r"})
    assert set_up(options).changed
    person = Person()
    again = ask_setup(person, **paths)
    assert again == options
    assert person.asked["Folder that is the bucket"] == str(tmp_path / "bucket")
    assert not set_up(again).changed


def test_files_of_another_bucket(paths: dict[str, str], tmp_path: Path) -> None:
    set_up(local(paths, tmp_path / "one", {}))
    before = read_configuration(paths["uploader"]).configuration
    answers = {
        "Alternative": paths["uploader"] + "2",
        paths["uploader"] + " exists": "no",
        paths["daemon"] + " exists": "yes",
    }
    options = local(paths, tmp_path / "two", answers)
    assert options.uploader.path == paths["uploader"] + "2"
    assert not options.uploader.overwrite and options.daemon.overwrite
    assert set_up(options).changed
    assert read_configuration(paths["uploader"]).configuration == before
    daemon = read_configuration(paths["daemon"]).configuration
    assert daemon.store.container == str(tmp_path / "two")
    assert daemon.secret != before.secret
