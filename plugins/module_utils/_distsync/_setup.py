# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is PRIVATE to the collection. It can have breaking changes at any time.

"""One run of a setup: look, decide, then make the bucket, the identities and their configurations.

An access key's secret is told once, so each identity's file is written as soon as its key is made, and a
key that could not be written down is deleted. What was made stays when a later step fails; the next
run goes on with it.
"""

from __future__ import annotations

from .._errors import LongshoreError
from ._setup_absent import Absent
from ._setup_options import SetupOptions, check_options
from ._setup_present import Present
from ._setup_report import SetupReport, SetupStoppedError


def set_up(options: SetupOptions) -> SetupReport:
    """Make the distribution what is asked for, or look what that takes. Raises ``LongshoreError``."""
    check_options(options)
    return carry_out(Present(options) if options.present else Absent(options), options)


def carry_out(run: Present | Absent, options: SetupOptions) -> SetupReport:
    """Do what the run plans; in check mode only plan it. Raises ``LongshoreError``."""
    steps = run.plan()
    report = run.report
    left = [phrase for step in steps for phrase in step.phrases]
    if options.check_mode:
        report.changes = left
        return report
    for step in steps:
        left = left[len(step.phrases) :]
        try:
            step.act()
        except LongshoreError as error:
            report.next_steps = []
            raise SetupStoppedError(error, report, step.phrases, left) from error
        report.changes += step.phrases
    return report
