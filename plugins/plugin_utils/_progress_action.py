# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this plugin util is PRIVATE to the collection. It can have breaking changes at any time.

"""The action of modules that can take long: runs the module as ever, and meanwhile shows how far it has come.

Nothing is done to the module's own run: a second connection reads the file that the module writes. So whatever becomes
of that, the task's result, failure and end are what they would be without.
"""

from __future__ import annotations

import contextlib
import functools
import secrets
import shlex
import sys
import typing as t

from ansible.errors import AnsibleAuthenticationFailure, AnsibleConnectionFailure
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.plugins.loader import connection_loader

from ..module_utils._progress import SNAPSHOT_LIMIT, VARIABLE
from ._progress_reader import Reader

#: Actions are imported by the main process first, whose output is Ansible's; tasks run in others, which have none.
_HAS_TERMINAL: t.Final = sys.stdout.isatty()


class ProgressAction(NormalAction):
    """Takes ``progress`` out of the task's arguments: ``auto``, ``always`` or ``never``."""

    def run(
        self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None
    ) -> dict[str, t.Any]:
        task_vars = task_vars or {}
        with self._watched(task_vars) if self._is_wanted else contextlib.nullcontext():
            result = super().run(tmp, task_vars)  # type: ignore[no-untyped-call]  # Ansible declares no types
            return t.cast("dict[str, t.Any]", result)

    @property
    def _is_wanted(self) -> bool:
        task = self._task
        wanted = task.args.get("progress", "auto")
        if task.async_val or task.check_mode or task.no_log:
            return False
        return wanted == "always" or (wanted == "auto" and _HAS_TERMINAL)

    @contextlib.contextmanager
    def _watched(self, task_vars: dict[str, t.Any]) -> t.Iterator[None]:
        try:
            path = self._path()
            reading = self._reading_action()
        # of any plugin, for any reason: without a second connection there is nothing to be seen
        except Exception as error:  # noqa: BLE001
            self._display.vvv(f"No progress is shown: {error}")
            yield
            return
        host = _shown_host(task_vars, self._task.delegate_to)

        def show(line: str) -> None:
            self._display.display(
                f"progress: [{host}] {line}",
                # Ansible keeps what it writes into a pipe back, and other programs read that
                stderr=not _HAS_TERMINAL,
                screen_only=True,
            )

        read = functools.partial(_read, reading, path)
        with self._environment({VARIABLE: path}), Reader(read, show):
            yield

    def _path(self) -> str:
        """Where the module may write, and whom the connection logs in as may read, whoever both are."""
        folders = self.get_shell_option("system_tmpdirs") or ["/tmp"]  # type: ignore[no-untyped-call]  # as above
        return f"{folders[-1]}/longshore-{secrets.token_hex(16)}.progress"

    def _reading_action(self) -> NormalAction:
        """One with a connection of its own to the same host. It becomes nobody: everybody may read the file."""
        connection = connection_loader.get(
            self._connection._load_name, self._play_context, new_stdin=None
        )
        connection.set_options(direct=self._connection.get_options())
        return NormalAction(
            self._task,
            connection,
            self._play_context,
            self._loader,
            self._templar,
            self._shared_loader_obj,
        )

    @contextlib.contextmanager
    def _environment(self, more: dict[str, str]) -> t.Iterator[None]:
        """The module's, beside what the task says of it."""
        environment = self._task.environment
        environment.append(more)
        try:
            yield
        finally:
            environment.remove(more)


def _read(action: NormalAction, path: str) -> str | None:
    """None while there is nothing to be read, or the connection does not hold."""
    command = f"head -c {SNAPSHOT_LIMIT} {shlex.quote(path)}"
    try:
        done = action._low_level_execute_command(command, sudoable=False)
    except AnsibleAuthenticationFailure:
        raise  # another attempt might lock the account
    except AnsibleConnectionFailure:
        return None
    return str(done["stdout"]) if done["rc"] == 0 else None


def _shown_host(task_vars: dict[str, t.Any], delegate: str | None) -> str:
    """As Ansible shows it beside a result."""
    host = str(task_vars.get("inventory_hostname", "localhost"))
    return f"{host} -> {delegate}" if delegate else host
