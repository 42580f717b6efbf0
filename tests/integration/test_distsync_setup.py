# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``distsync_setup`` as users run it: made, repaired, rotated and removed on servers with IAM."""

from __future__ import annotations

import dataclasses
import json
import stat
import typing as t
import uuid
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from ansible_collections.longshore.storage.plugins.module_utils._distsync import (
    _identities,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_file import (
    read_configuration,
    write_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._identity import (
    POLICY_NAME,
    AccessKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._layout import (
    ARTIFACTS,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._policies import (
    reader_policy,
    same_policy,
    uploader_policy,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup_files import (
    ROLES,
    Role,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.modules import distsync_setup
from tests.integration.identities import EVERYTHING, Server, client_of
from tests.integration.module import Result, call
from tests.servers.moto import Moto


class Scene:
    """A bucket of a name of its own, and the two files."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        self.name = f"longshore-{uuid.uuid4().hex[:16]}"
        self.paths: dict[Role, Path] = {role: folder / f"{role}.toml" for role in ROLES}
        self.users: dict[Role, str] = {
            "uploader": f"{self.name}-uploader",
            "daemon": f"{self.name}-reader",
        }
        self.s3 = client_of(server, "s3")
        self.iam = client_of(server, "iam")

    @property
    def provider(self) -> dict[str, t.Any]:
        return {
            "id": "S3",
            "endpoint": f"http://127.0.0.1:{self.server.port}",
            "region": self.server.region,
            "key": self.server.key,
            "secret": self.server.secret,
        }

    def attempt(self, *rotate: str, check: bool = False, **options: t.Any) -> Result:
        given: dict[str, t.Any] = {
            "provider": self.provider,
            "bucket": self.name,
            **{role: {"path": str(path)} for role, path in self.paths.items()},
            **({"rotate": list(rotate)} if rotate else {}),
            **options,
        }
        result = call(
            distsync_setup, _ansible_check_mode=check, _ansible_diff=True, **given
        )
        shown = {**result.values, "invocation": None}
        for secret in (*self.secrets(), self.server.secret):
            assert secret not in json.dumps(shown)
        return result

    def __call__(self, *rotate: str, **options: t.Any) -> Result:
        result = self.attempt(*rotate, **options)
        assert not result.failed, result.msg
        return result

    def refused(self, *rotate: str, **options: t.Any) -> str:
        result = self.attempt(*rotate, **options)
        assert result.failed, result.values
        return result.msg

    def warnings(self, result: Result) -> set[str]:
        """Those about this scene: Ansible keeps the ones of all modules that ran in a process."""
        return {one for one in result.warnings if self.name in one}

    def settled(self) -> None:
        """A further run changes nothing."""
        before = [path.read_text() for path in self.paths.values()]
        again = self()
        assert not again.changed, again.values["changes"]
        assert again.values["diff"]["before"] == again.values["diff"]["after"]
        assert [path.read_text() for path in self.paths.values()] == before

    def read(self, role: Role) -> Configuration:
        return read_configuration(str(self.paths[role])).configuration

    def key(self, role: Role) -> AccessKey:
        store = self.read(role).store
        assert store.key and store.secret
        return AccessKey(store.key, store.secret)

    def secrets(self) -> t.Iterator[str]:
        for role, path in self.paths.items():
            if path.exists():
                found = self.read(role)
                yield found.secret.encode()
                if found.store.secret:
                    yield found.store.secret
                if found.signing_key:
                    yield found.signing_key.encode()

    def may(self, key: AccessKey, method: str, **parameters: t.Any) -> bool:
        """Whether the server lets an access key do that to an object of the contents."""
        client = client_of(self.server, "s3", key)
        try:
            getattr(client, method)(Bucket=self.name, Key=ARTIFACTS + "x", **parameters)
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
            return False
        return True

    def works(self, role: Role, key: AccessKey | None = None) -> bool:
        """Whether an access key may do what its role is for; the bucket has the object then."""
        key = key or self.key(role)
        if role == "uploader":
            return self.may(key, "put_object", Body=b"x")
        self.s3.put_object(Bucket=self.name, Key=ARTIFACTS + "x", Body=b"x")
        return self.may(key, "get_object")

    def key_ids(self, role: Role) -> set[str]:
        listed = self.iam.list_access_keys(UserName=self.users[role])
        return {one["AccessKeyId"] for one in listed["AccessKeyMetadata"]}

    def gone(self) -> bool:
        """Whether nothing of it is there."""
        users = {one["UserName"] for one in self.iam.list_users()["Users"]}
        buckets = {one["Name"] for one in self.s3.list_buckets()["Buckets"]}
        files = [path for path in self.paths.values() if path.exists()]
        return not (users & {*self.users.values()} or self.name in buckets or files)


@pytest.fixture(params=["moto", "seaweedfs"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> t.Iterator[Scene]:
    made = Scene(request.getfixturevalue(request.param), tmp_path)
    yield made
    for path in made.paths.values():
        path.unlink(missing_ok=True)
    made(state="absent", delete_bucket=True, force=True)


# -- made


def test_made_once(scene: Scene) -> None:
    checked = scene(check=True)
    assert scene.gone()
    made = scene()
    for result in (checked, made):
        assert result.changed and result.values["bucket_created"]
        assert all(result.values[role]["key_made"] for role in ROLES)
    assert made.values["changes"] == checked.values["changes"]
    assert made.values["diff"] == checked.values["diff"]
    for role in ROLES:
        assert made.values[role]["user"] == scene.users[role]
        assert stat.S_IMODE(scene.paths[role].stat().st_mode) == 0o600
        assert scene.works(role)
        assert scene.key_ids(role) == {scene.key(role).id}
    assert scene.read("uploader").secret == scene.read("daemon").secret
    public = scene.read("daemon").public_key
    assert public and made.values["public_key"] == public.encode()
    assert made.values["public_key_fingerprint"] == public.fingerprint
    scene.settled()


def test_each_may_do_its_own_alone(scene: Scene) -> None:
    scene()
    uploader, daemon = (scene.key(role) for role in ROLES)
    scene.s3.put_object(Bucket=scene.name, Key=ARTIFACTS + "x", Body=b"x")
    assert not scene.may(uploader, "get_object")
    assert not scene.may(daemon, "put_object", Body=b"y")
    assert not scene.may(daemon, "delete_object")
    for role, policy in (("uploader", uploader_policy), ("daemon", reader_policy)):
        found = scene.iam.get_user_policy(
            UserName=scene.users[t.cast(Role, role)], PolicyName=POLICY_NAME
        )
        assert same_policy(found["PolicyDocument"], policy(scene.name))


def test_reports(scene: Scene) -> None:
    scene()
    result = scene(reports=True)
    assert result.values["changes"] == [
        f"correct the policy of user {scene.users['daemon']!r}"
    ]
    assert not scene(reports=True).changed


# -- repaired


def set_policy(scene: Scene) -> None:
    scene.iam.put_user_policy(
        UserName=scene.users["uploader"],
        PolicyName=POLICY_NAME,
        PolicyDocument=EVERYTHING,
    )


def switch_key_off(scene: Scene) -> None:
    scene.iam.update_access_key(
        UserName=scene.users["daemon"],
        AccessKeyId=scene.key("daemon").id,
        Status="Inactive",
    )


def delete_key(scene: Scene) -> None:
    scene.iam.delete_access_key(
        UserName=scene.users["uploader"], AccessKeyId=scene.key("uploader").id
    )


def delete_user(scene: Scene) -> None:
    user = {"UserName": scene.users["uploader"]}
    delete_key(scene)
    scene.iam.delete_user_policy(**user, PolicyName=POLICY_NAME)
    scene.iam.delete_user(**user)


def delete_bucket(scene: Scene) -> None:
    scene.s3.delete_bucket(Bucket=scene.name)


def open_file(scene: Scene) -> None:
    scene.paths["uploader"].chmod(0o640)


def edit_file(scene: Scene) -> None:
    found = scene.read("daemon")
    store = dataclasses.replace(found.store, region="eu-west-1")
    write_configuration(
        str(scene.paths["daemon"]),
        dataclasses.replace(found, store=store, public_key=None),
    )


DRIFTS = [
    set_policy,
    switch_key_off,
    delete_key,
    delete_user,
    delete_bucket,
    open_file,
    edit_file,
]


@pytest.mark.parametrize("drift", DRIFTS, ids=lambda drift: drift.__name__)
def test_what_drifted_is_repaired(
    scene: Scene, drift: t.Callable[[Scene], None]
) -> None:
    scene()
    before = [scene.read(role) for role in ROLES]
    drift(scene)
    checked = scene(check=True)
    done = scene()
    assert done.changed and done.values["changes"] == checked.values["changes"]
    for role, old in zip(ROLES, before, strict=True):
        now = scene.read(role)
        assert now == dataclasses.replace(old, store=now.store)
        assert scene.works(role)
        assert scene.key_ids(role) == {scene.key(role).id}
    scene.settled()


def test_a_daemons_file_that_is_gone(scene: Scene) -> None:
    scene()
    before, old = scene.read("daemon"), scene.key("daemon")
    scene.paths["daemon"].unlink()
    result = scene()
    now = scene.read("daemon")
    assert now == dataclasses.replace(before, store=now.store)
    # where the first is in use nobody knows here
    assert scene.works("daemon", old) and scene.works("daemon")
    [warning] = scene.warnings(result)
    assert scene.users["daemon"] in warning and "old_keys: delete" in warning
    assert scene(old_keys="delete").changed
    assert scene.key_ids("daemon") == {scene.key("daemon").id}
    assert not scene(old_keys="delete").changed


def test_both_files_are_gone(scene: Scene) -> None:
    scene()
    kept = {path: path.read_text() for path in scene.paths.values()}
    for path in kept:
        path.unlink()
    assert "set this bucket up before" in scene.refused()
    assert not any(path.exists() for path in kept)
    result = scene("keys", "secret", "signing")
    assert result.changed
    assert {path: path.read_text() for path in kept} != kept
    for role in ROLES:
        assert scene.key_ids(role) == {scene.key(role).id}
    scene.settled()


def test_the_odd_one_of_two_files(scene: Scene) -> None:
    scene()
    for odd in ROLES:
        right = scene.read(odd)
        store = dataclasses.replace(right.store, key="AKIAEXAMPLE000000000")
        write_configuration(
            str(scene.paths[odd]),
            dataclasses.replace(right, secret=SharedSecret.generate(), store=store),
        )
        assert f"The odd one is {scene.paths[odd]}:" in scene.refused()
        write_configuration(str(scene.paths[odd]), right)
    scene.settled()


# -- rotated


def test_other_access_keys_at_once(scene: Scene) -> None:
    scene()
    old = {role: scene.key(role) for role in ROLES}
    result = scene("keys")
    for role in ROLES:
        assert result.values[role]["key_made"] and scene.works(role)
        assert scene.key_ids(role) == {scene.key(role).id} != {old[role].id}
        assert not scene.works(role, old[role])
    assert [one.split()[0] for one in result.values["next_steps"]] == ["Copy"]
    scene.settled()


def test_other_access_keys_beside_the_old_ones(scene: Scene) -> None:
    scene()
    old = {role: scene.key(role) for role in ROLES}
    result = scene("keys", old_keys="keep")
    assert "old_keys: delete" in result.values["next_steps"][-1]
    for role in ROLES:
        assert scene.works(role) and scene.works(role, old[role])
    again = scene()
    assert not again.changed and len(scene.warnings(again)) == 2
    assert scene(old_keys="delete", check=True).changed
    assert scene(old_keys="delete").changed
    for role in ROLES:
        assert scene.works(role) and not scene.works(role, old[role])
    scene.settled()


def test_all_at_once(scene: Scene) -> None:
    scene()
    before = scene.read("uploader")
    checked = scene("keys", "secret", "signing", check=True)
    assert scene.read("uploader") == before
    result = scene("keys", "secret", "signing")
    assert result.values["changes"] == checked.values["changes"]
    after = scene.read("uploader")
    assert after.secret != before.secret and after.signing_key != before.signing_key
    assert scene.read("daemon").secret == after.secret
    scene.settled()


# -- gone


def test_absent(scene: Scene) -> None:
    scene()
    old = {role: scene.key(role) for role in ROLES}
    scene.s3.put_object(Bucket=scene.name, Key="feed/x", Body=b"x")
    assert "not empty" in scene.refused(state="absent", delete_bucket=True)
    scene.settled()
    checked = scene(state="absent", check=True)
    done = scene(state="absent")
    assert done.values["changes"] == checked.values["changes"]
    assert len(done.values["changes"]) == 4
    for role in ROLES:
        assert not scene.may(old[role], "get_object")
    assert scene.s3.list_objects_v2(Bucket=scene.name)["KeyCount"] == 1
    assert not scene(state="absent").changed
    away = scene(state="absent", delete_bucket=True, force=True)
    assert away.values["bucket_deleted"] and scene.gone()
    assert not scene(state="absent", delete_bucket=True, force=True).changed


# -- stopped and refused


def test_what_was_done_until_it_failed(moto: Moto, tmp_path: Path) -> None:
    scene = Scene(moto, tmp_path)
    scene()
    set_policy(scene)
    # no room for a further key
    scene.iam.create_access_key(UserName=scene.users["daemon"])
    scene.paths["daemon"].unlink()
    result = scene.attempt()
    assert result.failed and result.changed
    corrected = f"correct the policy of user {scene.users['uploader']!r}"
    assert result.values["changes"] == [corrected]
    assert f"Done until then: {corrected}." in result.msg
    assert "as many access keys as it may have" in result.msg
    result = scene("keys")
    assert result.changed
    scene.settled()
    scene(state="absent", delete_bucket=True, force=True)


def test_somebody_elses_user(scene: Scene) -> None:
    user = {"UserName": scene.users["daemon"]}
    scene.iam.create_user(**user)
    scene.iam.put_user_policy(**user, PolicyName="own", PolicyDocument=EVERYTHING)
    assert "somebody else's" in scene.refused()
    # nothing was begun
    assert scene.name not in {b["Name"] for b in scene.s3.list_buckets()["Buckets"]}
    scene.iam.delete_user_policy(**user, PolicyName="own")
    scene.iam.delete_user(**user)


# -- identities that are given


def test_given(scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_arguments: object) -> None:
        raise AssertionError("IAM was asked")

    given = {
        role: {"path": str(path), "key": role, "secret": f"the-{role}s-own-secret"}
        for role, path in scene.paths.items()
    }
    with monkeypatch.context() as without:
        without.setattr(_identities, "Iam", never)
        result = scene(identities="given", **given)
        assert result.values["uploader"]["user"] is None
        for role in ROLES:
            assert scene.key(role) == AccessKey(role, f"the-{role}s-own-secret")
            assert f"the-{role}s" not in result.text
        assert not scene(identities="given", **given).changed
        # what is in the files stays
        assert not scene(identities="given").changed
        given["daemon"]["secret"] = "quite-another-secret"
        changed = scene(identities="given", **given)
        assert changed.values["changes"] == [
            f"write the configuration {scene.paths['daemon']}"
        ]
        assert "keys" in scene.refused("keys", identities="given", **given)
        assert scene(state="absent", identities="given").changed
    assert not any(path.exists() for path in scene.paths.values())
