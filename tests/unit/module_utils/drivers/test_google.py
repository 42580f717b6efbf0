# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens for Google: signed by ourselves, or asked for at a (local) token server."""

from __future__ import annotations

import base64
import json
import time
import typing as t
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import (
    generate_private_key as generate_ec_key,
)
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from ansible_collections.longshore.storage.plugins.module_utils._drivers import _google
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ConfigurationError,
    StoreError,
    UnreachableError,
)
from tests.answering import AnsweringServer, QuietHandler

EMAIL = "robot@project.iam.gserviceaccount.com"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
    # Nobody listens there: a test that forgets its server asks no real one.
    monkeypatch.setenv("GCE_METADATA_HOST", "127.0.0.1:1")


@pytest.fixture(scope="module")
def key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def key_file(pem: str, **changes: t.Any) -> str:
    content = {
        "type": "service_account",
        "project_id": "my-project",
        "private_key_id": "7",
        "private_key": pem,
        "client_email": EMAIL,
    }
    return json.dumps({**content, **changes})


def endpoint(**fields: t.Any) -> Endpoint:
    return Endpoint("GOOGLE_STORAGE", "bucket", **fields)


def _parts(token: str) -> tuple[t.Any, t.Any, bytes]:
    header, claims, signature = (
        base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        for part in token.split(".")
    )
    return json.loads(header), json.loads(claims), signature


def test_service_account_signs(key: RSAPrivateKey, pem: str) -> None:
    source = _google.find_token_source(endpoint(key=key_file(pem)))
    token = source.current()
    header, claims, signature = _parts(token.value)
    signed = token.value.rpartition(".")[0].encode()
    key.public_key().verify(signature, signed, PKCS1v15(), SHA256())
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "7"}
    assert claims["iss"] == claims["sub"] == EMAIL
    assert claims["exp"] - claims["iat"] == 3600
    assert token.ends == claims["exp"]
    assert source.project == "my-project"
    assert source.current() is token


def test_every_way_to_give_a_service_account(pem: str, tmp_path: Path) -> None:
    json_file, pem_file = tmp_path / "key.json", tmp_path / "key.pem"
    json_file.write_text(key_file(pem))
    pem_file.write_text(pem)
    ways: tuple[dict[str, str], ...] = (
        {"key": key_file(pem)},
        {"key": str(json_file)},
        {"secret": key_file(pem)},
        {"secret": str(json_file)},
        {"key": EMAIL, "secret": pem},
        {"key": EMAIL, "secret": pem.replace("\n", "\\n")},
        {"key": EMAIL, "secret": str(pem_file)},
        {"key": EMAIL, "secret": str(json_file)},
    )
    for way in ways:
        source = _google.find_token_source(endpoint(**way))
        assert _parts(source.current().value)[1]["iss"] == EMAIL, way


def test_the_file_of_the_environment(
    pem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "key.json"
    path.write_text(key_file(pem))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    source = _google.find_token_source(endpoint())
    assert _parts(source.current().value)[1]["iss"] == EMAIL


def test_a_given_token_is_used_as_it_is(pem: str) -> None:
    source = _google.find_token_source(endpoint(token="ya29.x", key=key_file(pem)))
    assert source() == {"token": "ya29.x", "expires_at": None}


def test_an_emulator_needs_nothing() -> None:
    source = _google.find_token_source(endpoint(host="127.0.0.1", port=1, secure=False))
    assert source.current().value


@pytest.mark.parametrize(
    "fields",
    (
        {"key": EMAIL},
        {"key": EMAIL, "secret": "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"},
        {"key": "{not json"},
        {"key": "[1]"},
        {"key": '{"type": "service_account", "client_email": "a"}'},
        {"key": '{"type": "external_account"}'},
        {"secret": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANB\n"},
        {"key": EMAIL, "secret": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANB\n"},
    ),
)
def test_what_is_no_credential(fields: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        _google.find_token_source(endpoint(**fields))
    assert "MIIEvQ" not in f"{raised.value}"
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_a_key_of_another_kind_is_refused() -> None:
    other = generate_ec_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with pytest.raises(ConfigurationError, match="RSA"):
        _google.find_token_source(endpoint(key=EMAIL, secret=other.decode()))


class _TokenServer(AnsweringServer):
    """Answers every request with ``status`` and ``content``, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(_Handler)
        self.status = 200
        self.content: t.Any = {"access_token": "ya29.first", "expires_in": 3600}
        self.asked: list[tuple[str, str, t.Any, str]] = []
        self.address = f"127.0.0.1:{self.server_port}"


class _Handler(QuietHandler):
    server: _TokenServer

    def do_GET(self) -> None:
        asked = (self.command, self.path, self.headers, self.body().decode())
        self.server.asked.append(asked)
        self.answer(self.server.status, {}, json.dumps(self.server.content).encode())

    do_POST = do_GET


@pytest.fixture()
def token_server() -> t.Iterator[_TokenServer]:
    with _TokenServer() as server:
        yield server


@pytest.fixture()
def login(token_server: _TokenServer, tmp_path: Path) -> None:
    """As after ``gcloud auth application-default login``."""
    (tmp_path / "gcloud").mkdir()
    (tmp_path / "gcloud" / "application_default_credentials.json").write_text(
        json.dumps(
            {
                "type": "authorized_user",
                "client_id": "me",
                "client_secret": "hush",
                "refresh_token": "hush-too",
                "quota_project_id": "my-project",
                "token_uri": f"http://{token_server.address}/token",
            }
        )
    )


def test_a_persons_login(token_server: _TokenServer, login: None) -> None:
    source = _google.find_token_source(endpoint())
    assert source.current().value == source.current().value == "ya29.first"
    assert source.project == "my-project"
    [(method, path, _unused, body)] = token_server.asked
    assert (method, path) == ("POST", "/token")
    assert parse_qs(body) == {
        "grant_type": ["refresh_token"],
        "client_id": ["me"],
        "client_secret": ["hush"],
        "refresh_token": ["hush-too"],
    }


def test_a_token_is_renewed_before_it_ends(
    token_server: _TokenServer, login: None
) -> None:
    token_server.content = {"access_token": "ya29.short", "expires_in": 10}
    source = _google.find_token_source(endpoint())
    source.current()
    token_server.content = {"access_token": "ya29.long", "expires_in": 3600}
    answer = source()
    assert answer["token"] == "ya29.long"
    assert answer["expires_at"] is not None
    assert 3500 < answer["expires_at"].timestamp() - time.time() <= 3600
    assert len(token_server.asked) == 2


@pytest.mark.parametrize(
    ("status", "content", "expected"),
    (
        (400, {"error": "invalid_grant"}, AccessDeniedError),
        (200, ["no token"], StoreError),
        (200, {}, StoreError),
    ),
)
def test_a_login_that_is_refused(
    token_server: _TokenServer,
    login: None,
    status: int,
    content: t.Any,
    expected: type[StoreError],
) -> None:
    token_server.status, token_server.content = status, content
    with pytest.raises(expected) as raised:
        _google.find_token_source(endpoint()).current()
    assert "bucket" in str(raised.value) and "hush" not in str(raised.value)


def test_a_token_server_that_is_away(tmp_path: Path) -> None:
    login = {
        "type": "authorized_user",
        "client_id": "me",
        "client_secret": "hush",
        "refresh_token": "hush",
        "token_uri": "http://127.0.0.1:1/token",
    }
    with pytest.raises(UnreachableError, match="127.0.0.1:1"):
        _google.find_token_source(endpoint(key=json.dumps(login))).current()


def test_a_machine_of_googles(
    token_server: _TokenServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GCE_METADATA_HOST", token_server.address)
    source = _google.find_token_source(endpoint())
    assert source.current().value == "ya29.first"
    [(method, path, headers, _unused)] = token_server.asked
    assert method == "GET" and path.endswith("/service-accounts/default/token")
    assert headers["Metadata-Flavor"] == "Google"


def test_no_credentials_anywhere() -> None:
    with pytest.raises(AccessDeniedError) as raised:
        _google.find_token_source(endpoint()).current()
    assert "gcloud auth application-default login" in str(raised.value)
