# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each identity of a distribution may do, and may not, enforced by servers."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError

from ansible_collections.longshore.storage.plugins.module_utils._distsync._identities import (
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
from tests.integration.identities import EVERYTHING, Server, client_of
from tests.integration.places import S3Place

Role = t.Literal["uploader", "reader"]
ROLES: tuple[Role, ...] = ("uploader", "reader")

PART = 5 << 20
ELSEWHERE = "elsewhere/x"
YES, NO = True, False


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
    both = open_identities(server.endpoint(container=place.name), reports=True)
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
