# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What hosts report: written, read side by side, and what is not theirs left out."""

from __future__ import annotations

import dataclasses
import json
import typing as t
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._distsync import (
    _status,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._layout import (
    STATUS,
    status_id,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._status import (
    STATES,
    ArtifactStatus,
    HostStatus,
    Statuses,
    plain_text,
    read_statuses,
    write_status,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    ReadResult,
)
from ansible_collections.longshore.storage.plugins.module_utils._drivers._memory import (
    MemoryStore,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    ALGORITHMS,
    Algorithm,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    FormatError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._message import (
    open_message,
    seal_message,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ConfigurationError,
)
from tests.unit.module_utils.distsync.fleet_helpers import NOW, artifact, host

ONE = host("web1", artifact(), artifact("3", name="site"), error="the store is away")


class Bucket:
    def __init__(self) -> None:
        endpoint = Endpoint("MEMORY", f"b{uuid.uuid4().hex}", prefix="fleet/")
        self.store = MemoryStore(endpoint)
        self.store.create_container()
        self.secret = SharedSecret.generate()

    def report(self, status: HostStatus) -> None:
        write_status(self.store, self.secret, status.host, status)

    def key(self, name: str) -> str:
        return f"fleet/{STATUS}{status_id(self.secret, name)}"

    def stored(self, name: str) -> bytes:
        return b"".join(self.store.read(self.key(name)).chunks)

    def plant(
        self, name: str, payload: bytes, secret: SharedSecret | None = None
    ) -> None:
        """What somebody who has the secret could put in a host's place."""
        secret = secret or self.secret
        context = f"status {status_id(self.secret, name)}"
        sealed = seal_message(secret, context, payload, ALGORITHMS[0])
        self.store.write(self.key(name), sealed)

    def read(self) -> Statuses:
        return read_statuses(self.store, self.secret, lambda: NOW)


@pytest.fixture()
def bucket() -> Bucket:
    return Bucket()


def test_nobody_has_reported(bucket: Bucket) -> None:
    assert bucket.read() == Statuses([], 0, NOW)


def test_comes_back_as_it_was_written(bucket: Bucket) -> None:
    bucket.report(ONE)
    assert bucket.read() == Statuses([ONE], 0, NOW)


@pytest.mark.parametrize("algorithm", ALGORITHMS, ids=lambda one: one.name)
def test_is_sealed_with_the_algorithm_asked_for(
    bucket: Bucket, algorithm: Algorithm
) -> None:
    write_status(bucket.store, bucket.secret, "web1", ONE, algorithm)
    data = bucket.stored("web1")
    assert int.from_bytes(data[10:12], "big") == algorithm.number
    context = f"status {status_id(bucket.secret, 'web1')}"
    payload = json.loads(open_message(bucket.secret, context, data, label="it"))
    assert payload["format"] == 1 and payload["host"] == "web1"
    assert bucket.read().hosts == [ONE]


def test_replaces_the_one_before(bucket: Bucket) -> None:
    bucket.report(ONE)
    later = dataclasses.replace(ONE, time=NOW)
    bucket.report(later)
    assert bucket.read().hosts == [later]


def test_shows_nothing_to_who_lacks_the_secret(bucket: Bucket) -> None:
    bucket.report(ONE)
    (info,) = bucket.store.list()
    text = info.key.encode() + bucket.stored("web1")
    assert not any(one in text for one in (b"web1", b"app", b"stable", b"away"))


def test_more_than_a_thousand_in_the_order_of_their_names(bucket: Bucket) -> None:
    names = [f"web{number:04}" for number in range(1100)]
    for name in reversed(names):
        bucket.report(host(name, artifact()))
    assert [one.host for one in bucket.read().hosts] == names


def test_one_is_not_written_in_anothers_name(bucket: Bucket) -> None:
    with pytest.raises(ValueError):
        write_status(bucket.store, bucket.secret, "web2", ONE)


def test_one_that_is_too_large_is_refused(bucket: Bucket) -> None:
    many = tuple(artifact(name=f"{number:0255}") for number in range(12000))
    with pytest.raises(ConfigurationError, match="too many artifacts"):
        bucket.report(host("web1", *many))
    assert not list(bucket.store.list())


# -- what is not ours


def _truncated(bucket: Bucket) -> None:
    bucket.store.write(bucket.key("bad"), bucket.stored("web1")[:-1])


def _anothers(bucket: Bucket) -> None:
    """A genuine report, under the key of another host."""
    bucket.store.write(bucket.key("bad"), bucket.stored("web1"))


def _in_anothers_name(bucket: Bucket) -> None:
    """Sealed for the key that it has, by a host that says that it is another."""
    bucket.plant("bad", ONE.encode())


def _endless(bucket: Bucket) -> None:
    bucket.store.write(bucket.key("bad"), bytes(_status.LARGEST_STATUS + 1))


LEFT_OUT: dict[str, t.Callable[[Bucket], None]] = {
    "a name that is no id": lambda b: b.store.write(f"fleet/{STATUS}README", b"hello")
    and None,
    "nothing": lambda b: b.store.write(b.key("bad"), b"") and None,
    "noise": lambda b: b.store.write(b.key("bad"), bytes(5000)) and None,
    "cut": _truncated,
    "another's": _anothers,
    "in another's name": _in_anothers_name,
    "endless": _endless,
    "another secret": lambda b: b.plant("bad", ONE.encode(), SharedSecret.generate()),
    "no JSON": lambda b: b.plant("bad", b"{"),
    "a newer format": lambda b: b.plant("bad", b'{"format": 2}'),
}


@pytest.mark.parametrize("fault", LEFT_OUT)
def test_what_is_not_a_report_is_left_out_and_counted(
    bucket: Bucket, fault: str
) -> None:
    bucket.report(ONE)
    LEFT_OUT[fault](bucket)
    assert bucket.read() == Statuses([ONE], 1, NOW)


def test_one_that_is_deleted_meanwhile_is_left_out(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.report(ONE)
    bucket.report(host("web2"))
    read = bucket.store.read

    def gone(key: str, start: int = 0, length: int | None = None) -> ReadResult:
        if key == bucket.key("web2"):
            bucket.store.delete([key])
        return read(key, start, length)

    monkeypatch.setattr(bucket.store, "read", gone)
    assert bucket.read().hosts == [ONE]


def test_a_store_that_refuses_is_an_error(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.report(ONE)

    def refuse(key: str, start: int = 0, length: int | None = None) -> ReadResult:
        raise AccessDeniedError("read it", "there", "no")

    monkeypatch.setattr(bucket.store, "read", refuse)
    with pytest.raises(AccessDeniedError):
        bucket.read()


# -- what a report can say


def document(**changes: t.Any) -> bytes:
    return json.dumps({**json.loads(ONE.encode()), **changes}).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {"host": 1},
        {"time": -1},
        {"time": "now"},
        {"time": 1.5},
        {"free": 2**70},
        {"free": True},
        {"channels": "stable"},
        {"takes": None},
        {"artifacts": {}},
        {"artifacts": ["app"]},
        {"artifacts": [{"name": "app"}]},
        {"artifacts": [{**dataclasses.asdict(artifact()), "state": "fine"}]},
        {"error": None},
        {"format": 2},
    ],
    ids=str,
)
def test_what_cannot_be_read(changes: dict[str, t.Any]) -> None:
    with pytest.raises(FormatError):
        HostStatus.decode(document(**changes), "the status")


def test_fields_that_are_not_known_are_left_alone() -> None:
    assert HostStatus.decode(document(more=[1, 2]), "the status") == ONE


@pytest.mark.parametrize(
    "text, shown",
    [
        ("plain \u00e4 \u4e2d", "plain \u00e4 \u4e2d"),
        ("a\x1b[31mb\r\n", "a\ufffd[31mb\ufffd\ufffd"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("\ud800", "\ufffd"),
        ("x" * 50, "x" * 39 + "\u2026"),
    ],
)
def test_plain_text(text: str, shown: str) -> None:
    assert plain_text(text, 40) == shown


def test_what_a_host_says_cannot_do_anything_on_a_terminal() -> None:
    found = HostStatus.decode(
        document(
            error="\x1b]0;x\x07" + "y" * 5000,
            channels=["a\nb", 3],
            artifacts=[{**dataclasses.asdict(artifact()), "version": "1\x00"}],
        ),
        "the status",
    )
    texts = [found.error, *found.channels, found.artifacts[0].version]
    assert all(text.isprintable() for text in texts)
    assert len(found.error) == 1000


NUMBERS = st.integers(0, 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["C", "Zl", "Zp", "Zs"]), max_size=40)
ARTIFACTS = st.builds(
    ArtifactStatus,
    name=TEXTS,
    channel=TEXTS,
    version=TEXTS,
    digest=TEXTS,
    since=NUMBERS,
    state=st.sampled_from(STATES),
    wanted=TEXTS,
    late=NUMBERS,
    error=TEXTS,
)
HOSTS = st.builds(
    HostStatus,
    host=TEXTS,
    daemon=TEXTS,
    time=NUMBERS,
    channels=st.lists(TEXTS, max_size=3).map(tuple),
    artifacts=st.lists(ARTIFACTS, max_size=3).map(tuple),
    free=NUMBERS,
    error=TEXTS,
    takes=st.lists(TEXTS, max_size=3).map(tuple),
)


@settings(max_examples=40)
@given(HOSTS)
def test_any_status_comes_back(status: HostStatus) -> None:
    assert HostStatus.decode(status.encode(), "it") == status


@settings(max_examples=60)
@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["format", "host", "artifacts", "time", "state"]), inner
        ),
        max_leaves=12,
    ).map(lambda value: json.dumps(value).encode())
)
def test_anything_else_is_a_format_error(payload: bytes) -> None:
    with pytest.raises(FormatError):
        HostStatus.decode(payload, "it")
