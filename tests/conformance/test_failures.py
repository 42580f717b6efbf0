# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong outside: the right error, in time, with names and without secrets."""

from __future__ import annotations

import base64
import typing as t

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._drivers._base import (
    Store,
)
from ansible_collections.longshore.storage.plugins.module_utils._errors import (
    AccessDeniedError,
    ContainerMissingError,
    StoreError,
    UnreachableError,
)
from tests.conformance.conftest import Bench
from tests.conformance.faults import CuttingProxy, closed_port, silent_port
from tests.conformance.helpers import (
    MIB,
    chunked,
    content,
    listed,
    multipart_threshold,
    on_threads,
    outcomes,
    read_all,
)

#: Base64, for the providers whose secrets are.
WRONG_SECRET = base64.b64encode(b"this secret opens nothing").decode()
KEY = "some folder/some key"


def _operations(open_store: t.Callable[[], Store]) -> dict[str, t.Callable[[], object]]:
    """Every operation that asks the server, each on a store of its own."""
    return {
        "container_exists": lambda: open_store().container_exists(),
        "list": lambda: list(open_store().list()),
        "stat": lambda: open_store().stat(KEY),
        "read": lambda: read_all(open_store(), KEY),
        "write": lambda: open_store().write(KEY, b"x"),
        "write stream": lambda: open_store().write(KEY, chunked(content(1000))),
        "delete": lambda: open_store().delete([KEY]),
        "create_container": lambda: open_store().create_container(),
    }


def _check_text(
    error: BaseException | None, container: str, secret: str | None
) -> None:
    assert isinstance(error, StoreError), repr(error)
    text = f"{error} {error!r} {error.hint}"
    assert container in text
    if secret:
        assert secret not in text


@pytest.mark.parametrize("host", ("closed", "silent"))
def test_unreachable_host(networked: Bench, host: str) -> None:
    container = networked.container()
    endpoint = networked.endpoint(container)
    with (closed_port if host == "closed" else silent_port)() as port:
        done = outcomes(
            _operations(
                lambda: networked.open(container, port=port, timeout=1, retries=0)
            ),
            seconds=60,
        )
    for name, outcome in done.items():
        assert isinstance(outcome.error, UnreachableError), (name, outcome)
        _check_text(outcome.error, container, endpoint.secret)


def test_unreachable_host_with_retries_ends(networked: Bench) -> None:
    container = networked.container()
    with closed_port() as port:
        done = outcomes(
            {
                "stat": lambda: networked.open(
                    container, port=port, timeout=2, retries=2
                ).stat(KEY)
            }
        )
    assert isinstance(done["stat"].error, UnreachableError), done


def test_unknown_host_name(networked: Bench) -> None:
    container = networked.container()
    done = outcomes(
        {
            "stat": lambda: networked.open(
                container, host="no-such-host.invalid", timeout=2, retries=0
            ).stat(KEY)
        }
    )
    assert isinstance(done["stat"].error, UnreachableError), done
    assert "no-such-host.invalid" in str(done["stat"].error)


def test_wrong_secret(networked: Bench, networked_store: Store) -> None:
    container = networked_store.endpoint.container
    networked_store.write(KEY, b"x")
    done = outcomes(
        _operations(lambda: networked.open(container, secret=WRONG_SECRET, retries=0))
    )
    if networked.subject.open_to_all:
        assert all(outcome.error is None for outcome in done.values()), done
        return
    if done["delete"].error is None:  # what each key's refusal was may be told instead
        refusals = done.pop("delete").value
        assert isinstance(refusals, dict)
        assert set(refusals) == {KEY}
        assert WRONG_SECRET not in refusals[KEY]
    for name, outcome in done.items():
        assert isinstance(outcome.error, AccessDeniedError), (name, outcome)
        _check_text(outcome.error, container, WRONG_SECRET)
    assert read_all(networked_store, KEY) == b"x"


def test_missing_container(bench: Bench) -> None:
    container = bench.container()
    with bench.open(container) as store:
        assert store.container_exists() is False
        calls = _operations(lambda: store)
        del calls["container_exists"], calls["create_container"]
        for name, call in calls.items():
            with pytest.raises(ContainerMissingError) as raised:
                call()
            _check_text(raised.value, container, store.endpoint.secret)
            if name in ("stat", "read", "write"):
                assert KEY in str(raised.value)
        assert store.container_exists() is False


def test_create_container(bench: Bench) -> None:
    with bench.open(bench.container()) as store:
        assert store.create_container() is True
        assert store.container_exists() is True
        store.write("kept", b"x")
        assert store.create_container() is False
        assert read_all(store, "kept") == b"x"


@pytest.mark.parametrize("abrupt", (False, True), ids=("closed", "reset"))
def test_a_body_cut_short_is_never_taken_for_whole(
    networked: Bench, networked_store: Store, prefix: str, abrupt: bool
) -> None:
    """The driver may fetch the rest by itself; it may not be content with what came."""
    assert networked.server
    container = networked_store.endpoint.container
    data = content(6 * MIB)
    key = prefix + "large"
    networked_store.write(key, data)
    with CuttingProxy(networked.server.port, down=MIB, abrupt=abrupt) as proxy:
        done = outcomes(
            {
                "read": lambda: read_all(
                    networked.open(container, port=proxy.port, timeout=5, retries=0),
                    key,
                )
            }
        )
        assert proxy.cuts
    error = done["read"].error
    if error is None:
        assert done["read"].value == data
    else:
        _check_text(error, container, networked_store.endpoint.secret)
        assert key in str(error)


@pytest.mark.parametrize("abrupt", (False, True), ids=("closed", "reset"))
def test_a_listing_cut_short_is_never_taken_for_whole(
    networked: Bench, networked_store: Store, prefix: str, abrupt: bool
) -> None:
    assert networked.server
    container = networked_store.endpoint.container
    keys = {f"{prefix}{'long name ' * 10}{number}" for number in range(300)}
    on_threads(8, lambda key: networked_store.write(key, b"x"), keys)
    assert set(listed(networked_store, prefix)) == keys
    with CuttingProxy(networked.server.port, down=20_000, abrupt=abrupt) as proxy:
        done = outcomes(
            {
                "list": lambda: listed(
                    networked.open(container, port=proxy.port, timeout=5, retries=0),
                    prefix,
                )
            }
        )
        assert proxy.cuts
    _check_text(done["list"].error, container, networked_store.endpoint.secret)


@pytest.mark.parametrize("abrupt", (False, True), ids=("closed", "reset"))
def test_a_write_cut_short_leaves_the_old_object(
    networked: Bench, networked_store: Store, prefix: str, abrupt: bool
) -> None:
    assert networked.server
    container = networked_store.endpoint.container
    key = prefix + "object"
    networked_store.write(key, b"old")
    data = content(multipart_threshold(networked_store) + 1)
    with CuttingProxy(networked.server.port, up=200_000, abrupt=abrupt) as proxy:

        def write(body: bytes) -> object:
            store = networked.open(container, port=proxy.port, timeout=5, retries=0)
            return store.write(key, body)

        done = outcomes(
            {"small": lambda: write(data[:MIB]), "large": lambda: write(data)}
        )
        assert proxy.cuts
    for outcome in done.values():
        _check_text(outcome.error, container, networked_store.endpoint.secret)
        assert key in str(outcome.error)
    assert read_all(networked_store, key) == b"old"


def test_a_second_close_does_nothing(bench: Bench) -> None:
    store = bench.open(bench.container())
    store.create_container()
    store.close()
    store.close()
