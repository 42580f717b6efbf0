# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program, and distributions that it has the configurations of."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from tests.integration.distsync_command.program import Fleet, Program
from tests.integration.places import Places
from tests.setup.make_dist import make_dist


@pytest.fixture(scope="session")
def one_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``make dist`` makes."""
    file = tmp_path_factory.mktemp("dist") / "distsync"
    make_dist(file)
    return file


@pytest.fixture()
def program(one_file: Path, tmp_path: Path) -> t.Iterator[Program]:
    with Program(one_file, tmp_path / "user") as made:
        yield made


@pytest.fixture()
def fleet(program: Program, places: Places) -> Fleet:
    """A distribution in a bucket of SeaweedFS."""
    place = places("seaweedfs")
    place.make()
    return Fleet(program, place)


@pytest.fixture()
def local(program: Program, places: Places) -> Fleet:
    """A distribution in a folder."""
    place = places("local")
    place.make()
    return Fleet(program, place)
