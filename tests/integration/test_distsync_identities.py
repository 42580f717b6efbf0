# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two identities of a distribution: made, repaired, rotated, removed."""

from __future__ import annotations

import contextlib
import typing as t
import urllib.parse
import uuid

import pytest
from botocore.exceptions import ClientError

from ansible_collections.longshore.storage.plugins.module_utils._distsync._identities import (
    Identities,
    open_identities,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._identity import (
    POLICY_NAME,
    AccessKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._layout import (
    STATUS,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._policies import (
    same_policy,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ConfigurationError,
    LongshoreError,
    PlanRefusedError,
    UnreachableError,
)
from tests.answering import AnsweringServer, QuietHandler
from tests.integration.identities import EVERYTHING, Server, client_of
from tests.integration.places import S3Place
from tests.servers._process import free_ports
from tests.servers.moto import Moto


@pytest.fixture(params=["moto", "seaweedfs"])
def server(request: pytest.FixtureRequest) -> Server:
    return t.cast(Server, request.getfixturevalue(request.param))


class Bucket:
    """A bucket with its identities, and the administrator's view of them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"longshore-{uuid.uuid4().hex[:16]}"
        self.iam = client_of(server, "iam")

    def open(self, **options: t.Any) -> Identities:
        return open_identities(self.server.endpoint(container=self.name), **options)

    def key_ids(self, user: str) -> set[str]:
        listed = self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        return {one["AccessKeyId"] for one in listed}

    def works(self, key: AccessKey) -> bool:
        """Whether the server knows the key at all; there need not be a bucket for it."""
        try:
            client_of(self.server, "s3", key).list_objects_v2(Bucket=self.name)
        except ClientError as error:
            return bool(error.response["ResponseMetadata"]["HTTPStatusCode"] == 404)
        return True


@pytest.fixture()
def bucket(server: Server) -> t.Iterator[Bucket]:
    made = Bucket(server)
    yield made
    for identity in made.open():
        with contextlib.suppress(PlanRefusedError):
            identity.remove()


@pytest.mark.parametrize("role", ["uploader", "reader"])
def test_made_once(bucket: Bucket, role: str) -> None:
    identity = getattr(bucket.open(), role)
    assert not identity.exists()
    plan = identity.plan()
    assert plan.makes_key and plan.before == {} and not identity.exists()
    key = identity.apply(plan)
    assert key is not None and bucket.works(key)
    again = identity.plan(key.id)
    assert (again.changes, again.makes_key, again.other_keys) == ((), False, 0)
    assert again.before == again.after
    assert identity.apply(again) is None
    assert bucket.key_ids(identity.user) == {key.id}


def test_a_key_that_is_in_no_configuration_is_made_anew(bucket: Bucket) -> None:
    identity = bucket.open().reader
    first = identity.apply(identity.plan())
    plan = identity.plan(None)
    assert plan.changes == (f"make an access key of user {identity.user!r}",)
    second = identity.apply(plan)
    assert first and second and first != second
    # who knows where the first is in use
    assert bucket.works(first) and bucket.works(second)
    assert identity.plan(second.id).other_keys == 1


def test_a_key_that_was_switched_off_is_replaced(bucket: Bucket) -> None:
    identity = bucket.open().reader
    key = identity.apply(identity.plan())
    assert key is not None
    bucket.iam.update_access_key(
        UserName=identity.user, AccessKeyId=key.id, Status="Inactive"
    )
    plan = identity.plan(key.id)
    assert plan.makes_key
    new = identity.apply(plan)
    assert new is not None and bucket.works(new)


def test_a_drifted_policy_is_corrected(bucket: Bucket) -> None:
    identity = bucket.open().uploader
    key = identity.apply(identity.plan())
    assert key is not None
    bucket.iam.put_user_policy(
        UserName=identity.user, PolicyName=POLICY_NAME, PolicyDocument=EVERYTHING
    )
    plan = identity.plan(key.id)
    assert plan.changes == (f"correct the policy of user {identity.user!r}",)
    assert plan.before != plan.after
    assert identity.apply(plan) is None
    found = bucket.iam.get_user_policy(UserName=identity.user, PolicyName=POLICY_NAME)
    assert same_policy(found["PolicyDocument"], identity.policy)
    assert identity.plan(key.id).changes == ()


def test_a_policy_that_was_deleted_is_written_again(bucket: Bucket) -> None:
    identity = bucket.open().uploader
    key = identity.apply(identity.plan())
    assert key is not None
    bucket.iam.delete_user_policy(UserName=identity.user, PolicyName=POLICY_NAME)
    identity.apply(identity.plan(key.id))
    assert identity.plan(key.id).changes == ()


def test_a_killed_run_is_gone_on_with(bucket: Bucket) -> None:
    identity = bucket.open().uploader
    bucket.iam.create_user(UserName=identity.user)
    assert identity.apply(identity.plan()) is not None


def test_further_permissions_are_taken_away(bucket: Bucket) -> None:
    identity = bucket.open().uploader
    key = identity.apply(identity.plan())
    assert key is not None
    group = f"{bucket.name}-group"
    user = {"UserName": identity.user}
    bucket.iam.put_user_policy(**user, PolicyName="more", PolicyDocument=EVERYTHING)
    bucket.iam.create_group(GroupName=group)
    bucket.iam.add_user_to_group(**user, GroupName=group)
    made = bucket.iam.create_policy(
        PolicyName=f"{bucket.name}-all", PolicyDocument=EVERYTHING
    )
    arn = made["Policy"]["Arn"]
    bucket.iam.attach_user_policy(**user, PolicyArn=arn)
    plan = identity.plan(key.id)
    assert plan.changes == (
        f"take inline policy 'more' from user {identity.user!r}",
        f"take attached policy '{bucket.name}-all' from user {identity.user!r}",
        f"take group {group!r} from user {identity.user!r}",
    )
    identity.apply(plan)
    assert identity.plan(key.id).changes == ()
    bucket.iam.delete_policy(PolicyArn=arn)
    bucket.iam.delete_group(GroupName=group)


def test_somebody_elses_user_is_left_alone(bucket: Bucket) -> None:
    identity = bucket.open().uploader
    user = {"UserName": identity.user}
    bucket.iam.create_user(**user)
    bucket.iam.put_user_policy(**user, PolicyName="own", PolicyDocument=EVERYTHING)
    for ask in (identity.plan, identity.exists, identity.remove):
        with pytest.raises(PlanRefusedError, match="inline policy 'own'"):
            ask()
    assert bucket.iam.list_user_policies(**user)["PolicyNames"] == ["own"]
    bucket.iam.delete_user_policy(**user, PolicyName="own")


def test_a_user_with_somebody_elses_keys_gets_no_rights(bucket: Bucket) -> None:
    """Who made it beforehand would have them, too."""
    identity = bucket.open().uploader
    bucket.iam.create_user(UserName=identity.user)
    bucket.iam.create_access_key(UserName=identity.user)
    with pytest.raises(PlanRefusedError, match="access keys"):
        identity.plan()
    assert not bucket.iam.list_user_policies(UserName=identity.user)["PolicyNames"]


def test_reports_are_switched_on_and_off(bucket: Bucket) -> None:
    identity = bucket.open().reader
    key = identity.apply(identity.plan())
    assert key is not None
    for reports in (True, False):
        identity = bucket.open(reports=reports).reader
        assert identity.plan(key.id).changes == (
            f"correct the policy of user {identity.user!r}",
        )
        identity.apply(identity.plan(key.id))
        assert identity.plan(key.id).changes == ()


def test_a_status_takes_reports(bucket: Bucket) -> None:
    place = S3Place(bucket.server)
    place.name = bucket.name
    place.make()
    identity = bucket.open().reader
    key = identity.apply(identity.plan())
    assert key is not None
    client = client_of(bucket.server, "s3", key)
    with pytest.raises(ClientError, match="AccessDenied"):
        client.put_object(Bucket=bucket.name, Key=STATUS + "x", Body=b"")
    place.discard()


# -- keys


def test_rotation_makes_the_new_key_before_the_old_one_goes(bucket: Bucket) -> None:
    identity = bucket.open().uploader
    old = identity.apply(identity.plan())
    assert old is not None
    new = identity.apply(identity.plan(old.id, rotate=True))
    assert new is not None
    assert bucket.works(old) and bucket.works(new)
    assert identity.retire_keys(new) == 1
    assert bucket.works(new) and not bucket.works(old)
    assert bucket.key_ids(identity.user) == {new.id}
    assert identity.retire_keys(new.id) == 0


def test_a_rotation_that_was_cut_short_is_done_again(bucket: Bucket) -> None:
    identity = bucket.open().uploader
    old = identity.apply(identity.plan())
    assert old is not None
    lost = identity.apply(identity.plan(old.id, rotate=True))
    # where a user has two keys at most, it is not the one in use that makes room
    new = identity.apply(identity.plan(old.id, rotate=True))
    assert lost and new
    assert bucket.works(old) and bucket.works(new)
    identity.retire_keys(new)
    assert bucket.key_ids(identity.user) == {new.id}


def test_a_key_that_could_not_be_written_down_is_deleted(bucket: Bucket) -> None:
    identity = bucket.open().uploader
    key = identity.apply(identity.plan())
    assert key is not None
    identity.delete_key(key)
    identity.delete_key(key)
    assert not bucket.works(key)


def test_no_room_for_a_key(moto: Moto) -> None:
    bucket = Bucket(moto)
    identity = bucket.open().reader
    made = {identity.apply(identity.plan()) for _time in range(2)}
    with pytest.raises(ConfigurationError, match="rotate: keys") as caught:
        identity.apply(identity.plan())
    assert not any(key and key.id in str(caught.value) for key in made)
    assert len(bucket.key_ids(identity.user)) == 2
    # a rotation has nothing else to go by than age
    assert identity.apply(identity.plan(rotate=True)) is not None
    identity.remove()


# -- removed


def test_removed(bucket: Bucket) -> None:
    for identity in bucket.open():
        key = identity.apply(identity.plan())
        assert key is not None
        identity.apply(identity.plan(key.id, rotate=True))
        user = {"UserName": identity.user}
        bucket.iam.put_user_policy(**user, PolicyName="m", PolicyDocument=EVERYTHING)
        assert identity.remove() is True
        assert not identity.exists() and not bucket.works(key)
        assert identity.remove() is False


# -- refused


def refused(endpoint: Endpoint) -> LongshoreError:
    with pytest.raises(LongshoreError) as caught:
        open_identities(endpoint).uploader.plan()
    text = f"{caught.value} {caught.value!r} {endpoint!r}"
    assert not any(one in text for one in (endpoint.key, endpoint.secret) if one)
    return caught.value


@pytest.mark.parametrize(
    "wrong", [{"key": "AKIANOBODYATALL00000"}, {"secret": "not-that-one-either"}]
)
def test_credentials_that_are_not_known(server: Server, wrong: dict[str, str]) -> None:
    error = refused(server.endpoint(container="somewhere", **wrong))
    assert isinstance(error, AccessDeniedError)
    assert "somewhere-uploader" in error.message and "identities: given" in error.hint


def test_credentials_that_may_not(bucket: Bucket) -> None:
    identity = bucket.open().uploader
    key = identity.apply(identity.plan())
    assert key is not None
    endpoint = bucket.server.endpoint(
        container=bucket.name, key=key.id, secret=key.secret
    )
    error = refused(endpoint)
    assert isinstance(error, AccessDeniedError)
    assert "AccessDenied" in error.message and "identities: given" in error.hint


def at(port: int, **changes: t.Any) -> Endpoint:
    fields: dict[str, t.Any] = {
        "key": "AKIAEXAMPLE000000000",
        "secret": "quite-a-secret",
        "host": "127.0.0.1",
        "port": port,
        "secure": False,
        "retries": 0,
    }
    return Endpoint("MINIO", "somewhere", **{**fields, **changes})


Said = tuple[int, str, str]


@contextlib.contextmanager
def answering(answer: t.Callable[[str], Said]) -> t.Iterator[int]:
    """The port of a server that answers IAM's actions with a status, a content type and a body."""

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            form = urllib.parse.parse_qs(self.body().decode())
            status, kind, body = answer(form["Action"][0])
            self.answer(status, {"Content-Type": kind}, body.encode())

    with AnsweringServer(Handler) as simple:
        yield simple.server_port


@pytest.mark.parametrize(
    "said",
    [
        (405, "text/xml", "<Error><Code>MethodNotAllowed</Code></Error>"),
        (501, "text/xml", "<Error><Code>NotImplemented</Code></Error>"),
        (400, "text/xml", "<Error><Code>BadRequest</Code></Error>"),
        (404, "text/plain", "404 page not found"),
        (405, "text/plain", ""),
        (200, "text/html", "<!DOCTYPE html><p>Welcome"),
    ],
)
def test_a_server_without_iam(said: Said) -> None:
    with answering(lambda _action: said) as port:
        error = refused(at(port))
    assert isinstance(error, ConfigurationError)
    assert "does not answer as IAM does" in error.message
    assert "identities: given" in error.hint


def test_a_server_without_groups_and_managed_policies() -> None:
    lacking = {"ListAttachedUserPolicies": 400, "ListGroupsForUser": 501}

    def answer(action: str) -> Said:
        if action in lacking:
            code = "<Error><Code>InvalidAction</Code></Error>"
            return lacking[action], "text/xml", f"<ErrorResponse>{code}</ErrorResponse>"
        result = f"<{action}Result></{action}Result>"
        return 200, "text/xml", f"<{action}Response>{result}</{action}Response>"

    with answering(answer) as port:
        plan = open_identities(at(port)).reader.plan()
    assert [change.split()[0] for change in plan.changes] == ["write", "make"]


def test_nobody_there() -> None:
    [port] = free_ports(1)
    assert isinstance(refused(at(port)), UnreachableError)


def test_a_store_that_is_not_of_s3() -> None:
    endpoint = Endpoint("AZURE_BLOBS", "somewhere", key="account", secret="quiet")
    error = refused(endpoint)
    assert "AZURE_BLOBS" in error.message and "identities: given" in error.hint


def test_a_part_of_a_bucket() -> None:
    error = refused(at(1, prefix="apps/"))
    assert isinstance(error, ConfigurationError) and "'apps/'" in error.message
