# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two identities of a distribution: made, repaired, rotated, removed, and enforced by servers."""

from __future__ import annotations

import contextlib
import http.server
import json
import typing as t
import urllib.parse
import uuid
from dataclasses import dataclass

import boto3
import botocore.config
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
    ARTIFACTS,
    FEED,
    PREFIXES,
    RELEASES,
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
from tests.answering import QuietHandler, serving
from tests.integration.places import S3Place
from tests.servers._process import free_ports
from tests.servers.moto import Moto
from tests.servers.seaweedfs import SeaweedFS

Server = Moto | SeaweedFS
Role = t.Literal["uploader", "reader"]
ROLES: tuple[Role, ...] = ("uploader", "reader")

PART = 5 << 20
ELSEWHERE = "elsewhere/x"


def client_of(server: Server, service: str, key: AccessKey | None = None) -> t.Any:
    """As the administrator, or with an access key."""
    return boto3.client(
        service,
        endpoint_url=f"http://127.0.0.1:{server.port}",
        region_name=server.region,
        aws_access_key_id=key.id if key else server.key,
        aws_secret_access_key=key.secret if key else server.secret,
        config=botocore.config.Config(
            s3={"addressing_style": "path"}, retries={"max_attempts": 1}
        ),
    )


def identities(server: Server, bucket: str, **options: t.Any) -> Identities:
    return open_identities(server.endpoint(container=bucket), **options)


@pytest.fixture(params=["moto", "seaweedfs"])
def server(request: pytest.FixtureRequest) -> Server:
    return t.cast(Server, request.getfixturevalue(request.param))


# -- what is enforced


@dataclass
class Scene:
    """A bucket with an object below every prefix, a second bucket, and who acts on them."""

    place: S3Place
    other: S3Place
    users: dict[Role, str]
    s3: dict[Role, t.Any]
    iam: dict[Role, t.Any]
    #: What is in the bucket, as long as nobody was allowed to change it.
    known: dict[str, bytes] | None = None

    @property
    def bucket(self) -> str:
        return self.place.name

    def filled(self) -> dict[str, bytes]:
        if self.known is None:
            for prefix in PREFIXES:
                self.place.write(prefix + "x", b"old")
            self.place.write(ELSEWHERE, b"old")
            for key in (ARTIFACTS + "new", *(prefix + "y" for prefix in PREFIXES)):
                self.place.remove(key)
            self.other.write(ARTIFACTS + "x", b"other")
            self.known = self.place.everything()
        return self.known


@pytest.fixture(params=["moto", "seaweedfs"], scope="module")
def scene(request: pytest.FixtureRequest) -> t.Iterator[Scene]:
    server: Server = request.getfixturevalue(request.param)
    place, other = S3Place(server), S3Place(server)
    # somebody else's distribution, of a name that begins like this one's
    other.name = place.name + "-2"
    place.make()
    other.make()
    both = identities(server, place.name, reports=True)
    keys: dict[Role, AccessKey] = {}
    for role in ROLES:
        identity = getattr(both, role)
        made = identity.apply(identity.plan())
        assert made is not None
        keys[role] = made
    yield Scene(
        place,
        other,
        users={role: getattr(both, role).user for role in ROLES},
        s3={role: client_of(server, "s3", keys[role]) for role in ROLES},
        iam={role: client_of(server, "iam", keys[role]) for role in ROLES},
    )
    for identity in both:
        identity.remove()
    place.discard()
    other.discard()


Act = t.Callable[[Scene, Role, str], object]


def s3(method: str, **parameters: t.Any) -> Act:
    """A request about an object of the bucket; about the bucket where there is no key."""

    def act(scene: Scene, role: Role, key: str) -> object:
        about = {"Key": key} if key else {}
        request = getattr(scene.s3[role], method)
        return request(Bucket=scene.bucket, **about, **parameters)

    return act


def read(scene: Scene, role: Role, key: str) -> None:
    answer = scene.s3[role].get_object(Bucket=scene.bucket, Key=key)
    assert answer["Body"].read() == b"old"


def replace(scene: Scene, role: Role, key: str) -> None:
    """What was read, under the condition that it is still there."""
    found = scene.s3[role].get_object(Bucket=scene.bucket, Key=key)
    scene.s3[role].put_object(
        Bucket=scene.bucket, Key=key, Body=b"new", IfMatch=found["ETag"]
    )


def delete_many(scene: Scene, role: Role, key: str) -> None:
    answer = scene.s3[role].delete_objects(
        Bucket=scene.bucket, Delete={"Objects": [{"Key": key}]}
    )
    for error in answer.get("Errors", ()):
        status = {"HTTPStatusCode": 403 if error["Code"] == "AccessDenied" else 500}
        answer = {"Error": error, "ResponseMetadata": status}
        raise ClientError(answer, "DeleteObjects")


def in_parts(scene: Scene, role: Role, key: str) -> None:
    """Begun, looked at as after a kill, and completed."""
    client, bucket = scene.s3[role], scene.bucket
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    about = {"Bucket": bucket, "Key": key, "UploadId": upload}
    client.upload_part(**about, PartNumber=1, Body=bytes(PART))
    parts = client.list_parts(**about)["Parts"]
    kept = [{"PartNumber": one["PartNumber"], "ETag": one["ETag"]} for one in parts]
    client.complete_multipart_upload(**about, MultipartUpload={"Parts": kept})


def give_up_parts(scene: Scene, role: Role, key: str) -> None:
    client, bucket = scene.s3[role], scene.bucket
    upload = client.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]
    client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload)


def copy_from_artifacts(scene: Scene, role: Role, key: str) -> None:
    """To where it could be read."""
    scene.s3[role].copy_object(
        Bucket=scene.bucket,
        Key=key,
        CopySource={"Bucket": scene.bucket, "Key": ARTIFACTS + "x"},
    )


def elsewhere(method: str, **parameters: t.Any) -> Act:
    """A request about the other bucket."""

    def act(scene: Scene, role: Role, key: str) -> object:
        about = {"Key": key} if key else {}
        request = getattr(scene.s3[role], method)
        return request(Bucket=scene.other.name, **about, **parameters)

    return act


def iam(method: str, whose: Role | None = None, **parameters: t.Any) -> Act:
    """A request to IAM about one of the two users."""

    def act(scene: Scene, role: Role, key: str) -> object:
        about = {"UserName": scene.users[whose]} if whose else {}
        return getattr(scene.iam[role], method)(**about, **parameters)

    return act


EVERYTHING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::*"}
        ],
    }
)
PUBLIC = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "*",
            }
        ],
    }
)

write = s3("put_object", Body=b"new")
create = s3("put_object", Body=b"new", IfNoneMatch="*")
delete = s3("delete_object")
head = s3("head_object")

YES, NO = True, False

#: What is done, to which key, and whether the uploader and the (reporting) reader may.
TABLE: dict[str, tuple[Act, str, bool, bool]] = {
    "list": (s3("list_objects_v2"), "", YES, YES),
    "look at the bucket": (s3("head_bucket"), "", YES, YES),
    # contents
    "write contents": (create, ARTIFACTS + "new", YES, NO),
    "overwrite contents": (write, ARTIFACTS + "x", YES, NO),
    "write contents in parts": (in_parts, ARTIFACTS + "new", YES, NO),
    "give up contents in parts": (give_up_parts, ARTIFACTS + "new", YES, NO),
    "delete contents": (delete, ARTIFACTS + "x", YES, NO),
    "delete contents in a batch": (delete_many, ARTIFACTS + "x", YES, NO),
    "read contents": (read, ARTIFACTS + "x", NO, YES),
    "read a range of contents": (
        s3("get_object", Range="bytes=0-0"),
        ARTIFACTS + "x",
        NO,
        YES,
    ),
    "look at contents": (head, ARTIFACTS + "x", NO, YES),
    "copy contents to a release": (copy_from_artifacts, RELEASES + "y", NO, NO),
    "copy contents to the feed": (copy_from_artifacts, FEED + "y", NO, NO),
    "copy contents to a status": (copy_from_artifacts, STATUS + "y", NO, YES),
    # releases
    "write a release": (create, RELEASES + "y", YES, NO),
    "read a release": (read, RELEASES + "x", YES, YES),
    "delete a release": (delete, RELEASES + "x", YES, NO),
    "replace a release": (replace, RELEASES + "x", YES, NO),
    # the feed
    "read the feed": (read, FEED + "x", YES, YES),
    "look at the feed": (head, FEED + "x", YES, YES),
    "replace the feed": (replace, FEED + "x", YES, NO),
    "overwrite the feed": (write, FEED + "x", YES, NO),
    "delete the feed": (delete, FEED + "x", NO, NO),
    # status
    "write a status": (write, STATUS + "x", NO, YES),
    "read a status": (read, STATUS + "x", YES, NO),
    "delete a status": (delete, STATUS + "x", NO, NO),
    # what is not a distribution's
    "read elsewhere": (read, ELSEWHERE, NO, NO),
    "write elsewhere": (write, ELSEWHERE, NO, NO),
    "delete elsewhere": (delete, ELSEWHERE, NO, NO),
    "make public": (
        s3("put_object_acl", ACL="public-read"),
        ARTIFACTS + "x",
        NO,
        NO,
    ),
    # the bucket
    "read its policy": (s3("get_bucket_policy"), "", NO, NO),
    "write its policy": (s3("put_bucket_policy", Policy=PUBLIC), "", NO, NO),
    "make it public": (s3("put_bucket_acl", ACL="public-read"), "", NO, NO),
    "switch its versioning": (
        s3("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"}),
        "",
        NO,
        NO,
    ),
    "list versions": (s3("list_object_versions"), "", NO, NO),
    "delete it": (s3("delete_bucket"), "", NO, NO),
    # another bucket
    "list another": (elsewhere("list_objects_v2"), "", NO, NO),
    "look at another": (elsewhere("head_bucket"), "", NO, NO),
    "read from another": (elsewhere("get_object"), ARTIFACTS + "x", NO, NO),
    "write to another": (elsewhere("put_object", Body=b""), ARTIFACTS + "x", NO, NO),
    "delete in another": (elsewhere("delete_object"), ARTIFACTS + "x", NO, NO),
    # IAM
    "list users": (iam("list_users"), "", NO, NO),
    "make a user": (iam("create_user", UserName="intruder"), "", NO, NO),
    **{
        f"{what} of the {whose}": (iam(method, whose, **parameters), "", NO, NO)
        for whose in ROLES
        for what, method, parameters in (
            ("read the policy", "get_user_policy", {"PolicyName": POLICY_NAME}),
            (
                "widen the policy",
                "put_user_policy",
                {"PolicyName": POLICY_NAME, "PolicyDocument": EVERYTHING},
            ),
            (
                "add a policy",
                "put_user_policy",
                {"PolicyName": "more", "PolicyDocument": EVERYTHING},
            ),
            ("make a key", "create_access_key", {}),
            ("delete the user", "delete_user", {}),
        )
    },
}


#: Server -> where it judges otherwise than Amazon does; the other server stands for those.
OTHERWISE: dict[str, set[tuple[str, Role]]] = {
    "moto": {
        # it asks for an action s3:HeadBucket, where the right one is s3:ListBucket
        ("look at the bucket", "uploader"),
        ("look at the bucket", "reader"),
        # it asks for s3:DeleteObject on the bucket
        ("delete contents in a batch", "uploader"),
        # it does not ask for s3:GetObject on what is copied
        ("copy contents to a release", "uploader"),
        ("copy contents to the feed", "uploader"),
    },
    "seaweedfs": {
        # whoever has a key may make more of them for himself, which may do no more than it may
        ("make a key of the uploader", "uploader"),
        ("make a key of the reader", "reader"),
    },
}


def is_refused(act: Act, scene: Scene, role: Role, key: str) -> bool:
    """Whether the server says that this is not allowed; any other failure is raised."""
    try:
        act(scene, role, key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 403:
            return True
        raise
    return False


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("what", TABLE)
def test_who_may_do_what(scene: Scene, role: Role, what: str) -> None:
    act, key, *allowed = TABLE[what]
    before = scene.filled()
    scene.known = None
    may = allowed[ROLES.index(role)]
    if (what, role) in OTHERWISE[scene.place.server.name]:
        may = not may
    assert is_refused(act, scene, role, key) is not may
    if not may:
        assert scene.place.everything() == before
        assert scene.other.read(ARTIFACTS + "x") == b"other"
        scene.known = before


# -- what is made, and kept so


class Bucket:
    """A bucket with its identities, and the administrator's view of them."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"longshore-{uuid.uuid4().hex[:16]}"
        self.iam = client_of(server, "iam")

    def open(self, **options: t.Any) -> Identities:
        return identities(self.server, self.name, **options)

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


@pytest.mark.parametrize("role", ROLES)
def test_made_once(bucket: Bucket, role: Role) -> None:
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

    with serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as simple:
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
