#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Has Docker run. Prints the id of the process that it started for that, and nothing where it ran already.
#
# Usage: docker.sh FOLDER_FOR_ITS_LOG
set -eu

folder=$1
if docker info >/dev/null 2>&1; then
    exit 0
fi
if ! command -v dockerd >/dev/null; then
    {
        apt-get update --quiet
        DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends docker.io iptables mmdebstrap
    } >&2
fi
mkdir -p "$folder"
setsid dockerd --pidfile "$folder/pid" >"$folder/log" 2>&1 </dev/null &
attempts=0
until docker info >/dev/null 2>&1; do
    attempts=$((attempts + 1))
    if [ "$attempts" -gt 120 ]; then
        tail -n 20 "$folder/log" >&2
        exit 1
    fi
    sleep 0.5
done
cat "$folder/pid"
