# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation's playbooks, run as they are."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
import requests

from tests.integration.command import Ansible, Run
from tests.integration.module import Result
from tests.integration.places import Place, Places, S3Place

SITE: t.Mapping[str, bytes] = {
    "index.html": b"<h1>Tides</h1>",
    "404.html": b"<h1>Nothing here</h1>",
    "css/site.css": b"p { color: navy }",
}


class Playbook:
    """One of the documentation, always with the same variables."""

    def __init__(self, ansible: Ansible, name: str, **variables: t.Any) -> None:
        self._ansible = ansible
        self._name = name
        self._variables = variables

    def __call__(self, *flags: str) -> Run:
        run = self._ansible.documented(self._name, self._variables, *flags)
        assert run.code == 0, run.text
        assert "WARNING" not in run.text
        return run

    def changes(self, *flags: str) -> list[bool]:
        """Of each task in turn, whether it changed anything."""
        return [done(result) for result in self(*flags).results]


def done(result: Result) -> bool:
    """Whether a task changed anything; one that only shows something does not say so."""
    return bool(result.values.get("changed"))


def account(place: Place) -> dict[str, t.Any]:
    """The place's endpoint without its container."""
    return {n: value for n, value in place.endpoint().items() if n != "container"}


def buckets(place: S3Place) -> set[str]:
    return {found["Name"] for found in place.client.list_buckets()["Buckets"]}


def website(ansible: Ansible, source: Place, place: S3Place, **more: t.Any) -> Playbook:
    return Playbook(
        ansible,
        "static_website.yml",
        bucket=place.name,
        site=source.endpoint()["container"],
        provider=account(place),
        **more,
    )


def test_a_website_is_served(ansible: Ansible, places: Places) -> None:
    source, place = places("local"), places("seaweedfs")
    source.fill(SITE)
    play = website(ansible, source, place)

    assert play.changes("--check", "--diff") == [True, True, False]
    assert place.name not in buckets(place)

    first = play()
    assert [done(result) for result in first.results] == [True, True, False]
    url = first.results[-1].msg
    assert url == f"{place.url}/{place.name}/index.html"
    served = requests.get(url, timeout=60)
    assert served.content == SITE["index.html"]
    assert served.headers["Content-Type"] == "text/html"
    assert place.tree() == SITE

    assert play.changes() == [False, False, False]
    assert play.changes("--check") == [False, False, False]

    source.put("index.html", b"<h1>Ebb</h1>")
    assert play.changes() == [False, True, False]
    assert requests.get(url, timeout=60).content == b"<h1>Ebb</h1>"


def test_nobody_reads_a_bucket_without_its_policy(
    ansible: Ansible, places: Places
) -> None:
    """So that it is the playbook which makes it public."""
    source, place = places("local"), places("seaweedfs")
    source.fill(SITE)
    place.fill(SITE)
    url = f"{place.url}/{place.name}/index.html"
    assert requests.get(url, timeout=60).status_code == 403

    assert website(ansible, source, place).changes() == [True, False, False]

    assert requests.get(url, timeout=60).content == SITE["index.html"]


def test_a_website_with_all_that_amazon_has(ansible: Ansible, places: Places) -> None:
    source, place = places("local"), places("moto")
    source.fill(SITE)
    play = website(ansible, source, place, like_amazon=True)

    assert play.changes("--check") == [True, True, False]
    assert place.name not in buckets(place)

    place.make()
    bucket = {"Bucket": place.name}
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy")
    block = dict.fromkeys((*names, "RestrictPublicBuckets"), True)
    place.client.put_public_access_block(**bucket, PublicAccessBlockConfiguration=block)
    assert play.changes() == [True, True, False]
    with pytest.raises(place.client.exceptions.ClientError, match="NoSuchPublic"):
        place.client.get_public_access_block(**bucket)
    policy = json.loads(place.client.get_bucket_policy(**bucket)["Policy"])
    assert policy["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:GetObject"],
            "Resource": [f"arn:aws:s3:::{place.name}/*"],
        }
    ]
    served = place.client.get_bucket_website(**bucket)
    assert served["IndexDocument"] == {"Suffix": "index.html"}
    assert served["ErrorDocument"] == {"Key": "404.html"}
    assert place.tree() == SITE

    assert play.changes() == [False, False, False]


@pytest.mark.parametrize("kind", ("moto", "seaweedfs"))
def test_a_backup(ansible: Ansible, places: Places, kind: str) -> None:
    source, place = places("local"), places(kind)
    source.fill(SITE)
    prefix, date = place.name, "2030-01-31"
    place.name = f"{prefix}-{date}"
    variables = {
        "prefix": prefix,
        "folder": source.endpoint()["container"],
        "provider": account(place),
        "keep_days": 30,
    }
    play = Playbook(ansible, "backup.yml", **variables, date=date)

    assert play.changes("--check") == [True, True]
    assert place.name not in buckets(place)

    assert play.changes() == [True, True]
    assert place.tree() == SITE
    assert lifecycle(place) == {
        "expire": {"Expiration": {"Days": 30}},
        "unfinished uploads": {
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}
        },
    }

    assert play.changes() == [False, False]
    assert play.changes("--check") == [False, False]

    source.delete("css/site.css")
    source.put("more.html", b"<p>")
    assert play.changes() == [False, True]
    assert place.tree() == {**SITE, "more.html": b"<p>"}

    kept, _unused = Playbook(ansible, "backup.yml", **variables)("--check").results
    assert re.fullmatch(rf"{prefix}-20\d\d-\d\d-\d\d", kept.values["name"])


def lifecycle(place: S3Place) -> dict[str, t.Any]:
    """What each rule does."""
    rules = place.client.get_bucket_lifecycle_configuration(Bucket=place.name)["Rules"]
    about = ("ID", "Status", "Filter", "Prefix")
    return {
        rule["ID"]: {name: value for name, value in rule.items() if name not in about}
        for rule in rules
    }
