# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A setup in a local folder: what the two files agree on, are kept as, and are replaced by."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import resource
import stat
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_file import (
    configuration_text,
    read_configuration,
    write_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._policies import (
    host_policy,
    reader_policy,
    uploader_policy,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup import (
    set_up,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup_files import (
    ROLES,
    FileOptions,
    Role,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup_options import (
    ROTATIONS,
    SetupOptions,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup_report import (
    SetupReport,
    SetupStoppedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._setup_wanted import (
    store_of,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._signed import (
    open_signed,
    seal_signed,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_256_GCM,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._failures import (
    SignatureError,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    PublicKey,
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    LongshoreError,
    PlanRefusedError,
)

SEEDS = 'SharedSecret = "aGVsbG9oZWxsb3dvcmxkMWhlbGxvaGVsbG93b3JsZDFJrVHB"\nStorage = "LOCAL"\n'


class Scene:
    """A folder for a bucket, and one for the files."""

    def __init__(self, folder: Path) -> None:
        self.bucket = folder / "bucket"
        self.paths: dict[Role, Path] = {
            "uploader": folder / "uploader.toml",
            "daemon": folder / "daemon.toml",
        }

    def options(self, **changes: t.Any) -> SetupOptions:
        fields: dict[str, t.Any] = {
            "endpoint": Endpoint("LOCAL", str(self.bucket)),
            "uploader": FileOptions(str(self.paths["uploader"])),
            "daemon": FileOptions(str(self.paths["daemon"])),
            "managed": False,
        }
        return SetupOptions(**{**fields, **changes})

    def __call__(self, *rotate: str, **changes: t.Any) -> SetupReport:
        return set_up(self.options(rotate=frozenset(rotate), **changes))

    def refused(self, *rotate: str, **changes: t.Any) -> str:
        """The message of a run that changes nothing."""
        before = self.texts()
        with pytest.raises(LongshoreError) as caught:
            self(*rotate, **changes)
        assert self.texts() == before
        assert not any(one in str(caught.value) for one in self.secrets())
        return str(caught.value)

    def read(self, role: Role) -> Configuration:
        return read_configuration(str(self.paths[role])).configuration

    def change(self, role: Role, **changes: t.Any) -> Configuration:
        """Somebody edits a file."""
        changed = dataclasses.replace(self.read(role), **changes)
        write_configuration(str(self.paths[role]), changed)
        return changed

    def texts(self) -> list[str]:
        return [path.read_text() for path in self.paths.values() if path.is_file()]

    def secrets(self) -> t.Iterator[str]:
        for path in self.paths.values():
            if path.is_file():
                for line in path.read_text().splitlines():
                    if line.startswith(("SharedSecret", "SigningKey")):
                        yield line.split('"')[1]


@pytest.fixture()
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_made_once(scene: Scene) -> None:
    checked = scene(check_mode=True)
    assert not scene.bucket.exists() and scene.texts() == []
    assert checked.changed and checked.result()["bucket_created"]
    assert checked.public_key is None
    made = scene()
    assert made.changes == checked.changes
    assert made.diff() == checked.diff()
    assert scene.bucket.is_dir()
    uploader, daemon = scene.read("uploader"), scene.read("daemon")
    assert uploader.secret == daemon.secret
    assert uploader.signing_key and daemon.signing_key is None
    assert daemon.public_key == uploader.signing_key.public == made.public_key
    assert uploader.public_key is None and uploader.handovers == ()
    for path in scene.paths.values():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    texts = scene.texts()
    again = scene()
    assert not again.changed and again.next_steps == [] and again.warnings == []
    assert again.public_key == made.public_key
    assert again.diff()["before"] == again.diff()["after"]
    assert scene.texts() == texts


def test_nothing_of_it_is_shown(scene: Scene) -> None:
    reports = [scene(), scene(), scene("secret", "signing"), scene("secret")]
    shown = json.dumps([(one.result(), one.diff(), one.warnings) for one in reports])
    secrets = list(scene.secrets())
    assert len(secrets) == 3
    assert not any(one in shown for one in secrets)
    assert "ed25519-signing:" not in shown
    before, after = (
        reports[3].diff()[side]["daemon"]["file"] for side in ("before", "after")
    )
    assert before["SharedSecret"] != after["SharedSecret"]


def test_what_the_task_says_and_what_it_leaves(scene: Scene) -> None:
    asked: dict[str, t.Any] = {
        "algorithm": AES_256_GCM,
        "channel": "canary",
        "delta": True,
        "output_dir": "/srv/releases",
    }
    scene(**asked)
    for role in ROLES:
        made = scene.read(role)
        assert (made.algorithm, made.channels, made.delta) == (
            AES_256_GCM,
            ("canary",),
            True,
        )
    assert scene.read("daemon").output_dir == "/srv/releases"
    assert scene.read("uploader").output_dir is None
    assert not scene(**asked).changed and not scene().changed
    kept = scene.change("daemon", channels=("stable", "canary"), poll_interval=60.0)
    assert not scene(**asked).changed and scene.read("daemon") == kept
    assert scene(channel="beta").changed
    assert scene.read("daemon").channels == ("beta",)
    assert scene.read("daemon").poll_interval == 60.0


def test_a_daemons_file_that_is_gone(scene: Scene) -> None:
    scene(delta=True)
    before = scene.read("daemon")
    scene.paths["daemon"].unlink()
    report = scene()
    assert report.changes == [f"write the configuration {scene.paths['daemon']}"]
    assert scene.read("daemon") == before


def test_an_uploaders_file_that_is_gone(scene: Scene) -> None:
    scene()
    secret, public = scene.read("daemon").secret, scene.read("daemon").public_key
    scene.paths["uploader"].unlink()
    message = scene.refused()
    assert str(scene.paths["uploader"]) in message and "rotate: signing" in message
    report = scene("signing")
    assert scene.read("uploader").secret == secret
    assert scene.read("daemon").public_key not in (None, public)
    # nobody can vouch for it
    assert scene.read("uploader").handovers == ()
    assert any("not before" in one for one in report.next_steps)


def test_an_uploaders_file_without_its_key(scene: Scene) -> None:
    scene()
    scene.change("uploader", signing_key=None)
    assert "has no SigningKey" in scene.refused()


def test_a_daemon_that_trusts_nobody_is_given_the_key(scene: Scene) -> None:
    scene()
    public = scene.read("daemon").public_key
    scene.change("daemon", public_key=None)
    assert scene().changed
    assert scene.read("daemon").public_key == public


def test_a_daemon_that_has_the_signing_key_loses_it(scene: Scene) -> None:
    scene()
    before = scene.texts()
    scene.change("daemon", signing_key=scene.read("uploader").signing_key)
    assert scene().changed
    assert scene.texts() == before


def test_a_file_that_is_open(scene: Scene) -> None:
    scene()
    path = scene.paths["daemon"]
    path.chmod(0o644)
    before = path.stat().st_ino
    for check in (True, False):
        report = scene(check_mode=check)
        assert report.changes == [
            f"close the configuration {path} to others (mode 0600)"
        ]
        assert len(report.warnings) == 1 and "rotate" in report.warnings[0]
        assert report.diff()["before"] != report.diff()["after"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.stat().st_ino == before
    assert not scene().changed


def test_an_owner(scene: Scene) -> None:
    scene()
    root = os.geteuid() == 0
    owner, group = (65534, 65534) if root else (os.geteuid(), os.getegid())
    daemon = FileOptions(str(scene.paths["daemon"]), str(owner), str(group))
    assert scene(daemon=daemon).changed is root
    found = scene.paths["daemon"].stat()
    assert (found.st_uid, found.st_gid) == (owner, group)
    assert not scene(daemon=daemon).changed
    scene("secret", daemon=daemon)
    found = scene.paths["daemon"].stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (owner, group, 0o600)


def test_a_bucket_that_is_gone(scene: Scene) -> None:
    scene()
    scene.bucket.rmdir()
    assert scene().changes == [f"make the bucket {str(scene.bucket)!r}"]


# -- what does not go together


def test_two_secrets(scene: Scene) -> None:
    scene()
    scene.change("daemon", secret=SharedSecret.generate())
    message = scene.refused()
    assert "SharedSecret" in message and "rotate: secret" in message
    assert all(str(path) in message for path in scene.paths.values())
    scene("secret")
    assert not scene().changed


def test_two_signing_keys(scene: Scene) -> None:
    scene()
    scene.change("daemon", public_key=PublicKey(bytes(32)))
    assert "signing key" in scene.refused()


def test_another_bucket(scene: Scene) -> None:
    scene()
    other = Endpoint("LOCAL", f"{scene.bucket}-2")
    for present in (True, False):
        message = scene.refused(endpoint=other, present=present)
        assert str(scene.paths["uploader"]) in message and "-2" in message
    assert not Path(other.container).exists()


def test_an_originals_file(scene: Scene) -> None:
    text = f'{SEEDS}StorageBucket = "{scene.bucket}"\n'
    scene.paths["uploader"].write_text(text)
    assert "distsync01" in scene.refused()
    overwritten = FileOptions(str(scene.paths["uploader"]), overwrite=True)
    scene(uploader=overwritten)
    assert not scene().changed


WRONG: t.Mapping[str, tuple[dict[str, t.Any], str]] = {
    "rotated away": ({"present": False, "rotate": frozenset(ROTATIONS)}, "absent"),
    "keys that are given": ({"rotate": frozenset({"keys"})}, "given"),
    "identities of a folder": ({"managed": True}, "identities: given"),
    "channel": ({"channel": "a b"}, "Channel must be"),
    "folder": ({"daemon": FileOptions("/no/such/folder/d")}, "/no/such/folder"),
    "a folder as file": ({"daemon": FileOptions("/usr")}, "/usr is a folder"),
    "owner": ({"daemon": FileOptions("/tmp/d", owner="nobody-at-all")}, "daemon.owner"),
    "group": ({"uploader": FileOptions("/tmp/d", group="no-group")}, "uploader.group"),
    "part": (
        {
            "endpoint": Endpoint("LOCAL", "/srv/b", prefix="apps/"),
            "present": False,
            "delete_bucket": True,
        },
        "part of a bucket",
    ),
    "credentials that are managed": (
        {"managed": True, "uploader": FileOptions("/tmp/d", key="AKIA", secret="x")},
        "uploader has credentials",
    ),
}


@pytest.mark.parametrize(("changes", "says"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_asked(scene: Scene, changes: t.Any, says: str) -> None:
    with pytest.raises((ConfigurationError, PlanRefusedError), match=says):
        set_up(scene.options(**changes))
    assert scene.texts() == [] and not scene.bucket.exists()


def test_one_file_for_both(scene: Scene) -> None:
    same = FileOptions(str(scene.paths["uploader"]))
    assert "both" in scene.refused(daemon=same)


@pytest.mark.parametrize("text", ["", "no toml", "Format = 1", '[Aws]\nRegion = ""'])
def test_files_that_are_none(scene: Scene, text: str) -> None:
    scene.paths["daemon"].write_text(text)
    for present in (True, False):
        assert str(scene.paths["daemon"]) in scene.refused(present=present)


# -- replaced


def test_another_secret(scene: Scene) -> None:
    scene()
    before = scene.read("uploader")
    assert scene("secret", check_mode=True).changed
    assert scene.read("uploader") == before
    report = scene("secret")
    after = scene.read("uploader")
    assert after.secret == scene.read("daemon").secret != before.secret
    assert after.signing_key == before.signing_key
    assert ["Publish" in one for one in report.next_steps] == [True, False]
    assert not scene().changed


def test_another_signing_key_is_vouched_for(scene: Scene) -> None:
    scene()
    pinned = [scene.read("daemon").public_key]
    for times in (1, 2):
        report = scene("signing")
        pinned.append(scene.read("daemon").public_key)
        assert report.public_key == pinned[-1] != pinned[-2]
        assert len(scene.read("uploader").handovers) == times
        assert "Publish in every channel before" in report.next_steps[0]
    assert scene.read("daemon").handovers == ()
    now = scene.read("uploader")
    assert now.signing_key and now.signing_key.public == pinned[-1]
    sealed = seal_signed(
        now.secret, "c", "p", b"x", now.signing_key, AES_256_GCM, now.handovers
    )
    for key in pinned:
        assert key is not None
        found = open_signed(now.secret, "c", "p", sealed, [key], label="it")
        assert found.payload == b"x"
    with pytest.raises(SignatureError):
        stranger = SigningKey.generate().public
        open_signed(now.secret, "c", "p", sealed, [stranger], label="it")
    assert not scene().changed


def test_a_daemon_that_is_behind_is_brought_up(scene: Scene) -> None:
    scene()
    old = scene.paths["daemon"].read_text()
    scene("signing")
    new = scene.paths["daemon"].read_text()
    scene.paths["daemon"].write_text(old)
    assert scene().changes == [f"write the configuration {scene.paths['daemon']}"]
    assert scene.paths["daemon"].read_text() == new


@pytest.mark.parametrize("text", ["a", "!" * 256, "A" * 255, "A" * 260])
def test_a_handover_that_is_none(scene: Scene, text: str) -> None:
    scene()
    path = scene.paths["uploader"]
    path.write_text(f'Handover = "{text}"\n{path.read_text()}')
    message = scene.refused()
    assert "Handover must be" in message and len(message) < 250


def test_handovers_by_others_do_not_count(scene: Scene) -> None:
    scene()
    old = scene.read("daemon")
    scene("signing")
    [one] = scene.read("uploader").handovers
    scene.change("uploader", handovers=(one._replace(by_old=bytes(64)),))
    write_configuration(str(scene.paths["daemon"]), old)
    assert "signing key" in scene.refused()


# -- gone


def test_absent(scene: Scene) -> None:
    scene()
    texts = scene.texts()
    checked = scene(present=False, check_mode=True)
    assert scene.texts() == texts
    report = scene(present=False)
    assert report.changes == checked.changes
    assert report.changes == [
        f"delete the configuration {p}" for p in scene.paths.values()
    ]
    assert scene.bucket.is_dir() and scene.texts() == []
    assert "still there" in report.next_steps[0]
    assert not scene(present=False).changed


def test_absent_with_the_bucket(scene: Scene) -> None:
    scene()
    (scene.bucket / "feed").mkdir()
    (scene.bucket / "feed" / "x").write_text("x")
    for check in (True, False):
        message = scene.refused(present=False, delete_bucket=True, check_mode=check)
        assert "not empty" in message
    report = scene(present=False, delete_bucket=True, force=True)
    assert report.result()["bucket_deleted"] and not scene.bucket.exists()
    assert scene.texts() == [] and report.next_steps == []
    assert not scene(present=False, delete_bucket=True, force=True).changed


def test_a_link_is_followed(scene: Scene, tmp_path: Path) -> None:
    real = tmp_path / "real.toml"
    scene.paths["daemon"].symlink_to(real)
    scene()
    assert real.is_file() and scene.paths["daemon"].is_symlink()
    scene(present=False)
    assert not real.exists() and not scene.paths["daemon"].is_symlink()


# -- stopped


def test_a_full_disk(scene: Scene) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, hard))
    try:
        with pytest.raises(SetupStoppedError) as caught:
            scene()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert str(scene.paths["uploader"]) in caught.value.message
    assert caught.value.report.changes == [f"make the bucket {str(scene.bucket)!r}"]
    result = caught.value.report.result()
    assert result["bucket_created"] and result["public_key"] is None
    assert not result["uploader"]["written"] and result["next_steps"] == []
    assert os.listdir(scene.bucket.parent) == ["bucket"]
    assert scene().changed
    assert not scene().changed


def test_credentials_of_the_administrator_get_into_no_file() -> None:
    # no server is asked: what is written is made of what was given alone

    admin = Endpoint("MINIO", "b", key="admin", secret="quiet", token="t", host="h")
    made = store_of(admin, None, "ci", "loud")
    text = configuration_text(Configuration(SharedSecret(bytes(32)), made))
    assert "ci" in text and not any(one in text for one in ("admin", "quiet"))
    assert made.token is None


def test_the_guide_has_the_policies_word_by_word() -> None:
    guide = Path(__file__).parents[4] / "docs" / "distsync_setup.md"
    found = re.findall(r"^```json\n(.*?)^```", guide.read_text(), re.M | re.S)
    uploader, reader, status, own = map(json.loads, found)
    assert uploader == uploader_policy("BUCKET")
    assert reader == reader_policy("BUCKET")
    assert [
        one
        for one in reader_policy("BUCKET", reports=True)["Statement"]
        if one not in reader["Statement"]
    ] == [status]
    host = host_policy("BUCKET", "ID")["Statement"]
    assert [one for one in host if one not in reader["Statement"]] == [own]
