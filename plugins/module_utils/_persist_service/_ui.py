# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The page at ``/ui``: files that are texts in modules, sent as they are. What they ask for is below ``/v1``."""

from __future__ import annotations

import typing as t

from ._failures import ServiceError
from ._http import HttpResponse
from ._page import FILES

#: Nothing comes from elsewhere, nothing is in the page itself but its markup, and no text becomes markup.
CONTENT_SECURITY_POLICY: t.Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)


def page(name: str) -> HttpResponse:
    """A file of the page; ``name`` "" is the page itself. Raises ``ServiceError``."""
    found = FILES.get(name)
    if found is None:
        raise ServiceError("not_found", "There is no such page.")
    content_type, text = found
    return HttpResponse(body=text.encode(), content_type=content_type)
