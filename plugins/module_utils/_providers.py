# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""What is known of every provider: pure data, no decisions.

The names are libcloud's storage constants and ``MEMORY``. Hosts and regions are those that
apache-libcloud 3.9.1 knows, and the regions of Spaces that DigitalOcean has opened since.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NameRule:
    """What a container may be called: ``pattern`` matches the whole name, ``text`` tells a person."""

    pattern: str
    text: str
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Providers that speak one protocol.

    ``required``: fields that must be given. ``implied``: a field that, given, demands another.
    ``meaning``: what a credential is called in the provider's own words.
    ``shared_names``: containers of all customers share one name space.
    """

    name_rule: NameRule
    required: tuple[str, ...] = ()
    implied: t.Mapping[str, str] = field(default_factory=dict)
    meaning: t.Mapping[str, str] = field(default_factory=dict)
    shared_names: bool = True


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider.

    ``region``: the only region it stands for. ``default_region``: used where the endpoint names
    none. ``hosts``: region -> host of an S3 service that is not Amazon's. ``needs_host``: the
    service runs wherever somebody installed it.
    """

    family: str
    region: str | None = None
    default_region: str | None = None
    hosts: t.Mapping[str, str] = field(default_factory=dict)
    needs_host: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """Another spelling of a provider, with the region that the spelling implies."""

    provider: str
    region: str | None = None


AWS_NAMES = NameRule(
    r"(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "3 to 63 lower case letters, digits, dots and hyphens, beginning and ending with a letter or digit, "
    "without two dots in a row and not like an IP address",
)

_SWIFT_NAMES = NameRule(r"[^/]+", "1 to 256 bytes of UTF-8 without a slash", 256)
_BOTH: t.Final = ("key", "secret")

#: Family -> what its providers have in common.
FAMILIES: t.Mapping[str, Family] = {
    "s3": Family(
        # Servers of one's own are laxer than Amazon (AWS_NAMES), as Amazon itself once was.
        NameRule(
            r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}",
            "3 to 255 letters, digits, dots, hyphens and underscores, beginning with a letter or digit",
        ),
        implied={"key": "secret", "secret": "key", "token": "key"},
        meaning={"key": "the access key id", "secret": "the secret access key"},
    ),
    "azure": Family(
        NameRule(
            r"\$root|\$web|\$logs|(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*",
            "3 to 63 lower case letters, digits and single hyphens, beginning and ending with a letter or digit",
        ),
        shared_names=False,
    ),
    "google": Family(
        NameRule(
            r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]",
            "3 to 222 lower case letters, digits, hyphens, underscores and dots, "
            "beginning and ending with a letter or digit",
        ),
        implied={"key": "secret"},
        meaning={
            "key": "the service account's address, its key file, or the HMAC access id",
            "secret": "the service account's private key or the HMAC secret",
        },
    ),
    "swift": Family(
        _SWIFT_NAMES,
        required=_BOTH,
        meaning={"key": "the user's name", "secret": "the password or API key"},
        shared_names=False,
    ),
    "b2": Family(
        NameRule(r"[A-Za-z0-9-]{6,63}", "6 to 63 letters, digits and hyphens"),
        required=_BOTH,
        meaning={"key": "the application key's id", "secret": "the application key"},
    ),
    "oss": Family(
        NameRule(
            r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
            "3 to 63 lower case letters, digits and hyphens, beginning and ending with a letter or digit",
        ),
        required=_BOTH,
        meaning={"key": "the AccessKey id", "secret": "the AccessKey secret"},
    ),
    "local": Family(
        NameRule(
            r"(?!\.{1,2}$)[^/]+",
            "the name of one folder, or an absolute path without key",
        )
    ),
    "memory": Family(NameRule(r".+", "at least one character")),
}

_SPACES_REGIONS = "nyc3 ams3 sfo2 sfo3 sgp1 fra1 lon1 tor1 blr1 syd1 atl1".split()

#: libcloud's constant -> the provider. Retired ones and libcloud's test double are not here.
PROVIDERS: t.Mapping[str, Provider] = {
    "ALIYUN_OSS": Provider("oss"),
    "AURORAOBJECTS": Provider(
        "s3", default_region="us-east-1", hosts={"us-east-1": "o.auroraobjects.eu"}
    ),
    "AZURE_BLOBS": Provider("azure"),
    "BACKBLAZE_B2": Provider("b2"),
    "CLOUDFILES": Provider("swift", default_region="ord"),
    "DIGITALOCEAN_SPACES": Provider(
        "s3",
        default_region="nyc3",
        hosts={
            region: f"{region}.digitaloceanspaces.com" for region in _SPACES_REGIONS
        },
    ),
    "GOOGLE_STORAGE": Provider("google"),
    "KTUCLOUD": Provider("swift"),
    "LOCAL": Provider("local"),
    "MEMORY": Provider("memory"),
    "MINIO": Provider("s3", default_region="us-east-1", needs_host=True),
    "OPENSTACK_SWIFT": Provider("swift", needs_host=True),
    "OVH": Provider(
        "s3",
        default_region="sbg",
        hosts={
            "sbg": "s3.sbg.perf.cloud.ovh.net",
            "gra": "s3.gra.perf.cloud.ovh.net",
        },
    ),
    "S3": Provider("s3"),
    "S3_AP_NORTHEAST": Provider("s3", region="ap-northeast-1"),
    "S3_AP_NORTHEAST1": Provider("s3", region="ap-northeast-1"),
    "S3_AP_NORTHEAST2": Provider("s3", region="ap-northeast-2"),
    "S3_AP_SOUTH": Provider("s3", region="ap-south-1"),
    "S3_AP_SOUTHEAST": Provider("s3", region="ap-southeast-1"),
    "S3_AP_SOUTHEAST2": Provider("s3", region="ap-southeast-2"),
    "S3_CA_CENTRAL": Provider("s3", region="ca-central-1"),
    "S3_CN_NORTH": Provider("s3", region="cn-north-1"),
    "S3_CN_NORTHWEST": Provider("s3", region="cn-northwest-1"),
    "S3_EU_CENTRAL": Provider("s3", region="eu-central-1"),
    "S3_EU_NORTH1": Provider("s3", region="eu-north-1"),
    "S3_EU_WEST": Provider("s3", region="eu-west-1"),
    "S3_EU_WEST2": Provider("s3", region="eu-west-2"),
    "S3_RGW": Provider("s3", default_region="default", needs_host=True),
    "S3_RGW_OUTSCALE": Provider(
        "s3",
        default_region="eu-west-2",
        hosts={
            "cn-southeast-1": "osu.cn-southeast-1.outscale.hk",
            "eu-west-1": "osu.eu-west-1.outscale.com",
            "eu-west-2": "osu.eu-west-2.outscale.com",
            "us-east-2": "osu.us-east-2.outscale.com",
            "us-west-1": "osu.us-west-1.outscale.com",
        },
    ),
    "S3_SA_EAST": Provider("s3", region="sa-east-1"),
    "S3_US_EAST2": Provider("s3", region="us-east-2"),
    "S3_US_GOV_WEST": Provider("s3", region="us-gov-west-1"),
    "S3_US_WEST": Provider("s3", region="us-west-1"),
    "S3_US_WEST_OREGON": Provider("s3", region="us-west-2"),
    "SCALEWAY": Provider(
        "s3",
        default_region="fr-par",
        hosts={
            "fr-par": "s3.fr-par.scw.cloud",
            "nl-ams": "s3.nl-ams.scw.cloud",
            "pl-waw": "s3.pl-waw.scw.cloud",
        },
    ),
}

#: Other spellings that are taken at their word.
ALIASES: t.Mapping[str, Alias] = {
    # Constants that libcloud no longer opens, and the equivalent that works.
    "CLOUDFILES_SWIFT": Alias("OPENSTACK_SWIFT"),
    "CLOUDFILES_UK": Alias("CLOUDFILES", "lon"),
    "CLOUDFILES_US": Alias("CLOUDFILES", "ord"),
    "S3_EU_WEST3": Alias("S3", "eu-west-3"),
    # The values of constants, where they differ from the name.
    "S3_AP_NORTHEAST_1": Alias("S3_AP_NORTHEAST1"),
    "S3_AP_NORTHEAST_2": Alias("S3_AP_NORTHEAST2"),
    "S3_EU_NORTH_1": Alias("S3_EU_NORTH1"),
    "S3_EU_WEST_2": Alias("S3_EU_WEST2"),
    "S3_EU_WEST_3": Alias("S3", "eu-west-3"),
    "S3_US_EAST_2": Alias("S3_US_EAST2"),
    # Names out of django-storages' documentation; the two misspelt ones are its own.
    "CLOUDFIULES_UK": Alias("CLOUDFILES", "lon"),
    "CLOUDFIULES_US": Alias("CLOUDFILES", "ord"),
    "S3_AP_NORTHEAST_HOST": Alias("S3_AP_NORTHEAST"),
    "S3_AP_SOUTHEAST_HOST": Alias("S3_AP_SOUTHEAST"),
    "S3_EU_WEST_HOST": Alias("S3_EU_WEST"),
    "S3_US_STANDARD_HOST": Alias("S3", "us-east-1"),
    "S3_US_WEST_HOST": Alias("S3_US_WEST"),
    "S3_US_WEST_OREGON_HOST": Alias("S3_US_WEST_OREGON"),
    # Short names in common use.
    "AZURE": Alias("AZURE_BLOBS"),
    "B2": Alias("BACKBLAZE_B2"),
    "GCS": Alias("GOOGLE_STORAGE"),
    "GS": Alias("GOOGLE_STORAGE"),
    "SPACES": Alias("DIGITALOCEAN_SPACES"),
    "SWIFT": Alias("OPENSTACK_SWIFT"),
}

#: Names that are refused, each with why and what to write instead.
REFUSED: t.Mapping[str, str] = {
    "ATMOS": "EMC Atmos has no provider constant in libcloud, and its appliances are out of support. "
    "Its successors speak S3: use S3 with endpoint.",
    "AWS": "AWS never was a provider's name. Use S3, with region.",
    "DUMMY": "DUMMY is libcloud's test double and stores nothing. Use MEMORY for tests, LOCAL for a folder.",
    "NIMBUS": "The Nimbus.io service is gone, and libcloud's driver for it could only list and create containers. "
    "Use S3, another provider, or LOCAL for a folder.",
    "NINEFOLD": "Ninefold has closed: its storage service no longer exists. "
    "Use S3 with region ap-southeast-2 (Sydney), another provider, or LOCAL for a folder.",
    "R2": "Cloudflare R2 speaks S3: use S3 with endpoint https://<account id>.r2.cloudflarestorage.com and region auto.",
    "WASABI": "Wasabi speaks S3: use S3 with endpoint https://s3.<region>.wasabisys.com and region.",
}

#: For the error where nothing is close to what was written.
COMMON = (
    "S3",
    "MINIO",
    "S3_RGW",
    "DIGITALOCEAN_SPACES",
    "OVH",
    "SCALEWAY",
    "AZURE_BLOBS",
    "GOOGLE_STORAGE",
    "OPENSTACK_SWIFT",
    "CLOUDFILES",
    "BACKBLAZE_B2",
    "ALIYUN_OSS",
    "KTUCLOUD",
    "LOCAL",
)
