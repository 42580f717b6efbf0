#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Installs the servers that come from npm, unless they are there and their lock file has not changed.
#
# Usage: node.sh DIRECTORY
set -eu

directory=$1
source=$(dirname "$0")/node

made_from=$({
    node --version
    cat "$source/package.json" "$source/package-lock.json"
} | sha256sum)
stamp=$directory/made-from.sha256
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$made_from" ]; then
    exit 0
fi

echo "Installing npm packages into $directory"
rm -rf "$directory"
mkdir -p "$directory"
cp "$source/package.json" "$source/package-lock.json" "$directory"
(cd "$directory" && npm ci --silent --no-audit --no-fund --no-update-notifier)
printf '%s\n' "$made_from" >"$stamp"
