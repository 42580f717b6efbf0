# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the module in a process of its own: ``program.py '<arguments in JSON>'``."""

from __future__ import annotations

import json
import sys

from ansible.module_utils.testing import patch_module_args

from ansible_collections.longshore.storage.plugins.modules import static_container


def main() -> None:
    with patch_module_args(json.loads(sys.argv[1])):
        static_container.main()


if __name__ == "__main__":
    main()
