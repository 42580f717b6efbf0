# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ansible`` and ``ansible-playbook`` with the module, as its users run them."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
import typing as t
from pathlib import Path

import pytest

from tests.integration.command import Ansible
from tests.integration.module import Counts, sync
from tests.integration.places import Places

TREE: t.Mapping[str, bytes] = {
    "index.html": b"<h1>one</h1>",
    "css/site.css": b"p { color: red }",
    "js/app.js": b"start()",
}


@pytest.mark.parametrize("kind", ["local", "seaweedfs"])
def test_ad_hoc(ansible: Ansible, places: Places, kind: str) -> None:
    source, destination = places("local"), places(kind)
    source.fill(TREE)
    arguments = {"source": str(source.path), "destination": destination.endpoint()}

    first = ansible.adhoc(arguments)
    assert first.code == 0, first.text
    assert "localhost | CHANGED" in first.output
    assert first.result.counts == Counts(created=3)
    assert destination.tree() == TREE

    second = ansible.adhoc(arguments)
    assert second.code == 0
    assert "localhost | SUCCESS" in second.output
    assert not second.result.changed
    assert second.result.counts == Counts(unchanged=3)

    source.put("index.html", b"<h1>two</h1>")
    source.delete("js/app.js")
    before = destination.everything()
    checked = ansible.adhoc(arguments, "--check", "--diff")
    assert destination.everything() == before
    third = ansible.adhoc(arguments, "--diff")
    assert third.result.counts == Counts(updated=1, deleted=1, unchanged=1)
    for said in ("changed", "samples", "bytes", "created", "updated", "deleted"):
        assert checked.result.values[said] == third.result.values[said], said
    for run in (checked, third):
        lines = run.output.splitlines()
        assert any(line.startswith("-js/app.js 7 bytes") for line in lines)
        assert any(line.startswith("-index.html 12 bytes") for line in lines)
        assert any(line.startswith("+index.html 12 bytes") for line in lines)
    assert destination.tree() == {
        "index.html": b"<h1>two</h1>",
        **_only("css/site.css"),
    }


def test_a_playbook_names_its_providers_once(ansible: Ansible, places: Places) -> None:
    source, first, second = places("local"), places("seaweedfs"), places("moto")
    source.fill(TREE)
    django = {
        "type": "libcloud.storage.types.Provider.S3_US_STANDARD_HOST",
        "user": second.server.key,
        "key": second.server.secret,
        "bucket": second.name,
        "endpoint": second.url,
    }
    providers = {"home": first.endpoint(), "away": django}
    run = ansible.playbook(textwrap.dedent(f"""\
            - hosts: localhost
              gather_facts: false
              module_defaults:
                group/longshore.storage.storage:
                  providers: {json.dumps(providers)}
                  default_provider: away
              tasks:
                - longshore.storage.static_container:
                    source: {source.path}
                    destination: home
                - longshore.storage.static_container:
                    source: home
                    destination: away
                - longshore.storage.static_container:
                    source: {source.path}
                    destination:
                      prefix: copy
                    verify: content
                - longshore.storage.static_container:
                    source: {source.path}
                    destination: '{json.dumps(first.endpoint())}'
            """))
    assert run.code == 0, run.text
    assert [result.counts for result in run.results] == [
        Counts(created=3),
        Counts(created=3),
        Counts(created=3),
        Counts(unchanged=3),
    ]
    assert first.tree() == TREE
    copies = {f"copy/{name}": data for name, data in TREE.items()}
    assert second.tree() == {**TREE, **copies}


def test_nobody_sees_a_secret(ansible: Ansible, places: Places) -> None:
    """Not in a result, a diff, a log or an error, however much is asked for."""
    source, destination = places("local"), places("seaweedfs")
    source.fill(TREE)
    right = destination.endpoint()
    wrong = {**right, "secret": "WRONG-and-private-secret", "token": "PRIVATE-token"}
    django = {
        "type": "S3",
        "user": destination.server.key,
        "key": destination.server.secret,
        "bucket": destination.name,
        "endpoint": destination.url,
    }
    never_used = {"id": "AZURE_BLOBS", "key": "account", "secret": "UNUSED-secret"}
    secrets = [
        destination.server.secret,
        "WRONG-and-private-secret",
        "PRIVATE-token",
        "UNUSED-secret",
        "BROKEN-secret",
        "USERINFO-secret",
    ]
    cases: list[tuple[t.Any, bool]] = [
        (right, True),
        (json.dumps(right), True),
        ("django", True),
        (wrong, False),
        ({**right, "endpoint": "http://me:USERINFO-secret@127.0.0.1:1"}, False),
        ('{"id": "S3", "secret": "BROKEN-secret", ', False),
    ]
    for written, well in cases:
        source.put("index.html", json.dumps(str(written)).encode().hex().encode())
        arguments = {
            "source": str(source.path),
            "destination": written,
            "providers": {"django": django, "other": never_used},
        }
        run = ansible.adhoc(arguments, "-vvv", "--diff")
        assert (run.code == 0) is well, run.text
        assert ("FAILED!" in run.output) is not well
        shown = [secret for secret in secrets if secret in run.text]
        assert shown == [], (written, run.text)
        assert "destination" in run.log


def test_the_system_log_shows_no_secret(places: Places, logged: list[str]) -> None:
    """Ansible logs what a module was called with on the host where it runs."""
    source, destination = places("local"), places("seaweedfs")
    source.fill(TREE)
    endpoint = destination.endpoint()
    sync(source, endpoint, providers={"other": {**endpoint, "secret": "UNUSED-secret"}})
    sync(source, json.dumps(endpoint))
    text = "\n".join(logged)
    assert text.count("Invoked with") == 2
    assert destination.server.secret not in text and "UNUSED-secret" not in text


def test_an_interpreter_without_libraries(
    ansible: Ansible, places: Places, tmp_path: Path
) -> None:
    """Folders need nothing but Python; for the rest the library to install is named."""
    bare = tmp_path / "bare"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True
    )
    interpreter = ["-e", f"ansible_python_interpreter={bare}/bin/python"]
    source, folder = places("local"), places("local")
    source.fill(TREE)

    def run(destination: t.Any, **options: t.Any) -> str:
        arguments = {"source": str(source.path), "destination": destination, **options}
        done = ansible.adhoc(arguments, *interpreter)
        assert "Traceback" not in done.text
        return "" if done.code == 0 else done.result.msg

    assert run(folder.endpoint()) == ""
    assert folder.tree() == TREE
    needed = {
        "boto3": {"id": "S3", "container": "bucket", "key": "id", "secret": "hush"},
        "obstore": {
            "id": "AZURE_BLOBS",
            "container": "bucket",
            "key": "account",
            "secret": "aHVzaA==",
        },
        "apache-libcloud": {
            "id": "OPENSTACK_SWIFT",
            "container": "bucket",
            "endpoint": "http://127.0.0.1:1",
            "key": "id",
            "secret": "hush",
        },
    }
    for library, destination in needed.items():
        assert f"pip install {library}" in run(destination)
    assert "pip install pathspec" in run(folder.endpoint(), exclude=["*.js"])
    assert folder.tree() == TREE


def test_a_failure_is_a_sentence(ansible: Ansible, places: Places) -> None:
    destination = places("local")
    destination.fill(TREE)
    arguments = {"source": "/no/such/folder", "destination": destination.endpoint()}

    run = ansible.adhoc(arguments)

    assert run.code != 0
    assert "localhost | FAILED!" in run.output
    assert run.result.msg == "The source folder '/no/such/folder' does not exist."
    assert "Traceback" not in run.text
    assert destination.tree() == TREE


def _only(name: str) -> dict[str, bytes]:
    return {name: TREE[name]}
