# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation's playbooks of ``volume_persist``, run as they are, by Ansible's own command."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.integration.command import Ansible
from tests.integration.places import Places
from tests.integration.test_playbooks import Playbook
from tests.integration.volumes import Volume, filled, tree


@pytest.fixture()
def volume(places: Places, tmp_path: Path) -> Volume:
    return filled(places("seaweedfs"), tmp_path)


def test_to_another_host(ansible: Ansible, volume: Volume, tmp_path: Path) -> None:
    there = tmp_path / "new" / "place"
    variables: dict[str, t.Any] = {
        "from": "localhost",
        "to": "localhost",
        "path": str(volume.path),
        "new_path": str(there),
        "store": volume.place.endpoint(),
        "encryption": {"secret": volume.secret},
    }
    play = Playbook(ansible, "volume_migrate.yml", **variables)
    # the second task has nothing to restore yet
    assert play.changes("--check", "--diff")[0] is True
    assert not there.exists() and not volume.place.keys()

    run = play("--diff", "-vvv")
    saved, restored = run.results
    assert saved.changed and restored.changed
    assert restored.values["snapshot"] == saved.values["snapshot"]
    assert tree(there) == tree(volume.path)
    volume.hush(run.text)
    # no attributes of a file were added
    assert not {"owner", "mode", "size", "path", "dest"} & restored.values.keys()

    assert play.changes() == [False, False]

    (volume.path / "index.html").unlink()
    assert play.changes() == [True, True]
    assert tree(there) == tree(volume.path)


def test_at_the_start_of_a_container(
    ansible: Ansible, volume: Volume, tmp_path: Path
) -> None:
    volume.well(host="builder")
    one = tree(volume.path)
    (volume.path / "deep" / "er" / "data").unlink()
    (volume.path / "uploaded").write_text("mine")
    started = tmp_path / "started"
    play = Playbook(
        ansible,
        "volume_populate.yml",
        path=str(volume.path),
        saved_by="builder",
        store=volume.place.endpoint(),
        start=["touch", str(started)],
    )
    run = play("-vvv")
    (restored,) = run.results
    assert restored.changed
    assert started.exists()
    volume.hush(run.text)
    now = tree(volume.path)
    assert now.pop("uploaded") and now == one
    assert play.changes() == [False]
