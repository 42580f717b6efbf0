#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Examines a collection's archive as Galaxy does when one is uploaded. The importer only reports most
# faults: here each is a failure.
#
# Usage: galaxy_import.sh ARCHIVE
set -eu

archive=$1
GALAXY_IMPORTER_CONFIG=$(cd "$(dirname "$0")" && pwd)/galaxy-importer.cfg
export GALAXY_IMPORTER_CONFIG

# Nothing but the archive may be found.
unset ANSIBLE_COLLECTIONS_PATH
cd "$(dirname "$archive")"
status=0
python -m galaxy_importer.main "$(basename "$archive")" >import.log 2>&1 || status=$?
cat import.log
if grep -E '^(WARNING|ERROR|CRITICAL)' import.log >/dev/null; then
    status=1
fi
exit "$status"
