# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""Who may ask for what: tokens, browsers of other sites, and how often."""

from __future__ import annotations

import asyncio
import collections
import hashlib
import hmac
import math
import secrets
import time
import typing as t
from urllib.parse import urlsplit

from ._failures import ServiceError
from ._http import Role

#: Seconds until a wrong token is answered, and how many such answers may wait.
_DELAY: t.Final = 1.0
_MOST_DELAYED: t.Final = 32
#: So many addresses are remembered.
_ADDRESSES: t.Final = 4096
#: What a browser says of where a request comes from.
_FETCH: t.Final = ("sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest")


class Guard:
    """None: there is no such token. Without any, everybody may do everything."""

    def __init__(self, full: str | None, save: str | None) -> None:
        self._is_open = full is None and save is None
        self._full = _digest(full or secrets.token_hex())
        self._save = _digest(save or secrets.token_hex())
        self._delayed = 0

    async def role(self, authorization: str | None) -> Role:
        """Of the one who sends this header. Raises ``ServiceError``, for a wrong token after a while."""
        if self._is_open:
            return "full"
        scheme, _blank, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer":
            raise _unauthorized("A token is needed.")
        given = _digest(token.strip())
        # both, so that the time tells nothing
        is_full = hmac.compare_digest(given, self._full)
        is_save = hmac.compare_digest(given, self._save)
        if is_full:
            return "full"
        if is_save:
            return "save"
        if self._delayed >= _MOST_DELAYED:
            raise _too_many(_DELAY)
        self._delayed += 1
        try:
            await asyncio.sleep(_DELAY)
        finally:
            self._delayed -= 1
        raise _unauthorized("The token is a wrong one.")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()


def _unauthorized(message: str) -> ServiceError:
    return ServiceError(
        "unauthorized",
        message,
        hint="Send the header Authorization: Bearer and the value of AUTH_TOKEN or SAVE_TOKEN.",
        headers={"WWW-Authenticate": 'Bearer realm="persistence"'},
    )


def _too_many(seconds: float) -> ServiceError:
    return ServiceError(
        "too_many_requests",
        "There were too many requests.",
        hint="Come again a little later.",
        headers={"Retry-After": str(math.ceil(seconds))},
    )


def refuse_browsers(headers: t.Mapping[str, str]) -> None:
    """Any page could make a browser send such a request. Raises ``ServiceError``."""
    if any(name in headers for name in ("origin", *_FETCH)):
        raise ServiceError(
            "forbidden",
            "A browser cannot ask for this.",
            hint="The interface below /v1 is for programs in a browser, too.",
        )


def refuse_other_sites(headers: t.Mapping[str, str]) -> None:
    """Raises ``ServiceError`` for what another site's page has made a browser send."""
    site = headers.get("sec-fetch-site", "none")
    origin = headers.get("origin")
    same = origin is None or _netloc(origin) == headers.get("host", "").lower()
    if site not in ("none", "same-origin") or not same:
        raise ServiceError("forbidden", "A page of another site cannot ask for this.")


def _netloc(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


class Rate:
    """``most`` a minute for each address, and so many at once; 0: any number."""

    def __init__(
        self, most: int, clock: t.Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._clock = clock
        self._left: collections.OrderedDict[str, tuple[float, float]] = (
            collections.OrderedDict()
        )

    def take(self, address: str) -> None:
        """Raises ``ServiceError``."""
        if not self._most:
            return
        now = self._clock()
        left, since = self._left.pop(address, (float(self._most), now))
        left = min(self._most, left + (now - since) * self._most / 60)
        is_allowed = left >= 1
        self._left[address] = (left - is_allowed, now)
        if len(self._left) > _ADDRESSES:
            self._left.popitem(last=False)
        if not is_allowed:
            raise _too_many((1 - left) * 60 / self._most)
