# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""The one place that knows Ansible: options, results, failures, and what must not be shown."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import remove_values

from ._endpoint import Endpoint
from ._endpoint_parsing import parse_endpoint
from ._errors import LongshoreError
from ._fields import looks_like_fields
from ._progress import VARIABLE, Progress
from ._report import Outcome
from ._timeline import Timeline

ArgumentSpec = dict[str, dict[str, t.Any]]

#: Options that every module of the collection takes; documented by the fragment ``endpoints``.
PROVIDER_OPTIONS: ArgumentSpec = {
    "providers": {"type": "dict"},
    "default_provider": {"type": "str"},
}

#: That of modules which can take long; documented by the fragment ``progress``. An action plugin sees to it.
PROGRESS_OPTION: ArgumentSpec = {
    "progress": {
        "type": "str",
        "choices": ["auto", "always", "never"],
        "default": "auto",
    },
}


# The calls that are not checked go to ansible.module_utils, which is not typed.


class Module(AnsibleModule):
    """An Ansible module whose endpoints' credentials never show in a result or a log."""

    def __init__(self, argument_spec: ArgumentSpec) -> None:
        super().__init__(  # type: ignore[no-untyped-call]  # see above
            argument_spec={**argument_spec, **PROVIDER_OPTIONS},
            supports_check_mode=True,
        )

    # Ansible knows secrets of options it is told about; ours are nested in free mappings. These two
    # are the last moments before the parameters are logged and shown; a wrong option ends the
    # module before it gets to the first of them.

    def _log_invocation(self) -> None:
        self.no_log_values.update(self._secrets())
        super()._log_invocation()  # type: ignore[no-untyped-call]  # see above

    def _secrets(self) -> t.Iterator[str]:
        free = ("raw", "str", "list")
        # Of an option whose fields Ansible was told of none is a secret; one that is any mapping,
        # but for the endpoints', holds a user's own names.
        told = {
            name
            for name, spec in self.argument_spec.items()
            if "options" in spec
            or (name not in PROVIDER_OPTIONS and spec.get("type", "str") not in free)
        }
        params = {n: value for n, value in self.params.items() if n not in told}
        yield from secrets_in(params)
        yield from misspelt_secrets(self.params, self.argument_spec)

    def _return_formatted(self, kwargs: dict[str, t.Any]) -> None:
        self.no_log_values.update(self._secrets())
        super()._return_formatted(kwargs)  # type: ignore[no-untyped-call]  # see above

    def endpoint(
        self, option: str, any_container: bool = False, **fields: str | None
    ) -> Endpoint:
        """The endpoint that an option holds, with fields of it that are options of their own.

        ``any_container``: as ``parse_endpoint`` has it. Raises ``ConfigurationError``.
        """
        return parse_endpoint(
            self.params[option],
            option=option,
            fields={name: value for name, value in fields.items() if value is not None},
            providers=self.params["providers"],
            default_provider=self.params["default_provider"],
            any_container=any_container,
        )

    def progress(self, timeline: Timeline | None = None) -> Progress:
        """What the engine tells of its work, for whoever asked the module to. To be used as a context."""
        return Progress(os.environ.pop(VARIABLE, None), timeline=timeline)

    def hidden(self, text: str) -> str:
        """The text without any credential of this task, as Ansible shows it in results."""
        return str(remove_values(text, self.no_log_values))

    def run(self, work: t.Callable[[], Outcome]) -> t.NoReturn:
        """Call the engine, and end the module with its report or its error."""
        _hurry()
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


def by_proper_names(value: t.Any, spec: t.Mapping[str, t.Any]) -> t.Any:
    """An option's value without the aliases of its fields, which Ansible leaves beside them."""
    fields = spec.get("options")
    if fields is None:
        return value
    if isinstance(value, list):
        return [by_proper_names(item, spec) for item in value]
    if not isinstance(value, dict):
        return value
    return {n: by_proper_names(v, fields[n]) for n, v in value.items() if n in fields}


def _hurry() -> None:
    """Settings of this whole process, for work that is many small objects and much waiting."""
    # a thread whose answer has come waits ten times less for one that computes
    sys.setswitchinterval(0.0005)
    # what is collected here lives until the end: looking for garbage in it is a tenth of the time
    gc.set_threshold(100_000, 20, 20)


#: Fields of an endpoint that anybody may see, whatever is in them.
_SHOWN = frozenset(
    "id provider type user container bucket prefix region port secure project auth ca_path timeout retries".split()
)


#: Fields of an endpoint of which nobody may see anything.
_HIDDEN = ("key", "secret", "token")


def secrets_in(params: t.Mapping[str, object]) -> t.Iterator[str]:
    """The texts in a module's parameters that nobody may see, in each form they are shown in."""
    entries = params.get("providers")
    user_way = isinstance(entries, t.Mapping) and any(
        isinstance(entry, t.Mapping) and "user" in entry for entry in entries.values()
    )
    for option, value in params.items():
        # no option is called so: it is an endpoint's field in the wrong place
        wrong_place = option in _HIDDEN
        for secret in _texts(value) if wrong_place else secrets_of(value, user_way):
            yield secret
            yield repr(secret)[1:-1]  # as the log has it
            yield json.dumps(secret)[1:-1]
            yield json.dumps(secret, ensure_ascii=False)[1:-1]


def misspelt_secrets(
    params: t.Mapping[str, object], spec: t.Mapping[str, t.Any]
) -> t.Iterator[str]:
    """The texts in fields that do not exist, of options one of whose fields is a secret."""
    for name, value in params.items():
        fields = spec.get(name, {}).get("options", {})
        if isinstance(value, t.Mapping) and any(
            f.get("no_log") for f in fields.values()
        ):
            yield from _texts({n: v for n, v in value.items() if n not in fields})


def secrets_of(written: object, user_way: bool = False) -> t.Iterator[str]:
    """The texts in an endpoint, as the user wrote it, or in a mapping of them, that nobody may see.

    ``user_way``: some entry of ``providers`` is written with user and key, so that a key without
    secret may be a secret.
    """
    if isinstance(written, str):
        if written.lstrip().startswith("{") or looks_like_fields(written):
            yield written
            with contextlib.suppress(ValueError):
                yield from secrets_of(json.loads(written), user_way)
    elif isinstance(written, t.Mapping):
        for name, value in written.items():
            if isinstance(value, t.Mapping) and name not in _HIDDEN:
                yield from secrets_of(value, user_way)
            elif _is_secret(str(name), value, written, user_way):
                yield from _texts(value)
    elif isinstance(written, (list, tuple)):
        for value in written:
            yield from secrets_of(value, user_way)


def _is_secret(
    name: str, value: object, written: t.Mapping[str, object], user_way: bool
) -> bool:
    """Whether a field may hold a credential; one that does not exist may."""
    if name == "key":
        return (
            "user" in written  # django-storages' secret
            or not isinstance(value, str)
            or value.lstrip().startswith("{")  # a whole service account
            or (user_way and "secret" not in written and not _is_local(written))
        )
    if name in ("host", "endpoint"):
        return "@" in str(value)
    return name not in _SHOWN


def _is_local(written: t.Mapping[str, object]) -> bool:
    ids = (str(written.get(name, "")) for name in ("id", "provider", "type"))
    return any(text.rpartition(".")[2].upper() == "LOCAL" for text in ids)


def _texts(value: object) -> t.Iterator[str]:
    """The texts and numbers in a value, however deep."""
    if isinstance(value, t.Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
    elif value is not None and not isinstance(value, bool) and str(value):
        yield str(value)
