# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What a content delivery network (CloudFront) must fetch anew after a publication."""

from __future__ import annotations

import os.path
import re
import typing as t
import uuid
from functools import cached_property
from urllib.parse import quote

from .._errors import (
    AccessDeniedError,
    ConfigurationError,
    LongshoreError,
    MissingLibraryError,
    StoreError,
    UnreachableError,
)
from .._fields import did_you_mean, has_control_characters, listed, read_fields

_ACCESS: t.Final = ("key", "secret", "token", "region", "endpoint")
FIELDS: t.Final = ("distributions", "limit", "path_prefix", *_ACCESS)

DEFAULT_LIMIT: t.Final = 15
#: CloudFront works on so many paths of a distribution at a time, and on so many with a wildcard.
_MAX_PATHS: t.Final = 3000
_MAX_WILDCARDS: t.Final = 15

_INDEX: t.Final = "index.html"
#: Beside letters, digits and ``_.-``. CloudFront wants encoded what RFC 1738 calls unsafe, and
#: nothing else; a plain ``?`` would begin a query string, a plain ``*`` be a wildcard.
_PLAIN: t.Final = "/!$&'()+,:;=@"
_ATTEMPTS: t.Final = 6

_REPEATED: t.Final = (
    "The objects are published. Run again: everything is invalidated then."
)
_CODE_HINTS: t.Final[t.Mapping[str, str]] = {
    "TooManyInvalidationsInProgress": "Wait until earlier ones are completed; a lower invalidate.limit makes fewer paths of many.",
    "BatchTooLarge": "Lower invalidate.limit.",
    "RequestTimeTooSkewed": "Set this machine's clock.",
}
_CLASS_HINTS: t.Final[t.Mapping[type[StoreError], str]] = {
    AccessDeniedError: "Check invalidate's key and secret (without them, those that the SDK finds in the environment); "
    "they need the permission cloudfront:CreateInvalidation for this distribution.",
    UnreachableError: "Check the network between here and there, and invalidate.endpoint if it is given.",
}


class Invalidation:
    """The module option ``invalidate``; None: there is nothing to invalidate, and all of this does nothing.

    Raises ``ConfigurationError`` and ``MissingLibraryError``. Nothing is sent yet.
    """

    def __init__(self, written: t.Mapping[str, t.Any] | None) -> None:
        """A field that is None is one that was not written."""
        given = {k: v for k, v in (written or {}).items() if v is not None}
        self._distributions: tuple[str, ...] = ()
        if written is None:
            return
        _check_names(given)
        self._distributions = _distributions(given.get("distributions"))
        self._limit = _limit(given.get("limit", DEFAULT_LIMIT))
        self._prefix = _prefix(given.get("path_prefix", ""))
        self._access = _access(given)
        _require_sdk()

    def __bool__(self) -> bool:
        return bool(self._distributions)

    def paths(self, names: t.Iterable[str]) -> list[str]:
        """The paths that ``send`` asks each distribution to invalidate for these changed names."""
        return paths_of(names, self._prefix, self._limit) if self else []

    def abridged(self, names: t.Iterable[str]) -> list[str]:
        """As few of the names as come to the same paths, also together with others."""
        if not self:
            return []
        by_path = {_path_of(self._prefix + name): name for name in names}
        ordered = [by_path[path] for path in sorted(by_path)]
        # the wildcard of many is that of the first and the last
        return ordered[: self._limit] + ordered[self._limit :][-1:]

    def check(self) -> None:
        """Raise for a distribution that is not there, while nothing is published yet.

        One request for each. Credentials that may invalidate and not look pass. Raises what
        ``send`` does.
        """
        for distribution in self._distributions:
            operation = f"look up distribution {distribution!r}"
            try:
                self._call("get_distribution", operation, Id=distribution)
            except AccessDeniedError as error:
                if _code_of(error.__cause__) != "AccessDenied":
                    raise

    def send(self, names: t.Iterable[str]) -> list[str]:
        """Ask every distribution to invalidate the changed names; returns the paths sent to each.

        Does not wait until it is done. All are asked even when one of them fails. Raises
        ``ConfigurationError`` for a distribution that is not there, else ``AccessDeniedError``,
        ``UnreachableError`` or ``StoreError``: the first failure.
        """
        paths = self.paths(names)
        failures: list[LongshoreError] = []
        for distribution in self._distributions if paths else ():
            try:
                self._create(distribution, paths)
            except LongshoreError as error:
                error.hint = f"{error.hint} {_REPEATED}".strip()
                failures.append(error)
        if failures:
            raise failures[0]
        return paths

    def _create(self, distribution: str, paths: list[str]) -> None:
        self._call(
            "create_invalidation",
            f"invalidate {len(paths)} path(s) of distribution {distribution!r}",
            DistributionId=distribution,
            InvalidationBatch={
                "Paths": {"Quantity": len(paths), "Items": paths},
                # The SDK repeats a request as it is, so CloudFront knows a repetition by this.
                "CallerReference": f"longshore-{uuid.uuid4()}",
            },
        )

    def _call(self, method: str, operation: str, **parameters: object) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        url = self._access.get("endpoint")
        place = f"CloudFront at {url}" if url else "CloudFront"
        try:
            getattr(self._client, method)(**parameters)
        except (BotoCoreError, ClientError) as error:
            raise _told(error, operation, place) from error

    @cached_property
    def _client(self) -> t.Any:
        import botocore.config
        import botocore.session
        from botocore.exceptions import BotoCoreError

        sdk: t.Any = botocore  # which has no type information
        given = "key" in self._access
        try:
            # A profile, and addresses in the environment, are meant for other credentials.
            session = sdk.session.Session(
                session_vars={"profile": (None, None, None, None)} if given else None
            )
            return session.create_client(
                "cloudfront",
                region_name=self._access.get("region")
                or session.get_config_variable("region")
                or "us-east-1",
                endpoint_url=self._access.get("endpoint"),
                aws_access_key_id=self._access.get("key"),
                aws_secret_access_key=self._access.get("secret"),
                aws_session_token=self._access.get("token"),
                config=sdk.config.Config(
                    retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
                    ignore_configured_endpoint_urls=given,
                ),
            )
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(
                f"invalidate: cannot set up access to CloudFront: {error}"
            ) from error


def paths_of(names: t.Iterable[str], prefix: str, limit: int) -> list[str]:
    """CloudFront's paths of the changed names, sorted: what viewers ask for, percent-encoded.

    ``index.html`` is its folder's page as well. ``prefix`` (empty, or with ``/`` at its end) is what
    viewers see before the names: nothing where the destination's prefix is the origin's path. More
    than ``limit`` paths become one wildcard for the deepest folder that holds them all.
    """
    paths = sorted(
        {_path_of(viewed) for name in names for viewed in _views_of(prefix + name)}
    )
    wildcards = sum(path.endswith("*") for path in paths)
    if len(paths) <= limit and wildcards <= _MAX_WILDCARDS:
        return paths
    common = os.path.commonprefix([path[: path.rindex("/") + 1] for path in paths])
    return [common[: common.rindex("/") + 1] + "*"]


def _views_of(name: str) -> t.Iterator[str]:
    yield name
    if f"/{name}".endswith(f"/{_INDEX}"):
        yield name.removesuffix(_INDEX)


def _path_of(name: str) -> str:
    """A ``~`` is refused as it is and without effect when encoded: a wildcard stands for it and the rest."""
    start, tilde, _rest = name.partition("~")
    return f"/{quote(start, safe=_PLAIN)}" + ("*" if tilde else "")


def _code_of(error: BaseException | None) -> str:
    """The code in an error that the server sent; empty for another one."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def _told(error: BaseException, operation: str, place: str) -> LongshoreError:
    """Our error for one of the SDK's."""
    from .._drivers._s3_errors import translate

    ours = translate(error, operation, place)
    if not isinstance(ours, StoreError):
        return ours or StoreError(operation, place, str(error))
    code = _code_of(error)
    if code == "NoSuchDistribution":
        return ConfigurationError(
            ours.message,
            hint="Correct invalidate.distributions, or the credentials: they may be of another account.",
        )
    hint = _CODE_HINTS.get(code) or _CLASS_HINTS.get(type(ours), "")
    return type(ours)(operation, place, ours.detail, hint=hint)


def _check_names(given: t.Mapping[str, object]) -> None:
    for name in given:
        if name not in FIELDS:
            # What is no word may be a mapping gone wrong, with a credential in it.
            shown = repr(name) if str(name).isidentifier() else "of the written name"
            raise ConfigurationError(
                f"invalidate has no field {shown}.",
                hint=did_you_mean(str(name), FIELDS)
                or f"Fields are {listed(FIELDS, 'and')}.",
            )


def _distributions(written: object) -> tuple[str, ...]:
    if not isinstance(written, list) or not written:
        raise ConfigurationError(
            "invalidate.distributions must be a list of at least one id of a CloudFront distribution."
        )
    for number, one in enumerate(written):
        if not isinstance(one, str) or not re.fullmatch(r"[\w-]+", one, re.ASCII):
            raise ConfigurationError(
                f"invalidate.distributions[{number}] must be the id of a distribution, not {one!r}.",
                hint="An id is such as E2EXAMPLE1A2B3; it is neither the domain name nor the ARN.",
            )
    return tuple(dict.fromkeys(written))


def _limit(written: object) -> int:
    if (
        isinstance(written, bool)
        or not isinstance(written, int)
        or not 1 <= written <= _MAX_PATHS
    ):
        raise ConfigurationError(
            f"invalidate.limit must be a whole number from 1 to {_MAX_PATHS}, not {written!r}."
        )
    return written


def _prefix(written: object) -> str:
    inner = written.strip("/") if isinstance(written, str) else None
    if inner == "":
        return ""
    if (
        inner is None
        or has_control_characters(inner)
        or any(segment in ("", ".", "..") for segment in inner.split("/"))
    ):
        raise ConfigurationError(
            f"invalidate.path_prefix must be a path such as docs, without '.' or '..' as a part, not {written!r}."
        )
    return f"{inner}/"


def _access(given: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Credentials, region and URL, as far as they are written."""
    written = {name: given[name] for name in _ACCESS if given.get(name, "") != ""}
    read = read_fields(written, "invalidate").fields
    access = {name: str(read.get(name, written[name])) for name in written}
    if ("key" in access) != ("secret" in access):
        raise ConfigurationError(
            "invalidate: key and secret go together.",
            hint="Leave both out to use the credentials of the environment.",
        )
    if "token" in access and "key" not in access:
        raise ConfigurationError("invalidate: token goes with key and secret.")
    if has_control_characters(access.get("secret", "")):
        raise ConfigurationError(
            "invalidate.secret holds a line break or another control character.",
            hint="A block of YAML written with | ends with a line break, one with |- does not.",
        )
    return access


def _require_sdk() -> None:
    """Before anything is published."""
    try:
        import botocore.session
    except ImportError as error:
        raise MissingLibraryError(["boto3"], "to invalidate at CloudFront") from error
    del botocore
