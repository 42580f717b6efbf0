# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is documented, and that it is what is there."""

from __future__ import annotations

import typing as t

import yaml


def read_yaml(text: str) -> t.Any:
    return yaml.safe_load(text)  # type: ignore[no-untyped-call]  # yaml has no types


def agree(documented: dict[str, t.Any], spec: dict[str, t.Any]) -> None:
    """Assert that options, and those in them, are documented as a module's arguments have them."""
    assert documented.keys() == spec.keys()
    for name, written in spec.items():
        said = {k: v for k, v in documented[name].items() if k != "description"}
        suboptions, options = said.pop("suboptions", {}), dict(written)
        agree(suboptions, options.pop("options", {}))
        options.pop("no_log", None)
        assert said == options, name
