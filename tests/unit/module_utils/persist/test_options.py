# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    ConfigurationError,
    PlanRefusedError,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._mounts import (
    mounts_in,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._options import (
    PersistOptions,
    options_of_task,
)
from ansible_collections.longshore.storage.plugins.module_utils._persist._target import (
    find_target,
    is_mounted_container,
    series_of,
)


def endpoint(**fields: str) -> Endpoint:
    return parse_endpoint(
        {"id": "S3", "container": "backups", **fields},
        option="store",
        providers=None,
        default_provider=None,
    )


def options(**params: t.Any) -> PersistOptions:
    if "volume" not in params:
        params.setdefault("path", "/srv/data")
    return options_of_task(params, endpoint(), "/cache")


def test_defaults() -> None:
    made = options()
    assert (made.path, made.layout, made.saving.format) == (
        "/srv/data",
        "snapshots",
        "tar",
    )
    assert made.saving.compression.name == "zstd"
    assert made.host and made.retention is None and not made.is_encrypted
    assert options(layout="single").saving.compression.name == "gzip"


def test_what_was_not_said_is_like_nothing() -> None:
    nothing = dict.fromkeys(
        ("mode", "to", "snapshot", "retention", "encryption", "containers")
    )
    nothing |= {"include": [], "exclude": [], "pre": [], "post": []}
    nothing |= {"checksum": False, "compare": True}
    assert options(**nothing) == options()


@pytest.mark.parametrize(
    ("written", "path"),
    [("/srv/data/", "/srv/data"), ("//srv//data/../x", "/srv/x"), ("/", "/")],
)
def test_paths(written: str, path: str) -> None:
    assert options(path=written).path == path


@pytest.mark.parametrize("path", ["srv", "", "./x", "/a\0b"])
def test_bad_paths(path: str) -> None:
    with pytest.raises(ConfigurationError):
        options(path=path)


def test_a_secret_opens_and_closes() -> None:
    secret = SharedSecret.generate()
    saved = options(encryption={"secret": secret.encode()})
    assert saved.saving.encryption.secret == saved.keys.secret == secret
    restored = options(
        state="restored", mode="merge", encryption={"secret": secret.encode()}
    )
    assert restored.saving.encryption.secret is None
    assert restored.keys.secret == secret
    assert secret.encode() not in repr(saved) + repr(restored)


def test_commands_have_time() -> None:
    made = options(pre=[{"argv": ["a", "b"]}, {"argv": ["c"], "timeout": 5}])
    assert [(one.argv, one.timeout) for one in made.pre] == [
        (("a", "b"), 300),
        (("c",), 5),
    ]


def test_a_volume_is_the_same_on_every_host() -> None:
    one = series_of(options(volume="data", host="a"))
    assert (one.host, one.path) == ("a", "volume:data")
    assert series_of(options(host="a")).path == "/srv/data"


def test_places_of_the_system(tmp_path: t.Any) -> None:
    for path in ("/", "/proc", "/proc/1", "/sys", "/dev", "/dev/pts"):
        with pytest.raises(PlanRefusedError):
            find_target(options(path=path), writes=False)
    # a look at it does no harm
    assert find_target(options(path="/etc"), writes=False).path == "/etc"
    with pytest.raises(PlanRefusedError):
        find_target(options(path="/etc"), writes=True)
    restored = options(state="restored", mode="merge", to=str(tmp_path), path="/etc")
    target = find_target(restored, writes=True)
    assert (target.path, target.series.path) == (str(tmp_path), "/etc")
    # what the kernel keeps files in
    assert find_target(options(path="/dev/shm/x"), writes=True)


LINES = """\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
40 22 0:50 / /mnt/bucket rw - fuse.rclone store:backups/host rw
41 22 0:51 / /mnt/other rw - fuse.rclone store:other rw
42 22 0:52 / /mnt/with\\040space rw - fuse backups rw
43 40 8:2 / /mnt/bucket/disk rw - ext4 /dev/backups rw
""".splitlines()


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/mnt/bucket", True),
        ("/mnt/bucket/deep/er", True),
        ("/mnt/bucket/disk/x", False),
        ("/mnt/bucketful", False),
        ("/mnt/other", False),
        ("/mnt/with space", True),
        ("/srv", False),
    ],
)
def test_a_mounted_container(path: str, found: bool) -> None:
    assert is_mounted_container(mounts_in(LINES), path, "backups") is found


def test_a_volume_needs_an_engine(tmp_path: t.Any) -> None:
    nowhere = os.path.join(tmp_path, "sock")
    from ansible_collections.longshore.storage.plugins.module_utils._persist._engine import (
        EngineError,
    )

    with pytest.raises(EngineError, match="no container engine"):
        find_target(options(volume="data", engine=nowhere), writes=False)
    # another place is known without it
    to = options(
        state="restored", mode="merge", volume="data", engine=nowhere, to=str(tmp_path)
    )
    assert find_target(to, writes=True).path == str(tmp_path)
