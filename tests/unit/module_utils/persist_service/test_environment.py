# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The environment: what is understood, and that each wrong value is named."""

from __future__ import annotations

import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._mounts import (
    mounts_in,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist_service._environment import (
    Settings,
    read_settings,
)
from tests.servers._process import REPOSITORY
from tests.unit.module_utils.persist.snapshot_scene import pyrage

PAGE = (REPOSITORY / "docs" / "persistence_service.md").read_text()
TOKEN = "0123456789abcdef-secret"
RECIPIENT = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
MOUNTS = r"""
100 99 0:50 / / rw - overlay overlay rw
101 100 0:51 / /proc rw - proc proc rw
102 100 0:52 / /dev rw - tmpfs tmpfs rw
103 102 0:53 / /dev/shm rw - tmpfs shm rw
104 100 8:1 /containers/a/hosts /etc/hosts rw - ext4 /dev/sda1 rw
105 100 8:1 /volumes/www /var/www rw - ext4 /dev/sda1 rw
106 105 8:1 /volumes/more /var/www/more rw - ext4 /dev/sda1 rw
107 100 0:60 / /srv/a\040b rw - nfs4 server:/export rw
108 100 0:61 / /cache rw - tmpfs tmpfs rw
109 100 8:1 /state /var/lib/longshore-persistence rw - ext4 /dev/sda1 rw
110 100 8:1 /secrets /secrets rw - ext4 /dev/sda1 rw
111 100 0:62 / /run/secrets rw - ext4 /dev/sda1 rw
"""


def settings(folder: Path, **changes: str) -> Settings:
    return read_settings(environ(folder, **changes))


def environ(folder: Path, **changes: str) -> dict[str, str]:
    return {
        "S3_BUCKET_NAME": "volumes",
        "AWS_ACCESS_KEY_ID": "AKIA",
        "AWS_SECRET_ACCESS_KEY": "very-secret",
        "ALLOWED_PATHS": str(folder),
        "STATE_PATH": "/state",
        **changes,
    }


def refused(folder: Path, **changes: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        settings(folder, **changes)
    return str(caught.value)


def test_defaults(tmp_path: Path) -> None:
    made = settings(tmp_path)
    store = made.store
    assert (store.provider, store.container) == ("S3", "volumes")
    assert (store.region, store.url) == ("us-east-1", None)
    assert made.compress and made.legacy_get and not made.restore_on_start
    assert (made.port, made.address, made.host) == (80, "0.0.0.0", "persistence")
    assert made.allowed == made.schedule_paths == (str(tmp_path),)
    assert made.token is None and made.schedule is None and not made.keep
    assert "very-secret" not in repr(made) and "very-secret" in made.secrets


def test_everything(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN + "\n")
    (tmp_path / "key").write_text("from a file")
    (tmp_path / "a").mkdir()
    secret = SharedSecret.generate().encode()
    made = settings(
        tmp_path,
        AWS_SECRET_ACCESS_KEY="",
        AWS_SECRET_ACCESS_KEY_FILE=str(tmp_path / "key"),
        AWS_DEFAULT_REGION="eu-west-1",
        S3_ENDPOINT_URL="http://minio:9000",
        STORE_PREFIX="some/where",
        COMPRESS="False",
        AUTH_TOKEN_FILE=str(tmp_path / "token"),
        SAVE_TOKEN="another-" + TOKEN,
        ENCRYPTION_SECRET=secret,
        ALLOWED_PATHS=f"{tmp_path}/a/:{tmp_path}//token:{tmp_path}/a",
        SCHEDULE="30 3 * * 1-5",
        SCHEDULE_JITTER="0",
        SCHEDULE_PATHS=f"{tmp_path}/a/below",
        KEEP_DAILY="7",
        KEEP_WITHIN="1y6m",
        LEGACY_GET="no",
        RESTORE_ON_START="1",
        PORT="8080",
        MAX_JOBS="2",
        RATE_LIMIT="0",
        SNAPSHOT_HOST="wiki1",
    )
    store = made.store
    assert (store.secret, store.url) == ("from a file", "http://minio:9000")
    assert (store.region, store.prefix) == ("eu-west-1", "some/where/")
    assert made.token == TOKEN and made.save_token == "another-" + TOKEN
    assert made.encryption.name == "envelope" and not made.compress
    assert made.allowed == (f"{tmp_path}/a", f"{tmp_path}/token")
    assert made.schedule_paths == (f"{tmp_path}/a/below",)
    assert made.keep == {"keep_daily": 7, "keep_within": "1y6m"}
    assert not made.legacy_get and made.restore_on_start
    assert set(made.secrets) >= {TOKEN, secret, "from a file"}
    for one in made.secrets:
        assert one not in repr(made)


@pytest.mark.parametrize(
    ("others", "values"),
    [
        (
            {"STORE_ID": "S3", "STORE_CONTAINER": "volumes"},
            {"STORE_KEY": "AKIA", "STORE_SECRET": "secret", "STORE_TOKEN": "session"},
        ),
        (
            {"S3_BUCKET_NAME": "volumes"},
            {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"},
        ),
    ],
)
def test_every_secret_may_be_in_a_file(
    tmp_path: Path, others: dict[str, str], values: dict[str, str]
) -> None:
    tokens = {"AUTH_TOKEN": TOKEN, "SAVE_TOKEN": "another-" + TOKEN}
    plain = {"ALLOWED_PATHS": str(tmp_path), "STATE_PATH": "/state", **others}
    secret = SharedSecret.generate().encode()
    identities = "\n".join(
        str(pyrage.x25519.Identity.generate()) for _unused in range(2)
    )
    for more in ({"ENCRYPTION_SECRET": secret}, {"AGE_IDENTITIES": identities}):
        secrets = {**values, **tokens, **more}
        files = {}
        for name, value in secrets.items():
            (tmp_path / name).write_text(value + "\n")
            files[f"{name}_FILE"] = str(tmp_path / name)
        made = read_settings({**plain, **files})
        assert made == read_settings({**plain, **secrets})
        both = {**plain, **files, **more}
        with pytest.raises(ConfigurationError, match="are both set") as caught:
            read_settings(both)
        assert all(value not in str(caught.value) for value in secrets.values())


def test_other_providers(tmp_path: Path) -> None:
    made = settings(
        tmp_path,
        S3_BUCKET_NAME="",
        STORE_ID="azure_blobs",
        STORE_CONTAINER="volumes",
        STORE_KEY="account",
        STORE_SECRET="c2VjcmV0",
    )
    assert (made.store.provider, made.store.key) == ("AZURE_BLOBS", "account")
    with pytest.raises(ConfigurationError, match="STORE_CONTAINER"):
        read_settings(
            {"STORE_ID": "AZURE_BLOBS", "STORE_KEY": "a", "ALLOWED_PATHS": "/srv"}
        )


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"S3_BUCKET_NAME": ""}, "S3_BUCKET_NAME is missing"),
        ({"S3_BUCKET_NAME": "No Bucket"}, "S3_BUCKET_NAME"),
        ({"AWS_ACCESS_KEY_ID": ""}, "AWS_ACCESS_KEY_ID is missing"),
        ({"AWS_ACCESS_KEY_ID": "\N{EURO SIGN}"}, "AWS_ACCESS_KEY_ID must be"),
        ({"AWS_DEFAULT_REGION": "no region"}, "AWS_DEFAULT_REGION must be a region"),
        ({"AWS_SECRET_ACCESS_KEY": "**DefineMe**"}, "AWS_SECRET_ACCESS_KEY is missing"),
        ({"AWS_SECRET_ACCESS_KEY_FILE": "/none"}, "AWS_SECRET_ACCESS_KEY_FILE"),
        (
            {"AWS_SECRET_ACCESS_KEY": "", "AWS_SECRET_ACCESS_KEY_FILE": "/none"},
            "AWS_SECRET_ACCESS_KEY_FILE: '/none' cannot be read",
        ),
        ({"AWS_SECRET_ACCESS_KEY": "two\nlines"}, "AWS_SECRET_ACCESS_KEY"),
        ({"S3_ENDPOINT_URL": "minio"}, "S3_ENDPOINT_URL must be a URL"),
        ({"S3_ENDPOINT_URL": "http://a/b"}, "S3_ENDPOINT_URL"),
        ({"STORE_CONTAINER": "other"}, "STORE_CONTAINER"),
        ({"STORE_COLOUR": "blue"}, "STORE_"),
        ({"STORE_ID": "S4"}, "STORE_ID"),
        ({"STORE_TIMEOUT": "soon"}, "STORE_TIMEOUT"),
        ({"COMPRESS": "maybe"}, "COMPRESS must be true or false"),
        ({"LEGACY_GET": "2"}, "LEGACY_GET"),
        ({"RESTORE_ON_START": "always"}, "RESTORE_ON_START"),
        ({"AUTH_TOKEN": "short"}, "AUTH_TOKEN must be 16"),
        ({"SAVE_TOKEN": "with blanks in it, but long"}, "SAVE_TOKEN"),
        ({"ALLOWED_PATHS": "relative"}, "ALLOWED_PATHS"),
        ({"ALLOWED_PATHS": "/"}, "ALLOWED_PATHS"),
        ({"ALLOWED_PATHS": "/srv/../etc"}, "ALLOWED_PATHS"),
        ({"ALLOWED_PATHS": "/nowhere/at/all"}, "ALLOWED_PATHS"),
        ({"ALLOWED_PATHS": "/proc/self/root"}, "ALLOWED_PATHS"),
        ({"STATE_PATH": "relative"}, "STATE_PATH"),
        ({"ENCRYPTION_SECRET": "short"}, "ENCRYPTION_SECRET"),
        ({"AGE_RECIPIENTS": "age1nobody"}, "AGE_RECIPIENTS"),
        ({"AGE_IDENTITIES": "nobody"}, "AGE_IDENTITIES"),
        ({"SCHEDULE": "every night"}, "SCHEDULE"),
        ({"SCHEDULE": "* * * * * *"}, "SCHEDULE"),
        ({"SCHEDULE": "61 * * * *"}, "SCHEDULE"),
        ({"SCHEDULE_JITTER": "-1"}, "SCHEDULE_JITTER"),
        ({"SCHEDULE_PATHS": "/etc"}, "SCHEDULE_PATHS"),
        ({"KEEP_LAST": "many"}, "KEEP_LAST"),
        ({"KEEP_LAST": "0"}, "KEEP_"),
        ({"KEEP_WITHIN": "soon"}, "KEEP_WITHIN"),
        ({"KEEP_DAYLY": "7"}, "KEEP_DAYLY"),
        ({"PORT": "http"}, "PORT"),
        ({"PORT": "70000"}, "PORT"),
        ({"LISTEN_ADDRESS": "localhost"}, "LISTEN_ADDRESS"),
        ({"MAX_JOBS": "0"}, "MAX_JOBS"),
        ({"RATE_LIMIT": "fast"}, "RATE_LIMIT"),
        ({"SNAPSHOT_HOST": "a\tb"}, "SNAPSHOT_HOST"),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, changes: dict[str, str], named: str
) -> None:
    text = refused(tmp_path, **changes)
    assert named in text
    assert "\n" not in text and "very-secret" not in text
    assert "two\nlines" not in text and "the store" not in text


def test_encryption_is_one_or_the_other(tmp_path: Path) -> None:
    secret = SharedSecret.generate().encode()
    text = refused(tmp_path, ENCRYPTION_SECRET=secret, AGE_RECIPIENTS=RECIPIENT)
    assert "AGE_RECIPIENTS" in text and secret not in text


def test_mounted_volumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = environ(tmp_path, ALLOWED_PATHS="", STATE_PATH="")
    given["AUTH_TOKEN_FILE"] = "/secrets/token"
    mounts = list(mounts_in(MOUNTS.strip().splitlines()))
    with pytest.raises(ConfigurationError, match="ALLOWED_PATHS has '/srv/a b'"):
        read_settings(given, mounts)
    with pytest.raises(ConfigurationError, match="ALLOWED_PATHS is missing"):
        read_settings(given, mounts[:5])


def test_every_variable_is_documented() -> None:
    """And none that is not read."""
    table = re.findall(r"^\| ((?:`[A-Z0-9_]+`\*?(?:, )?)+) \|", PAGE, re.MULTILINE)
    named = {one for row in table for one in re.findall(r"`([A-Z][A-Z0-9_]+)`", row)}
    source = "".join(
        path.read_text()
        for path in (REPOSITORY / "plugins" / "module_utils" / "_persist_service").glob(
            "_environment.py"
        )
    )
    read: set[str] = set(
        t.cast(
            "list[str]",
            re.findall(
                r'(?:text|secret|boolean|number|paths?)\(\s*"([A-Z0-9_]+)"', source
            ),
        )
    )
    read |= {"S3_BUCKET_NAME", "S3_ENDPOINT_URL", "AUTH_TOKEN"}
    read |= {"SAVE_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    read |= {"AWS_DEFAULT_REGION"}
    keeps = {one for one in named if one.startswith("KEEP_")}
    assert len(keeps) == 7
    assert named - keeps == read
