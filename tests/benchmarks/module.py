# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.benchmarks.module NAME ARGUMENTS``: a module as it runs on a host, Ansible's part left out."""

from __future__ import annotations

import importlib
import json
import sys

from ansible.module_utils.testing import patch_module_args

_MODULES = "ansible_collections.longshore.storage.plugins.modules"

if __name__ == "__main__":
    module = importlib.import_module(f"{_MODULES}.{sys.argv[1]}")
    with patch_module_args(json.loads(sys.argv[2])):
        module.main()
