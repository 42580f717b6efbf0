# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Volumes saved to real stores, and put back."""

from __future__ import annotations

import io
import os
import random
import subprocess
import tarfile
import typing as t
from pathlib import Path

import pytest

from tests.integration.places import Headers, Places
from tests.integration.volumes import Volume, filled, tree
from tests.unit.module_utils.persist.snapshot_scene import pyrage

KINDS = ("seaweedfs", "local")


@pytest.fixture()
def new(places: Places, tmp_path: Path) -> t.Callable[..., Volume]:
    def make(kind: str = "seaweedfs") -> Volume:
        place = places(kind) if kind == "local" else places(kind, "some/where/")
        return filled(place, tmp_path)

    return make


@pytest.mark.parametrize("kind", KINDS)
def test_saved_changed_and_put_back(
    new: t.Callable[..., Volume], kind: str, tmp_path: Path
) -> None:
    volume = new(kind)
    one = tree(volume.path)
    first = volume.foretold(diff=True)
    assert first.changed and first.values["verified"]
    assert first.values["counts"]["file"] == 3
    assert first.values["stored_bytes"] > 0
    assert first.values["diff"]["before"] == {}

    # unchanged: nothing is sent
    again = volume.foretold()
    assert not again.changed
    assert again.values["snapshot"] == first.values["snapshot"]
    assert again.values["stored_bytes"] == 0

    (volume.path / "new").write_text("neap")
    (volume.path / "index.html").write_text("<h1>Ebb</h1>")
    two = tree(volume.path)
    second = volume.foretold()
    assert second.changed
    assert volume.well("verified").values["differences"] == 0

    # what was saved here and is there still is not restored
    assert not volume.foretold("restored", mode="replace").changed

    (volume.path / "extra").write_text("mine")
    back = volume.foretold(
        "restored", mode="replace", snapshot=first.values["snapshot"]
    )
    assert back.changed
    assert tree(volume.path) == one
    assert not volume.foretold(
        "restored", mode="replace", snapshot=first.values["snapshot"]
    ).changed

    (volume.path / "extra").write_text("mine")
    merged = volume.foretold("restored", mode="merge")
    assert merged.changed
    assert tree(volume.path) == two | {"extra": tree(volume.path)["extra"]}
    assert not volume.foretold("restored", mode="merge").changed

    # only a part, to another place
    there = tmp_path / "there"
    volume.well("restored", mode="merge", to=str(there), include=["/deep/"])
    assert (there / "deep" / "er" / "data").exists()
    assert not (there / "index.html").exists()


def test_checksum_reads_contents(new: t.Callable[..., Volume]) -> None:
    volume = new("local")
    assert volume.well(checksum=True).changed
    assert not volume.well(checksum=True).changed
    # only the time of last change of its state is another one
    os.chmod(volume.path / "index.html", 0o644)
    assert not volume.well(checksum=True).changed


def test_differences_are_told(new: t.Callable[..., Volume]) -> None:
    volume = new("local")
    volume.well()
    (volume.path / "index.html").write_text("<h1>Tidal</h1>")
    (volume.path / "extra").write_text("mine")
    result = volume.run("verified")
    assert result.failed
    assert result.values["differences"] >= 2
    assert any(
        "'extra': extraneous" in one for one in result.values["samples"]["differences"]
    )
    assert "extra" not in volume.well("verified", compare=False).text

    told = volume.well("restored", mode="replace", check=True, diff=True)
    assert told.values["differences"] == result.values["differences"]
    assert told.values["diff"]["after"]["differences"]
    assert (volume.path / "extra").exists()


def test_one_file(new: t.Callable[..., Volume], tmp_path: Path) -> None:
    volume = new()
    path = str(volume.path / "index.html")
    assert volume.foretold(path=path).changed
    assert not volume.foretold(path=path).changed
    to = str(tmp_path / "copied.html")
    assert volume.foretold("restored", path=path, to=to, mode="replace").changed
    assert Path(to).read_text() == "<h1>Tides</h1>"
    assert not volume.foretold("restored", path=path, to=to, mode="replace").changed
    assert volume.well("verified", path=path, to=to).values["differences"] == 0


@pytest.mark.parametrize("form", ["tar", "chunks"])
def test_a_shared_secret(new: t.Callable[..., Volume], form: str) -> None:
    volume = new()
    encryption = {"secret": volume.secret}
    one = tree(volume.path)
    assert volume.foretold(encryption=encryption, format=form).changed
    assert not volume.foretold(encryption=encryption, format=form).changed
    stored = b"".join(volume.place.everything().values())
    assert b"Tides" not in stored
    (volume.path / "index.html").unlink()

    for check in (True, False):
        message = volume.badly("restored", mode="replace", check=check)
        assert "encrypted" in message
        other = Volume(volume.place, volume.path).secret
        volume.secrets.append(other)
        message = volume.badly(
            "restored", mode="replace", check=check, encryption={"secret": other}
        )
        assert "secret" in message
    assert not (volume.path / "index.html").exists()

    volume.foretold("restored", mode="replace", encryption=encryption)
    assert tree(volume.path) == one


def test_age(new: t.Callable[..., Volume]) -> None:
    volume = new()
    mine, other = (pyrage.x25519.Identity.generate() for _unused in range(2))
    volume.secrets += [str(mine), str(other)]
    recipients = {"recipients": [str(mine.to_public())]}
    one = tree(volume.path)
    assert volume.foretold(encryption=recipients).changed
    assert not volume.foretold(encryption=recipients).changed
    (volume.path / "index.html").unlink()
    for check in (True, False):
        volume.badly(
            "restored",
            mode="replace",
            check=check,
            encryption={"identities": [str(other)]},
        )
    volume.foretold("restored", mode="replace", encryption={"identities": [str(mine)]})
    assert tree(volume.path) == one


def test_what_is_not_encrypted_is_refused_where_it_should_be(
    new: t.Callable[..., Volume],
) -> None:
    volume = new("local")
    volume.well()
    message = volume.badly(
        "restored", mode="replace", encryption={"secret": volume.secret}
    )
    assert "is not encrypted" in message
    # and saving encrypted saves anew
    assert volume.well(encryption={"secret": volume.secret}).changed


def test_retention(new: t.Callable[..., Volume]) -> None:
    volume = new()
    ids = []
    for number in range(4):
        (volume.path / "n").write_text(str(number))
        ids.append(volume.well().values["snapshot"])
    (volume.path / "n").write_text("last")
    result = volume.foretold(retention={"keep_last": 2})
    assert result.values["pruned"] == 3 and result.values["kept"] == 2
    assert sorted(result.values["samples"]["pruned"]) == ids[:3]
    kept = volume.info(path=str(volume.path), host="wiki1")["volumes"][0]
    assert [one["id"] for one in kept["snapshots"]] == [
        result.values["snapshot"],
        ids[3],
    ]

    pruned = volume.foretold("absent", retention={"keep_last": 1})
    assert pruned.changed and pruned.values["samples"]["pruned"] == [ids[3]]
    assert not volume.foretold("absent", retention={"keep_last": 1}).changed


def test_absent(new: t.Callable[..., Volume]) -> None:
    volume = new("local")
    one = volume.well().values["snapshot"]
    (volume.path / "n").write_text("2")
    two = volume.well().values["snapshot"]
    (volume.path / "n").write_text("3")
    volume.well()
    assert volume.foretold("absent", snapshot=two).changed
    assert not volume.foretold("absent", snapshot=two).changed
    assert one in volume.info()["volumes"][0]["snapshots"][1].values()
    assert volume.foretold("absent", snapshot="all").values["pruned"] == 2
    assert not volume.foretold("absent", snapshot="all").changed
    assert volume.path.exists()
    assert volume.info()["volumes"] == []


def test_chunks_are_shared_and_collected(new: t.Callable[..., Volume]) -> None:
    volume = new("local")
    (volume.path / "noise").write_bytes(random.Random(1).randbytes(1_000_000))
    first = volume.well(format="chunks").values
    (volume.path / "n").write_text("2")
    second = volume.well(format="chunks").values
    assert second["stored_bytes"] < first["stored_bytes"] / 5
    done = volume.foretold("absent", snapshot="all", collect_garbage=True)
    assert done.values["collected"]["condemned"] >= 1


def test_information(new: t.Callable[..., Volume]) -> None:
    volume = new()
    nothing = volume.info()
    assert (nothing["changed"], nothing["late"], nothing["volumes"]) == (
        False,
        False,
        [],
    )
    assert volume.info(max_age="1d")["late"] is True
    path = str(volume.path)
    (nothing,) = volume.info(path=path, host="wiki1", max_age="1d")["volumes"]
    assert nothing["late"] is True and nothing["latest"] is None
    saved = volume.well().values
    info = volume.info(max_age="1d")
    assert info["late"] is False
    (found,) = info["volumes"]
    assert (found["path"], found["host"]) == (path, "wiki1")
    assert found["latest"] == saved["snapshot"]
    assert found["snapshots"][0]["bytes"] == saved["bytes"]
    assert volume.info(max_age="0s")["late"] is True


def test_what_the_seed_wrote_is_restored(new: t.Callable[..., Volume]) -> None:
    """And what is saved reads as it would have written it."""
    volume = new()
    key = f"some/where/{str(volume.path).lstrip('/')}"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=tarfile.USTAR_FORMAT) as tar:
        tar.add(volume.path, ".", filter=_only_plain)
    headers = Headers(
        "application/x-gtar",
        metadata={"iscompressed": "true", "isdirectory": "true"},
    )
    volume.place.write(key, buffer.getvalue(), headers)
    (volume.path / "extra").write_text("mine")
    result = volume.foretold("restored", mode="merge", layout="single")
    assert result.changed and (volume.path / "extra").exists()
    result = volume.foretold("restored", mode="replace", layout="single")
    assert result.changed and not (volume.path / "extra").exists()
    assert (volume.path / "deep" / "er" / "data").stat().st_size == 1_024_000

    assert volume.foretold(layout="single").changed
    assert not volume.foretold(layout="single").changed
    assert not volume.foretold("restored", mode="replace", layout="single").changed
    assert volume.well("verified", layout="single").values["differences"] == 0
    found = volume.place.headers(key)
    assert found.content_type == "application/x-gtar"
    assert found.metadata["iscompressed"] == found.metadata["isdirectory"] == "true"
    with tarfile.open(fileobj=io.BytesIO(volume.place.read(key))) as tar:
        assert tar.getmembers()[0].name == "."
    assert volume.foretold("absent", layout="single").changed
    assert not volume.foretold("absent", layout="single").changed


def _only_plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return member if member.isdir() or member.isreg() or member.issym() else None


def test_standard_tools_restore(new: t.Callable[..., Volume], tmp_path: Path) -> None:
    volume = new()
    volume.well(compression="gzip")
    (key,) = (one for one in volume.place.keys() if one.endswith(".gz.0001"))
    (tmp_path / "data").write_bytes(volume.place.read(key))
    there = tmp_path / "there"
    there.mkdir()
    subprocess.run(
        f"gzip -dc {tmp_path}/data | tar -x -p --xattrs --xattrs-include='*' -C {there}",
        shell=True,
        check=True,
    )
    assert tree(there) == tree(volume.path)
