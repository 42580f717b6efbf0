# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The questions that ``distsync setup`` asks, with a default for nearly every one.

How they are asked is the caller's affair. Who runs it again and takes every default goes on with the
configurations that are there.
"""

from __future__ import annotations

import os
import typing as t
import uuid

from .._bucket._names import check_name
from .._endpoint import Endpoint
from .._endpoint_parsing import parse_endpoint
from .._errors import ConfigurationError
from .._fields import local_path, read_fields
from .._providers import ALIASES, FAMILIES, PROVIDERS
from ._configuration import Configuration
from ._configuration_file import DAEMON_PATH, UPLOADER_PATH, read_configuration
from ._configuration_store import DEFAULT_REGION
from ._configuration_values import KEYS, Format, Storage, read_value
from ._setup_files import FileOptions, Role, look_at
from ._setup_options import SetupOptions

YES: t.Final = "yes"
NO: t.Final = "no"


class Ask(t.Protocol):
    """Asks a person one question; returns the answer without spaces around it.

    ``default`` is the answer of who says nothing. ``choices``: the only answers that there are.
    ``hidden``: a secret, which is not shown. ``check`` raises ``ConfigurationError`` for an answer that
    cannot be used: it is told, and asked again.
    """

    def __call__(
        self,
        question: str,
        default: str = "",
        *,
        choices: t.Sequence[str] = (),
        hidden: bool = False,
        check: t.Callable[[str], object] | None = None,
    ) -> str: ...


def ask_setup(
    ask: Ask, *, uploader: str = UPLOADER_PATH, daemon: str = DAEMON_PATH
) -> SetupOptions:
    """What to set up. ``uploader`` and ``daemon``: the files to suggest.

    Raises ``ConfigurationError`` for answers that do not go together.
    """
    known = _known(uploader)
    endpoint = _ask_endpoint(ask, known.store if known else None)
    managed = endpoint.family == "s3" and (
        ask("Make the two identities with IAM?", YES, choices=(YES, NO)) == YES
    )
    theirs = _known(daemon)
    folder = theirs.output_dir if theirs and theirs.output_dir else "~/"
    return SetupOptions(
        endpoint,
        uploader=_ask_file(ask, "uploader", uploader, endpoint, managed),
        daemon=_ask_file(ask, "daemon", daemon, endpoint, managed),
        managed=managed,
        output_dir=local_path(ask("Folder that daemons put artifacts into", folder)),
    )


def _known(path: str) -> Configuration | None:
    """A configuration of ours that is there already."""
    try:
        found = read_configuration(path).configuration
    except ConfigurationError:
        return None
    return found if found.format is Format.LONGSHORE else None


# --- the bucket ----------------------------------------------------------------------------


def _ask_endpoint(ask: Ask, known: Endpoint | None) -> Endpoint:
    """The bucket, with an administrator's credentials."""
    provider = ask(
        "Provider that keeps the bucket",
        known.provider if known else "S3",
        check=_provider,
    )
    fields: dict[str, object] = {"id": provider}
    constant = _provider(provider)
    same = known if known and known.provider == constant else None
    if PROVIDERS[constant].family != "local":
        _ask_address(ask, fields, constant, same)
        _ask_credentials(ask, fields, constant)
    bucket = _ask_bucket(ask, fields, constant, same)
    return _endpoint({**fields, "container": bucket})


def _provider(text: str) -> str:
    """The constant of a provider by whatever name. Raises ``ConfigurationError``."""
    storage: Storage = read_value(KEYS["Storage"], text, "The provider")
    if storage.swarm:
        raise ConfigurationError("The provider is named without +BitTorrent here.")
    return ALIASES[storage.id].provider if storage.id in ALIASES else storage.id


def _ask_address(
    ask: Ask, fields: dict[str, object], constant: str, known: Endpoint | None
) -> None:
    needed = PROVIDERS[constant].needs_host

    def check(text: str) -> None:
        if needed and not text:
            raise ConfigurationError(f"{constant} can be anywhere, so it takes a URL.")
        read_fields({"endpoint": text}, "The service's URL")

    question = "URL of the service" + ("" if needed else " (empty: the provider's own)")
    fields["endpoint"] = ask(question, (known and known.url) or "", check=check)
    if PROVIDERS[constant].family in ("s3", "swift"):
        usual = DEFAULT_REGION if constant == "S3" else ""
        fields["region"] = ask("Region", (known and known.region) or usual)
    if PROVIDERS[constant].family == "swift" and constant != "CLOUDFILES":
        fields["project"] = ask("Project", (known and known.project) or "")


def _ask_credentials(ask: Ask, fields: dict[str, object], constant: str) -> None:
    family = FAMILIES[PROVIDERS[constant].family]
    meaning = {"key": "access key", "secret": "secret key", **family.meaning}
    optional = "key" not in family.required
    empty = " (empty: those of the environment)" if optional else ""
    fields["key"] = ask(
        f"Administrator's credentials: {meaning['key']}{empty}",
        check=None if optional else _something,
    )
    if fields["key"]:
        fields["secret"] = ask(
            f"Administrator's credentials: {meaning['secret']}", hidden=True
        )
        if PROVIDERS[constant].family == "s3":
            fields["token"] = ask(
                "Administrator's credentials: session token (empty: none)", hidden=True
            )


def _something(text: str) -> None:
    if not text:
        raise ConfigurationError("It cannot be left out.")


def _ask_bucket(
    ask: Ask, fields: t.Mapping[str, object], constant: str, known: Endpoint | None
) -> str:
    def check(name: str) -> None:
        check_name(_endpoint({**fields, "container": name}))

    if constant == "LOCAL":
        return ask(
            "Folder that is the bucket", known.container if known else "", check=check
        )
    usual = known.container if known else f"distsync-{uuid.uuid4()}"
    return ask("Bucket", usual, check=check)


def _endpoint(fields: t.Mapping[str, object]) -> Endpoint:
    return parse_endpoint(
        fields, option="the bucket", providers=None, default_provider=None
    )


# --- the files -----------------------------------------------------------------------------


def _ask_file(
    ask: Ask, role: Role, suggested: str, endpoint: Endpoint, managed: bool
) -> FileOptions:
    """Where a configuration goes, and with identities that are given its credentials."""
    path = ask(f"File for the {role}'s configuration", suggested, check=_something)
    overwrite = False
    while not overwrite and _is_anothers(role, path, endpoint):
        question = f"{path} exists, and is not of this bucket. Overwrite it?"
        overwrite = ask(question, NO, choices=(YES, NO)) == YES
        if not overwrite:
            path = ask("Alternative file name", check=_something)
    key = secret = ""
    if not managed and endpoint.family != "local":
        key = ask(f"The {role}'s access key (empty: as in the file, or none)")
        secret = ask(f"The {role}'s secret key", hidden=True) if key else ""
    return FileOptions(
        path, key=key or None, secret=secret or None, overwrite=overwrite
    )


def _is_anothers(role: Role, path: str, endpoint: Endpoint) -> bool:
    """Whether there is a file that this setup cannot go on with."""
    if not os.path.lexists(local_path(path)):
        return False
    try:
        look_at(role, FileOptions(path), endpoint, writes=False)
    except ConfigurationError:
        return True
    return False
