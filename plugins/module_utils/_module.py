# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""The one place that knows Ansible: options, results, failures, and what must not be shown."""

from __future__ import annotations

import json
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ._endpoint import Endpoint, parse_endpoint
from ._errors import LongshoreError
from ._report import Report

ArgumentSpec = dict[str, dict[str, t.Any]]

#: Options that every module of the collection takes; documented by the fragment ``endpoints``.
PROVIDER_OPTIONS: ArgumentSpec = {
    "providers": {"type": "dict"},
    "default_provider": {"type": "str"},
}


class Module(AnsibleModule):  # type: ignore[misc]  # ansible.module_utils is not typed
    """An Ansible module whose endpoints' credentials never show in a result or a log."""

    def __init__(self, argument_spec: ArgumentSpec, endpoints: t.Sequence[str]) -> None:
        """``endpoints`` names the options that hold one."""
        self._endpoints = endpoints
        super().__init__(
            argument_spec={**argument_spec, **PROVIDER_OPTIONS},
            supports_check_mode=True,
        )

    def _log_invocation(self) -> None:
        # Ansible knows secrets of options it is told about; ours are nested in free mappings, and
        # this is the last moment before the parameters are logged.
        self.no_log_values.update(self._secrets())
        super()._log_invocation()

    def _secrets(self) -> t.Iterator[str]:
        providers = self.params["providers"] or {}
        for written in (
            *(self.params[name] for name in self._endpoints),
            *providers.values(),
        ):
            yield from secrets_of(written)

    def endpoint(self, option: str) -> Endpoint:
        """The endpoint that an option holds. Raises ``ConfigurationError``."""
        return parse_endpoint(
            self.params[option],
            option=option,
            providers=self.params["providers"],
            default_provider=self.params["default_provider"],
        )

    def run(self, work: t.Callable[[], Report]) -> t.NoReturn:
        """Call the engine, and end the module with its report or its error."""
        try:
            report = work()
        except LongshoreError as exc:
            partial = getattr(exc, "report", None)
            done = partial.result() if partial is not None else {}
            self.fail_json(msg=str(exc), **done)
        for warning in report.warnings:
            self.warn(warning)
        result = report.result()
        if self._diff:
            result["diff"] = report.diff()
        self.exit_json(**result)


def secrets_of(written: object) -> t.Iterator[str]:
    """The texts in an endpoint, as the user wrote it, that nobody may see."""
    if isinstance(written, str) and written.lstrip().startswith("{"):
        try:
            written = json.loads(written)
        except ValueError:
            yield t.cast(str, written)  # refused later; until then it may hold anything
    if not isinstance(written, t.Mapping):
        return
    hidden = {"secret", "token", "endpoint" if _has_userinfo(written) else ""}
    if "user" in written or str(written.get("key", "")).lstrip().startswith("{"):
        hidden.add("key")  # django-storages' secret, or a whole service account
    for name in hidden:
        value = written.get(name)
        if isinstance(value, (str, int)) and str(value):
            yield str(value)


def _has_userinfo(written: t.Mapping[str, object]) -> bool:
    return "@" in str(written.get("endpoint", ""))
