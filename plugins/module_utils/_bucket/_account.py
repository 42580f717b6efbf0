# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The names of all buckets of an account."""

from __future__ import annotations

import json
import os
import typing as t
from xml.etree import ElementTree

from .._drivers._requests import RequestCounter
from .._endpoint import Endpoint
from .._errors import ConfigurationError, StoreError

_OPERATION: t.Final = "list the buckets"


def bucket_names(account: Endpoint, requests: RequestCounter) -> list[str]:
    """In order. ``account`` is an endpoint without container; of LOCAL, its ``key`` is the folder.

    Raises ``StoreError``, and ``ConfigurationError`` for a provider whose buckets cannot be listed.
    """
    names: t.Iterator[str]
    match account.family:
        case "local":
            names = _folders(account)
        case "s3":
            names = _s3(account, requests)
        case "azure":
            names = _azure(account, requests)
        case "google" if not (account.key or "").startswith("GOOG"):
            names = _google(account, requests)
        case "swift":
            names = _swift(account, requests)
        case _:
            raise ConfigurationError(
                f"The buckets of {account.provider} cannot be listed.",
                hint="Name one.",
            )
    return sorted(names)


def _folders(account: Endpoint) -> t.Iterator[str]:
    try:
        with os.scandir(account.key) as entries:
            yield from [e.name for e in entries if e.is_dir(follow_symlinks=False)]
    except OSError as error:
        raise StoreError(
            _OPERATION, f"folder {account.key!r}", error.strerror or str(error)
        ) from None


def _s3(account: Endpoint, requests: RequestCounter) -> t.Iterator[str]:
    from .._drivers._s3_client import open_client
    from .._drivers._s3_errors import explained

    client = open_client(account, requests.add).client
    with explained(_OPERATION, account.place):
        for page in client.get_paginator("list_buckets").paginate():
            yield from (found["Name"] for found in page.get("Buckets") or ())


def _azure(account: Endpoint, requests: RequestCounter) -> t.Iterator[str]:
    from .._drivers._azure_account import find_account
    from .._drivers._rest import RestClient

    found = find_account(account)
    rest = RestClient(account, found.url, found.authorize, requests)
    query = {"comp": "list"}
    while True:
        _unused, body = rest.fetch(_OPERATION, "GET", "/", query)
        try:
            page = ElementTree.fromstring(body)
        except ElementTree.ParseError as error:
            raise _unreadable(account, error) from None
        yield from (name.text or "" for name in page.iterfind(".//Container/Name"))
        marker = page.findtext("NextMarker")
        if not marker:
            return
        query["marker"] = marker


def _google(account: Endpoint, requests: RequestCounter) -> t.Iterator[str]:
    from .._drivers._gcs import URL
    from .._drivers._google import find_token_source
    from .._drivers._rest import RestClient

    tokens = find_token_source(account)
    project = account.project or tokens.project
    if not project and account.url is None:
        raise ConfigurationError(
            f"To list the buckets of {account.provider}, its project must be known.",
            hint="Give the project's id as project.",
        )
    rest = RestClient(account, account.url or URL, tokens.authorize, requests)
    query = {"project": project or "none", "fields": "items(name),nextPageToken"}
    while True:
        page = rest.fetch_json(_OPERATION, "GET", "/storage/v1/b", query)
        yield from (item["name"] for item in page.get("items", ()))
        if "nextPageToken" not in page:
            return
        query["pageToken"] = page["nextPageToken"]


def _swift(account: Endpoint, requests: RequestCounter) -> t.Iterator[str]:
    from .._drivers._libcloud_client import LibcloudClient
    from .._drivers._libcloud_dialect import Request

    client = LibcloudClient(account, requests)
    params = {"format": "json"}
    try:
        while True:
            response = client.send(_OPERATION, Request("GET", "", params))
            client.check(response, _OPERATION)
            try:
                page = [found["name"] for found in json.loads(response.content or "[]")]
            except (ValueError, TypeError, KeyError) as error:
                raise _unreadable(account, error) from None
            # Swift announces nothing: only an empty part is the last one.
            if not page:
                return
            yield from page
            params = {**params, "marker": page[-1]}
    finally:
        client.close()


def _unreadable(account: Endpoint, error: Exception) -> StoreError:
    return StoreError(_OPERATION, account.place, f"the answer is no listing ({error})")
