# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""How libcloud's requests travel: exactly as they are, counted, and never without a timeout."""

from __future__ import annotations

import typing as t

from .._endpoint import Endpoint
from ._requests import RequestCounter


class Transport:
    """In place of libcloud's own connection, with what libcloud calls of it.

    libcloud's own waits for ever in raw transfers, decodes bodies, resolves ``..`` in URLs, and
    follows redirects with the credentials on board.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        counter: RequestCounter,
        host: str,
        port: int,
        secure: t.Any = None,
        **_: object,
    ) -> None:
        """All but the first two are libcloud's, some of them by name."""
        import requests

        self._endpoint = endpoint
        self._counter = counter
        self.host = f"{'https' if secure else 'http'}://{host}:{port}"
        self.session = requests.Session()
        # Without it, a line of ~/.netrc would replace the signature.
        self.session.auth = lambda request: request
        self.response: t.Any = None

    def request(self, *arguments: t.Any, **named: t.Any) -> None:
        """For libcloud's own requests: it would guess an encoding that is not declared."""
        self.prepared_request(*arguments, **named)
        self.response.encoding = "utf-8"

    def prepared_request(
        self,
        method: str,
        url: str,
        body: t.Any = None,
        headers: t.Any = None,
        **_: object,
    ) -> None:
        """For ours."""
        import requests

        # libcloud signs a space as %20, which is what it is on any server, and sends a +.
        path, mark, query = url.partition("?")
        exact = self.host + path + mark + query.replace("+", "%20")
        request = self.session.prepare_request(
            requests.Request(method, exact, headers, data=body)
        )
        # requests would resolve dots and quote anew what is signed already.
        request.url = exact
        settings = self.session.merge_environment_settings(
            exact, {}, True, self._endpoint.ca_path, None
        )
        self._counter.add()
        self.response = self.session.send(
            request,
            timeout=self._endpoint.timeout,
            allow_redirects=False,
            **settings,
        )

    def getresponse(self) -> t.Any:
        return self.response
