# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""moto: an S3 (and much else of AWS) that takes nearly any key, in a process of its own."""

from __future__ import annotations

import http.client
import json
import typing as t

import boto3
import botocore.config

from ._process import Command, find_program
from ._store import StoreServer

_EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


class Moto(StoreServer):
    """A user of its IAM may do everything; from then on every signature is checked."""

    name = "moto"
    provider = "S3"
    region = "us-east-1"
    user = "longshore"

    key = ""
    secret = ""

    def commands(self) -> t.Sequence[Command]:
        arguments = [find_program("moto_server"), "-H", "127.0.0.1"]
        return [Command([*arguments, "-p", str(self.port)])]

    def is_ready(self) -> bool:
        return self._ask("GET", "/moto-api/data.json").status == 200

    def prepare(self) -> None:
        iam = boto3.client(
            "iam",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=self.region,
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",
            config=botocore.config.Config(retries={"max_attempts": 0}),
        )
        iam.create_user(UserName=self.user)
        iam.put_user_policy(
            UserName=self.user,
            PolicyName="everything",
            PolicyDocument=json.dumps(_EVERYTHING),
        )
        made = iam.create_access_key(UserName=self.user)["AccessKey"]
        self.key, self.secret = made["AccessKeyId"], made["SecretAccessKey"]
        self._ask("POST", "/moto-api/reset-auth", b"0")

    def _ask(
        self, method: str, path: str, body: bytes | None = None
    ) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            response.read()
            return response
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()
