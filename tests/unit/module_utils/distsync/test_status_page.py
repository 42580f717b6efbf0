# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page says, as text; how a browser shows it is tested in ``tests/integration/test_fleet.py``."""

from __future__ import annotations

import base64
import hashlib
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._distsync._fleet import (
    Curve,
    Fleet,
    Line,
    Spread,
    view_fleet,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._status_page import (
    render,
)
from ansible_collections.longshore.storage.plugins.module_utils._distsync._status_plot import (
    draw_curves,
    draw_spread,
)
from ansible_collections.longshore.storage.plugins.module_utils._page._style import (
    COLOURS,
)
from tests.unit.module_utils.distsync.fleet_helpers import (
    HOSTILE,
    artifact,
    feed,
    host,
    sample_fleet,
    statuses,
)
from tests.unit.page import Page


class FleetPage(Page):
    @property
    def hosts(self) -> list[list[str]]:
        return [row for row in self.rows if len(row) == 11][1:]


def test_says_who_has_what() -> None:
    fleet = view_fleet(
        statuses(
            host("web1", artifact(late=65)),
            host("web2", artifact("1.9", "failed", wanted="2.0", error="disk full")),
            host("web3", error="the store is away", age=90000),
        ),
        [feed("1.9", "2.0", age=4000)],
    )
    rows = FleetPage(render(fleet)).hosts
    assert [row[0] for row in rows] == ["web2", "web3", "web1"]
    assert rows[2][1:6] == ["stable", "app", "2.0", "\u2713 current", "1 min 5 s"]
    assert rows[2][6:] == ["2027-01-15 07:51:05 UTC", "30 s ago", "50 GB", "1.0.0", ""]
    assert rows[0][3:6] == ["1.9", "\u2717 failed", "1 h 6 min"]
    assert rows[0][-1] == "disk full"
    assert rows[1][3:5] == ["\u2013", "! behind"]
    assert rows[1][7] == "1 d 1 h ago, silent"
    assert rows[1][-1] == "the store is away"


def test_a_host_without_artifacts_has_a_row() -> None:
    (row,) = FleetPage(render(view_fleet(statuses(host("web1", age=-4000))))).hosts
    assert row[:2] == ["web1", "stable"]
    assert row[7] == "its clock is 1 h 6 min ahead"


def test_an_empty_fleet_is_a_page() -> None:
    page = FleetPage(render(view_fleet(statuses())))
    assert not page.hosts


def test_what_hosts_say_is_text() -> None:
    text = render(sample_fleet(), title=HOSTILE)
    page = FleetPage(text)
    assert [tag for tag, _attributes in page.elements].count("script") == 1
    assert not [tag for tag, _attributes in page.elements if tag == "img"]
    assert HOSTILE in {row[0] for row in page.hosts}
    for _tag, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes)


def test_nothing_is_loaded_from_anywhere() -> None:
    page = FleetPage(render(sample_fleet()))
    for _tag, attributes in page.elements:
        assert "src" not in attributes and "style" not in attributes
        assert attributes.get("href", "data:,") == "data:,"


def test_the_policy_allows_this_style_and_script_alone() -> None:
    text = render(sample_fleet())
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)[0]
    directives = dict(one.split(" ", 1) for one in policy.split("; "))
    for tag in ("style", "script"):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert directives[f"{tag}-src"] == f"'sha256-{digest}'"
    assert directives["default-src"] == "'none'"


def test_the_same_fleet_gives_the_same_page() -> None:
    assert render(sample_fleet()) == render(sample_fleet())


def test_what_could_not_be_read_is_said() -> None:
    assert "could not be read" in render(view_fleet(statuses(left_out=3)))
    assert "could not be read" not in render(view_fleet(statuses()))


def test_many_versions_are_summed_up() -> None:
    hosts = [host(f"h{n}", artifact(f"1.{n}", wanted="2.0")) for n in range(9)]
    text = render(view_fleet(statuses(*hosts)))
    assert "4 others: 4" in text


# -- plots


def points(svg: str) -> list[tuple[float, float]]:
    """Where the first curve goes, in steps of (x, y)."""
    (path,) = re.findall(r'class="curve c0" d="([^"]*)"', svg)
    return [(float(x), float(y)) for x, y in re.findall(r"H([\d.]+)V([\d.]+)", path)]


def curve(*delays: int, hosts: int | None = None, name: str = "app") -> Curve:
    return Curve(Line("stable", name), "1", tuple(sorted(delays)), hosts or len(delays))


@settings(max_examples=50)
@given(st.lists(st.integers(0, 10**11), max_size=30), st.integers(0, 5))
def test_a_curve_rises_within_its_frame(delays: list[int], missing: int) -> None:
    one = curve(*delays, hosts=max(1, len(delays) + missing))
    found = points(draw_curves([one]))
    assert found == sorted(found, key=lambda point: (point[0], -point[1]))
    assert all(0 <= x <= 640 and 0 <= y <= 260 for x, y in found)
    assert bool(found) is bool(delays)
    if delays and not missing:
        assert found[-1][1] == 10


def test_curves_of_very_many_hosts_stay_small() -> None:
    assert len(draw_curves([curve(*range(1, 10_001))])) < 40_000


def test_no_more_curves_than_colours() -> None:
    svg = draw_curves([curve(5, name=f"n{n}") for n in range(COLOURS + 2)])
    assert svg.count('class="curve') == COLOURS


def test_a_curve_of_nobody() -> None:
    assert "<path" in draw_curves([curve(hosts=3)])


def test_a_bar_is_cut_by_counts() -> None:
    svg = draw_spread(Spread(Line("stable", "app"), "2", (("2", 3), ("1", 1))))
    found = re.findall(r'fill (c\d)" x="([\d.]+)" width="([\d.]+)"', svg)
    assert found == [("c0", "0.0", "165.0"), ("c1", "165.0", "55.0")]


def test_a_bar_without_the_latest_has_not_its_colour() -> None:
    svg = draw_spread(Spread(Line("stable", "app"), "2", (("1", 1), ("0", 1))))
    assert "c0" not in svg


def test_a_large_fleet_is_a_page() -> None:
    fleet: Fleet = sample_fleet(2000)
    assert len(FleetPage(render(fleet)).hosts) == 2 * 2000
