# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The program: reads the environment, runs the service, ends with 0, or with 2 where it could not begin or go on."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import typing as t

from .._errors import ConfigurationError, LongshoreError
from .._event_log import LibraryHandler, Log
from ._environment import read_settings
from ._server import listen, serve
from ._zygote import Zygote

_FAILED: t.Final = 2


def main(environ: t.Mapping[str, str] | None = None) -> int:
    """Until SIGTERM or SIGINT. ``environ``: None: of this process. For the main thread, and no other one may run."""
    try:
        _run(os.environ if environ is None else environ)
    except LongshoreError as error:
        sys.stderr.write(f"{error}\n")
        return _FAILED
    return 0


def _run(environ: t.Mapping[str, str]) -> None:
    settings = read_settings(environ)
    _make_folder(settings.state_path)
    log = Log(sys.stderr)
    log.hide(settings.secrets)
    logging.getLogger().addHandler(LibraryHandler(log))
    zygote = Zygote(settings)
    try:
        with listen(settings.address, settings.port) as listener:
            if settings.token is None and settings.save_token is None:
                log.warning(
                    "warning",
                    text="Neither AUTH_TOKEN nor SAVE_TOKEN is set: whoever reaches this service may do everything.",
                )
            asyncio.run(serve(settings, zygote, listener, log))
    finally:
        zygote.close()
    log.info("stopped")


def _make_folder(path: str) -> None:
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(None, "it may not be written")
    except OSError as error:
        raise ConfigurationError(
            f"STATE_PATH {path!r} cannot be used: {error.strerror}.",
            hint="Mount a small volume or tmpfs there, or choose another folder.",
        ) from None
