#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs Molecule's scenarios, in the order of their names, against a fleet of containers. In the collection's root.
#
# Usage: molecule.sh BUILD [SCENARIO…]
#
# LONGSHORE_FLEET is the number of servers (6), LONGSHORE_FLEET_IMAGE an image with systemd, Python and an SSH server,
# which is made of Debian's packages where it is not given. Docker is installed and started where it is not there,
# and ended then.
set -eu

build=$1
shift
setup=$(cd "$(dirname "$0")" && pwd)
: "${LONGSHORE_FLEET:=6}"
export LONGSHORE_BUILD="$build" LONGSHORE_FLEET
mkdir -p "$build/molecule"
chmod 700 "$build/molecule"

docker_pid=$("$setup/docker.sh" "$build/docker")
finish() {
    molecule destroy --scenario-name default >/dev/null 2>&1 || true
    if [ -n "$docker_pid" ]; then
        kill "$docker_pid"
        while kill -0 "$docker_pid" 2>/dev/null; do sleep 0.2; done
    fi
}
trap finish EXIT
trap 'exit 130' INT TERM

if [ -z "${LONGSHORE_FLEET_IMAGE:-}" ]; then
    "$setup/molecule_image.sh" longshore-fleet:bookworm "$build/molecule"
fi

# What a run that was cut off has left.
molecule destroy --scenario-name default
molecule create --scenario-name default
if [ $# -eq 0 ]; then
    set -- fleet releases hook_fails removal
fi
for scenario; do
    molecule test --destroy=never --scenario-name "$scenario"
done
