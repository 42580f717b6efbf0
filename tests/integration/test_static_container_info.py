# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``static_container_info`` on real stores."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.modules import static_container_info
from tests.integration.command import Ansible
from tests.integration.module import call, sync
from tests.integration.places import Place, Places
from tests.unit.documentation import read_yaml

TREE = {
    "index.html": b"<h1>one</h1>",
    "css/site.css": b"p { color: red }",
    "img/a.svg": b"<svg/>" * 20,
    "img/b.svg": b"<svg/>" * 20,
    "img/deep/c.svg": b"<svg/>" * 20,
    "img/other.svg": b"<sgv/>" * 20,
    "empty.txt": b"",
    "void.txt": b"",
}


def told(place: t.Any, **options: t.Any) -> dict[str, t.Any]:
    """The answer of a run that must end well."""
    endpoint = place.endpoint() if isinstance(place, Place) else place
    result = call(static_container_info, destination=endpoint, **options)
    assert not result.failed, result.msg
    assert not result.changed
    return dict(result.values)


KINDS = ("seaweedfs", "azurite", "local")


@pytest.fixture(params=KINDS)
def published(request: pytest.FixtureRequest, places: Places, tmp_path: Path) -> Place:
    """Holds the tree, with a manifest and a release."""
    source = places("local")
    place: Place = places(request.param)
    source.fill(TREE)
    cache = str(tmp_path / "cache")
    sync(source, place, manifest="always", release="first", cache_path=cache)
    return place


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_there(places: Places, kind: str) -> None:
    missing = told(places(kind))
    assert not missing["exists"]
    for name in ("objects", "types", "prefixes", "duplicates", "manifest", "releases"):
        assert not missing[name]


def test_what_is_there(published: Place) -> None:
    values = told(published, prefixes=2, sample=2)
    assert values["exists"]
    assert (values["objects"], values["bytes"]) == (8, 508)
    assert values["types"][0] == {"type": "image/svg+xml", "objects": 4, "bytes": 480}
    assert values["prefix_count"] == 3
    assert values["prefixes"] == [
        {"prefix": "img/", "objects": 4, "bytes": 480},
        {"prefix": "css/", "objects": 1, "bytes": 16},
    ]
    assert [one["name"] for one in values["biggest"]] == ["img/a.svg", "img/b.svg"]
    twice = ["img/a.svg", "img/b.svg", "img/deep/c.svg"]
    assert values["duplicates"] == {
        **{"groups": 1, "objects": 3, "wasted_bytes": 240, "unknown": 0},
        "sample": [{"objects": 3, "bytes": 120, "names": twice}],
    }
    agreed = {
        **{"settled": True, "fault": None, "entries": 8},
        **{"changed": 0, "vanished": 0, "beside": 0},
    }
    assert values["manifest"].items() >= agreed.items()
    (release,) = values["releases"]
    assert (release["name"], release["live"], release["objects"]) == ("first", True, 8)
    assert values["reserved"]["objects"] > 2

    below = told({**published.endpoint(), "prefix": "img"})
    assert (below["objects"], below["manifest"]) == (4, None)
    assert [one["prefix"] for one in below["prefixes"]] == ["", "deep/"]


def test_what_became_of_it(published: Place) -> None:
    published.put("img/b.svg", b"<svg>" + b"x" * 115)
    published.delete("index.html")
    published.put("stranger", b"?")
    values = told(published, duplicates=False)
    assert values["duplicates"] is None
    drift = {
        **{"changed": 1, "changed_sample": ["img/b.svg"]},
        **{"vanished": 1, "vanished_sample": ["index.html"]},
        **{"beside": 1, "beside_sample": ["stranger"]},
    }
    assert values["manifest"].items() >= drift.items()


def test_a_manifest_that_cannot_be_read(places: Places) -> None:
    place = places("local")
    place.fill({"a": b"1", ".longshore/manifest/root": b"{"})
    result = call(static_container_info, destination=place.endpoint())
    assert result.values["objects"] == 1
    assert "is damaged" in result.values["manifest"]["fault"]
    assert result.values["manifest"]["changed"] is None
    assert any("is damaged" in one for one in result.warnings)


def test_what_was_published_without_the_manifest(
    places: Places, tmp_path: Path
) -> None:
    source, place = places("local"), places("seaweedfs")
    cache: dict[str, t.Any] = {"cache_path": str(tmp_path / "cache")}
    source.fill(TREE)
    sync(source, place, manifest="always", **cache)
    assert told(place)["manifest"]["settled"]
    assert told(place)["requests"] <= 6
    source.put("index.html", b"changed")
    sync(source, place, manifest="never", **cache)
    values = told(place)["manifest"]
    assert not values["settled"] and values["changed_sample"] == ["index.html"]


def test_who_may_not_look(places: Places) -> None:
    place = places("seaweedfs")
    place.make()
    endpoint = {**place.endpoint(), "secret": "wrong-secret-of-mine"}
    result = call(static_container_info, destination=endpoint)
    assert result.failed and "wrong-secret-of-mine" not in result.text


def test_a_folder_without_a_manifest(places: Places) -> None:
    """Files of equal size are read, and no others."""
    place = places("local")
    place.fill(TREE)
    found = told(place)["duplicates"]
    assert (found["groups"], found["objects"], found["unknown"]) == (1, 3, 0)
    assert told(place)["manifest"] is None


def test_the_examples_run(ansible: Ansible, places: Places, tmp_path: Path) -> None:
    """With the providers of the whole group, after a publication that is watched and has a page."""
    source, place = places("local"), places("seaweedfs")
    source.fill(TREE)
    name = "longshore.storage.static_container"
    page = tmp_path / "report.html"
    publish = {"source": str(source.path), "destination": "www", "report": str(page)}
    publish |= {"manifest": "always", "progress": "always"}
    examples = read_yaml(static_container_info.EXAMPLES)
    for task in examples:
        task[f"{name}_info"]["destination"] = "www"
    defaults = {
        "group/longshore.storage.storage": {"providers": {"www": place.endpoint()}}
    }
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": defaults,
        "tasks": [{name: publish}, *examples],
    }
    run = ansible.playbook(json.dumps([play]))
    assert run.code == 0, run.text
    published, *found = run.results
    assert published.values["created"] == len(TREE)
    assert [one.values["objects"] for one in found] == [len(TREE)] * 3
    assert place.server.secret not in run.text
    assert "The destination was changed" in page.read_text()
    assert "progress: [localhost]" not in run.output
