#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs make targets one after the other, each under a heading, up to the first that fails.
#
# Usage: run_parts.sh TARGET...
set -u

summary=""
begin=$(date +%s)
for part in "$@"; do
    printf '\n======== %s ========\n' "$part"
    start=$(date +%s)
    if ! ${MAKE:-make} --no-print-directory "$part"; then
        printf '\n======== FAILED in %s; "make %s" runs it alone ========\n' "$part" "$part"
        exit 1
    fi
    summary="$summary$(printf '%6d s  %s' $(($(date +%s) - start)) "$part")
"
done
printf '\n======== all passed in %d s ========\n%s' $(($(date +%s) - begin)) "$summary"
