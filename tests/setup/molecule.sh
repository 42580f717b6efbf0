#!/bin/sh
# Copyright (c) 2026, the longshore.storage authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Plays Molecule's scenarios one after the other against a fleet of containers. In the collection's root.
#
# Usage: molecule.sh BUILD [SCENARIO…]
#
# Without any, all are played. Each goes on from what those before it leave, which its molecule.yml says.
# LONGSHORE_FLEET is the number of servers (6), LONGSHORE_FLEET_IMAGE an image with systemd, Python and an SSH server,
# which is made of Debian's packages where it is not given. Docker is installed and started where it is not there,
# and ended then.
set -eu

build=$1
shift
setup=$(cd "$(dirname "$0")" && pwd)
: "${LONGSHORE_FLEET:=6}"
export LONGSHORE_BUILD="$build" LONGSHORE_FLEET
if [ $# -eq 0 ]; then
    set -- fleet releases keys network hosts shard planted upgrade removal persistence podman
fi

docker_pid=$("$setup/docker.sh" "$build/docker")

# What the hosts and the store have said.
tell() {
    docker ps --all --filter network=longshore-fleet --format '{{.Names}} {{.Status}}' |
        while read -r name status; do
            printf '\n======== %s (%s) ========\n' "$name" "$status"
            case $name in
                longshore-store | longshore-index) docker logs --tail 20 "$name" 2>&1 ;;
                *) docker exec "$name" </dev/null journalctl --no-pager --lines 40 --unit distsync || true ;;
            esac
        done
}
finish() {
    status=$?
    trap - EXIT
    [ "$status" -eq 0 ] || tell
    molecule destroy --scenario-name default >"$build/destroy.log" 2>&1 || cat "$build/destroy.log"
    if [ -n "$docker_pid" ]; then
        kill "$docker_pid"
        # no child of this shell, so "wait" does not know it
        while kill -0 "$docker_pid" 2>/dev/null; do sleep 0.2; done
    fi
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

if [ -e "$build/molecule" ]; then
    # A run that was cut off has left it.
    molecule destroy --scenario-name default
fi
mkdir -m 700 "$build/molecule"
if [ -z "${LONGSHORE_FLEET_IMAGE:-}" ]; then
    "$setup/molecule_image.sh" longshore-fleet:bookworm "$build/molecule"
fi
alone=""
for scenario; do
    shift
    case $scenario in
        persistence | podman) alone="$alone $scenario" ;;
        *) set -- "$@" --scenario-name "$scenario" ;;
    esac
done
[ $# -eq 0 ] || molecule test --destroy=never "$@"

# What these make and take away is their own, which Molecule leaves to no scenario beside a shared one.
for scenario in $alone; do
    molecule test --scenario-name "$scenario"
done
