# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  progress:
    description:
      - Whether Ansible shows a line every few seconds that says how far the task has come, while it runs.
      - With V(auto) it does if its output goes to a terminal.
      - No line is shown in check mode, with C(async), or with C(no_log). A task's result is the same with and without.
    type: str
    choices: [auto, always, never]
    default: auto
seealso:
  - name: How far a task has come
    description: What the lines say, and when there are any.
    link: https://github.com/longshore-storage/longshore.storage/blob/main/docs/progress.md
"""
