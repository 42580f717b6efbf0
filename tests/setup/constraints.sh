#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Writes the newest versions of all that the REQUIREMENTS files name, and of what that requires in turn.
#
# Usage: constraints.sh PYTHON OUTPUT REQUIREMENTS...
set -eu

python=$1
output=$2
shift 2

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
trap 'exit 1' HUP INT TERM

for file in "$@"; do
    set -- "$@" --requirement "$file"
    shift
done
"$python" -m venv "$directory/venv"
"$directory/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input "$@"
"$directory/venv/bin/python" -m pip freeze --disable-pip-version-check >"$directory/versions"
sed '/^$/q' "$output" >"$directory/constraints"
cat >>"$directory/constraints" <<TEXT
# The version of everything from PyPI, also of what only our requirements require.
# Written by "make constraints".

$(cat "$directory/versions")
TEXT
cp "$directory/constraints" "$output"
