#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Makes a virtual environment, unless it is there and nothing it was made from has changed.
#
# Usage: venv.sh PYTHON DIRECTORY REQUIREMENTS_FILE
set -eu

python=$1
directory=$2
requirements=$3
constraints=$(dirname "$0")/../constraints.txt

made_from=$({
    "$python" -c 'import sys; print(sys.version, sys.executable)'
    echo "$directory"
    cat "$requirements" "$constraints"
} | sha256sum)
stamp=$directory/made-from.sha256
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$made_from" ]; then
    exit 0
fi

echo "Making the virtual environment $directory"
rm -rf "$directory"
"$python" -m venv "$directory"
"$directory/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --requirement "$requirements" --constraint "$constraints"
printf '%s\n' "$made_from" >"$stamp"
