# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints the version of pip that the installed ansible-test wants, as in its script's file name."""

from __future__ import annotations

import sys

from ansible_test._internal.host_configs import NativePythonConfig
from ansible_test._internal.python_requirements import get_venv_packages

version = f"{sys.version_info.major}.{sys.version_info.minor}"
python = NativePythonConfig(version=version, path=sys.executable)
sys.stdout.write(get_venv_packages(python)["pip"].replace(".", "_"))
