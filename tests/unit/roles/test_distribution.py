# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import runpy
import subprocess
import sys
import typing as t
import zipfile
from pathlib import Path

import jinja2
import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._configuration_file import (
    read_configuration,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._secret import (
    SharedSecret,
)
from ansible_collections.longshore.storage.plugins.module_utils._encryption._signing import (
    SigningKey,
)
from tests.unit.roles.roles import (
    ROOT,
    constraints,
    defaults,
    documented_defaults,
    options,
    pins,
    read_yaml,
    variables,
)

ROLE = ROOT / "roles" / "distribution"

BASE = f"""\
SharedSecret = "{SharedSecret.generate().encode()}"
StorageBucket = "fleet"
Storage = "MINIO"
Endpoint = "http://127.0.0.1:9000"
OutputDir = "/elsewhere"
keep = 9
PublicKey = "{SigningKey.generate().public.encode()}"

[Store]
  Key = "reader"
  Secret = "hidden"
"""


def test_defaults_are_those_that_are_documented() -> None:
    assert defaults(ROLE) == documented_defaults(ROLE)


def test_every_option_is_used() -> None:
    used = variables(ROLE)
    assert used - {"distribution_major_version"} == options(ROLE).keys()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-swarm.txt"])
def test_requirements_are_pinned_to_what_is_tested(name: str) -> None:
    assert pins(ROLE / "files" / name) <= constraints()


@pytest.mark.parametrize(
    ("family", "release", "python", "package"),
    [
        ("Debian", "12", "/usr/bin/python3", "python3-venv"),
        ("RedHat", "9", "/usr/bin/python3.11", "python3.11"),
        ("RedHat", "10", "/usr/bin/python3", "python3"),
    ],
)
def test_python_and_its_package_in_each_family(
    family: str, release: str, python: str, package: str
) -> None:
    def said(text: str) -> str:
        facts = {"distribution_major_version": release}
        return str(jinja2.Template(text).render(ansible_facts=facts))

    known = read_yaml(ROLE / "vars" / f"{family}.yml")
    assert said(known["__distribution_usual_python"]) == python
    packages = {said(one) for one in known["__distribution_packages"]}
    assert {package, "ca-certificates"} <= packages


def test_a_python_that_is_too_old_is_refused() -> None:
    code = read_yaml(ROLE / "vars" / "main.yml")["__distribution_try_python"][-1]
    assert run("-c", code).returncode == 0
    done = run("-c", code.replace("(3, 11)", "(99, 0)"))
    assert done.returncode == 1
    assert "name one as distribution_python" in done.stderr


def test_wheels_get_into_one_file(tmp_path: Path) -> None:
    for name in ("b-1-py3-none-any.whl", "a-1-py3-none-any.whl", "notes.txt"):
        (tmp_path / name).write_text(name)
    pack = runpy.run_path(str(ROLE / "files" / "pack_wheels.py"))["pack_wheels"]
    pack(tmp_path, tmp_path / "wheels.zip")
    with zipfile.ZipFile(tmp_path / "wheels.zip") as archive:
        assert archive.namelist() == ["a-1-py3-none-any.whl", "b-1-py3-none-any.whl"]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("program") / "distsync"
    make = runpy.run_path(str(ROLE / "files" / "make_program.py"))["make_program"]
    make(ROOT / "plugins" / "module_utils", file)
    return file


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_program_runs_alone(program: Path) -> None:
    done = run(program, "--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "distsync")


def written(
    tmp_path: Path, hosts: dict[str, dict[str, t.Any]] | None = None, **variables: t.Any
) -> Path:
    """The configuration that the role writes; ``hosts``: of the group ``web``, with their variables and facts."""
    known = {
        **defaults(ROLE),
        "distribution_server_configuration": BASE,
        **variables,
    }
    file = tmp_path / "server.toml"
    template = ROLE / "templates" / "server.toml.j2"
    facts = {"default_ipv4": "{{ known_ipv4 | default({}) }}", "cacheable": True}
    task = {"src": str(template), "dest": str(file), "mode": "0600"}
    connected = {"gather_facts": False, "connection": "local"}
    plays = [
        {"hosts": "web", **connected, "tasks": [{"ansible.builtin.set_fact": facts}]},
        {
            "hosts": "localhost",
            **connected,
            "vars": known,
            "tasks": [{"ansible.builtin.template": task}],
        },
    ]
    (tmp_path / "play.yml").write_text(json.dumps(plays))
    (tmp_path / "hosts.yml").write_text(json.dumps({"web": {"hosts": hosts or {}}}))
    # in a process of its own: who imports Ansible's controller is no module any more
    playbook = Path(sys.executable).with_name("ansible-playbook")
    subprocess.run([playbook, "-i", "hosts.yml", "play.yml"], cwd=tmp_path, check=True)
    return file


def test_settings_take_the_place_of_what_the_configuration_says(tmp_path: Path) -> None:
    settings = {"Keep": 4, "Host": "wéb", "Hook": ["/bin/true", 'say "so"']}
    file = written(tmp_path, distribution_settings=settings)
    configuration = read_configuration(str(file)).configuration
    assert configuration.output_dir == "/srv/releases"
    assert configuration.daemon.keep == 4
    assert configuration.daemon.host == "wéb"
    assert configuration.daemon.hook == ("/bin/true", 'say "so"')
    assert (configuration.store.key, configuration.store.secret) == ("reader", "hidden")
    assert not configuration.swarm


def test_the_swarm_is_the_group_of_the_inventory(tmp_path: Path) -> None:
    hosts: dict[str, dict[str, t.Any]] = {
        "a": {"distribution_peer_address": "10.0.0.1"},
        "b": {"known_ipv4": {"address": "10.0.0.2"}},
        "c": {"ansible_host": "10.0.0.3"},
        "d.example.com": {},
    }
    file = written(
        tmp_path, hosts, distribution_swarm=True, distribution_peers_group="web"
    )
    configuration = read_configuration(str(file)).configuration
    peers = [peer.encode() for peer in configuration.swarm_settings.peers]  # type: ignore[union-attr]  # no networks
    assert peers == ["10.0.0.1", "10.0.0.2", "10.0.0.3", "d.example.com"]
    assert configuration.swarm
    assert configuration.store.provider == "MINIO"


def test_a_configuration_is_checked(program: Path, tmp_path: Path) -> None:
    check = ROLE / "files" / "check_configuration.py"
    good = written(tmp_path)
    assert run(check, program, good, "OutputDir").returncode == 0
    bad = written(tmp_path, distribution_settings={"Keep": "none"})
    done = run(check, program, bad, "OutputDir")
    assert done.returncode == 1
    assert "Keep must be" in done.stderr
    assert "hidden" not in done.stderr
