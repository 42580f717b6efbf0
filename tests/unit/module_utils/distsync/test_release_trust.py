# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host is not made to believe: named after the attacks that The Update Framework lists."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._channel import (
    LIFETIME,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    ExpiredError,
    FutureError,
    MismatchError,
    ReleaseMissingError,
    RequestRefusedError,
    RolledBackError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._feed import (
    Feed,
    Line,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._release import (
    Release,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._repository import (
    Repository,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._results import (
    Publication,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._signed import (
    Handover,
    seal_signed,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._trust import (
    Trust,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    DamagedError,
    FormatError,
    NameRefusedError,
    SignatureError,
    WrongSecretError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._message import (
    seal_message,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SIGNATURE_SIZE,
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    LongshoreError,
    SourceError,
)
from tests.unit.module_utils.distsync.release_helpers import DAY, Scene


def refused(scene: Scene, kind: type[LongshoreError], **options: t.Any) -> str:
    """A fetch that must fail, and leave nothing."""
    with pytest.raises(kind) as caught:
        scene.fetch(**options)
    assert not scene.dest.exists()
    assert scene.secret.encode() not in str(caught.value)
    return str(caught.value)


def feed_of(scene: Scene) -> Feed:
    repository = Repository(scene.store, scene.secret, "stable", scene.clock)
    found = repository.read_feed(Trust([scene.key.public], None, "", "stable"))
    assert found is not None
    return found.feed


def plant(
    scene: Scene,
    feed: Feed,
    *,
    key: SigningKey | None = None,
    handovers: t.Sequence[Handover] = (),
) -> None:
    """Put a feed in the place of the one that is there, as one who has the secret can."""
    context = scene.feed_key.replace("/", " ", 1)
    sealed = seal_signed(
        scene.secret,
        context,
        "feed",
        feed.encode(),
        key or scene.key,
        AES_256_GCM,
        handovers,
    )
    scene.write(scene.feed_key, sealed)


# -- rollback


def test_rollback_an_old_feed_replayed(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    old = scene.snapshot("feed/")
    scene.publish("app", "2", b"two")
    assert scene.fetch() == b"two"
    scene.restore(old)
    said = refused(scene, RolledBackError)
    assert "number 1" in said and "number 2" in said


def test_rollback_is_seen_by_who_publishes(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    old = scene.snapshot("feed/")
    scene.publish("app", "2", b"two")
    scene.restore(old)
    with pytest.raises(RolledBackError):
        scene.publish("app", "3", b"three")
    # force goes on from it, with a number that hosts accept
    assert scene.publish("app", "3", b"three", force=True).sequence == 3


def test_rollback_another_feed_of_the_same_number(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    before = scene.snapshot("feed/")
    scene.publish("app", "2", b"two")
    scene.fetch()
    scene.restore(before)
    scene.publish("app", "3", b"three", folder=None)
    assert "same number 2" in refused(scene, RolledBackError)


def test_rollback_a_feed_that_is_gone(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.store.delete([scene.endpoint.prefix + scene.feed_key])
    with pytest.raises(RolledBackError, match="gone"):
        scene.publish("app", "2", b"two")
    refused(scene, ReleaseMissingError)
    assert scene.publish("app", "2", b"two", force=True).sequence == 2


def test_rollback_an_old_record_replayed(scene: Scene) -> None:
    """The record's key is that of the new one, the bytes are of the old."""
    scene.publish("app", "1", b"one")
    scene.publish("app", "2", b"two")
    old, new = feed_of(scene).artifacts["app"].releases
    scene.write(f"releases/{new.record}", scene.read(f"releases/{old.record}"))
    assert "not the one that the feed names" in refused(scene, MismatchError)


def test_rollback_an_old_object_replayed(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.publish("app", "2", b"two")
    old, new = feed_of(scene).artifacts["app"].releases
    scene.write(f"artifacts/{new.artifact}", scene.read(f"artifacts/{old.artifact}"))
    refused(scene, WrongSecretError)


def test_memory_that_is_damaged_is_not_taken_for_none(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.fetch()
    (memory,) = (scene.folder / "host").glob("*.feed")
    assert memory.stat().st_mode & 0o777 == 0o600
    memory.write_bytes(memory.read_bytes()[:-9])
    assert str(memory) in refused(scene, SourceError)


# -- freeze


def test_freeze_a_feed_past_its_expiry(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.now += LIFETIME - 1
    assert scene.fetch() == b"one"
    scene.now += 1
    said = refused(scene, ExpiredError)
    assert "good until 2027-04-15 08:00 UTC" in said
    assert scene.publisher().renew().renewed
    assert scene.fetch() == b"one"


def test_freeze_a_release_past_its_expiry(scene: Scene) -> None:
    one = Publication(scene.file("app", b"one"), version="1", expires=DAY)
    scene.publisher().publish([one])
    assert not scene.publisher().publish([one]).changed
    scene.now += DAY
    refused(scene, ExpiredError)
    assert scene.publisher().publish([one]).changed
    assert scene.fetch() == b"one"


@pytest.mark.parametrize("hours", [1, 24])
def test_a_clock_that_is_behind_is_told(scene: Scene, hours: int) -> None:
    scene.publish("app", "1", b"one")
    scene.now -= hours * 3600
    seen = scene.fetcher().look()
    assert f"{hours * 60:,} minutes" in seen.warnings[0]
    assert scene.fetch() == b"one"


def test_a_clock_that_is_ahead_by_a_day(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.now += DAY
    assert scene.fetcher().look().warnings == ()


def test_a_feed_from_the_future(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.now -= 2 * DAY
    assert "clock" in refused(scene, FutureError)


# -- mix and match


def test_mix_and_match_of_two_releases(scene: Scene) -> None:
    """The feed of the first, with record and object of the second under the names of the first."""
    scene.publish("app", "1", b"aaa")
    (first,) = feed_of(scene).entries
    feed = scene.snapshot("feed/")
    scene.publish("app", "2", b"bbb")
    second = feed_of(scene).find("app")
    scene.restore(feed)
    record, artifact = second.record, second.artifact
    scene.write(f"artifacts/{first.artifact}", scene.read(f"artifacts/{artifact}"))
    refused(scene, WrongSecretError, host="new")
    scene.write(f"releases/{first.record}", scene.read(f"releases/{record}"))
    refused(scene, MismatchError, host="newer")


def test_mix_and_match_of_two_channels(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    stable = scene.feed_key
    scene.publish("app", "2", b"two", channel="beta")
    (beta,) = set(scene.keys("feed/")) - {stable}
    scene.write(stable, scene.read(beta))
    refused(scene, WrongSecretError)


def test_mix_and_match_of_two_distributions(scene: Scene, tmp_path: t.Any) -> None:
    """One key signs for both; another secret."""
    other = Scene(tmp_path / "other", scene.workers)
    (tmp_path / "other").mkdir()
    scene.publish("app", "1", b"one")
    other.publish("app", "1", b"two", key=scene.key)
    scene.write(scene.feed_key, other.read(other.feed_key))
    refused(scene, WrongSecretError)


# -- arbitrary software: signatures


def test_unsigned(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.publish("app", "1", b"one")
    feed = feed_of(scene)
    monkeypatch.setattr(SigningKey, "sign", lambda *_args: bytes(SIGNATURE_SIZE))
    plant(scene, dataclasses.replace(feed, sequence=2))
    assert "not signed" in refused(scene, SignatureError)


def test_signed_by_another_key(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    other = SigningKey.generate()
    plant(scene, dataclasses.replace(feed_of(scene), sequence=2), key=other)
    said = refused(scene, SignatureError)
    assert other.public.fingerprint in said and scene.key.public.fingerprint in said


def test_signed_by_another_key_that_says_it_is_the_right_one(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.publish("app", "1", b"one")
    feed = dataclasses.replace(feed_of(scene), sequence=2)
    other, right = SigningKey.generate(), scene.key.public
    monkeypatch.setattr(SigningKey, "public", property(lambda _self: right))
    plant(scene, feed, key=other)
    monkeypatch.undo()
    refused(scene, SignatureError)


def test_a_record_signed_by_another_key(scene: Scene) -> None:
    """Even though a genuine feed names it: both are asked."""
    scene.publish("app", "1", b"one")
    feed = feed_of(scene)
    (entry,) = feed.entries
    release = scene.fetcher(host="").release("app")
    sealed = seal_signed(
        scene.secret,
        f"release {entry.record}",
        "release",
        release.encode(),
        SigningKey.generate(),
        AES_256_GCM,
    )
    scene.write(f"releases/{entry.record}", sealed)
    digest = hashlib.sha256(sealed).hexdigest()
    changed = dataclasses.replace(
        entry, record_digest=digest, record_size=len(sealed), version="1b"
    )
    line = dataclasses.replace(feed.artifacts["app"], releases=(changed,), current="1b")
    plant(scene, dataclasses.replace(feed, sequence=2, artifacts={"app": line}))
    refused(scene, SignatureError)


def test_what_was_signed_for_one_use_is_worth_nothing_for_another(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    context = scene.feed_key.replace("/", " ", 1)
    payload = dataclasses.replace(feed_of(scene), sequence=2).encode()
    sealed = seal_signed(
        scene.secret, context, "release", payload, scene.key, AES_256_GCM
    )
    scene.write(scene.feed_key, sealed)
    refused(scene, SignatureError)


# -- keys


def handed_over(scene: Scene) -> SigningKey:
    scene.publish("app", "1", b"one")
    new = SigningKey.generate()
    assert scene.publisher().hand_over(new).changed
    return new


def test_key_rotation_with_a_cross_signature(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    assert scene.fetch() == b"one"
    new = SigningKey.generate()
    assert scene.publisher().hand_over(new).changed
    assert not scene.publisher().hand_over(new).changed
    # hosts that have the old key pinned follow, those with memory and those without
    assert scene.fetch() == b"one"
    assert scene.fetch(host="new") == b"one"
    assert scene.fetch(host="newer", key=new.public) == b"one"
    # and stay when the new key publishes
    scene.publish("app", "2", b"two", key=new)
    assert scene.fetch() == b"two"
    assert scene.fetch(version="1") == b"one"
    # one more in the chain
    third = SigningKey.generate()
    scene.publisher(key=new).hand_over(third)
    assert scene.fetch() == scene.fetch(host="fresh") == b"two"


def test_key_rotation_leaves_nothing_of_the_old_key(scene: Scene) -> None:
    before = set(scene.keys())
    new = handed_over(scene)
    assert len(scene.keys("releases/")) == len(scene.keys("artifacts/")) == 1
    assert not before & set(scene.keys("releases/"))
    assert scene.fetch(host="new", key=new.public) == b"one"


def test_key_rotation_without_a_cross_signature(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    new, feed = SigningKey.generate(), feed_of(scene)
    newer = dataclasses.replace(feed, sequence=2)
    plant(scene, newer, key=new)
    refused(scene, SignatureError)
    made = Handover.make(scene.key, new)
    zeros = bytes(SIGNATURE_SIZE)
    for half in (made._replace(by_old=zeros), made._replace(by_new=zeros)):
        plant(scene, newer, key=new, handovers=[half])
        refused(scene, SignatureError)
    thief = SigningKey.generate()
    own = Handover.make(thief, new)._replace(old=scene.key.public)
    plant(scene, newer, key=new, handovers=[own])
    refused(scene, SignatureError)


def test_key_rotation_cannot_be_taken_back(scene: Scene) -> None:
    """The old key was stolen; hosts that have followed its successor do not come back to it."""
    scene.publish("app", "1", b"one")
    new = SigningKey.generate()
    scene.publisher().hand_over(new)
    scene.fetch()
    feed = dataclasses.replace(feed_of(scene), sequence=99)
    plant(scene, feed, key=scene.key)
    refused(scene, SignatureError)
    evil = SigningKey.generate()
    plant(scene, feed, key=evil, handovers=[Handover.make(scene.key, evil)])
    refused(scene, SignatureError)


def test_the_old_key_does_not_publish_any_more(scene: Scene) -> None:
    handed_over(scene)
    with pytest.raises(RequestRefusedError, match="handed over"):
        scene.publish("app", "2", b"two")


def test_fast_forward(scene: Scene) -> None:
    """A stolen key was used to show a host the highest number: another pinned key gets over it."""
    scene.publish("app", "1", b"one")
    feed, genuine = feed_of(scene), scene.snapshot("feed/")
    plant(scene, dataclasses.replace(feed, sequence=2**62))
    scene.fetch()
    scene.restore(genuine)
    refused(scene, RolledBackError)
    new = SigningKey.generate()
    plant(scene, dataclasses.replace(feed, sequence=2), key=new)
    refused(scene, SignatureError)
    assert scene.fetcher(key=new.public).look().sequence == 2


@pytest.mark.parametrize("sequence", [-1, 2**63, 1.5, True, "2", None])
def test_numbers_that_are_none(scene: Scene, sequence: t.Any) -> None:
    scene.publish("app", "1", b"one")
    plant(scene, dataclasses.replace(feed_of(scene), sequence=sequence))
    refused(scene, FormatError)


# -- endless data


def test_endless_data_in_the_object(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    (key,) = scene.keys("artifacts/")
    scene.write(key, scene.read(key) + bytes(1000))
    assert "record says" in refused(scene, MismatchError)


def test_endless_data_in_the_record(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    (key,) = scene.keys("releases/")
    scene.write(key, scene.read(key) + bytes(1000))
    assert "and may have" in refused(scene, MismatchError)


def test_endless_data_in_the_feed(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.write(scene.feed_key, bytes(16 * 1024 * 1024 + 1))
    assert "and may have" in refused(scene, MismatchError)


def test_data_that_is_cut_or_altered(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    for key in scene.keys():
        whole = scene.read(key)
        for bad in (b"", whole[:-1], whole[:40], whole[:100] + b"x" + whole[101:]):
            scene.write(key, bad)
            refused(scene, LongshoreError, host=f"host {key} {len(bad)}")
        scene.write(key, whole)
    assert scene.fetch(host="last") == b"one"


def test_an_altered_object_of_the_right_size(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    (key,) = scene.keys("artifacts/")
    scene.write(key, scene.read(key)[:-1] + b"\0")
    refused(scene, DamagedError)


# -- names


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "a\nb", "n" * 256])
def test_a_signed_feed_with_a_name_that_is_a_path(scene: Scene, name: str) -> None:
    """As a stolen key could make; nothing is taken for a path unchecked."""
    scene.publish("app", "1", b"one")
    feed = feed_of(scene)
    artifacts = {name: feed.artifacts["app"]}
    plant(scene, dataclasses.replace(feed, sequence=2, artifacts=artifacts))
    refused(scene, NameRefusedError)


@pytest.mark.parametrize("version", ["../up", "a/b", "..", "", "latest", "a\0"])
def test_a_signed_feed_with_a_version_that_is_a_path(
    scene: Scene, version: str
) -> None:
    scene.publish("app", "1", b"one")
    feed = feed_of(scene)
    (entry,) = feed.entries
    line = Line(version, (dataclasses.replace(entry, version=version),))
    plant(scene, dataclasses.replace(feed, sequence=2, artifacts={"app": line}))
    refused(scene, LongshoreError)


@pytest.mark.parametrize("owner", ["", "a\0b", "../x", "x" * 99])
def test_a_signed_record_with_an_owner_that_is_none(scene: Scene, owner: str) -> None:
    scene.publish("app", "1", b"one")
    release = dataclasses.replace(scene.fetcher(host="").release("app"), owner=owner)
    with pytest.raises(RequestRefusedError):
        Release.decode(release.encode(), "the record")


def test_endless_data_in_a_record_of_a_stolen_key(scene: Scene) -> None:
    """A feed may say that a record is of any size: no more than records have is read."""
    scene.publish("app", "1", b"one")
    feed = feed_of(scene)
    (entry,) = feed.entries
    line = Line("1", (dataclasses.replace(entry, record_size=2**62),))
    plant(scene, dataclasses.replace(feed, sequence=2, artifacts={"app": line}))
    scene.write(f"releases/{entry.record}", bytes(17 * 1024 * 1024))
    assert "and may have 16,777,216" in refused(scene, MismatchError)


def test_a_signed_feed_with_an_id_that_is_a_path(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    document = json.loads(feed_of(scene).encode())
    document["artifacts"]["app"]["releases"][0]["artifact"] = "../../elsewhere"
    with pytest.raises(FormatError):
        Feed.decode(json.dumps(document).encode(), "the feed")


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{}", b"[" * 100_000, b"\xff", b'{"format":2}']
)
def test_a_signed_feed_that_is_none(payload: bytes) -> None:
    with pytest.raises(FormatError):
        Feed.decode(payload, "the feed")


def test_a_message_that_is_too_short_to_be_signed(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    context = scene.feed_key.replace("/", " ", 1)
    for message in (b"", bytes(97), bytes(96) + b"\xff\xff" + bytes(192)):
        sealed = seal_message(scene.secret, context, message, AES_256_GCM)
        scene.write(scene.feed_key, sealed)
        refused(scene, FormatError)
