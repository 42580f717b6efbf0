# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the program understands a configuration; what it does not is said, without a secret.

Usage: check_configuration.py PROGRAM FILE [KEY…]

PROGRAM is the file of the program, each KEY is needed.
"""

from __future__ import annotations

import sys
import typing as t


def main(program: str, path: str, *needs: str) -> str | None:
    """What is wrong; None where nothing is."""
    sys.path.insert(0, program)
    configuration: t.Any = __import__(
        "longshore._distsync._configuration_file", fromlist=["read_configuration"]
    )
    errors: t.Any = __import__("longshore._errors", fromlist=["LongshoreError"])
    try:
        configuration.read_configuration(path, needs=needs)
    except errors.LongshoreError as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
