# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from libcloud.storage.drivers import digitalocean_spaces, ovh, rgw, s3, scaleway
from libcloud.storage.providers import DRIVERS
from libcloud.storage.types import Provider as LibcloudProvider

from ansible_collections.longshore.storage.plugins.module_utils._providers import (
    ALIASES,
    AWS_NAMES,
    COMMON,
    FAMILIES,
    PROVIDERS,
    REFUSED,
)

CONSTANTS = {
    name: value for name, value in vars(LibcloudProvider).items() if name.isupper()
}


def test_every_libcloud_constant_is_known_by_name_and_by_value() -> None:
    known = {*PROVIDERS, *ALIASES, *REFUSED}
    assert set(CONSTANTS) <= known
    assert {value.upper() for value in CONSTANTS.values()} <= known


def test_a_value_and_its_constant_mean_the_same() -> None:
    def meaning(name: str) -> object:
        if name in PROVIDERS:
            return (name, None)
        if name in ALIASES:
            return (ALIASES[name].provider, ALIASES[name].region)
        return REFUSED[name]

    for name, value in CONSTANTS.items():
        assert meaning(name) == meaning(value.upper()), name


def test_every_provider_can_be_opened_by_libcloud_but_memory() -> None:
    openable = {name for name, value in CONSTANTS.items() if value in DRIVERS}
    assert set(PROVIDERS) - {"MEMORY"} <= openable
    assert openable - set(PROVIDERS) == {"DUMMY", "NIMBUS", "NINEFOLD"}


def test_the_tables_do_not_contradict_each_other() -> None:
    assert not set(PROVIDERS) & set(ALIASES)
    assert not set(PROVIDERS) & set(REFUSED)
    assert not set(ALIASES) & set(REFUSED)
    assert {alias.provider for alias in ALIASES.values()} <= set(PROVIDERS)
    assert {provider.family for provider in PROVIDERS.values()} == set(FAMILIES)
    assert set(COMMON) <= set(PROVIDERS)


@pytest.mark.parametrize(
    "name", [name for name, provider in PROVIDERS.items() if provider.region]
)
def test_regions_of_amazon_are_libclouds(name: str) -> None:
    module, driver = DRIVERS[CONSTANTS[name]]
    assert module == s3.__name__
    assert PROVIDERS[name].region == getattr(s3, driver).region_name


@pytest.mark.parametrize(
    ("name", "hosts", "default"),
    [
        ("OVH", ovh.REGION_TO_HOST_MAP, "sbg"),
        ("SCALEWAY", scaleway.REGION_TO_HOST_MAP, "fr-par"),
        (
            "DIGITALOCEAN_SPACES",
            digitalocean_spaces.DO_SPACES_HOSTS_BY_REGION,
            digitalocean_spaces.DO_SPACES_DEFAULT_REGION,
        ),
        (
            "S3_RGW_OUTSCALE",
            rgw.S3_RGW_OUTSCALE_HOSTS_BY_REGION,
            rgw.S3_RGW_OUTSCALE_DEFAULT_REGION,
        ),
    ],
)
def test_hosts_of_others_include_libclouds(
    name: str, hosts: dict[str, str], default: str
) -> None:
    assert hosts.items() <= PROVIDERS[name].hosts.items()
    assert PROVIDERS[name].default_region == default


def test_a_default_region_has_a_host() -> None:
    for name, provider in PROVIDERS.items():
        if provider.hosts:
            assert provider.default_region in provider.hosts, name


def test_what_a_family_demands_has_words() -> None:
    for family in FAMILIES.values():
        assert {*family.required, *family.implied.values()} <= set(family.meaning)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("abc", True),
        ("my.site-1", True),
        ("a" * 63, True),
        ("ab", False),
        ("a" * 64, False),
        ("Site", False),
        ("my_site", False),
        ("a..b", False),
        ("-abc", False),
        ("abc-", False),
        ("192.168.5.4", False),
        ("192.168.5.4a", True),
        ("abc\n", False),
    ],
)
def test_names_at_amazon(name: str, allowed: bool) -> None:
    assert (re.fullmatch(AWS_NAMES.pattern, name) is not None) == allowed


@pytest.mark.parametrize(
    ("family", "name", "allowed"),
    [
        ("s3", "Old_Bucket", True),
        ("s3", "a" * 255, True),
        ("s3", "a" * 256, False),
        ("s3", "..", False),
        ("s3", "a/b", False),
        ("azure", "$web", True),
        ("azure", "a-b", True),
        ("azure", "a--b", False),
        ("azure", "ab", False),
        ("azure", "a" * 63, True),
        ("azure", "a" * 64, False),
        ("azure", "a.b", False),
        ("google", "a_b.c-d", True),
        ("google", "A_b", False),
        ("b2", "short", False),
        ("b2", "Bucket-1", True),
        ("oss", "my-site", True),
        ("oss", "my.site", False),
        ("swift", "any name ~", True),
        ("swift", "a/b", False),
        ("local", "..", False),
        ("local", ".", False),
        ("local", "...", True),
        ("local", "a/b", False),
    ],
)
def test_names_elsewhere(family: str, name: str, allowed: bool) -> None:
    pattern = FAMILIES[family].name_rule.pattern
    assert (re.fullmatch(pattern, name) is not None) == allowed
