# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies below ``.longshore/`` of a destination is its own: never published over, counted or deleted."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.modules import static_container_info
from tests.integration.module import Counts, call, sync
from tests.integration.places import RESERVED, Place, Places

TREE = {"index.html": b"<h1>one</h1>", "css/site.css": b"p { color: red }"}
#: What a manifest and releases of somewhere else look like.
FOREIGN = {
    f"{RESERVED}manifest/root": b'{"version": 1, "bits": 0, "shards": [null]}',
    f"{RESERVED}releases/index": b"{}",
    f"{RESERVED}anything": b"?",
}


def told(place: Place) -> t.Mapping[str, t.Any]:
    result = call(static_container_info, destination=place.endpoint())
    assert not result.failed, result.msg
    return result.values


def agrees(place: Place, tree: t.Mapping[str, bytes]) -> bool:
    """Whether it holds the tree, by its own manifest and by the totals that a user sees."""
    values = told(place)
    known = values["manifest"]
    return (
        place.tree() == tree
        and (values["objects"], values["bytes"])
        == (len(tree), sum(map(len, tree.values())))
        and (known["entries"], known["settled"]) == (len(tree), True)
        and not (known["changed"] or known["vanished"] or known["beside"])
    )


@pytest.mark.parametrize("kind", ["seaweedfs", "local"])
def test_a_folder_that_has_some_of_its_own(
    places: Places, tmp_path: Path, kind: str
) -> None:
    """As a folder has that something was published to, or a copy of a whole bucket."""
    source, place = places("local"), places(kind)
    source.fill({**TREE, **FOREIGN})
    options: dict[str, t.Any] = {
        **{"manifest": "always", "cache_path": str(tmp_path / "cache")},
        "report": str(tmp_path / "report.html"),
    }
    foretold = sync(source, place, check=True, diff=True, **options)
    first = sync(source, place, diff=True, release="one", **options)
    for result in (foretold, first):
        assert result.counts == Counts(created=2)
        assert RESERVED not in result.text
    assert RESERVED not in (tmp_path / "report.html").read_text()
    assert agrees(place, TREE)
    assert [one["name"] for one in told(place)["releases"]] == ["one"]

    own = {key for key in place.keys() if key.startswith(RESERVED)}
    source.remove("css/site.css")
    source.put(f"{RESERVED}anything", b"other")
    second = sync(source, place, verify="manifest", **options)
    assert second.counts == Counts(deleted=1, unchanged=1)
    assert agrees(place, {"index.html": TREE["index.html"]})
    # the release still is whole
    assert {key for key in own if "/releases/" in key} <= place.keys()


@pytest.mark.parametrize("across", [True, False], ids=["copied", "sent"])
def test_a_container_that_is_published_to(
    places: Places, tmp_path: Path, across: bool
) -> None:
    """Mirrored: each of the two has a manifest and releases of its own."""
    source, middle = places("local"), places("seaweedfs")
    mirror = places("seaweedfs" if across else "local")
    source.fill(TREE)
    cache = str(tmp_path / "cache")
    sync(source, middle, manifest="always", release="one", cache_path=cache)
    before = middle.everything()
    for _unused in range(2):
        result = sync(middle, mirror, manifest="always", cache_path=cache)
        assert RESERVED not in result.text
        assert agrees(mirror, TREE) and told(mirror)["releases"] == []
    assert not result.changed and middle.everything() == before
    more = {**TREE, "new.html": b"new"}
    source.put("new.html", b"new")
    sync(source, middle, manifest="always", release="two", cache_path=cache)
    last = sync(middle, mirror, manifest="always", verify="manifest", cache_path=cache)
    assert last.counts == Counts(created=1, unchanged=2)
    assert agrees(mirror, more) and agrees(middle, more)
