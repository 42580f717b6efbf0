# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A distribution whose artifacts the tests publish and fetch with the module."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration import (
    Configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_file import (
    write_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_values import (
    Format,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from ansible_collections.longshore.storage.plugins.module_utils._endpoint_parsing import (
    parse_endpoint,
)
from ansible_collections.longshore.storage.plugins.modules import (
    distsync_artifact,
    distsync_artifact_info,
)
from tests.integration.module import Result, call


class Distribution:
    """A place, and the two configuration files of who publishes and who fetches."""

    def __init__(
        self, place: t.Any, folder: Path, store_format: Format = Format.LONGSHORE
    ) -> None:
        self.place = place
        self.folder = folder
        self.secret = SharedSecret.generate()
        self.key = SigningKey.generate()
        self.dest = folder / "srv" / "app"
        self.dest.parent.mkdir(parents=True)
        self.paths = {role: str(folder / role) for role in ("uploader", "daemon")}
        signed = store_format is Format.LONGSHORE
        common = Configuration(
            self.secret, endpoint_of(place.endpoint()), format=store_format
        )
        self.uploader = dataclasses.replace(
            common, signing_key=self.key if signed else None
        )
        self.daemon = dataclasses.replace(
            common, public_key=self.key.public if signed else None
        )
        self.write()

    def write(self) -> None:
        """The two files, as they are to be."""
        write_configuration(self.paths["uploader"], self.uploader)
        write_configuration(self.paths["daemon"], self.daemon)

    def reach(self, **roles: t.Mapping[str, t.Any]) -> None:
        """Let a role reach the place by another endpoint, or with other credentials."""
        for role, endpoint in roles.items():
            store = endpoint_of(endpoint)
            setattr(self, role, dataclasses.replace(getattr(self, role), store=store))
        self.write()

    @property
    def inline(self) -> dict[str, t.Any]:
        """What a task says instead of a file, but for the two keys."""
        return {"provider": self.place.endpoint(), "secret": self.secret.encode()}

    @property
    def secrets(self) -> tuple[str, ...]:
        stores = (self.uploader.store.secret, self.daemon.store.secret)
        own = (self.secret.encode(), self.key.encode())
        return (*own, *(secret for secret in stores if secret))

    def file(self, data: bytes, name: str = "app") -> str:
        path = self.folder / "sources" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o640)
        return str(path)

    # -- tasks

    def attempt(self, state: str, *, check: bool = False, **options: t.Any) -> Result:
        """One that may fail. Nobody sees a secret in any case."""
        role = "daemon" if state == "present" else "uploader"
        if "provider" not in options:
            options = {"config": self.paths[role], **options}
        result = call(
            distsync_artifact,
            state=state,
            _ansible_check_mode=check,
            _ansible_diff=True,
            **options,
        )
        self.hush(result.text)
        return result

    def hush(self, text: str) -> None:
        for secret in self.secrets:
            assert secret not in text

    def good(self, state: str, **options: t.Any) -> Result:
        """One that must end well."""
        result = self.attempt(state, **options)
        assert not result.failed, result.msg
        return result

    def refused(self, state: str, **options: t.Any) -> str:
        """One that must fail, and change nothing in the place; its message."""
        before = self.place.everything()
        result = self.attempt(state, **options)
        assert result.failed, result.values
        assert "Traceback" not in result.text
        assert self.place.everything() == before
        return result.msg

    def same(self, state: str, **options: t.Any) -> Result:
        """A run, before which check mode has changed nothing and has said the same."""
        before = self.everything()
        checked = self.good(state, check=True, **options)
        assert self.everything() == before, "check mode changed it"
        done = self.good(state, **options)
        assert checked.changed == done.changed
        assert checked.values["diff"] == done.values["diff"]
        for name in done.values.keys() - {"sequence", "received", "invocation"}:
            assert checked.values[name] == done.values[name], name
        if done.changed:
            assert done.values["diff"]["before"] != done.values["diff"]["after"]
        return done

    def everything(self) -> tuple[dict[str, bytes], dict[str, tuple[int, bytes]]]:
        """The bucket, and the files of the host."""
        files = [path for path in self.dest.parent.iterdir() if path.is_file()]
        return self.place.everything(), {
            path.name: (path.stat().st_mode, path.read_bytes()) for path in files
        }

    def publish(self, data: bytes, version: str | None = None, **more: t.Any) -> Result:
        given = {"version": version} if version is not None else {}
        return self.good("published", src=self.file(data), **given, **more)

    def fetch(self, **options: t.Any) -> Result:
        return self.good("present", name="app", dest=str(self.dest), **options)

    def info(self, **options: t.Any) -> dict[str, t.Any]:
        """What there is."""
        given = {"config": self.paths["uploader"], **options}
        result = call(distsync_artifact_info, **given)
        self.hush(result.text)
        assert not result.failed, result.msg
        assert not result.changed
        return {**result.values, "warned": result.warnings}

    def versions(self, **options: t.Any) -> tuple[str | None, list[str]]:
        """The latest version of ``app``, and all of them."""
        artifacts = self.info(name="app", **options)["artifacts"]
        if not artifacts:
            return None, []
        [one] = artifacts
        return one["current"], [release["version"] for release in one["releases"]]


def endpoint_of(written: t.Mapping[str, t.Any]) -> t.Any:
    return parse_endpoint(
        written, option="store", providers=None, default_provider=None
    )
