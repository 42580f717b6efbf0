# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.benchmarks.simulation``: a release to more hosts than there are here; ``docs/scaling.md``.

``Parameters`` holds all that is put in; ``measured`` replaces those that the benchmarks' results tell. It takes a few
minutes. Times are seconds, rates bits per second, sizes bytes.
"""

from __future__ import annotations

import dataclasses
import heapq
import random
import typing as t
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from . import fleet_report, results
from .tools import DISTSYNC_GCM

MB: t.Final = 10**6


@dataclass(frozen=True, slots=True)
class Parameters:
    """What goes in; the comment says where from."""

    # -- the configuration
    poll: float = 10.0  # PollInterval; the next question comes after one to two of it
    seeds: int = 2  # Seeds
    report: float = (
        300.0  # a daemon reports when something changed, and so often at least
    )
    # -- the release
    artifact: int = 100 * MB  # as in "make bench-fleet"
    feed: int = 4096  # sealed, of about ten releases
    record: int = 2048  # sealed, without an index
    # -- the network, as in "make bench-fleet"
    host_link: float = 200e6  # each host's, in each direction
    efficiency: float = 0.94  # of a link, what is left beside TCP, IP and TLS
    round_trip: float = 0.03  # a small request, answered
    # -- the host
    check: float = 300e6 * 8  # decrypting, hashing and writing, while it arrives
    switch: float = 0.2  # fsync, rename, link, hook
    # -- a poll on the wire: assumed
    answer: int = 350  # headers of a 304, with those of TCP and TLS
    status: int = 1200  # a report
    # -- the swarm
    piece: int = 1 * MB
    neighbours: int = 30  # other hosts that one is connected with
    start: float = 1.0  # election, torrent, first connections
    swarm_efficiency: float = 0.7  # of an ideal exchange of pieces


_FLEET: t.Final = "measured by `make bench-fleet`"

#: What is written about each, in this order.
SAID: t.Final[t.Mapping[str, tuple[str, str]]] = {
    "poll": ("`PollInterval`, s", "default"),
    "seeds": ("`Seeds`", "default"),
    "report": ("a report at least every, s", "default"),
    "artifact": ("artifact, bytes", "chosen"),
    "feed": ("feed, sealed, bytes", "computed, about ten releases"),
    "record": ("record, sealed, bytes", "computed"),
    "host_link": ("each host's link, bit/s, each direction", "chosen"),
    "efficiency": ("of a link, what is left for contents", _FLEET),
    "round_trip": ("small request, answered, s", "assumed"),
    "check": (
        "decrypting, hashing and writing, bit/s",
        "measured, *1 file of 1 GiB, down and decrypted*",
    ),
    "switch": ("fsync, rename, link and hook, s", "assumed"),
    "answer": ("answer when there is nothing new, bytes", "assumed"),
    "status": ("a report, sealed, bytes", "computed, one artifact"),
    "piece": ("swarm: piece, bytes", "assumed"),
    "neighbours": ("swarm: connections of a host", "assumed"),
    "start": ("swarm: election and first connections, s", _FLEET),
    "swarm_efficiency": (
        "swarm: of an ideal exchange",
        f"{_FLEET}: what gives the time of 8 hosts",
    ),
}

#: The store's link, bit/s.
STORES: t.Final = (("100 Mbit/s", 100e6), ("1 Gbit/s", 1e9), ("10 Gbit/s", 10e9))
SIZES: t.Final = (1, 8, 100, 1_000, 10_000)


# --- the feed ------------------------------------------------------------------------------


def waits(hosts: int, p: Parameters, chance: random.Random) -> list[float]:
    """How long after a publication each host asks next, ascending: it may be in the midst of any wait."""

    def one() -> float:
        # a moment falls into a long wait more often than into a short one
        while True:
            wait = chance.uniform(p.poll, 2 * p.poll)
            if chance.uniform(0, 2 * p.poll) < wait:
                return chance.uniform(0, wait)

    return sorted(one() for _unused in range(hosts))


def questions(hosts: int, p: Parameters, chance: random.Random) -> list[int]:
    """Requests in each second, from the one in which all daemons were started at once; 600 seconds."""
    counts = [0] * 600
    for _unused in range(hosts):
        moment = chance.random()
        while moment < len(counts):
            counts[int(moment)] += 1
            moment += chance.uniform(p.poll, 2 * p.poll)
    return counts


# --- a release -----------------------------------------------------------------------------


class Rollout(t.NamedTuple):
    """When each host had it, seconds after the publication, ascending; bytes that left the store."""

    times: list[float]
    egress: float


def plain(hosts: int, store: float, p: Parameters, chance: random.Random) -> Rollout:
    """Everybody fetches from the store, whose link is shared equally by those who fetch at a moment."""
    begins = [wait + 3 * p.round_trip for wait in waits(hosts, p, chance)]
    # all have the same rate at any moment, so each is done when it rose by the artifact's bits
    bits, sent, now = p.artifact * 8, 0.0, 0.0
    under_way: list[float] = []
    times: list[float] = []
    position = 0
    while position < hosts or under_way:
        rate = 0.0
        end = float("inf")
        if under_way:
            rate = p.efficiency * min(p.host_link, store / len(under_way), p.check)
            end = now + (under_way[0] - sent) / rate
        begin = begins[position] if position < hosts else float("inf")
        sent += rate * (min(begin, end) - now)
        now = min(begin, end)
        if begin <= end:
            heapq.heappush(under_way, sent + bits)
            position += 1
        else:
            heapq.heappop(under_way)
            times.append(now + p.switch)
    return Rollout(times, hosts * float(p.artifact + p.feed + p.record))


class Swarm:
    """Pieces that go from host to host, in steps of the time that a host's link takes for one.

    In a step a host sends one piece at most and receives one at most, from a neighbour that has one
    which it lacks. The first hosts that ask are the seeds: the store sends them pieces, too, such as no seed has
    while there are any. ``asked``: when each host hears of the release, ascending.
    """

    def __init__(
        self,
        asked: t.Sequence[float],
        store: float,
        p: Parameters,
        chance: random.Random,
    ) -> None:
        hosts = len(asked)
        self.p, self.chance = p, chance
        self.pieces = -(-p.artifact // p.piece)
        self.whole = (1 << self.pieces) - 1
        rate = p.host_link * p.efficiency * p.swarm_efficiency
        self.step = p.piece * 8 / rate
        begins = [wait + 3 * p.round_trip + p.start for wait in asked]
        self.begins = [int(begin / self.step) for begin in begins]
        self.have = [0] * hosts
        self.seeds = min(p.seeds, hosts)
        # pieces that the store sends to each seed in a step
        share = min(p.host_link, store / max(1, self.seeds)) * p.efficiency
        self.supply = share * self.step / (p.piece * 8)
        #: Pieces that left the store.
        self.fetched = 0
        count = min(p.neighbours, hosts - 1)
        self.neighbours = [self._others(host, count) for host in range(hosts)]

    def _others(self, host: int, count: int) -> list[int]:
        drawn = self.chance.sample(range(len(self.have) - 1), count)
        others = [one + (one >= host) for one in drawn]
        # everybody is told of the seeds
        return [*others, *(seed for seed in range(self.seeds) if seed != host)]

    def run(self) -> list[float]:
        """When each had all pieces, ascending."""
        due = [0.0] * self.seeds
        done: list[float] = []
        lacking: list[int] = []
        come = step = 0
        while len(done) < len(self.have):
            while come < len(self.have) and self.begins[come] <= step:
                lacking.append(come)
                come += 1
            got = self._exchange(lacking[:])
            for seed in range(min(self.seeds, come)):
                due[seed] += self.supply
                while due[seed] >= 1 and self.have[seed] != self.whole:
                    due[seed] -= 1
                    self._fetch(seed)
            for host, piece in got:
                self.have[host] |= 1 << piece
            step += 1
            finished = [one for one in lacking if self.have[one] == self.whole]
            done += [step * self.step + self.p.switch] * len(finished)
            lacking = [one for one in lacking if self.have[one] != self.whole]
        return done

    def _fetch(self, seed: int) -> None:
        """One piece from the store."""
        with_seeds = 0
        for other in range(self.seeds):
            with_seeds |= self.have[other]
        lacked = self.whole & ~with_seeds or self.whole & ~self.have[seed]
        self.have[seed] |= 1 << self._any(lacked)
        self.fetched += 1

    def _exchange(self, receivers: list[int]) -> list[tuple[int, int]]:
        """One step: who receives which piece."""
        self.chance.shuffle(receivers)
        sending: set[int] = set()
        got: list[tuple[int, int]] = []
        for host in receivers:
            others = self.neighbours[host]
            if not others:
                continue
            begin = self.chance.randrange(len(others))
            for place in range(begin, begin + len(others)):
                other = others[place % len(others)]
                useful = self.have[other] & ~self.have[host]
                if useful and other not in sending:
                    sending.add(other)
                    got.append((host, self._any(useful)))
                    break
        return got

    def _any(self, useful: int) -> int:
        """One of the pieces, as good as at random."""
        first = self.chance.randrange(self.pieces)
        above = useful >> first
        found = above if above else useful
        lowest = (found & -found).bit_length() - 1
        return lowest + (first if above else 0)


def swarm(hosts: int, store: float, p: Parameters, chance: random.Random) -> Rollout:
    """The seeds fetch from the store, the others from each other."""
    model = Swarm(waits(hosts, p, chance), store, p, chance)
    times = model.run()
    small = hosts * float(p.feed + p.record)
    return Rollout(times, model.fetched * float(p.piece) + small)


# --- what was measured ----------------------------------------------------------------------


def measured(p: Parameters, folder: Path) -> Parameters:
    """With what the benchmarks' results in ``folder`` tell in place of what was assumed."""
    fleet = fleet_report.read(folder)
    most = max(fleet.counts)
    crowd = fleet.median(most, False, "seconds")
    bits = fleet.size * 8
    start = fleet.median(1, True, "seconds") - fleet.median(1, False, "seconds")
    (down,) = (one for one in results.kept(folder) if one.case.name == "encrypted-down")
    rate = down.case.size * 8 / down.series[DISTSYNC_GCM].median("wall")
    p = dataclasses.replace(
        p,
        efficiency=round(most * bits / crowd / fleet.store_rate, 2),
        start=round(max(0.0, start), 1),
        check=float(f"{rate:.1e}"),
    )
    aim = fleet.median(most, True, "seconds")
    tried = [
        dataclasses.replace(p, swarm_efficiency=share / 20) for share in range(4, 21)
    ]

    def off(one: Parameters) -> float:
        runs = [
            Swarm([0.0] * most, fleet.store_rate, one, random.Random(run)).run()[-1]
            for run in range(20)
        ]
        return abs(fmean(runs) - aim)

    return min(tried, key=off)


# --- what is written -----------------------------------------------------------------------

_HEAD: t.Final = """<!--
Copyright (c) 2026, the longshore.storage authors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# How a distribution scales

Written by `python -m tests.benchmarks.simulation`: a simulation, not a measurement. It goes on from what one machine can
measure to as many hosts as one machine cannot have. What comes out is as good as what goes in; the measurements are in
[benchmarks](benchmarks.md):

## What goes in

"""

_MODEL: t.Final = """
## What is assumed

- Daemons ask at moments that have nothing to do with each other. A publication falls anywhere into a host's wait.
- The store answers any number of requests at the same speed. Amazon promises 5,500 reads a second below one prefix, and gets there
  within minutes, not at once.
- The store's link is the only thing that hosts share, and each that fetches gets an equal part of it. No link between hosts is
  shared: two racks behind one slow line are not in this model.
- Decrypting, hashing and writing go on while contents arrive, and are never slower than the host's link.
- Nothing fails, no host is away, none is slower than the others. A host that is away has it that much later, and holds nobody up.
- Swarm: the first hosts that ask are the seeds. The store sends them what no seed has, and what is left they get from each other,
  as all do. Whoever is done goes on sending. Pieces are chosen at random of those that the other lacks, which is a little worse than
  the rarest first. Nobody has to fall back to the store.
- Time goes from the publication to the switch of the `current` link. Figures for few hosts are means of many runs, up to 200.
"""


def main() -> None:
    p = measured(Parameters(), results.FOLDER)
    docs = Path(__file__).resolve().parents[2] / "docs"
    sections = [_HEAD, *_inputs(p), _MODEL, *_feed_section(p), *_release_section(p)]
    (docs / "scaling.md").write_text("".join(sections))


def _inputs(p: Parameters) -> t.Iterator[str]:
    rows = [
        (what, f"{getattr(p, one.name):,}".removesuffix(".0"), source)
        for one in dataclasses.fields(p)
        for what, source in [SAID[one.name]]
    ]
    yield _table(("what", "value", "from"), rows)


def _feed_section(p: Parameters) -> t.Iterator[str]:
    yield "\n## The feed at rest\n\n"
    yield (
        "Each daemon asks whether the feed changed, and now and then replaces its report. *Peak* is the fullest second of five minutes, five "
        "minutes after all daemons were started at once; that start itself is the number of hosts in one second.\n\n"
    )
    rows = []
    for hosts in SIZES[2:]:
        steady = questions(hosts, p, random.Random(hosts))[300:]
        mean = hosts / (1.5 * p.poll)
        reports = hosts / p.report
        month = 30 * 86400
        rows.append(
            (
                f"{hosts:,}",
                f"{mean:,.1f}",
                f"{max(steady):,}",
                f"{mean * p.answer * 8 / 1e6:,.2f}",
                f"{mean * month / 1e6:,.0f}",
                f"{mean * month * p.answer / 1e9:,.0f}",
                f"{reports:,.1f}",
                f"{reports * month / 1e6:,.1f}",
            )
        )
    heading = ("hosts", "requests/s", "peak", "Mbit/s", "million requests a month")
    yield _table((*heading, "GB a month", "reports/s", "million reports a month"), rows)
    yield (
        "\nAll of it is proportional to the number of hosts and to 1 ÷ `PollInterval`. Stores charge for requests: multiply the two columns by "
        'the price of a million reads, and of a million writes. With `Notify = "SQS"` the first goes away.\n'
    )


def _release_section(p: Parameters) -> t.Iterator[str]:
    size = f"{p.artifact / MB:,.0f} MB"
    yield f"\n## A release of {size}\n\n"
    yield (
        "Seconds from the publication until half of the hosts, 99 % and the last one have it, and bytes that left the store as multiples "
        "of the artifact.\n"
    )
    for name, store in STORES:
        yield f"\nThe store's link has {name}:\n\n"
        rows = []
        for hosts in SIZES:
            cells = [
                cell
                for model in (plain, swarm)
                for cell in _cells(
                    [model(hosts, store, p, one) for one in _chances(hosts)], p
                )
            ]
            rows.append((f"{hosts:,}", *cells))
        kinds = ("plain", "swarm")
        figures = ("half", "99 %", "last", "egress")
        heading = [f"{kind}: {figure}" for kind in kinds for figure in figures]
        yield _table(("hosts", *heading), rows)


def _chances(hosts: int) -> list[random.Random]:
    """Of few hosts one run says little."""
    return [random.Random(f"{hosts} {run}") for run in range(-(-200 // hosts))]


def _cells(rollouts: t.Sequence[Rollout], p: Parameters) -> list[str]:
    """Means of all runs."""
    hosts = len(rollouts[0].times)
    places = [-(-hosts * share // 100) - 1 for share in (50, 99, 100)]
    shown = [fmean(one.times[place] for one in rollouts) for place in places]
    egress = fmean(one.egress for one in rollouts) / p.artifact
    return [*(f"{one:,.0f}" for one in shown), f"{egress:,.1f} ×"]


def _table(heading: t.Sequence[str], rows: t.Iterable[t.Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
