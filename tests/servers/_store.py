# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that hold objects, and how to reach one."""

from __future__ import annotations

import abc
import typing as t

from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)

from ._process import Server


class StoreServer(Server):
    """``key`` and ``secret`` may do everything there."""

    #: What it is unless a test says otherwise: a constant of libcloud's.
    provider: t.ClassVar[str]
    region: t.ClassVar[str | None] = None
    project: t.ClassVar[str | None] = None

    @property
    @abc.abstractmethod
    def key(self) -> str: ...

    @property
    @abc.abstractmethod
    def secret(self) -> str: ...

    def endpoint(
        self, provider: str = "", container: str = "", **changes: t.Any
    ) -> Endpoint:
        """How to reach it, with right credentials; ``changes`` are fields of ``Endpoint``."""
        fields: dict[str, t.Any] = {
            "key": self.key,
            "secret": self.secret,
            "region": self.region,
            "project": self.project,
            "host": "127.0.0.1",
            "port": self.port,
            "secure": False,
        }
        return Endpoint(provider or self.provider, container, **{**fields, **changes})
