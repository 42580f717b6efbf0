# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""The BitTorrent library, and a session of it that talks to nobody but the fleet.

Nothing is announced anywhere: no DHT, no tracker, no exchange of peers, no announcements in the local
network, no ports opened at a router. Connections are encrypted, with a key that takes knowing the torrent's
info-hash, and taken from allowed addresses alone.
"""

from __future__ import annotations

import ipaddress
import typing as t

from ..._errors import MissingLibraryError
from ._hosts import Address, Network
from ._settings import SwarmSettings

#: Where the bucket's contents come from; see ``_webseed``.
LOOPBACK: t.Final = "127.0.0.1"

_ALLOWED: t.Final = 0
_BLOCKED: t.Final = 1
#: For other peers than those that were just lost (seconds).
_AGAIN: t.Final = 2
#: Of requests to a peer and to the bucket, bytes.
_AT_ONCE: t.Final = 4 * 1024 * 1024


def library() -> t.Any:
    """The module ``libtorrent``, which has no type information. Raises ``MissingLibraryError``."""
    try:
        import libtorrent
    except ImportError:
        raise MissingLibraryError(
            ["libtorrent"], 'for Storage = "S3+BitTorrent"'
        ) from None
    return libtorrent


def open_session(lt: t.Any, settings: SwarmSettings, bound: Address | None) -> t.Any:
    """A session that listens at ``bound`` (None: at every address), and lets nobody in yet."""
    wanted = {
        **_SETTINGS,
        "listen_interfaces": ",".join(_listening(bound, settings.port)),
        "outgoing_interfaces": str(bound or ""),
        "upload_rate_limit": settings.upload_limit or 0,
        "download_rate_limit": settings.download_limit or 0,
        "alert_mask": lt.alert_category.error
        | lt.alert_category.status
        | lt.alert_category.storage,
        "out_enc_policy": int(lt.enc_policy.forced),
        "in_enc_policy": int(lt.enc_policy.forced),
        "allowed_enc_level": int(lt.enc_level.rc4),
        "mixed_mode_algorithm": int(lt.bandwidth_mixed_algo_t.prefer_tcp),
    }
    session = lt.session(wanted)
    session.set_ip_filter(_filter(lt, ()))
    # By default limits do not hold for peers of the local network.
    classes = lt.ip_filter()
    classes.add_rule("0.0.0.0", "255.255.255.255", _GLOBAL_CLASS)
    classes.add_rule("::", str(ipaddress.IPv6Address(2**128 - 1)), _GLOBAL_CLASS)
    session.set_peer_class_filter(classes)
    return session


def allow(lt: t.Any, session: t.Any, allowed: t.Iterable[Address | Network]) -> None:
    """Let these in, and talk to these; nobody else."""
    session.set_ip_filter(_filter(lt, allowed))


def _listening(bound: Address | None, port: int) -> t.Iterator[str]:
    if bound is None:
        yield from (f"0.0.0.0:{port}", f"[::]:{port}")
    else:
        yield f"[{bound}]:{port}" if bound.version == 6 else f"{bound}:{port}"


def _filter(lt: t.Any, allowed: t.Iterable[Address | Network]) -> t.Any:
    rules = lt.ip_filter()
    rules.add_rule("0.0.0.0", "255.255.255.255", _BLOCKED)
    rules.add_rule("::", str(ipaddress.IPv6Address(2**128 - 1)), _BLOCKED)
    for one in (*allowed, ipaddress.IPv4Address(LOOPBACK)):
        network = ipaddress.ip_network(one)
        rules.add_rule(str(network[0]), str(network[-1]), _ALLOWED)
    return rules


#: A set of classes as bits, with the one that limits hold for.
_GLOBAL_CLASS: t.Final = 1

_SETTINGS: t.Final[t.Mapping[str, t.Any]] = {
    # nobody is told, and nobody asked
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    # one protocol is enough within a fleet
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "rate_limit_ip_overhead": True,
    # torrents are begun and ended by ``_swarm``
    "active_downloads": -1,
    "active_seeds": -1,
    "active_limit": -1,
    # peers belong together: nobody is choked for giving nothing, and a lost one is soon tried again
    "unchoke_slots_limit": -1,
    "connections_limit": 400,
    "connection_speed": 100,
    "torrent_connect_boost": 60,
    "smooth_connects": False,
    "peer_connect_timeout": 3,
    "handshake_timeout": 5,
    "min_reconnect_time": _AGAIN,
    "max_failcount": 1_000_000,
    "request_timeout": 10,
    "piece_timeout": 10,
    "peer_timeout": 60,
    "close_redundant_connections": False,
    "send_buffer_watermark": 2 * 1024 * 1024,
    "max_out_request_queue": 500,
    # the bucket
    "urlseed_wait_retry": _AGAIN,
    "urlseed_timeout": 20,
    "urlseed_max_request_bytes": _AT_ONCE,
    "urlseed_pipeline_size": 3,
    "ban_web_seeds": True,
    # memory
    "max_queued_disk_bytes": 8 * 1024 * 1024,
    "aio_threads": 2,
    "hashing_threads": 1,
    "file_pool_size": 10,
    "alert_queue_size": 5000,
    "auto_sequential": False,
}
