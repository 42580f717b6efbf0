# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who has what, how late, what failed, who is silent, how versions spread and how fast."""

from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.longshore.storage.plugins.module_utils._distsync._feed import (
    Feed,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._fleet import (
    CLOCK_AHEAD,
    SILENT_AFTER,
    STANDINGS,
    Curve,
    Fleet,
    Holding,
    Line,
    Spread,
    view_fleet,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._status import (
    STATES,
    ArtifactStatus,
    State,
)
from tests.unit.module_utils.distsync.fleet_helpers import (
    HOSTILE,
    artifact,
    feed,
    host,
    sample_fleet,
    statuses,
)

APP = Line("stable", "app")


def only(fleet: Fleet) -> Holding:
    (one,) = fleet.hosts
    (holding,) = one.holdings
    return holding


def test_nobody() -> None:
    fleet = view_fleet(statuses(left_out=2))
    assert not (fleet.hosts or fleet.spreads or fleet.curves or fleet.silent)
    assert fleet.left_out == 2 and fleet.healthy
    assert set(fleet.counts.values()) == {0}


def test_every_state_has_its_place_among_the_standings() -> None:
    assert set(STANDINGS) == {*STATES, "behind"}


# -- one artifact on one host


def test_one_that_has_the_latest_keeps_its_delay() -> None:
    holding = only(view_fleet(statuses(host("a", artifact())), [feed("1.9", "2.0")]))
    assert (holding.standing, holding.late, holding.version) == ("current", 12, "2.0")


def test_one_that_does_not_know_of_the_latest_is_behind() -> None:
    reports = statuses(host("a", artifact("1.9")))
    holding = only(view_fleet(reports, [feed("1.9", "2.0", age=600)]))
    assert (holding.standing, holding.late) == ("behind", 600)


@pytest.mark.parametrize("state", ["failed", "rolled back"])
def test_a_failure_with_an_older_one_stays_a_failure(state: State) -> None:
    one = dataclasses.replace(artifact("1.8", wanted="1.9"), state=state, error="x")
    reports = statuses(host("a", one))
    holding = only(view_fleet(reports, [feed("1.8", "1.9", "2.0", age=600)]))
    assert (holding.standing, holding.late, holding.error) == (state, 600, "x")


@pytest.mark.parametrize("state", ["fetching", "failed", "rolled back"])
def test_one_that_is_under_way_is_as_late_as_the_publication(state: State) -> None:
    one = dataclasses.replace(artifact("1.9", wanted="2.0", late=500), state=state)
    reports = statuses(host("a", one, age=70))
    with_feed = only(view_fleet(reports, [feed("1.9", "2.0", age=600)]))
    assert (with_feed.standing, with_feed.late) == (state, 600)
    # else as late as it said, and then some
    assert only(view_fleet(reports)).late == 570


def test_a_host_that_has_nothing_yet_of_a_channel_it_watches() -> None:
    holding = only(view_fleet(statuses(host("a")), [feed("2.0")]))
    assert (holding.version, holding.standing, holding.late) == ("", "behind", 600)
    assert holding.since == 0 and holding.digest == ""


def test_a_channel_that_a_host_does_not_watch_is_no_affair_of_it() -> None:
    fleet = view_fleet(statuses(host("a")), [feed("2.0", channel="canary")])
    assert fleet.hosts[0].holdings == () and fleet.healthy


def test_a_host_is_not_behind_with_what_it_does_not_take() -> None:
    one = host("a", artifact(name="site"))
    known = feed("2.0").published("site", feed("2.0").find("app"))
    assert len(view_fleet(statuses(one), [known]).hosts[0].holdings) == 2
    choosy = dataclasses.replace(one, takes=("site",))
    fleet = view_fleet(statuses(choosy), [known])
    assert only(fleet).line.artifact == "site" and fleet.healthy


def test_what_was_withdrawn_is_kept_and_not_counted() -> None:
    reports = statuses(host("a", artifact(), artifact("1", name="old")))
    fleet = view_fleet(reports, [feed("2.0")])
    assert [one.line for one in fleet.hosts[0].holdings] == [APP]
    assert [one.line for one in fleet.spreads] == [APP]


def test_without_a_feed_the_last_report_says_what_is_the_latest() -> None:
    old = host("a", artifact("1.9", late=5), age=200)
    new = host("b", artifact("2.0", late=6), age=20)
    for order in ([old, new], [new, old]):
        fleet = view_fleet(statuses(*order))
        found = {one.status.host: one.holdings[0] for one in fleet.hosts}
        assert (found["a"].standing, found["a"].late) == ("behind", None)
        assert (found["b"].standing, found["b"].late) == ("current", 6)


def test_a_rollback_makes_the_older_one_the_latest() -> None:
    known = feed("1.9", "2.0").made_current("app", "1.9")
    done = host("a", artifact("1.9", late=8))
    not_yet = host("b", artifact("2.0"))
    fleet = view_fleet(statuses(done, not_yet), [known])
    assert [one.standing for one in fleet.hosts] == ["current", "behind"]
    assert fleet.spreads[0].latest == "1.9"


# -- hosts


@pytest.mark.parametrize(
    "age, silent", [(SILENT_AFTER, False), (SILENT_AFTER + 1, True)]
)
def test_silence(age: int, silent: bool) -> None:
    fleet = view_fleet(statuses(host("a", artifact(), age=age)))
    assert fleet.hosts[0].silent is silent
    assert len(fleet.silent) == silent
    assert fleet.healthy is not silent


def test_silence_can_begin_elsewhen() -> None:
    reports = statuses(host("a", age=61))
    assert view_fleet(reports, silent_after=60).silent
    assert not view_fleet(reports, silent_after=61).silent


@pytest.mark.parametrize("ahead", [CLOCK_AHEAD, CLOCK_AHEAD + 1])
def test_a_clock_that_is_ahead(ahead: int) -> None:
    one = view_fleet(statuses(host("a", artifact(), age=-ahead))).hosts[0]
    assert not one.silent
    assert one.clock_ahead is (ahead > CLOCK_AHEAD)


def test_a_hosts_standing_is_its_worst() -> None:
    states: list[ArtifactStatus] = [
        dataclasses.replace(artifact("1", name=state), state=state) for state in STATES
    ]
    fleet = view_fleet(statuses(host("a", *states), host("b", states[0]), host("c")))
    assert [one.standing for one in fleet.hosts] == ["failed", "current", "current"]
    assert fleet.counts["failed"] == 1 and fleet.counts["current"] == 2
    assert list(fleet.counts) == list(STANDINGS)
    assert {holding.standing for _host, holding in fleet.failures} == {
        "failed",
        "rolled back",
    }


def test_a_host_whose_store_is_away_is_not_well() -> None:
    assert not view_fleet(statuses(host("a", artifact(), error="away"))).healthy
    assert view_fleet(statuses(host("a", artifact()))).healthy


# -- all of them


def test_spread() -> None:
    versions = ["1.8", "2.0", "1.9", "1.9", "1.7", ""]
    reports = [
        host(f"h{n}", artifact(version, wanted="2.0"))
        for n, version in enumerate(versions)
    ]
    (spread,) = view_fleet(statuses(*reports), [feed("1.9", "2.0")]).spreads
    counts = (("2.0", 1), ("1.9", 2), ("", 1), ("1.7", 1), ("1.8", 1))
    assert spread == Spread(APP, "2.0", counts)
    assert spread.hosts == 6


def test_curve() -> None:
    late = [30, 5, 20]
    reports = [host(f"h{n}", artifact(late=one)) for n, one in enumerate(late)]
    reports.append(host("behind", artifact("1.9", late=1)))
    (curve,) = view_fleet(statuses(*reports), [feed("1.9", "2.0")]).curves
    assert curve == Curve(APP, "2.0", (5, 20, 30), 4)
    assert [curve.reached(share) for share in (0, 0.25, 0.5, 0.75, 0.76, 1)] == [
        *(5, 5, 20, 30, None, None),
    ]


def test_lines_are_told_apart_by_channel_and_name() -> None:
    reports = statuses(
        host("a", artifact(), artifact("3", channel="canary")),
        host("b", artifact("9", name="site")),
    )
    fleet = view_fleet(reports, [feed("2.0"), Feed("canary", artifacts={})])
    # the canary's feed has nothing any more, stable's no site, and host b is to have the app
    assert [(one.line, one.hosts) for one in fleet.spreads] == [(APP, 2)]
    fleet = view_fleet(reports)
    assert [one.line for one in fleet.curves] == [
        *(Line("canary", "app"), APP, Line("stable", "site")),
    ]


def test_a_fleet_in_which_everything_occurs() -> None:
    fleet = sample_fleet()
    assert len(fleet.hosts) == 60 and fleet.left_out == 1
    assert fleet.counts == {
        "failed": 2,
        "rolled back": 1,
        "behind": 1,
        "fetching": 1,
        "current": 55,
    }
    assert [one.status.host for one in fleet.silent] == ["web11.example.com"]
    assert HOSTILE in {one.status.host for one, _holding in fleet.failures}
    assert not fleet.healthy
