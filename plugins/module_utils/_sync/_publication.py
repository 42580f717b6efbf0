# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.


"""What the rules make of a source: the names it is published under, and how."""

from __future__ import annotations

import typing as t

from .._drivers._base import SETTINGS, ObjectInfo, Store
from .._errors import ConfigurationError, PlanRefusedError
from ._rules import Rules, Treatment


class Publication:
    """The rules of one sync, held against what its destination can do."""

    def __init__(
        self,
        rules: t.Sequence[t.Mapping[str, t.Any]],
        destination: Store,
        selection: t.Container[str],
    ) -> None:
        self._rules = Rules(rules)
        self._destination = destination
        self._selection = selection

    def treat(self, objects: dict[str, ObjectInfo]) -> dict[str, Treatment]:
        """Of each published name that a rule matches, how; compressed siblings are added to ``objects``.

        Raises ``ConfigurationError`` for what the destination cannot do, ``PlanRefusedError`` when a
        sibling has the name of a file.
        """
        treatments: dict[str, Treatment] = {}
        if not self._rules:
            return treatments
        found = self._rules.treatments(objects)
        for name, published in found.items():
            for other, treatment in published.items():
                if other not in self._selection:
                    continue
                self._check(name, treatment)
                if other != name:
                    self._add_sibling(objects, name, other)
                treatments[other] = treatment
        return treatments

    def _add_sibling(
        self, objects: dict[str, ObjectInfo], name: str, sibling: str
    ) -> None:
        if sibling in objects:
            raise PlanRefusedError(
                f"{name!r} would be published as {sibling!r} too, and the source has a file of that name.",
                hint="Leave the file out with exclude, or the name out of the rule's match.",
            )
        objects[sibling] = objects[name]

    def _check(self, name: str, treatment: Treatment) -> None:
        features = self._destination.features
        in_place = treatment.encoding is not None and not treatment.extra
        provider = self._destination.endpoint.provider
        if not features.attributes and (treatment.attributes or in_place):
            what = ", ".join(treatment.attributes) or "compress without siblings"
            raise ConfigurationError(
                f"A rule sets {what} for {name!r}, and {provider} keeps nothing beside an object's bytes."
            )
        for setting in SETTINGS:
            if setting in treatment.attributes and setting not in features.settings:
                raise ConfigurationError(
                    f"A rule sets {setting} for {name!r}, and {provider} has no such setting."
                )
