# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks of the modules that can take long, each held up in its middle by a dam on the way to its store."""

from __future__ import annotations

import json
import random
import re
import threading
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.integration.artifacts import Distribution
from tests.integration.networks import Direction, Way, by_way
from tests.integration.places import Places, S3Place
from tests.integration.volumes import Volume

MIB = 1024 * 1024
COLLECTION = "longshore.storage"

#: What is of one run alone: identities, times, and what depends on the moment.
_OWN = re.compile(r"\d{8}T\d{6}\.\d{6}Z-[0-9a-f]{8}|\b127\.0\.0\.1:\d+")
_MOMENTARY = frozenset(
    "seconds invocation sequence stored_bytes ansible_job_id results_file started finished".split()
)


class Dam(Way):
    """Holds up, until it is opened, requests of ``method`` but for the first, or answers behind so many bytes.

    ``is_full``: something is held up.
    """

    def __init__(self, port: int, method: bytes | None = None, *, allowed: int) -> None:
        super().__init__(port)
        self._method = method
        self._left = allowed
        self._opened = threading.Event()
        self.is_full = threading.Event()

    def open(self) -> None:
        self._opened.set()

    def __exit__(self, *exc: object) -> None:
        self.open()
        super().__exit__(*exc)

    def seen(self, data: bytes, direction: Direction) -> None:
        if self._method is None:
            passed = len(data) if direction == "down" else 0
        else:
            passed = int(direction == "up" and data.startswith(self._method))
        with self._lock:
            self._left -= passed
            waits = passed and self._left < 0
        if waits:
            self.is_full.set()
            self._opened.wait()


class Work:
    """One task. ``said``: what is told of it while it is held up. ``folder`` has what it writes here."""

    def __init__(
        self,
        module: str,
        arguments: t.Mapping[str, t.Any],
        dam: Dam,
        said: str,
        place: S3Place,
        folder: Path | None = None,
    ) -> None:
        self.module = f"{COLLECTION}.{module}"
        self.place = place
        self.arguments = arguments
        self.dam = dam
        self.said = re.compile(said)
        self._own = [place.name, *([str(folder)] if folder is not None else [])]

    def comparable(self, result: t.Mapping[str, t.Any]) -> t.Any:
        """The result, as every other run of the same work has it."""
        kept = {n: value for n, value in result.items() if n not in _MOMENTARY}
        text = _OWN.sub("…", json.dumps(kept, sort_keys=True))
        for one in self._own:
            text = text.replace(one, "…")
        return json.loads(text)


class Works:
    """Makes one of each. What they are about has the same contents each time.

    ``small``: it is little, and held up from the start.
    """

    def __init__(self, places: Places, folder: Path, *, small: bool = False) -> None:
        self._places = places
        self._folder = folder
        self._mib = 1024 if small else MIB
        self._is_small = small

    def all(self) -> dict[str, Work]:
        """By the name of the host that is to do it."""
        return {
            "sync": self.sync(),
            "bucket": self.bucket(),
            "publish": self.publish(),
            "fetch": self.fetch(),
            "save": self.save(),
            "restore": self.restore(),
        }

    def sync(self) -> Work:
        source, place = self._places("local"), self._place()
        source.fill({f"{number}.bin": _data(self._mib) for number in range(6)})
        dam = self._dam(place, b"PUT", 2)
        arguments = {
            "source": str(source.path),
            "destination": by_way(dam, place),
            "transfers": 1,
        }
        said = r"writing, 2 of 6 objects, 2\.0 MiB of 6\.0 MiB, 33 %, .*/s, 0:\d\d:\d\d left"
        return Work("static_container", arguments, dam, said, place)

    def bucket(self) -> Work:
        place = self._place()
        with ThreadPoolExecutor(16) as pool:
            list(
                pool.map(
                    lambda n: place.write(f"{n:04}", b"x"),
                    range(3 if self._is_small else 1001),
                )
            )
        dam = self._dam(place, b"POST", 1)
        arguments = {
            "provider": by_way(dam, place),
            "state": "absent",
            "force": True,
        }
        # how many there are is known when the first of them are gone
        said = r"emptying, 1(,000)? of [12],\d+ objects, \d+ %, \d+/s, (for )?0:\d\d:\d\d( left)?"
        return Work("libcloud_bucket", arguments, dam, said, place)

    def publish(self) -> Work:
        distribution = self._distribution()
        dam = self._dam(distribution.place, b"PUT", 1)
        arguments = {
            "state": "published",
            "src": distribution.file(_data(24 * self._mib)),
            "version": "1",
            "signing_key": distribution.key.encode(),
        }
        said = r"publishing, [\d.]+ MiB of 24\.0 MiB, \d+ %, .*/s, 0:\d\d:\d\d left"
        return self._distributing(distribution, arguments, dam, said)

    def fetch(self) -> Work:
        distribution = self._distribution()
        distribution.publish(_data(24 * self._mib), "1")
        dam = self._dam(distribution.place, None, 6 * MIB)
        arguments = {
            "state": "present",
            "name": "app",
            "dest": str(distribution.dest),
            "public_key": distribution.key.public.encode(),
        }
        said = r"fetching, [\d.]+ M?i?B of 24\.0 MiB, \d+ %, .*0:\d\d:\d\d( left)?"
        return self._distributing(distribution, arguments, dam, said)

    def save(self) -> Work:
        volume = self._volume()
        dam = self._dam(volume.place, b"PUT", 2)
        return self._persisting(volume, "saved", dam, "saving")

    def restore(self) -> Work:
        volume = self._volume()
        volume.well()
        dam = self._dam(volume.place, None, 6 * MIB)
        to = str(volume.path.parent / "back")
        return self._persisting(
            volume, "restored", dam, "restoring", to=to, mode="replace"
        )

    # -- what they are made of

    def _persisting(
        self, volume: Volume, state: str, dam: Dam, phase: str, **more: str
    ) -> Work:
        arguments = {
            "state": state,
            "path": str(volume.path),
            "store": by_way(dam, volume.place),
            "host": "wiki1",
            "cache_path": str(volume.cache),
            **more,
        }
        # which comes in ranges side by side, so that the first may be held up as well
        said = rf"{phase}, [\d.]+ M?i?B of 24\.\d MiB, \d+ %, .*0:\d\d:\d\d( left)?"
        folder = volume.path.parent
        return Work("volume_persist", arguments, dam, said, volume.place, folder)

    def _distributing(
        self, one: Distribution, arguments: dict[str, t.Any], dam: Dam, said: str
    ) -> Work:
        arguments |= one.inline | {"provider": by_way(dam, one.place)}
        return Work("distsync_artifact", arguments, dam, said, one.place, one.folder)

    def _place(self) -> S3Place:
        place: S3Place = self._places("seaweedfs")
        place.make()
        return place

    def _dam(self, place: S3Place, method: bytes | None, allowed: int) -> Dam:
        allowed = 0 if self._is_small else allowed
        return Dam(place.server.port, method, allowed=allowed)

    def _distribution(self) -> Distribution:
        place = self._place()
        return Distribution(place, self._own_folder(place))

    def _volume(self) -> Volume:
        place = self._place()
        volume = Volume(place, self._own_folder(place))
        volume.path.mkdir()
        for number in range(3):
            (volume.path / f"{number}.bin").write_bytes(_data(8 * self._mib))
        return volume

    def _own_folder(self, place: S3Place) -> Path:
        folder = self._folder / place.name
        folder.mkdir()
        return folder


def _data(size: int) -> bytes:
    """Always the same, and nothing that can be made smaller."""
    return random.Random(size).randbytes(size)
