# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""A folder of this machine as a bucket."""

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from .._drivers._local import LocalStore
from .._endpoint import Endpoint
from .._errors import ConfigurationError, LocalWriteError
from ._described import no_setting
from ._service import BucketService, Value


class LocalBucket(BucketService):
    """``cdn`` is what libcloud means by it: a folder's URL is its path, and it always has one."""

    settings = frozenset({"cdn"})

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._store = LocalStore(endpoint)

    def exists(self) -> bool:
        return self._store.container_exists()

    def create(self, wanted: t.Mapping[str, Value]) -> None:
        self._store.create_container()

    def delete(self) -> None:
        folder = self.endpoint.container
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            pass
        except OSError as error:
            raise LocalWriteError(
                f"Could not delete the folder {folder!r}: {error.strerror}."
            ) from None

    def normalise(self, setting: str, written: t.Any) -> Value:
        self._require(setting)
        if not written:
            raise ConfigurationError(
                "cdn: a folder of LOCAL always has its URL.", hint="Leave it out."
            )
        return True

    def read(self, setting: str) -> Value:
        self._require(setting)
        return True

    def write(self, setting: str, value: Value, current: Value) -> None:
        self._require(setting)

    def links(self) -> t.Mapping[str, str]:
        url = Path(self.endpoint.container).as_uri()
        return {"url": url, "cdn_url": url}

    def _require(self, setting: str) -> None:
        if setting != "cdn":
            raise no_setting(self.endpoint, setting)
