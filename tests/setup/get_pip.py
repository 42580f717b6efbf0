# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts pip into the virtual environment that runs this. ``sanity.sh`` gives it to ansible-test."""

import ensurepip
import os

os.environ.pop("PIP_CONFIG_FILE", None)
ensurepip.bootstrap(upgrade=True, default_pip=True)
