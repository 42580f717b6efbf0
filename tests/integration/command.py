# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's own commands, run as a user runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.longshore.storage.plugins.modules import static_container
from tests.integration.module import Result
from tests.integration.running import Running
from tests.servers._process import REPOSITORY, find_program

MODULE = "longshore.storage.static_container"

#: The folder in which there is ``ansible_collections``.
COLLECTIONS = Path(static_container.__file__).parents[5]

_RESULT = re.compile(r"^localhost \| \w+!? => (\{$.*?^\})$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Run:
    """One command that has ended."""

    code: int
    output: str
    errors: str
    log: str

    @property
    def results(self) -> list[Result]:
        """What each task returned."""
        return [Result(json.loads(found)) for found in _RESULT.findall(self.output)]

    @property
    def result(self) -> Result:
        """What the only task returned."""
        (only,) = self.results
        return only

    @property
    def text(self) -> str:
        """All that anybody could read."""
        return f"{self.output}\n{self.errors}\n{self.log}"


class Ansible:
    """Commands with a home of their own, which logs everything it is told."""

    def __init__(self, home: Path) -> None:
        self._home = home
        home.mkdir()

    def adhoc(
        self, arguments: t.Mapping[str, t.Any], *flags: str, **environment: str
    ) -> Run:
        """``ansible localhost -m … -a '<json>'``."""
        options = ["localhost", "-m", MODULE, "-a", json.dumps(arguments), *flags]
        return self._run("ansible", options, environment)

    def playbook(self, text: str, *flags: str, **environment: str) -> Run:
        path = self._home / "playbook.yml"
        path.write_text(text)
        return self._run("ansible-playbook", [str(path), *flags], environment)

    def documented(
        self, name: str, variables: t.Mapping[str, t.Any], *flags: str
    ) -> Run:
        """A playbook of the documentation, as it is."""
        path = REPOSITORY / "docs" / "playbooks" / name
        options = [str(path), "-e", json.dumps(variables), *flags]
        return self._run("ansible-playbook", options, {})

    def running(
        self, text: str, *flags: str, terminal: bool, **environment: str
    ) -> Running:
        """``ansible-playbook`` with this one, which goes on meanwhile."""
        path = self._home / "playbook.yml"
        path.write_text(text)
        return Running(
            [find_program("ansible-playbook"), str(path), *flags],
            self._home,
            self._surroundings | environment,
            terminal=terminal,
        )

    @property
    def _surroundings(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_HOME": str(self._home / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_LOG_PATH": str(self._home / "log"),
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_STDOUT_CALLBACK": "minimal",
            "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def _run(
        self, program: str, arguments: t.Sequence[str], environment: dict[str, str]
    ) -> Run:
        log = self._home / "log"
        log.write_text("")
        done = subprocess.run(
            [find_program(program), *arguments],
            cwd=self._home,
            env=self._surroundings | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr, log.read_text())
