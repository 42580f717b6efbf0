# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input: a sentence that names the thing, and a destination that is as it was."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from tests.conformance.faults import closed_port, silent_port
from tests.integration import program
from tests.integration.identities import user_of
from tests.integration.module import Counts, refused, sync, written
from tests.integration.networks import Tripwire
from tests.integration.places import LocalPlace, Place, Places
from tests.servers.gcs import make_key, pem_of

TREE: t.Mapping[str, bytes] = {
    "index.html": b"<h1>one</h1>",
    "css/site.css": b"p { color: red }",
}
OLD: t.Mapping[str, bytes] = {"index.html": b"old", "old.txt": b"old"}
MIB = 1024 * 1024


@contextlib.contextmanager
def untouched(*places: Place) -> t.Iterator[None]:
    before = [place.everything() for place in places]
    yield
    assert [place.everything() for place in places] == before


@pytest.fixture()
def source(places: Places) -> LocalPlace:
    place: LocalPlace = places("local")
    place.fill(TREE)
    return place


@pytest.fixture()
def destination(places: Places) -> t.Any:
    place = places("seaweedfs")
    place.fill(OLD)
    return place


# -- the source


@pytest.mark.parametrize("kind", ["local", "seaweedfs", "azurite", "swift", "gcs"])
def test_a_missing_source(places: Places, destination: Place, kind: str) -> None:
    missing = places(kind)
    with untouched(destination):
        msg = refused(missing, destination)
    assert missing.name in msg and "does not exist" in msg


def test_an_empty_source(places: Places, destination: Place) -> None:
    empty = places("local")
    empty.make()
    with untouched(destination):
        msg = refused(empty, destination)
    assert str(empty.path) in msg and "2 object(s)" in msg and "allow_empty" in msg
    assert sync(empty, destination, allow_empty=True).counts == Counts(deleted=2)
    assert destination.names() == set()


def test_a_source_of_which_nothing_is_selected(
    source: LocalPlace, destination: Place
) -> None:
    with untouched(destination):
        msg = refused(source, destination, exclude=["index.html", "css/"])
    assert str(source.path) in msg


def test_one_file_is_published_alone(source: LocalPlace, destination: Place) -> None:
    one = str(source.path / "index.html")
    assert sync(one, destination).counts == Counts(updated=1)
    assert destination.tree() == {**OLD, "index.html": TREE["index.html"]}
    assert not sync(one, destination).changed


def test_what_is_no_file_is_left_out(source: LocalPlace, destination: Place) -> None:
    destination.put("gone", b"still here")
    (source.path / "gone").symlink_to("nowhere")
    (source.path / "link.css").symlink_to("css/site.css")
    os.mkfifo(source.path / "pipe")
    result = sync(source, destination, follow_links=True)
    (warning,) = result.warnings
    assert "gone is a broken symbolic link" in warning
    assert "pipe is a named pipe" in warning
    assert destination.names() == {*TREE, "gone", "link.css"}
    assert destination.read("link.css") == TREE["css/site.css"]


def test_a_file_that_is_rewritten_all_the_while(
    source: LocalPlace, places: Places
) -> None:
    destination = places("local")
    destination.fill(OLD)
    large = source.path / "large.bin"
    large.touch()
    os.truncate(large, 256 * MIB)
    writing = (
        "import os, sys\n"
        "file = os.open(sys.argv[1], os.O_WRONLY)\n"
        "print('begun', flush=True)\n"
        "while True:\n"
        "    os.pwrite(file, b'x', 0)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", writing, str(large)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None and writer.stdout.readline() == "begun\n"
        try:
            msg = refused(str(large), destination)
        finally:
            writer.kill()
    assert "large.bin" in msg and "changed while it was read" in msg
    assert destination.tree() == OLD


def test_a_file_that_changes_on_its_way_to_a_store(
    source: LocalPlace, destination: t.Any
) -> None:
    large = source.path / "old.txt"
    large.touch()
    os.truncate(large, 160 * MIB)
    port = destination.server.port
    with Tripwire(port, MIB, lambda: os.truncate(large, 200 * MIB)) as way:
        endpoint = {
            **destination.endpoint(),
            "endpoint": f"http://127.0.0.1:{way.port}",
        }
        with untouched(destination):
            msg = refused(str(large), endpoint)
    assert way.tripped.is_set()
    assert "old.txt" in msg and "changed while it was read" in msg
    uploads = destination.client.list_multipart_uploads(Bucket=destination.name)
    assert not uploads.get("Uploads")


def test_a_file_that_vanishes(source: LocalPlace, destination: t.Any) -> None:
    source.put("a.bin", bytes(MIB))
    source.put("b.bin", b"soon gone")
    port = destination.server.port
    with Tripwire(port, MIB // 2, lambda: source.delete("b.bin")) as way:
        endpoint = {
            **destination.endpoint(),
            "endpoint": f"http://127.0.0.1:{way.port}",
        }
        msg = refused(source, endpoint, transfers=1)
    assert way.tripped.is_set()
    assert "b.bin" in msg
    # what is whole may be there; nothing was deleted, and no page came before its assets
    assert destination.tree() == {**OLD, "a.bin": bytes(MIB)}
    assert sync(source, destination).counts == Counts(
        created=1, updated=1, deleted=1, unchanged=1
    )


# -- endpoints


def test_a_provider_that_does_not_exist(source: LocalPlace) -> None:
    msg = refused(source, {"id": "AZURE_BLOB", "container": "bucket"})
    assert "'AZURE_BLOB'" in msg and "AZURE_BLOBS" in msg


@pytest.mark.parametrize("name", ["NIMBUS", "libcloud.storage.types.Provider.NINEFOLD"])
def test_a_provider_that_is_no_more(source: LocalPlace, name: str) -> None:
    msg = refused(
        source, {"id": name, "container": "bucket", "key": "id", "secret": "hush"}
    )
    assert name.rpartition(".")[2] in msg and "cannot be used" in msg
    assert len(msg) > 80, "what happened, and what to use, is said"


def test_a_providers_entry_that_does_not_exist(source: LocalPlace) -> None:
    providers = {"production": {"id": "LOCAL", "container": "/nowhere"}}
    msg = refused(source, "prodution", providers=providers)
    assert "'prodution'" in msg and "production" in msg


@pytest.mark.parametrize("kind", ["seaweedfs", "azurite", "swift", "gcs"])
def test_no_credentials(source: LocalPlace, places: Places, kind: str) -> None:
    place = places(kind)
    place.fill(OLD)
    endpoint = place.endpoint()
    del endpoint["key"], endpoint["secret"]
    with untouched(place):
        msg = refused(source, {**endpoint, "retries": 0})
    assert "key" in msg or "credentials" in msg


@pytest.mark.parametrize("kind", ["seaweedfs", "moto", "azurite", "swift", "gcs"])
def test_a_wrong_secret(source: LocalPlace, places: Places, kind: str) -> None:
    place = places(kind)
    place.fill(OLD)
    wrong = "d3Jvbmctc2VjcmV0"
    if kind == "gcs":
        wrong = pem_of(make_key("somebody else's"))
    with untouched(place):
        msg = refused(source, {**place.endpoint(), "secret": wrong})
    assert place.name in msg
    assert "key" in msg and wrong not in msg


def test_a_container_that_may_not_be_written(
    source: LocalPlace, destination: t.Any
) -> None:
    key, secret = _reader_of(destination)
    endpoint = {**destination.endpoint(), "key": key, "secret": secret}
    with untouched(destination):
        msg = refused(source, endpoint)
    assert destination.name in msg
    assert "allowed" in msg or "denied" in msg.lower()


def test_a_container_of_another_owner(source: LocalPlace, places: Places) -> None:
    own, foreign = places("seaweedfs"), places("seaweedfs")
    foreign.fill(OLD)
    own.make()
    key, secret = user_of(own.server, [_allowed("s3:*", own)])
    identity = {"key": key, "secret": secret}
    assert sync(source, {**own.endpoint(), **identity}).counts.created == len(TREE)
    with untouched(foreign):
        msg = refused(source, {**foreign.endpoint(), **identity})
    assert foreign.name in msg and secret not in msg
    assert "denied" in msg.lower() and "allowed" in msg


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("seaweedfs", "No_Such Name!"),
        ("azurite", "Upper"),
        ("azurite", "a"),
        ("swift", "a/b"),
        ("gcs", "..x"),
    ],
)
def test_a_name_that_no_container_can_have(
    source: LocalPlace, places: Places, kind: str, name: str
) -> None:
    msg = refused(source, {**places(kind).endpoint(), "container": name})
    assert repr(name) in msg and "not a name" in msg


@pytest.mark.parametrize("kind", ["seaweedfs", "azurite", "swift", "gcs"])
def test_a_host_that_is_not_there(
    source: LocalPlace, places: Places, kind: str
) -> None:
    with closed_port() as port:
        url = f"http://127.0.0.1:{port}"
        msg = refused(
            source, {**places(kind).endpoint(), "endpoint": url, "retries": 0}
        )
    assert url in msg and "host" in msg


def test_a_host_that_says_nothing(source: LocalPlace, places: Places) -> None:
    with silent_port() as port:
        url = f"http://127.0.0.1:{port}"
        endpoint = places("seaweedfs").endpoint()
        msg = refused(
            source, {**endpoint, "endpoint": url, "retries": 0, "timeout": 0.5}
        )
    assert url in msg


def test_no_container_and_none_to_be_made(source: LocalPlace, places: Places) -> None:
    place = places("moto")
    msg = refused(source, place, create_container=False)
    assert place.name in msg and "create_container" in msg
    assert place.name not in {
        found["Name"] for found in place.client.list_buckets()["Buckets"]
    }


# -- what does not go together


@pytest.mark.parametrize(
    ("inner", "outer"), [("", ""), ("sub", ""), ("", "sub"), ("sub/deep", "sub")]
)
def test_folders_within_each_other(source: LocalPlace, inner: str, outer: str) -> None:
    for folder in ("sub/deep/x.txt", "y.txt"):
        source.put(folder, b"x")
    with untouched(source):
        msg = refused(
            str(source.path / inner),
            {"id": "LOCAL", "container": str(source.path / outer)},
        )
    assert str(source.path) in msg and "overlap" in msg


def test_a_folder_reached_by_a_link(source: LocalPlace, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(source.path)
    with untouched(source):
        msg = refused(
            source, {"id": "LOCAL", "container": str(tmp_path / "link" / "css")}
        )
    assert "overlap" in msg


@pytest.mark.parametrize(("first", "second"), [("", ""), ("a/", ""), ("a/", "a/b/")])
def test_prefixes_within_each_other(places: Places, first: str, second: str) -> None:
    place = places("seaweedfs", first)
    place.fill(OLD)
    with untouched(place):
        msg = refused(place, place.sibling(second))
    assert place.name in msg and "overlap" in msg


@pytest.mark.parametrize("option", ["include", "exclude"])
@pytest.mark.parametrize("pattern", ["!", "backslash\\", "[z-a]"])
def test_a_pattern_that_cannot_be_parsed(
    source: LocalPlace, destination: Place, option: str, pattern: str
) -> None:
    with untouched(destination):
        msg = refused(source, destination, **{option: ["*.txt", pattern]})
    assert option in msg and repr(pattern) in msg


@pytest.mark.parametrize(
    "key", ["../x", "a/../../x", "/etc/x", "a//b", "nul\0l", "a/./b", "x" * 256]
)
def test_keys_that_are_no_paths(places: Places, key: str) -> None:
    source, destination = places("moto"), places("local")
    source.fill({"aaa.txt": b"first", key: b"hostile"})
    destination.fill(OLD)
    around = sorted(os.listdir(destination.path.parent))
    with untouched(destination):
        msg = refused(source, destination)
    assert repr(key) in msg and str(destination.path) in msg
    assert sorted(os.listdir(destination.path.parent)) == around
    result = sync(source, destination, include=["/aaa.txt", "/old.txt"])
    assert result.counts == Counts(created=1, deleted=1)


def test_a_key_through_a_link_in_the_destination(
    places: Places, tmp_path: Path
) -> None:
    source, destination = places("moto"), places("local")
    outside = tmp_path / "outside"
    outside.mkdir()
    source.fill({"aaa.txt": b"first", "link/x.txt": b"hostile"})
    destination.fill(OLD)
    (destination.path / "link").symlink_to(outside)
    msg = refused(source, destination)
    assert "'link/x.txt'" in msg and "'link'" in msg
    assert os.listdir(outside) == []
    assert sorted(os.listdir(destination.path)) == ["index.html", "link", "old.txt"]
    assert {name: destination.read(name) for name in OLD} == OLD


def test_keys_that_would_be_a_file_and_a_folder(places: Places) -> None:
    source, destination = places("moto"), places("local")
    source.fill({"aaa.txt": b"first", "a": b"file", "a/b": b"below"})
    destination.fill(OLD)
    with untouched(destination):
        msg = refused(source, destination)
    assert "'a'" in msg and "'a/b'" in msg
    assert sync(source, destination, exclude=["/a/b"]).counts.created == 2


def test_a_name_that_the_store_cannot_hold(source: LocalPlace, places: Places) -> None:
    destination = places("azurite")
    destination.fill(OLD)
    source.put("ends with a dot.", b"x")
    with untouched(destination):
        msg = refused(source, destination)
    assert "'ends with a dot.'" in msg


# -- no space


def test_a_full_disk(source: LocalPlace, places: Places) -> None:
    destination = places("local")
    destination.make()
    source.put("large.bin", bytes(3 * MIB))
    source.put("a.txt", b"small")
    result, left = _on_a_small_disk(destination.path, source, destination, OLD)
    assert result["failed"]
    named = [name for name in (*source.tree(),) if name in result["msg"]]
    assert named and "No space left" in result["msg"]
    assert left.keys() - {"a.txt", "css/site.css"} == OLD.keys()
    assert left["index.html"] == OLD["index.html"]


def test_no_space_for_the_cache(
    source: LocalPlace, destination: Place, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    filler = {"filler": bytes(2 * MIB)}
    with untouched(destination):
        result, _unused = _on_a_small_disk(
            cache, source, destination, filler, cache_path=str(cache)
        )
    assert result["failed"]
    assert str(cache) in result["msg"] and "No space left" in result["msg"]


def test_a_cache_folder_that_cannot_be_made(
    source: LocalPlace, destination: Place
) -> None:
    path = str(source.path / "index.html" / "cache")
    with untouched(destination):
        msg = refused(source, destination, cache_path=path)
    assert path in msg and "cache_path" in msg


# -- parts


def _on_a_small_disk(
    folder: Path,
    source: t.Any,
    destination: t.Any,
    holding: t.Mapping[str, bytes],
    **options: t.Any,
) -> tuple[dict[str, t.Any], dict[str, bytes]]:
    """Run the module with ``folder`` on a file system of 2 MiB; its result, and what is there after.

    The file system is in a mount namespace of its own, and ends with it.
    """
    arguments = {
        "source": written(source),
        "destination": written(destination),
        **options,
    }
    kept = folder.with_name(folder.name + "-kept")
    filler = LocalPlace(folder.parent)
    filler.path = folder.with_name(folder.name + "-holding")
    filler.fill(holding)
    script = (
        'mount -t tmpfs -o size=2m none "$1" && '
        '{ cp -r "$2"/. "$1" 2>&1 || true; } && '
        'out=$("$4" "$5" "$6") ; cp -r "$1" "$3" && printf %s "$out"'
    )
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    done = subprocess.run(
        ["unshare", *user, "--mount", "sh", "-c", script, "sh"]
        + [str(folder), str(filler.path), str(kept)]
        + [sys.executable, str(program.__file__), json.dumps(arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    after = LocalPlace(folder.parent)
    after.path = kept
    return json.loads(done.stdout), after.everything()


def _reader_of(place: t.Any) -> tuple[str, str]:
    reading = [_allowed("s3:GetObject", place), _allowed("s3:ListBucket", place)]
    return user_of(place.server, reading)


def _allowed(action: str, place: t.Any) -> dict[str, t.Any]:
    bucket = f"arn:aws:s3:::{place.name}"
    return {
        "Effect": "Allow",
        "Action": action,
        "Resource": [bucket, f"{bucket}/*"],
    }
