# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page says, as text; how a browser shows it is tested in ``tests/integration/test_report_page.py``."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.longshore.storage.plugins.module_utils._sync._recorder import (
    Recorder,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._report_page import (
    render,
)
from ansible_collections.longshore.storage.plugins.module_utils._sync._report_plot import (
    draw_rates,
    exactly,
)
from tests.unit.module_utils.sync.report_helpers import HOSTILE, sample_recorder
from tests.unit.page import Page


def shown(recorder: Recorder) -> str:
    return render(recorder, str)


def rows_of(recorder: Recorder, first: str) -> list[list[str]]:
    """Those of the table whose first column is called so."""
    rows = Page(shown(recorder)).rows
    headings = next(n for n, row in enumerate(rows) if row[0] == first)
    wide = len(rows[headings])
    found = []
    for row in rows[headings + 1 :]:
        if len(row) != wide or row[0] in ("Type", "Name", "Phase"):
            break
        found.append(row)
    return found


def test_says_what_happened_and_how_long_it_took() -> None:
    recorder = sample_recorder(hostile=False)
    text = shown(recorder)
    assert "2027-01-15 08:00:00 UTC" in text
    assert "<b>713</b> requests" in text and "<b>21.4 s</b> time" in text
    assert "The destination was changed" in text
    assert "! 1 name(s) of the source were left out" in text
    assert "<p>Caches were told to forget 2 path(s)" in text
    assert "Release 412 is the live one" in text and "longer: 401, 402." in text
    recorder.check_mode = True
    assert "<p>In a real run: Caches were told" in shown(recorder)
    recorder.error = "No."
    assert "<p>If it came to that: Caches were told" in shown(recorder)
    types = rows_of(recorder, "Type")
    assert [row[0] for row in types[:3]] == ["image/jpeg", "video/mp4", "text/html"]
    assert types[0][1:3] == ["300", "61 MB"]
    assert types[1][4:] == ["0", "0 B"]
    biggest = rows_of(recorder, "Name")
    assert len(biggest) == 10
    assert biggest[0] == ["video/tour.mp4", "video/mp4", "50 MB", "no"]
    assert {row[3] for row in biggest} == {"yes", "no"}
    phases = rows_of(recorder, "Phase")
    assert [row[0] for row in phases] == [
        *("starting", "listing", "comparing", "writing: all but pages"),
        *("writing: pages", "deleting", "finishing"),
    ]
    assert phases[2][1] == "3.50 s" and phases[2][5].endswith("MB/s")


def test_an_order_of_ones_own() -> None:
    recorder = sample_recorder()
    recorder.own_order = True
    assert [row[0] for row in rows_of(recorder, "Phase")][3:5] == [
        *("writing: what order does not name", "writing: order[0]"),
    ]


@pytest.mark.parametrize(
    "fields, said",
    [
        ({}, "Nothing had to be changed"),
        ({"check_mode": True}, "It was a check"),
        ({"error": "The disk is full."}, "This is how far it came"),
    ],
)
def test_however_it_ended(fields: dict[str, object], said: str) -> None:
    recorder = Recorder(**fields)  # type: ignore[arg-type]  # each of its type
    text = shown(recorder)
    Page(text)
    assert said in text
    assert (recorder.error or "") in text
    assert "No object was looked at" in text
    assert "No contents were moved or read" in text


def test_what_names_and_stores_say_is_text() -> None:
    page = Page(shown(sample_recorder()))
    tags = [tag for tag, _attributes in page.elements]
    assert not {"script", "img", "a"} & set(tags)
    for _tag, attributes in page.elements:
        assert not any(name.startswith("on") for name in attributes)
        assert "src" not in attributes and "style" not in attributes
        assert attributes.get("href", "data:,") == "data:,"


@settings(max_examples=40)
@given(st.text(), st.text(), st.text(min_size=1))
def test_whatever_they_say(name: str, place: str, error: str) -> None:
    recorder = Recorder(error=error)
    recorder.report.destination = place
    recorder.report.warnings.append(name)
    recorder.report.add("created", name)
    recorder.published.add(name, 7)
    text = shown(recorder)
    page = Page(text)
    text.encode()
    wanted = [tag for tag, _attributes in Page(shown(_plain())).elements]
    assert [tag for tag, _attributes in page.elements] == wanted


def _plain() -> Recorder:
    recorder = Recorder(error="e")
    recorder.report.warnings.append("w")
    recorder.report.add("created", "n")
    recorder.published.add("n", 7)
    return recorder


def test_what_is_no_unicode_can_be_seen() -> None:
    recorder = Recorder()
    recorder.report.add("created", "a\udcff.txt")
    assert "a\\udcff.txt" in shown(recorder)


def test_what_nobody_may_see_is_not_there() -> None:
    recorder = sample_recorder()
    recorder.error = HOSTILE
    text = render(recorder, lambda said: said.replace(HOSTILE, "hidden"))
    assert "hidden" in text and "onerror" not in text


def test_the_policy_allows_this_style_alone() -> None:
    text = shown(sample_recorder())
    policy = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)[0]
    directives = dict(one.split(" ", 1) for one in policy.split("; "))
    (style,) = re.findall("<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert directives["style-src"] == f"'sha256-{digest}'"
    assert directives["default-src"] == "'none'" and "script-src" not in directives


def test_tables_have_captions_and_can_be_reached_by_keyboard() -> None:
    page = Page(shown(sample_recorder()))
    tags = [tag for tag, _attributes in page.elements]
    assert tags.count("table") == tags.count("caption") == 3
    scrolled = [a for _tag, a in page.elements if a.get("class") == "scroll"]
    assert len(scrolled) == 3
    assert all(a["tabindex"] == "0" and a["role"] == "region" for a in scrolled)
    identities = [a["id"] for _tag, a in page.elements if "id" in a]
    assert len(identities) == len(set(identities))
    for _tag, attributes in page.elements:
        assert attributes.get("aria-labelledby", identities[0]) in identities


@settings(max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(["comparing", "writing"]),
        st.lists(st.floats(0, 1e12), min_size=1, max_size=30),
        min_size=1,
    ),
    st.floats(0.01, 1000),
)
def test_curves_stay_within_their_frame(
    rates: dict[str, list[float]], step: float
) -> None:
    svg = draw_rates(rates, step, step * 3)
    paths = re.findall(r'class="curve c\d" d="([^"]*)"', svg)
    assert len(paths) == len(rates)
    for path in paths:
        assert all(76 <= float(x) <= 628 for x in re.findall(r"H([\d.]+)", path))
        assert all(10 <= float(y) <= 230 for y in re.findall(r"V([\d.]+)", path))


@pytest.mark.parametrize(
    "seconds, said",
    [(0, "0.00 s"), (9.876, "9.88 s"), (42.25, "42.2 s"), (125, "2 min 5 s")],
)
def test_times(seconds: float, said: str) -> None:
    assert exactly(seconds) == said
