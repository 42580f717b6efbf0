# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a configuration says: the original's keys, ours, and what is wrong with each."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
    Parsed,
    as_document,
    parse_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
    Notify,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._algorithms import (
    AES_128_CBC_HMAC_SHA_256,
    AES_256_GCM,
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
)

SHARED = "aGVsbG9oZWxsb3dvcmxkMWhlbGxvaGVsbG93b3JsZDFJrVHB"
SECRET_KEY = "S3CR3T/d0+n0t+sh0w/S3CR3T/d0+n0t+sh0w/xx"
BUCKET = "distsync-503aa718-89cc-488c-ae82-0d8f6d08ed1c"
SIGNING = SigningKey(bytes(range(32))).encode()
PUBLIC = PublicKey(bytes(range(32))).encode()
PASSWORD = "d0-n0t-sh0w-th1s"

CREDS = {"Region": "eu-west-1", "AccessKey": "AKIDEXAMPLE", "SecretKey": SECRET_KEY}
SEED: dict[str, t.Any] = {
    "SharedSecret": SHARED,
    "StorageBucket": BUCKET,
    "Encrypt": "AEAD_AES_128_CBC_HMAC_SHA_256",
    "Notify": "S3Poll",
    "Storage": "S3",
    "AwsCreds": CREDS,
}
STORE = Endpoint("S3", BUCKET, key="AKIDEXAMPLE", secret=SECRET_KEY, region="eu-west-1")
ORIGINAL = Configuration(
    SharedSecret(b"hellohelloworld1hellohelloworld1"), STORE, format=Format.DISTSYNC01
)
SWIFT = {
    "Storage": "OPENSTACK_SWIFT",
    "Endpoint": "http://127.0.0.1:8080",
    "Store": {"Key": "test:tester", "Secret": PASSWORD, "Auth": "/auth/v1.0"},
}


def changed(**changes: t.Any) -> dict[str, t.Any]:
    """The original's file with other values; a key of None is left out."""
    joined = {**SEED, **changes}
    return {key: value for key, value in joined.items() if value is not None}


def parse(document: t.Mapping[str, object], *needs: str) -> Parsed:
    return parse_configuration(document, "/etc/distsync", needs=needs)


def read(document: t.Mapping[str, object]) -> Configuration:
    """What is read without a warning."""
    configuration, warnings = parse(document)
    assert warnings == ()
    return configuration


def refusal(document: t.Mapping[str, object], *needs: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse(document, *needs)
    text = str(caught.value)
    assert text.startswith("/etc/distsync: ")
    for secret in (SHARED, SECRET_KEY, SIGNING, PASSWORD):
        assert secret not in text
    return text


# --- the original's files ------------------------------------------------------------------


def test_the_originals_file_is_read_as_the_original_meant_it() -> None:
    assert read(SEED) == ORIGINAL


def test_what_the_original_filled_in_when_it_was_not_written() -> None:
    least = {"SharedSecret": SHARED, "StorageBucket": BUCKET}
    configuration = read(least)
    assert configuration.algorithm is AES_128_CBC_HMAC_SHA_256
    assert configuration.notify is Notify.S3_POLL
    assert configuration.store == Endpoint("S3", BUCKET, region="us-east-1")
    assert configuration.format is Format.DISTSYNC01
    assert configuration.output_dir is None
    assert not configuration.swarm


def test_the_sections_later_name() -> None:
    assert read(changed(AwsCreds=None, Aws=CREDS)) == ORIGINAL


def test_keys_in_any_case() -> None:
    shouted = {key.upper(): value for key, value in SEED.items()}
    shouted["AWSCREDS"] = {key.lower(): value for key, value in CREDS.items()}
    assert read(shouted) == ORIGINAL


def test_values_of_a_set_in_any_case() -> None:
    document = changed(
        Encrypt="aead_aes_128_cbc_hmac_sha_256", Notify="S3POLL", Storage="s3"
    )
    assert read(document) == ORIGINAL


def test_empty_texts_are_as_good_as_not_written() -> None:
    empty = {"Region": "", "Username": "", "ApiKey": ""}
    configuration, _warnings = parse(changed(OutputDir="", Rackspace=empty))
    assert configuration == ORIGINAL


def test_bittorrent() -> None:
    configuration = read(changed(Storage="S3+BitTorrent"))
    assert configuration.swarm
    assert configuration.store == STORE


def test_cloud_files() -> None:
    section = {"Region": "LON", "Username": "anna", "ApiKey": PASSWORD}
    document = changed(
        AwsCreds=None,
        Rackspace=section,
        Storage="CloudFiles",
        Notify="CloudFilesPoll",
    )
    configuration = read(document)
    assert configuration.notify is Notify.CLOUDFILES_POLL
    assert configuration.store == Endpoint(
        "CLOUDFILES", BUCKET, key="anna", secret=PASSWORD, region="LON"
    )


def test_output_dir_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert read(changed(OutputDir="~/")).output_dir == str(tmp_path)


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1", "ap-southeast-7"])
def test_regions_that_amazon_has_or_may_open(region: str) -> None:
    assert read(changed(AwsCreds={**CREDS, "Region": region})).store.region == region


# --- ours ----------------------------------------------------------------------------------


def test_an_uploaders_file() -> None:
    configuration = read(
        changed(Encrypt="AES_256_GCM", SigningKey=SIGNING, Channel="canary", Delta=True)
    )
    assert configuration.format is Format.LONGSHORE
    assert configuration.algorithm is AES_256_GCM
    assert configuration.signing_key == SigningKey(bytes(range(32)))
    assert configuration.channels == ("canary",)
    assert configuration.delta


def test_a_daemons_file() -> None:
    queue = "https://sqs.eu-west-1.amazonaws.com/123456789012/news"
    configuration = read(
        changed(
            Format="Longshore",
            PublicKey=PUBLIC,
            Channel=["stable", "canary"],
            PollInterval=3,
            OutputDir="/srv/releases/",
            Notify="SQS",
            Queue=queue,
        )
    )
    assert configuration.public_key == PublicKey(bytes(range(32)))
    assert configuration.channels == ("stable", "canary")
    assert configuration.poll_interval == 3.0
    assert configuration.output_dir == "/srv/releases"
    assert (configuration.notify, configuration.queue) == (Notify.SQS, queue)


def test_plain_names_for_the_originals_last_version() -> None:
    assert not read(changed(EncryptNames=False)).encrypt_names


def test_another_server_of_s3s_kind() -> None:
    document = changed(
        Endpoint="http://127.0.0.1:8333", Store={"Prefix": "web", "Timeout": 5}
    )
    store = read(document).store
    assert (store.url, store.prefix) == ("http://127.0.0.1:8333", "web/")
    assert (store.timeout, store.region) == (5.0, "eu-west-1")


def test_swift() -> None:
    store = read(changed(AwsCreds=None, **SWIFT)).store
    assert store == Endpoint(
        "OPENSTACK_SWIFT",
        BUCKET,
        key="test:tester",
        secret=PASSWORD,
        host="127.0.0.1",
        port=8080,
        secure=False,
        auth="/auth/v1.0",
    )


def test_a_folder_as_the_store() -> None:
    document = changed(AwsCreds=None, Storage="LOCAL", StorageBucket="/srv/store")
    assert read(document).store == Endpoint("LOCAL", "/srv/store")


def test_the_options_of_a_store_with_underscores_or_without(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.touch()
    for name in ("ca_path", "CaPath", "CAPATH"):
        assert read(changed(Store={name: str(ca)})).store.ca_path == str(ca)


# --- warnings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        (
            changed(StorageBuket="x"),
            "the key StorageBuket is unknown and ignored. Did you mean StorageBucket?",
        ),
        (changed(Colour="red"), "the key Colour is unknown and ignored."),
        (
            changed(AwsCreds={**CREDS, "Regoin": "x"}),
            "the key AwsCreds.Regoin is unknown and ignored. Did you mean Region?",
        ),
        (
            changed(AwsCreds={**CREDS, "OutputDir": "/srv"}),
            "the key AwsCreds.OutputDir is unknown and ignored. OutputDir goes before the first section.",
        ),
        (
            changed(Store={"Bucket": "x"}),
            "the key Store.Bucket is unknown and ignored.",
        ),
        (changed(**{SECRET_KEY: "x"}), "a key is unknown and ignored."),
        (changed(**{SHARED: "x"}), "a key is unknown and ignored."),
        (changed(PeerDist={"Region": "x"}), "[PeerDist] is ignored"),
        (changed(Rackspace={}), "[Rackspace] is ignored, because Storage is S3."),
        (changed(**SWIFT), "[AwsCreds] is ignored, because Storage is OPENSTACK_SWIFT"),
    ],
)
def test_what_does_not_count(document: dict[str, object], wanted: str) -> None:
    _configuration, (warning,) = parse(document)
    assert warning.startswith(f"/etc/distsync: {wanted}")
    assert SECRET_KEY not in warning and SHARED not in warning


# --- what is wrong -------------------------------------------------------------------------

ALL_ALGORITHMS = (
    "Encrypt must be AEAD_AES_128_CBC_HMAC_SHA_256, AES_256_GCM or CHACHA20_POLY1305"
)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"SharedSecret": None}, "SharedSecret is missing. Copy it"),
        ({"SharedSecret": ""}, "SharedSecret is missing."),
        ({"SharedSecret": SHARED[:-1]}, "SharedSecret: The SharedSecret is 47 char"),
        ({"SharedSecret": "b" + SHARED[1:]}, "its checksum is wrong. Copy the whole"),
        ({"SharedSecret": 7}, "SharedSecret must be text in quotes"),
        ({"StorageBucket": None}, "StorageBucket is missing."),
        ({"StorageBucket": "No Name"}, "container is StorageBucket, id is Storage"),
        ({"StorageBucket": ["a"]}, "StorageBucket must be text in quotes."),
        ({"Encrypt": "ROT13"}, f"{ALL_ALGORITHMS}, not 'ROT13'."),
        ({"Encrypt": SECRET_KEY}, f"{ALL_ALGORITHMS}."),
        ({"Encrypt": "AEAD_CHACHA20_POLY1305"}, "did not store what it takes"),
        ({"Encrypt": "AES_256_GCM"}, "with the format distsync01, not AES_256_GCM."),
        ({"Notify": "Pigeon"}, "Notify must be S3Poll, CloudFilesPoll or SQS, not 'P"),
        ({"Notify": "SQS"}, "Queue is missing: Notify = SQS needs"),
        ({"Queue": "news"}, "Queue must be the queue's URL"),
        ({"Storage": "S33"}, "(Did you mean S3?), not 'S33'."),
        ({"Storage": "S3+P2P"}, "Storage must be S3, S3+BitTorrent, CloudFiles or "),
        ({"Storage": "Nimbus"}, "Storage: NIMBUS cannot be used. The Nimbus.io"),
        ({"Storage": 3}, "Storage must be text in quotes, not 3."),
        ({"OutputDir": "~nobody-of-that-name/x"}, "OutputDir: There is no home"),
        ({"OutputDir": "/srv/\n"}, "OutputDir must be text without line breaks"),
        ({"Format": "tar"}, "Format must be longshore or distsync01, not 'tar'."),
        ({"Channel": "a"}, "Channel is nothing that the format distsync01 has."),
        ({"Delta": True}, "Delta is nothing that the format distsync01 has."),
        ({"Delta": "yes"}, "Delta must be true or false, without quotes, not 'yes'."),
        ({"PublicKey": SIGNING}, "PublicKey: The public key does not begin with"),
        ({"SigningKey": SIGNING[:-2]}, "SigningKey: The signing key is 46 characters"),
        ({"SigningKey": SIGNING, "Channel": ["a", "b"]}, "Channel must be one name"),
        ({"PublicKey": PUBLIC, "Channel": "../x"}, "Channel must be a name of 1 to"),
        ({"PublicKey": PUBLIC, "Channel": ["a", "a"]}, "Channel must be a name of 1"),
        ({"PublicKey": PUBLIC, "EncryptNames": False}, "EncryptNames = false is for"),
        ({"PollInterval": 0}, "PollInterval must be a number of seconds from 1 to "),
        ({"PollInterval": float("nan")}, "PollInterval must be a number of seconds"),
        ({"PollInterval": True}, "PollInterval must be a number of seconds from 1"),
        ({"Endpoint": "seaweed"}, "/etc/distsync: Endpoint must be a URL such as"),
        ({"Aws": CREDS}, "both [Aws] and [AwsCreds] are there"),
        ({"AwsCreds": "x"}, "AwsCreds must be a section. Write [AwsCreds] on a line"),
        ({"AwsCreds": [CREDS]}, "AwsCreds is a list of sections; there can be one."),
        ({"Store": {"Port": "x"}}, "Store.Port must be a whole number from 1 to 65535"),
        (
            {"Store": {"Port": SECRET_KEY}},
            "Store.Port must be a whole number from 1 to ",
        ),
        ({"Store": {"Secret": PASSWORD}}, "Store.Secret is written in another section"),
        ({"Storage": "OPENSTACK_SWIFT", "AwsCreds": None}, "credentials are in [Sto"),
        (
            {**SWIFT, "Storage": "OPENSTACK_SWIFT+BitTorrent"},
            "OPENSTACK_SWIFT cannot be used with BitTorrent",
        ),
        (
            {**SWIFT, "Notify": "SQS", "Queue": "http://127.0.0.1/1/q"},
            "Notify = SQS takes a store of S3's kind, not OPENSTACK_SWIFT.",
        ),
    ],
)
def test_what_is_refused(changes: dict[str, object], wanted: str) -> None:
    assert wanted in refusal(changed(**changes))


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"Region": "us-east1"}, "not 'us-east1'. Did you mean us-east-1"),
        ({"Region": SECRET_KEY}, "Region must be one of Amazon's, such as us-east-1 "),
        ({"AccessKey": ""}, "AwsCreds.AccessKey is missing. AccessKey and SecretKey"),
        ({"SecretKey": ""}, "AwsCreds.SecretKey is missing."),
        ({"SecretKey": ["x"]}, "/etc/distsync: AwsCreds.SecretKey must be text"),
        ({"REGION": "eu-west-1"}, "AwsCreds.Region is there twice"),
    ],
)
def test_what_is_refused_in_a_section(changes: dict[str, object], wanted: str) -> None:
    assert wanted in refusal(changed(AwsCreds={**CREDS, **changes}))


def test_a_region_that_is_not_the_storages() -> None:
    for region in ("us-east-1", SECRET_KEY):
        section = {**CREDS, "Region": region}
        text = refusal(changed(Storage="S3_EU_WEST", AwsCreds=section))
        assert "contradicts the id, which stands for 'eu-west-1'" in text


def test_two_sections_of_one_name_in_different_cases() -> None:
    assert "AwsCreds is there twice" in refusal(changed(awscreds=CREDS))


def test_what_the_caller_cannot_do_without() -> None:
    ours = changed(Format="longshore")
    assert "OutputDir is missing" in refusal(SEED, "OutputDir")
    assert "PublicKey is missing" in refusal(ours, "PublicKey")
    assert parse(SEED, "PublicKey", "SigningKey").configuration == ORIGINAL


def test_no_repr_shows_a_secret() -> None:
    shown = repr(read(changed(SigningKey=SIGNING)))
    assert "hellohello" not in shown
    for secret in (SHARED, SECRET_KEY, SIGNING, "AKIDEXAMPLE"):
        assert secret not in shown


def test_what_is_written_for_the_original_is_what_it_reads() -> None:
    assert as_document(ORIGINAL) == {**SEED, "Format": "distsync01"}
