# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys and secrets that were changed where the configuration is written, and what becomes of what is there."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._failures import (
    ReleaseMissingError,
    RequestRefusedError,
    RolledBackError,
    UnreadableError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._signed import (
    Handover,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    SignatureError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from tests.unit.module_utils.distsync.release_helpers import Scene


class Chain:
    """Signing keys, each of which vouches for the next."""

    def __init__(self, first: SigningKey, count: int) -> None:
        self.keys = [first, *(SigningKey.generate() for _unused in range(count))]
        pairs = zip(self.keys, self.keys[1:], strict=False)
        self.handovers = [Handover.make(old, new) for old, new in pairs]

    def options(self, number: int = -1) -> dict[str, t.Any]:
        """Of who publishes with the key of that number."""
        end = number if number >= 0 else len(self.handovers)
        return {"key": self.keys[number], "handovers": self.handovers[:end]}


@pytest.fixture()
def chain(scene: Scene) -> Chain:
    return Chain(scene.key, 2)


# -- the signing key


def test_a_new_key_goes_on_from_what_the_old_one_signed(
    scene: Scene, chain: Chain
) -> None:
    scene.publish("app", "1", b"one")
    assert scene.fetch() == b"one"
    assert scene.publish("app", "2", b"two", **chain.options(1)).sequence == 2
    # who has the old key pinned follows, and so does who was set up anew
    assert scene.fetch() == b"two" and scene.fetch(version="1") == b"one"
    assert scene.fetch(host="new", key=chain.keys[1].public) == b"two"
    # over one that was left out, too
    scene.publish("app", "3", b"three", **chain.options(2))
    for number, key in enumerate(chain.keys):
        assert scene.fetch(host=f"fresh{number}", key=key.public) == b"three"
    assert scene.fetch() == b"three" and len(scene.keys("releases/")) == 3


def test_two_changes_of_the_key_at_once(scene: Scene, chain: Chain) -> None:
    scene.publish("app", "1", b"one")
    scene.publish("app", "2", b"two", **chain.options(2))
    assert scene.fetch() == b"two" and scene.fetch(version="1") == b"one"


@pytest.mark.parametrize("what", ["renew", "withdraw", "roll_back", "same", "prune"])
def test_every_change_signs_anew(scene: Scene, chain: Chain, what: str) -> None:
    scene.publish("app", "1", b"one")
    scene.publish("app", "2", b"two")
    publisher = scene.publisher(**chain.options(1))
    match what:
        case "renew":
            assert publisher.renew().renewed
        case "withdraw":
            assert publisher.withdraw("app", "1").changed
        case "roll_back":
            assert publisher.roll_back("app").changed
        case "same":
            checked = scene.publish("app", "2", b"two", check=True, **chain.options(1))
            assert checked.changed
            assert scene.publish("app", "2", b"two", **chain.options(1)).renewed
        case "prune":
            before = scene.snapshot()
            assert publisher.prune() == (0, 0)
            assert scene.snapshot() == before
            return
    latest = b"one" if what == "roll_back" else b"two"
    assert scene.fetch() == latest
    assert scene.fetch(host="new", key=chain.keys[1].public) == latest


def test_the_memory_of_the_old_key_counts(scene: Scene, chain: Chain) -> None:
    """The moment of the change is none for an old feed."""
    scene.publish("app", "1", b"one")
    old = scene.snapshot("feed/")
    scene.publish("app", "2", b"two")
    scene.restore(old)
    with pytest.raises(RolledBackError):
        scene.publish("app", "3", b"three", **chain.options(1))


def test_the_old_key_is_not_believed_again(scene: Scene, chain: Chain) -> None:
    """It was stolen after the change."""
    scene.publish("app", "1", b"one")
    scene.publish("app", "2", b"two", **chain.options(1))
    scene.store.delete([scene.endpoint.prefix + scene.feed_key])
    scene.publish("app", "3", b"evil", folder=None)
    with pytest.raises(SignatureError):
        scene.publish("app", "4", b"four", **chain.options(1))


def test_the_old_key_is_told_so(scene: Scene, chain: Chain) -> None:
    scene.publish("app", "1", b"one")
    scene.publish("app", "2", b"two", **chain.options(1))
    with pytest.raises(RequestRefusedError, match="handed over"):
        scene.publish("app", "3", b"three", folder=None)


def test_a_hand_over_that_leads_elsewhere_counts_for_nothing(
    scene: Scene, chain: Chain
) -> None:
    thief = SigningKey.generate()
    forged = Handover.make(thief, chain.keys[1])._replace(old=scene.key.public)
    scene.publish("app", "1", b"one")
    for handovers in ([], [forged], [chain.handovers[1]]):
        with pytest.raises(SignatureError):
            scene.publish(
                "app", "2", b"two", key=chain.keys[1], handovers=handovers, folder=None
            )


def test_a_channel_that_begins_with_the_new_key_can_be_followed(
    scene: Scene, chain: Chain
) -> None:
    scene.publish("app", "1", b"one", **chain.options())
    assert scene.fetch() == b"one"


def test_hosts_that_could_not_follow_can_after_the_next_run(
    scene: Scene, chain: Chain
) -> None:
    scene.publish("app", "1", b"one", key=chain.keys[1])
    with pytest.raises(SignatureError):
        scene.fetch()
    assert scene.publish("app", "1", b"one", **chain.options(1)).renewed
    assert not scene.publish("app", "1", b"one", **chain.options(1)).changed
    assert scene.fetch() == b"one"


# -- the secret


def test_a_new_secret_begins_a_new_feed(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.publish("app", "2", b"two")
    assert scene.fetch() == b"two"
    former, scene.secret = scene.secret, SharedSecret.generate()
    with pytest.raises(ReleaseMissingError):
        scene.fetch()
    assert scene.publish("app", "3", b"three").sequence == 1
    assert scene.fetch() == b"three"
    # hosts that have the former one still see what it was
    assert scene.fetch(secret=former) == b"two"


def test_what_a_former_secret_left_is_cleared_when_asked_for(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    scene.secret = SharedSecret.generate()
    scene.publish("app", "2", b"two")
    scene.publish("tool", "1", b"other", channel="beta")
    before = scene.snapshot()
    with pytest.raises(UnreadableError, match="feed/.* cannot be read"):
        scene.publisher().prune()
    assert scene.publisher().prune(check=True, unreadable=True).objects == 3
    assert scene.snapshot() == before
    assert scene.publisher().prune(unreadable=True).objects == 3
    assert scene.fetch() == b"two" and scene.publisher().prune() == (0, 0)
    scene.fetcher(channel="beta").fetch("tool", "latest", str(scene.dest))
    assert scene.dest.read_bytes() == b"other"


def test_announcements_of_a_former_secret(scene: Scene) -> None:
    path = f"releases/announced/{'a' * 40}"
    scene.publish("app", "1", b"one")
    scene.write(path, b"damaged, or of somebody else's")
    with pytest.raises(UnreadableError, match="announced"):
        scene.publisher().prune()
    assert scene.publisher().prune(unreadable=True).objects == 1
    assert scene.fetch() == b"one"


def test_a_feed_of_a_stolen_key_is_cleared_when_asked_for(scene: Scene) -> None:
    """Another key without a hand-over: what the thief's feed says is not built upon."""
    scene.publish("app", "1", b"one")
    new = SigningKey.generate()
    with pytest.raises(SignatureError):
        scene.publish("app", "2", b"two", key=new)
    with pytest.raises(SignatureError):
        scene.publisher(key=new).prune()
    assert scene.publisher(key=new).prune(unreadable=True).objects == 3
    scene.publish("app", "2", b"two", key=new)
    assert scene.fetch(key=new.public) == b"two"


def test_an_old_feed_is_not_cleared_as_unreadable(scene: Scene) -> None:
    scene.publish("app", "1", b"one")
    old = scene.snapshot("feed/")
    scene.publish("app", "2", b"two")
    scene.restore(old)
    before = scene.snapshot()
    with pytest.raises(RolledBackError):
        scene.publisher().prune(unreadable=True)
    assert scene.snapshot() == before
