# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""A queue that a bucket's events arrive in: a message means that there may be news."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t
from urllib.parse import urlsplit

from ..._drivers._requests import RequestCounter
from ..._drivers._rest import RestClient
from ..._endpoint import Endpoint
from ..._errors import StoreError
from ._sigv4 import PAYLOAD, Signer

#: Seconds that the service holds a question back for an answer, at most.
_LONG_POLL: t.Final = 20
_BATCH: t.Final = 10


class Queue:
    """One queue, with the store's credentials. What a message says does not matter: the feed does.

    Each host needs a queue of its own: a message is for who takes it first.
    """

    def __init__(self, endpoint: Endpoint, url: str) -> None:
        """Raises ``MissingLibraryError``. Sends nothing yet."""
        parts = urlsplit(url)
        host = re.fullmatch(r"(?:sqs\.)?([a-z0-9-]+)\..*", parts.hostname or "")
        amazon = (parts.hostname or "").endswith(
            (".amazonaws.com", ".amazonaws.com.cn")
        )
        region = host[1] if host is not None and amazon else endpoint.region
        self._url = url
        self._place = f"queue {url!r}"
        self._wait = max(1, min(_LONG_POLL, int(endpoint.timeout / 2)))
        signer = Signer(endpoint, "sqs", region or "us-east-1", parts.netloc)
        base = f"{parts.scheme}://{parts.netloc}"
        self._client = RestClient(endpoint, base, signer, RequestCounter())

    def wait(self) -> bool:
        """Whether a message came within 20 seconds. Those that did are deleted. Raises ``StoreError``."""
        answer = self._ask(
            "ReceiveMessage",
            {"WaitTimeSeconds": self._wait, "MaxNumberOfMessages": _BATCH},
        )
        receipts = [one.get("ReceiptHandle") for one in answer.get("Messages") or ()]
        if receipts:
            entries = [
                {"Id": str(number), "ReceiptHandle": receipt}
                for number, receipt in enumerate(receipts)
            ]
            self._ask("DeleteMessageBatch", {"Entries": entries})
        return bool(receipts)

    def _ask(self, action: str, content: dict[str, t.Any]) -> dict[str, t.Any]:
        data = json.dumps({"QueueUrl": self._url, **content}).encode()
        headers = {
            PAYLOAD: hashlib.sha256(data).hexdigest(),
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"AmazonSQS.{action}",
        }
        operation = (
            "ask for messages" if action == "ReceiveMessage" else "delete messages"
        )
        try:
            _unused, body = self._client.fetch(
                operation, "POST", "/", None, headers, data
            )
            answer = json.loads(body or b"{}")
            if isinstance(answer, dict):
                return answer
            detail = "the answer is of another kind"
        except StoreError as error:
            detail = error.detail
        except ValueError:
            detail = "the answer is no JSON"
        raise StoreError(
            operation,
            self._place,
            detail,
            hint="Check Queue, and that the reader's identity may receive and delete its messages.",
        )
