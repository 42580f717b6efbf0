#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Prints the path of the Python to use: $1 if given, else the first that is recent enough.
set -eu

for candidate in ${1:-python3 python3.13 python3.12 python3.11}; do
    if path=$("$candidate" -c '
import sys
if sys.version_info < (3, 11):
    sys.exit(1)
print(sys.executable)' 2>/dev/null); then
        printf '%s\n' "$path"
        exit 0
    fi
done
echo "No Python 3.11 or newer found${1:+ as $1}: install one, or name it: make PYTHON=/path/to/python3 …" >&2
exit 1
