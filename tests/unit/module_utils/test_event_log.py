# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events as lines, without secrets."""

from __future__ import annotations

import io
import json
import logging
from urllib.parse import quote

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint import (
    Endpoint,
)
from ansible_collections.longshore.storage.plugins.module_utils._event_log import (
    LibraryHandler,
    Log,
)

PASSWORD = "d0/n0t+sh0w"

#: A record of which the text and the arguments do not go together.
WRONG = {"msg": "%s %s", "levelno": logging.WARNING}


def test_a_line_for_each_event() -> None:
    stream = io.StringIO()
    log = Log(stream, lambda: 0.0)
    log.info("feed", sequence=3, channel="stable", nothing=None)
    log.error("look_failed", error=ValueError("two\nlines"))
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first == {
        "time": "1970-01-01T00:00:00Z",
        "level": "info",
        "event": "feed",
        "sequence": 3,
        "channel": "stable",
    }
    assert (second["level"], second["error"]) == ("error", "two\nlines")


def test_no_secrets_in_any_form() -> None:
    stream = io.StringIO()
    log = Log(stream)
    configuration = Configuration(
        SharedSecret.generate(),
        Endpoint("S3", "b", key="AKID", secret=PASSWORD, token="t0ken"),
        signing_key=SigningKey.generate(),
    )
    log.hide(configuration.secrets)
    assert configuration.signing_key is not None
    secrets = [
        PASSWORD,
        quote(PASSWORD, safe=""),
        "t0ken",
        configuration.secret.encode(),
        configuration.signing_key.encode(),
    ]
    log.warning(
        "look_failed", error=" and ".join(secrets), url=quote(PASSWORD, safe="")
    )
    logger = logging.Logger("library")
    logger.addHandler(LibraryHandler(log))
    logger.warning("sent %s", PASSWORD)
    logger.handle(logging.makeLogRecord({**WRONG, "args": (PASSWORD,)}))
    written = stream.getvalue()
    assert not any(secret in written for secret in secrets)
    assert json.loads(written.splitlines()[0])["error"].count("********") == 5


def test_nobody_who_listens() -> None:
    stream = io.StringIO()
    stream.close()
    Log(stream).info("started")
