# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The environment, as docs/persistence_service.md describes it, read and checked."""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass, field

from .._encryption._secret import SharedSecret
from .._endpoint import Endpoint
from .._endpoint_parsing import parse_endpoint
from .._errors import ConfigurationError
from .._fields import did_you_mean
from .._persist._age import check_identities
from .._persist._codecs import Encryption, Keys
from .._persist._mounts import Mount, own_mounts
from .._persist._retention import Retention
from ._mounts import is_in, mounted_volumes
from ._variables import Variables, naming

_SHORTEST_TOKEN: t.Final = 16
_KEEPS: t.Final = ("LAST", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY", "WITHIN")
#: Of S3, by the field of an endpoint that each stands for.
_S3: t.Final = {
    "container": "S3_BUCKET_NAME",
    "key": "AWS_ACCESS_KEY_ID",
    "secret": "AWS_SECRET_ACCESS_KEY",
    "region": "AWS_DEFAULT_REGION",
    "endpoint": "S3_ENDPOINT_URL",
}
#: What those that go into a request's head must be, and how that is said.
_S3_FORMS: t.Final = {
    "key": (r"[!-~]+", "an access key's id, of letters and digits"),
    "region": (r"[A-Za-z0-9-]{1,63}", "a region's name, such as eu-west-1"),
}
#: What the image of micro-s3-persistence has in the place of credentials.
_PLACEHOLDER: t.Final = "**DefineMe**"
_STORE: t.Final = "STORE_"
_SECRET_FIELDS: t.Final = ("key", "secret", "token")


@dataclass(frozen=True, slots=True)
class Settings:
    """What the service was told. ``keep``: the retention as it was written, by its names in an API; empty: none.

    ``allowed`` and ``schedule_paths`` are normal paths. ``jitter``: seconds. ``rate``: jobs a minute; 0: any number.
    """

    store: Endpoint
    allowed: tuple[str, ...]
    compress: bool = True
    token: str | None = field(default=None, repr=False)
    save_token: str | None = field(default=None, repr=False)
    legacy_get: bool = True
    encryption: Encryption = field(default=Encryption(), repr=False)
    keys: Keys = field(default=Keys(), repr=False)
    host: str = "persistence"
    schedule: str | None = None
    schedule_paths: tuple[str, ...] = ()
    jitter: float = 60.0
    keep: t.Mapping[str, t.Any] = field(default_factory=dict)
    restore_on_start: bool = False
    port: int = 80
    address: str = "0.0.0.0"
    max_jobs: int = 4
    rate: int = 600
    state_path: str = "/var/lib/longshore-persistence"

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no text may hold."""
        shared = self.keys.secret.encode() if self.keys.secret is not None else None
        store = (self.store.secret, self.store.token)
        found = (self.token, self.save_token, shared, *store, *self.keys.identities)
        return tuple(one for one in found if one)


def read_settings(
    environ: t.Mapping[str, str], mounts: t.Iterable[Mount] | None = None
) -> Settings:
    """``mounts``: None: those that this process sees.

    Raises ``ConfigurationError``, which names the variable.
    """
    read = Variables(environ)
    state = read.path("STATE_PATH", "/var/lib/longshore-persistence")
    allowed = _allowed(read, state, mounts)
    encryption, keys = _encryption(read)
    schedule = _schedule(read)
    return Settings(
        store=_store(read),
        allowed=allowed,
        compress=read.boolean("COMPRESS", True),
        token=_token(read, "AUTH_TOKEN"),
        save_token=_token(read, "SAVE_TOKEN"),
        legacy_get=read.boolean("LEGACY_GET", True),
        encryption=encryption,
        keys=keys,
        host=read.text("SNAPSHOT_HOST") or "persistence",
        schedule=schedule,
        schedule_paths=_schedule_paths(read, allowed),
        jitter=read.number("SCHEDULE_JITTER", 60, 0, 86_400),
        keep=_keep(read),
        restore_on_start=read.boolean("RESTORE_ON_START", False),
        port=read.number("PORT", 80, 0, 65_535),
        address=_address(read),
        max_jobs=read.number("MAX_JOBS", 4, 1, 64),
        rate=read.number("RATE_LIMIT", 600, 0, 1_000_000),
        state_path=state,
    )


# -- the store


def _store(read: Variables) -> Endpoint:
    fields = _store_fields(read)
    is_other = "id" in fields
    if not is_other:
        fields = _s3_fields(read, fields)
    try:
        return parse_endpoint(
            fields, option="the store", providers=None, default_provider=None
        )
    except ConfigurationError as error:
        raise _renamed(error, is_other) from None


def _store_fields(read: Variables) -> dict[str, str]:
    """Those that are written as ``STORE_…``."""
    fields = {}
    for name in read.names(_STORE):
        written = name.removeprefix(_STORE).lower()
        plain = written.removesuffix("_file")
        if plain in _SECRET_FIELDS:
            value, written = read.secret(f"{_STORE}{plain.upper()}"), plain
        else:
            value = read.text(name)
        if value is not None:
            fields[written] = value
    return fields


def _s3_fields(read: Variables, others: dict[str, str]) -> dict[str, str]:
    for name, variable in _S3.items():
        if name in others:
            raise ConfigurationError(
                f"{_STORE}{name.upper()} goes with STORE_ID: without that it is {variable}.",
                hint=f"Set {variable} instead, or STORE_ID as well.",
            )
    found = {
        "id": "S3",
        "container": read.text(_S3["container"]),
        "key": read.secret(_S3["key"]),
        "secret": read.secret(_S3["secret"]),
        "region": read.text(_S3["region"]) or "us-east-1",
        "endpoint": read.text(_S3["endpoint"]),
    }
    for name in ("container", "key", "secret"):
        if found[name] in (None, _PLACEHOLDER):
            raise ConfigurationError(
                f"{_S3[name]} is missing.",
                hint="Set it, or STORE_ID and what else another store needs.",
            )
    for name, (form, what) in _S3_FORMS.items():
        if not re.fullmatch(form, found[name] or ""):
            raise ConfigurationError(f"{_S3[name]} must be {what}.")
    return others | {name: value for name, value in found.items() if value is not None}


def _renamed(error: ConfigurationError, is_other: bool) -> ConfigurationError:
    """With the names of variables instead of those of fields."""
    names = {} if is_other else _S3

    def variable(found: re.Match[str]) -> str:
        return names.get(found[1], f"{_STORE}{found[1].upper()}")

    text = error.message.removeprefix("the store: ")
    text = re.sub(r"^the store has no field '(\w+)'", r"\1 is nothing of a store", text)
    text = re.sub(r"^(?:the store\.)?([a-z_]+)\b", variable, text)
    return ConfigurationError(text, hint=error.hint)


# -- paths


def _allowed(
    read: Variables, state: str, mounts: t.Iterable[Mount] | None
) -> tuple[str, ...]:
    written = read.paths("ALLOWED_PATHS")
    if written is None:
        private = [state, *read.files]
        there = own_mounts() if mounts is None else mounts
        written = mounted_volumes(there, private)
        if not written:
            raise ConfigurationError(
                "ALLOWED_PATHS is missing, and no volume is mounted here.",
                hint="Run the container with a volume (--volumes-from, -v), or set ALLOWED_PATHS.",
            )
    for path in written:
        if path == "/":
            raise ConfigurationError(
                "ALLOWED_PATHS cannot have /, the whole system.",
                hint="Name the folders that are to be saved.",
            )
        if os.path.islink(path) or not os.path.exists(path):
            fault = "a symbolic link" if os.path.islink(path) else "not there"
            raise ConfigurationError(
                f"ALLOWED_PATHS has {path!r}, which is {fault}.",
                hint="Mount the volume there, or correct the path.",
            )
        if is_in(path, state) or is_in(state, path):
            raise ConfigurationError(
                f"STATE_PATH {state!r} and {path!r} of ALLOWED_PATHS are one in the other.",
                hint="Choose another STATE_PATH: it is not to be saved or restored.",
            )
    return tuple(dict.fromkeys(written))


def _schedule_paths(read: Variables, allowed: tuple[str, ...]) -> tuple[str, ...]:
    written = read.paths("SCHEDULE_PATHS")
    if written is None:
        # what is in another one is saved with it
        return tuple(
            one
            for one in allowed
            if not any(is_in(one, other) for other in allowed if other != one)
        )
    for path in written:
        if not any(is_in(path, one) for one in allowed):
            raise ConfigurationError(
                f"SCHEDULE_PATHS has {path!r}, which is not in ALLOWED_PATHS.",
                hint="Add it there.",
            )
    return tuple(dict.fromkeys(written))


# -- the rest


def _token(read: Variables, name: str) -> str | None:
    token = read.secret(name)
    if token is not None and not re.fullmatch(r"[!-~]{16,}", token):
        raise ConfigurationError(
            f"{name} must be {_SHORTEST_TOKEN} characters or more, without blanks.",
            hint="openssl rand -hex 32 makes a good one.",
        )
    return token


def _encryption(read: Variables) -> tuple[Encryption, Keys]:
    text = read.secret("ENCRYPTION_SECRET")
    recipients = tuple((read.text("AGE_RECIPIENTS") or "").split())
    identities = tuple((read.secret("AGE_IDENTITIES") or "").split())
    secret = None
    if text is not None:
        if recipients or identities:
            raise ConfigurationError(
                "ENCRYPTION_SECRET and AGE_RECIPIENTS or AGE_IDENTITIES cannot go together.",
                hint="Leave out one of them.",
            )
        with naming("ENCRYPTION_SECRET"):
            secret = SharedSecret.decode(text)
    with naming("AGE_RECIPIENTS"):
        encryption = Encryption(secret, recipients)
    if identities:
        with naming("AGE_IDENTITIES"):
            check_identities(identities)
    return encryption, Keys(secret, identities)


def _schedule(read: Variables) -> str | None:
    written = read.text("SCHEDULE")
    if written is None:
        return None
    from ._cron import check_schedule

    with naming("SCHEDULE"):
        check_schedule(written)
    return written


def _keep(read: Variables) -> dict[str, t.Any]:
    keep: dict[str, t.Any] = {}
    for name in read.names("KEEP_"):
        rule = name.removeprefix("KEEP_")
        if rule not in _KEEPS:
            known = [f"KEEP_{one}" for one in _KEEPS]
            raise ConfigurationError(
                f"{name} is no rule of retention.", hint=did_you_mean(name, known)
            )
        key = f"keep_{rule.lower()}"
        if rule == "WITHIN":
            keep[key] = read.text(name)
        else:
            keep[key] = read.number(name, 0, -1, 1_000_000)
        with naming(name):
            Retention.parse({"keep_last": 1, key: keep[key]})
    if keep:
        with naming("KEEP_…"):
            Retention.parse(keep)
    return keep


def _address(read: Variables) -> str:
    import ipaddress

    written = read.text("LISTEN_ADDRESS") or "0.0.0.0"
    try:
        return str(ipaddress.ip_address(written))
    except ValueError:
        raise ConfigurationError(
            f"LISTEN_ADDRESS must be an address, not {written!r}.",
            hint="0.0.0.0 or :: is every one of this container.",
        ) from None
