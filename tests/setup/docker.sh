#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Has Docker run, and what a fleet of containers takes beside it. Prints the id of the process that it started for
# that, and nothing where one ran already.
#
# Usage: docker.sh FOLDER
#
# FOLDER gets the log, and all that this process keeps.
set -eu

folder=$1
setup=$(dirname "$0")
"$setup/system_packages.sh" python3 "$setup/../../extensions/molecule/system-packages.txt" >&2
if docker info >/dev/null 2>&1; then
    exit 0
fi
mkdir -p "$folder"
setsid dockerd --data-root "$folder/data" --pidfile "$folder/pid" >"$folder/log" 2>&1 </dev/null &
pid=$!
until docker info >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null; then
        echo "Docker Engine does not start:" >&2
        tail -n 20 "$folder/log" >&2
        exit 1
    fi
    # it does not tell when it listens
    sleep 0.2
done
cat "$folder/pid"
