# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configurations as files: what was written is read again, and what a file can have wrong."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import tomllib
import typing as t
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
    Parsed,
    parse_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_file import (
    configuration_text,
    read_configuration,
    write_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
    Notify,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    ALGORITHMS,
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
    LocalWriteError,
)
from tests.unit.machine import (
    Child,
    become_ordinary_user,
    give_to_ordinary_user,
    small_disk_at,
)

SHARED = SharedSecret(bytes(range(32)))
SECRET_KEY = "S3CR3T/d0+n0t+sh0w/S3CR3T/d0+n0t+sh0w/xx"
STORE = Endpoint(
    "S3", "artifacts", key="AKIDEXAMPLE", secret=SECRET_KEY, region="eu-west-1"
)
CONFIGURATION = Configuration(
    SHARED,
    STORE,
    signing_key=SigningKey(bytes(32)),
    output_dir='/srv/"releases"',
)

ORIGINAL = f"""
SharedSecret = "{SHARED.encode()}"
StorageBucket = "artifacts"
Encrypt = "AEAD_AES_128_CBC_HMAC_SHA_256"
Notify = "S3Poll"
Storage = "S3"

[AwsCreds]
  Region = "eu-west-1"
  AccessKey = "AKIDEXAMPLE"
  SecretKey = "{SECRET_KEY}"
"""


# --- there and back ------------------------------------------------------------------------


def _joined(*parts: dict[str, object]) -> Endpoint:
    joined: dict[str, t.Any] = {}
    for part in parts:
        joined.update(part)
    return Endpoint(**joined)


#: What an option may hold: text of one line.
LINES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"])
    | st.sampled_from("\"'\\#\u0085\u2028"),
    min_size=1,
)
URLS: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {
        "host": st.sampled_from(["127.0.0.1", "::1", "store.example.com"]),
        "port": st.none() | st.integers(1, 65535),
        "secure": st.booleans(),
    }
)
TUNING: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {},
    optional={
        "prefix": st.just("a/b\\c/"),
        "timeout": st.floats(min_value=0.001, allow_infinity=False),
        "retries": st.integers(0, 2**53),
    },
)
AMAZON: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {
        "provider": st.just("S3"),
        "container": st.just("artifacts"),
        "region": st.from_regex(r"[a-z]{2}-[a-z]{4,9}-[1-9]", fullmatch=True),
    }
)
CREDENTIALS: st.SearchStrategy[dict[str, object]] = st.just({}) | st.fixed_dictionaries(
    {"key": LINES, "secret": LINES}, optional={"token": LINES}
)
SWIFT: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {
        "provider": st.just("OPENSTACK_SWIFT"),
        "container": LINES.filter(lambda name: "/" not in name and len(name) < 60),
        "key": LINES,
        "secret": LINES,
    },
    optional={"region": LINES, "project": LINES, "auth": LINES},
)
S3 = st.builds(_joined, AMAZON, CREDENTIALS, TUNING)
S3_ELSEWHERE = st.builds(_joined, AMAZON, CREDENTIALS, URLS, TUNING)
OTHERS = st.builds(_joined, SWIFT, URLS, TUNING) | st.just(
    Endpoint("GOOGLE_STORAGE", "artifacts", key="a@b.c", secret="line\nline\x7f\n")
)
KEYS = st.binary(min_size=32, max_size=32)
CHANNELS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", fullmatch=True)


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    s3 = draw(st.booleans())
    queue = draw(st.none() | st.just("https://sqs.example.com/1/news")) if s3 else None
    polls = [Notify.S3_POLL, Notify.CLOUDFILES_POLL]
    common: dict[str, t.Any] = {
        "secret": SharedSecret(draw(KEYS)),
        "store": draw(S3 | S3_ELSEWHERE if s3 else OTHERS),
        "swarm": s3 and draw(st.booleans()),
        "notify": Notify.SQS if queue else draw(st.sampled_from(polls)),
        "queue": queue,
        "poll_interval": draw(st.floats(1, 86400)),
        "output_dir": draw(st.sampled_from([None, '/srv/ü \\ "x"', "/a'b"])),
    }
    if draw(st.booleans()):
        plain_names = draw(st.booleans())
        return Configuration(
            format=Format.DISTSYNC01, encrypt_names=plain_names, **common
        )
    signing_key = draw(st.none() | st.builds(SigningKey, KEYS))
    most = 3 if signing_key is None else 1
    channels = draw(st.lists(CHANNELS, min_size=1, max_size=most, unique=True))
    return Configuration(
        algorithm=draw(st.sampled_from(ALGORITHMS)),
        signing_key=signing_key,
        public_key=draw(st.none() | st.builds(PublicKey, KEYS)),
        channels=tuple(channels),
        delta=draw(st.booleans()),
        **common,
    )


@given(configurations())
def test_what_is_written_is_read_again(configuration: Configuration) -> None:
    text = configuration_text(configuration)
    read, warnings = parse_configuration(tomllib.loads(text), "here")
    assert read == configuration
    assert warnings == ()
    assert configuration_text(read) == text


def test_a_written_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / ".distsync"
    write_configuration(str(path), CONFIGURATION)
    assert read_configuration(str(path)) == (CONFIGURATION, ())
    assert os.listdir(tmp_path) == [".distsync"]


def test_the_text_as_it_stands() -> None:
    text = configuration_text(
        Configuration(SHARED, STORE, format=Format.DISTSYNC01, poll_interval=5.0)
    )
    first, _newline, rest = text.partition("\n")
    assert first.startswith("# ")
    head, tail = ORIGINAL.lstrip().split("\n\n")
    assert rest == f'{head}\nFormat = "distsync01"\nPollInterval = 5.0\n\n{tail}'


def test_the_originals_file(tmp_path: Path) -> None:
    configuration, warnings = read(tmp_path, ORIGINAL)
    assert configuration == Configuration(SHARED, STORE, format=Format.DISTSYNC01)
    assert warnings == ()


# --- writing -------------------------------------------------------------------------------


def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "conf"
    path.write_text("old")
    path.chmod(0o644)
    write_configuration(str(path), CONFIGURATION)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_owner_stays(tmp_path: Path) -> None:
    path = tmp_path / "conf"
    path.touch()
    give_to_ordinary_user(tmp_path)
    before = path.stat()
    write_configuration(str(path), CONFIGURATION)
    after = path.stat()
    assert after.st_ino != before.st_ino
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)


def test_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write_configuration("~/.distsyncd", Configuration(SHARED, STORE))
    assert read_configuration("~/.distsyncd").configuration.store == STORE


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link"
    link.symlink_to("real/conf")
    write_configuration(str(link), CONFIGURATION)
    assert link.is_symlink()
    assert (tmp_path / "real" / "conf").read_text() == configuration_text(CONFIGURATION)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LocalWriteError, match="No such file or directory"):
        write_configuration(str(tmp_path / "no" / "conf"), CONFIGURATION)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    def work() -> tuple[str, list[str], str]:
        path = tmp_path / "conf"
        path.write_text("old")
        filler = tmp_path / "filler"
        with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        with pytest.raises(LocalWriteError) as caught:
            write_configuration(str(path), CONFIGURATION)
        return path.read_text(), sorted(os.listdir(tmp_path)), str(caught.value)

    text, names, error = Child(work, small_disk_at(tmp_path, 65536)).result()
    assert text == "old"
    assert names == ["conf", "filler"]
    assert "No space left on device" in error
    assert SECRET_KEY not in error


# --- reading -------------------------------------------------------------------------------


def read(tmp_path: Path, content: str | bytes, mode: int = 0o600) -> Parsed:
    path = tmp_path / "conf"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    path.chmod(mode)
    return read_configuration(str(path))


def refusal(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, content)
    text = str(caught.value)
    assert text.startswith(str(tmp_path / "conf")) or str(tmp_path / "conf") in text
    assert SECRET_KEY not in text and SHARED.encode() not in text
    return text.replace(str(tmp_path / "conf"), "FILE")


def test_windows_line_ends_and_a_byte_order_mark(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + ORIGINAL.replace("\n", "\r\n").encode()
    assert read(tmp_path, content).configuration.store == STORE


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o620])
def test_a_file_that_is_open_to_others(tmp_path: Path, mode: int) -> None:
    _configuration, (warning,) = read(tmp_path, ORIGINAL, mode)
    assert f"(mode {mode:04o})" in warning
    assert f"chmod 600 {tmp_path}/conf" in warning


def test_a_credential_of_systemd_has_group_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert read(tmp_path, ORIGINAL, 0o440).warnings == ()


def test_through_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o644)
    writer = Child(lambda: path.write_text(ORIGINAL))
    assert read_configuration(str(path)).warnings == ()
    writer.result()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="conf. Run distsync setup to make"):
        read_configuration(str(tmp_path / "conf"))


def test_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a folder. Name a file in it"):
        read_configuration(str(tmp_path))


def test_a_file_as_a_folder(tmp_path: Path) -> None:
    (tmp_path / "conf").touch()
    with pytest.raises(ConfigurationError, match="Not a directory"):
        read_configuration(str(tmp_path / "conf" / "x"))


def test_a_file_that_may_not_be_read() -> None:
    def work() -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "conf")
            with open(path, "w") as file:
                file.write(ORIGINAL)
            os.chmod(path, 0)
            with pytest.raises(ConfigurationError) as caught:
                read_configuration(path)
            return str(caught.value)

    error = Child(work, become_ordinary_user).result()
    assert "may not be read by the user with id" in error
    assert "Give the file to that user (chown)" in error


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (ORIGINAL + ORIGINAL, "FILE, line 19, column 10: a key or section is"),
        (ORIGINAL + "[AwsCreds]\n", "second time. Keep one of them."),
        (ORIGINAL + "Region = 'x'\n", "FILE, line 12, column "),
        (ORIGINAL + SECRET_KEY, "FILE, line 12, column 7: this is not TOML."),
        (f'SharedSecret = "{SHARED.encode()}', "end of document: this is not TOML."),
        (f"SharedSecret = {SHARED.encode()}\n", "FILE, line 1, column 16: this is"),
        (f"[{SECRET_KEY}]\n[{SECRET_KEY}]\n", "FILE, line 1, column "),
        ("x = 1979-99-99\n", "FILE, line 1, column 9: this is not TOML."),
        ("x = " + "9" * 5000, "FILE: this is not TOML."),
        ("x = " + "[" * 50_000, "FILE: this is not TOML."),
        ("", "FILE: SharedSecret is missing."),
        (b"\0" * 10, "FILE, line 1, column 1: this is not TOML."),
        (b"# a\n# caf\xe9\n", "FILE, line 2: this is not UTF-8"),
        ("\ufeff".encode("utf-16"), "FILE, line 1: this is not UTF-8"),
        (b"#" * (1 << 20) + b"#", "has more than 1048576 bytes"),
    ],
)
def test_what_is_no_configuration(
    tmp_path: Path, content: str | bytes, wanted: str
) -> None:
    assert wanted in refusal(tmp_path, content)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_an_error_that_is_told(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "conf")
        with open(path, "wb") as file:
            file.write(content)
        with pytest.raises(ConfigurationError):
            read_configuration(path)


@given(st.integers(0, len(ORIGINAL)), st.text(max_size=3))
def test_a_slip_of_the_hand_shows_no_secret(position: int, typed: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "conf")
        content = ORIGINAL[:position] + typed + ORIGINAL[position + 1 :]
        with open(path, "wb") as file:
            file.write(content.encode())
        try:
            told = " ".join(read_configuration(path).warnings)
        except ConfigurationError as error:
            told = str(error)
    for secret in (SECRET_KEY, SHARED.encode()):
        parts = [secret[at : at + 12] for at in range(len(secret) - 11)]
        assert not any(part in told for part in parts)
