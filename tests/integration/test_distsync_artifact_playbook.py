# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation's playbook of ``distsync_artifact``, run as it is, by Ansible's own command."""

from __future__ import annotations

from pathlib import Path

from tests.integration.artifacts import Distribution
from tests.integration.command import Ansible
from tests.integration.places import Places
from tests.integration.test_playbooks import Playbook

NAME = "distsync_artifact.yml"


def test_from_the_ci_server_to_every_server(
    ansible: Ansible, places: Places, tmp_path: Path
) -> None:
    place = places("seaweedfs")
    place.make()
    fleet = Distribution(place, tmp_path)
    one, two = b"#!/bin/sh\necho one\n", b"#!/bin/sh\necho two\n"
    variables = {
        "build": fleet.file(one),
        "dest": str(fleet.dest),
        **fleet.paths,
    }
    play = Playbook(ansible, NAME, **variables, version="1.0")
    assert play.changes("--check", "--diff")[0] is True
    assert not fleet.dest.exists() and not place.keys()

    run = play("--diff", "-vvv")
    published, fetched, said = run.results
    assert published.changed and fetched.changed
    assert said.msg == f"{fleet.dest} is 1.0 now"
    assert fleet.dest.read_bytes() == one
    assert fleet.dest.stat().st_mode & 0o7777 == 0o755
    fleet.hush(run.text)

    assert play.changes() == [False, False]

    # without a version, it is made of the contents
    fleet.file(two)
    assert Playbook(ansible, NAME, **variables).changes() == [True, True, False]
    assert fleet.dest.read_bytes() == two
