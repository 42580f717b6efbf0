# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From where to where the tests sync."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from tests.integration.module import Result, sync, without
from tests.integration.places import Place, Places


@dataclass(frozen=True)
class Pair:
    """Two kinds of place; ``without`` names libraries that are taken away, so that libcloud
    stands in for them.
    """

    source: str
    destination: str
    without: tuple[str, ...] = ()
    one_container: bool = False

    def __str__(self) -> str:
        lacking = "".join(f"-no_{name}" for name in self.without)
        return f"{self.source}-{self.destination}{lacking}"


PAIRS: t.Sequence[Pair] = (
    Pair("local", "local"),
    Pair("local", "seaweedfs"),
    Pair("local", "moto"),
    Pair("local", "minio", without=("boto3", "obstore")),
    Pair("local", "azurite"),
    Pair("local", "gcs"),
    Pair("local", "swift"),
    Pair("seaweedfs", "local"),
    Pair("seaweedfs", "seaweedfs", one_container=True),
    Pair("seaweedfs", "moto"),
    Pair("seaweedfs", "azurite"),
    Pair("azurite", "local"),
    Pair("swift", "seaweedfs"),
    Pair("gcs", "local"),
)


class Route:
    """A pair with places: the source filled, the destination still missing."""

    def __init__(self, pair: Pair, places: Places) -> None:
        self.pair = pair
        self.source: t.Any = places(pair.source, "from/" if pair.one_container else "")
        self.destination: t.Any = (
            self.source.sibling("to/")
            if pair.one_container
            else places(pair.destination)
        )

    def sync(self, **options: t.Any) -> Result:
        with without(*self.pair.without):
            return sync(self.source, self.destination, **options)

    def sides(self) -> tuple[Place, Place]:
        return self.source, self.destination
