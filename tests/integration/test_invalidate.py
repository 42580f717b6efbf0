# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Invalidations as CloudFront's API takes them: moto's, and a server for what moto never answers."""

from __future__ import annotations

import contextlib
import typing as t
import urllib.request
import uuid
from pathlib import Path
from xml.etree import ElementTree

import boto3
import pytest

from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ConfigurationError,
    LongshoreError,
    StoreError,
    UnreachableError,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._invalidate import (
    Invalidation,
)
from tests.answering import AnsweringServer, QuietHandler
from tests.integration.hosts import Hosts
from tests.integration.module import attempt, sync
from tests.integration.places import Places
from tests.servers._process import free_ports
from tests.servers.moto import Moto

NAMES = ("index.html", "docs/a b.html")
PATHS = ["/", "/docs/a%20b.html", "/index.html"]


class Network:
    """moto's CloudFront."""

    def __init__(self, server: Moto) -> None:
        self.access = {
            "key": server.key,
            "secret": server.secret,
            "region": server.region,
            "endpoint": f"http://127.0.0.1:{server.port}",
        }
        self._client = self.client("cloudfront")

    def client(self, service: str) -> t.Any:
        return boto3.client(
            service,
            endpoint_url=self.access["endpoint"],
            region_name=self.access["region"],
            aws_access_key_id=self.access["key"],
            aws_secret_access_key=self.access["secret"],
        )

    def add(self) -> str:
        """A new distribution's id."""
        origin = {
            "Id": "site",
            "DomainName": "site.s3.amazonaws.com",
            "S3OriginConfig": {"OriginAccessIdentity": ""},
        }
        made = self._client.create_distribution(
            DistributionConfig={
                "CallerReference": str(uuid.uuid4()),
                "Origins": {"Quantity": 1, "Items": [origin]},
                "DefaultCacheBehavior": {
                    "TargetOriginId": "site",
                    "ViewerProtocolPolicy": "allow-all",
                },
                "Comment": "",
                "Enabled": True,
            }
        )
        return str(made["Distribution"]["Id"])

    def batches(self, distribution: str) -> list[tuple[list[str], str]]:
        """Of each invalidation, the latest last: its paths and its reference."""
        with self.trusting():
            listed = self._client.list_invalidations(DistributionId=distribution)
            batches = [
                self._client.get_invalidation(
                    DistributionId=distribution, Id=item["Id"]
                )["Invalidation"]["InvalidationBatch"]
                for item in listed["InvalidationList"].get("Items", ())
            ]
        return [(b["Paths"]["Items"], b["CallerReference"]) for b in batches]

    @contextlib.contextmanager
    def trusting(self) -> t.Iterator[None]:
        """Without checks of signatures: moto computes that of a CloudFront GET wrongly."""
        self._check_after(b"inf")
        try:
            yield
        finally:
            self._check_after(b"0")

    def _check_after(self, requests: bytes) -> None:
        request = urllib.request.Request(
            self.access["endpoint"] + "/moto-api/reset-auth",
            requests,
            {"Content-Type": "text/plain"},
        )
        urllib.request.urlopen(request, timeout=5).close()


@pytest.fixture()
def network(moto: Moto) -> Network:
    return Network(moto)


def test_each_distribution_is_asked(network: Network) -> None:
    first, second, other = network.add(), network.add(), network.add()
    invalidation = Invalidation(
        {"distributions": [first, second, first], **network.access}
    )
    with network.trusting():
        invalidation.check()
    assert network.batches(first) == []

    assert invalidation.send(NAMES) == PATHS
    assert [paths for paths, _reference in network.batches(first)] == [PATHS]
    assert [paths for paths, _reference in network.batches(second)] == [PATHS]
    assert network.batches(other) == []


def test_each_call_is_one_of_its_own(network: Network) -> None:
    one = network.add()
    invalidation = Invalidation({"distributions": [one], **network.access})
    invalidation.send(NAMES)
    invalidation.send(NAMES)
    assert len({reference for _paths, reference in network.batches(one)}) == 2


def test_many_paths_are_one_wildcard(network: Network) -> None:
    one = network.add()
    options = {"distributions": [one], "limit": 2, "path_prefix": "en"}
    sent = Invalidation({**options, **network.access}).send(NAMES)
    assert sent == ["/en/*"]
    assert network.batches(one)[0][0] == ["/en/*"]


def test_3000_paths_are_one_batch(network: Network) -> None:
    one = network.add()
    options = {"distributions": [one], "limit": 3000, **network.access}
    Invalidation(options).send(f"{number}.txt" for number in range(3000))
    assert [len(paths) for paths, _reference in network.batches(one)] == [3000]


def test_nothing_changed_sends_nothing(network: Network) -> None:
    one = network.add()
    assert Invalidation({"distributions": [one], **network.access}).send([]) == []
    assert network.batches(one) == []


def test_the_environment_stands_in_for_credentials(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", network.access["key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", network.access["secret"])
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDFRONT", network.access["endpoint"])
    one = network.add()
    assert Invalidation({"distributions": [one]}).send(NAMES) == PATHS
    assert network.batches(one)[0][0] == PATHS


def test_own_credentials_go_before_the_environment(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "never")
    access = {k: v for k, v in network.access.items() if k != "region"}
    one = network.add()
    monkeypatch.setenv("AWS_PROFILE", "absent")
    assert Invalidation({"distributions": [one], **access}).send(NAMES) == PATHS


def test_a_profile_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "absent")
    with pytest.raises(ConfigurationError, match=r"set up access .*absent"):
        Invalidation({"distributions": ["E1"]}).check()


def test_no_credentials_at_all(network: Network) -> None:
    options = {"distributions": ["E1"], "endpoint": network.access["endpoint"]}
    with pytest.raises(AccessDeniedError, match="Check invalidate's key and secret"):
        Invalidation(options).check()


def test_an_unknown_distribution_is_named_and_the_others_are_asked(
    network: Network,
) -> None:
    one = network.add()
    options = {"distributions": ["E0NOTTHERE", one], **network.access}
    with pytest.raises(ConfigurationError) as caught:
        Invalidation(options).send(NAMES)
    assert "invalidate 3 path(s) of distribution 'E0NOTTHERE'" in str(caught.value)
    assert "Correct invalidate.distributions" in str(caught.value)
    assert "Run again" in str(caught.value)
    assert [paths for paths, _reference in network.batches(one)] == [PATHS]


def test_an_unknown_distribution_is_found_beforehand(network: Network) -> None:
    one = network.add()
    options = {"distributions": [one, "E0NOTTHERE"], **network.access}
    with network.trusting(), pytest.raises(ConfigurationError) as caught:
        Invalidation(options).check()
    assert "look up distribution 'E0NOTTHERE'" in str(caught.value)
    assert "by hand" not in str(caught.value)


def test_a_wrong_secret_is_not_shown(network: Network) -> None:
    one = network.add()
    options = {"distributions": [one], **network.access, "secret": "wrong-and-secret"}
    with pytest.raises(AccessDeniedError, match="cloudfront:Create") as caught:
        Invalidation(options).send(NAMES)
    assert "wrong-and-secret" not in str(caught.value)


def test_credentials_that_may_not(network: Network) -> None:
    one = network.add()
    iam = network.client("iam")
    user = f"user-{uuid.uuid4()}"
    iam.create_user(UserName=user)
    made = iam.create_access_key(UserName=user)["AccessKey"]
    invalidation = Invalidation(
        {
            "distributions": [one],
            "key": made["AccessKeyId"],
            "secret": made["SecretAccessKey"],
            "endpoint": network.access["endpoint"],
        }
    )
    with pytest.raises(AccessDeniedError, match="cloudfront:CreateInvalidation"):
        invalidation.send(NAMES)
    assert network.batches(one) == []


def test_nobody_answers() -> None:
    options = {
        "distributions": ["E1"],
        "key": "k",
        "secret": "s",
        "endpoint": f"http://127.0.0.1:{free_ports(1)[0]}",
    }
    with pytest.raises(UnreachableError, match="invalidate.endpoint"):
        Invalidation(options).send(NAMES)


class Answers(AnsweringServer):
    """Gives the answers that it was made with, one after the other, and keeps the requests."""

    def __init__(self, *answers: tuple[int, str]) -> None:
        super().__init__(_Handler)
        self.answers = list(answers)
        self.bodies: list[bytes] = []

    @property
    def access(self) -> dict[str, str]:
        return {"key": "k", "secret": "s", "endpoint": self.root}


class _Handler(QuietHandler):
    server: Answers

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        self.server.bodies.append(self.body())
        status, code = self.server.answers.pop(0)
        body = (
            f"<ErrorResponse><Error><Code>{code}</Code>"
            "<Message>Said there.</Message></Error></ErrorResponse>"
        ).encode()
        self.answer(status, {}, body)


def test_credentials_need_not_be_allowed_to_look() -> None:
    with Answers((403, "AccessDenied"), (403, "InvalidClientTokenId")) as server:
        options = {"distributions": ["E1", "E2"], **server.access}
        with pytest.raises(AccessDeniedError, match="look up distribution 'E2'"):
            Invalidation(options).check()
    assert server.answers == []


def test_a_repeated_request_keeps_its_reference() -> None:
    with Answers((503, "ServiceUnavailable"), (201, "")) as server:
        options = {"distributions": ["E1"], **server.access}
        assert Invalidation(options).send(NAMES) == PATHS
    references = [
        ElementTree.fromstring(body).findtext("{*}CallerReference")
        for body in server.bodies
    ]
    assert len(references) == 2
    assert references[0] is not None and references[0] == references[1]


@pytest.mark.parametrize(
    ("status", "code", "kind", "text"),
    [
        (400, "TooManyInvalidationsInProgress", StoreError, "Wait until earlier ones"),
        (413, "BatchTooLarge", StoreError, "Lower invalidate.limit"),
        (403, "AccessDenied", AccessDeniedError, "cloudfront:CreateInvalidation"),
        (404, "NoSuchDistribution", ConfigurationError, "Correct invalidate.dist"),
        (400, "InvalidArgument", StoreError, "Said there"),
    ],
)
def test_what_is_refused(
    status: int, code: str, kind: type[LongshoreError], text: str
) -> None:
    with Answers((status, code)) as server:
        with pytest.raises(kind, match=text) as caught:
            Invalidation({"distributions": ["E1"], **server.access}).send(NAMES)
    assert f"Said there ({code})" in str(caught.value)
    assert "Run again" in str(caught.value)
    assert len(server.bodies) == 1


# -- as part of a publication


def test_a_publication_invalidates_what_it_changed(
    network: Network, places: Places
) -> None:
    source, destination = places("local"), places("seaweedfs")
    source.fill({"index.html": b"1", "docs/index.html": b"2", "a.css": b"3"})
    distribution = network.add()
    option = {"distributions": [distribution], **network.access}
    with network.trusting():
        first = sync(source, destination, invalidate=option)
    everything = ["/", "/a.css", "/docs/", "/docs/index.html", "/index.html"]
    assert first.values["invalidated"] == everything
    assert not sync(source, destination, invalidate=option).changed

    source.put("docs/index.html", b"22")
    source.delete("a.css")
    check = sync(source, destination, check=True, invalidate=option)
    with network.trusting():
        second = sync(source, destination, invalidate=option)
    changed = ["/a.css", "/docs/", "/docs/index.html"]
    assert second.values["invalidated"] == check.values["invalidated"] == changed
    assert sorted(paths for paths, _reference in network.batches(distribution)) == [
        everything,
        changed,
    ]


def test_an_unknown_distribution_stops_it_before_anything_is_published(
    network: Network, places: Places
) -> None:
    source, destination = places("local"), places("seaweedfs")
    source.fill({"index.html": b"1"})
    destination.fill({"old": b"0"})
    option = {"distributions": ["E404"], **network.access}
    with network.trusting():
        result = attempt(source, destination, invalidate=option)
    assert result.failed and "'E404'" in result.msg
    assert destination.tree() == {"old": b"0"}


def test_what_could_not_be_invalidated_is_with_the_next_run(
    network: Network, places: Places
) -> None:
    source, destination = places("local"), places("seaweedfs")
    source.fill({"index.html": b"1", "a/b": b"2"})
    distribution = network.add()
    option = {"distributions": [distribution], **network.access}
    with Answers((403, "AccessDenied"), (400, "TooManyInvalidations")) as server:
        refusing = {**option, "endpoint": server.access["endpoint"]}
        failed = attempt(source, destination, invalidate=refusing)
    assert failed.failed and "Run again" in failed.msg
    assert network.access["secret"] not in failed.text
    assert destination.tree() == {"index.html": b"1", "a/b": b"2"}
    with network.trusting():
        again = sync(source, destination, invalidate=option)
    assert again.changed and again.counts.unchanged == 2
    assert again.values["invalidated"] == ["/", "/a/b", "/index.html"]
    assert not sync(source, destination, invalidate=option).changed


def test_hosts_that_share_a_sync_send_one_for_all(
    places: Places, network: Network, tmp_path: Path
) -> None:
    distribution = network.add()
    source, destination = places("local"), places("seaweedfs")
    source.fill({f"{number}.txt": b"%d" % number for number in range(12)})
    destination.make()
    invalidate = {
        "distributions": [distribution],
        "limit": 20,
        **network.access,
    }
    hosts = Hosts(source, destination, 3, tmp_path, invalidate=invalidate)
    with network.trusting():
        results = hosts.all()
    assert not any(result.failed for result in results), results
    ((paths, _reference),) = network.batches(distribution)
    assert sorted(paths) == sorted(f"/{number}.txt" for number in range(12))
    assert [r.values["invalidated"] for r in results] == [sorted(paths), [], []]
